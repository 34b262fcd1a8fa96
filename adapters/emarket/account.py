from pydantic import BaseModel, ConfigDict


class MarketAccountSettings(BaseModel):
    """What is set per account: ``market`` is the id of a market file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    market: str
