from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from adapters.line_shop import limits


class LineShopSettings(BaseModel):
    """What is set per shop.

    Attributes:
        categories: Our category code -> LINE's category number. LINE lists the numbers in its development guide
            only, so each shop carries its own table; a code without a number stops that listing.
        name_max: Longest product name in code points. LINE publishes no limit.
        description_max: Longest description in code points. LINE publishes no limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    categories: Mapping[str, int] = Field(default_factory=dict)
    name_max: int = Field(default=limits.MAX_NAME.value, ge=20)
    description_max: int = Field(default=limits.MAX_DESCRIPTION.value, ge=200)
