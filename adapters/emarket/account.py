from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class MarketAccountSettings(BaseModel):
    """What is set per account.

    Attributes:
        market: Id of a market file.
        link: Address of a product on the seller's own pages, for feeds that want one; ``{sku}`` stands for its code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    market: str
    link: Annotated[str, Field(pattern=r"^https?://\S*\{sku\}\S*$")] | None = None
