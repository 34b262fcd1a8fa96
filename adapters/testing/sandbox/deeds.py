"""What people do on the channels, in words that are the same for all of them: buyers buy, sellers act and edit by hand."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as checked

_CLOSED = ConfigDict(extra="forbid")


class NotPossible(Exception):
    """The channel does not let a person do that now; nothing was changed."""


class OrderAct(StrEnum):
    """What can happen to an order after it was placed."""

    PAY = "pay"
    SHIP = "ship"
    CANCEL = "cancel"
    EXPIRE = "expire"
    COMPLETE = "complete"
    DELIVER = "deliver"
    RETURN = "return"
    CANCEL_UNITS = "cancel_units"
    RETURN_UNITS = "return_units"


@checked(frozen=True, slots=True, kw_only=True, config=_CLOSED)
class Purchase:
    """A buyer orders one SKU; ``pay`` says whether it is paid at once."""

    channel: str
    account: str
    sku: str
    quantity: int = Field(default=1, ge=1)
    pay: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """What came of a purchase: the channel's order number, and the line as the channel's adapter names it.

    ``rows`` are the ids of single units, on a channel that has a row for each.
    """

    order: str
    line: str
    rows: tuple[str, ...] = ()


@checked(frozen=True, slots=True, kw_only=True, config=_CLOSED)
class OrderDeed:
    """Something happens to an order: to all of it, or where the channel knows parts, to a line or to some units."""

    channel: str
    account: str
    order: str
    act: OrderAct
    line: str | None = None
    units: int | None = Field(default=None, ge=1)


@checked(frozen=True, slots=True, kw_only=True, config=_CLOSED)
class Changes:
    """What a person changes on a listing in the channel's own pages; what is None stays.

    Attributes:
        price: Baht a buyer pays for each variant, or for the one whose SKU is named.
        stock: Units for sale of each variant, or of the one whose SKU is named.
        text: The new description, as a whole.
        hidden: Whether buyers no longer see it.
        deleted: Whether it is gone for good.
    """

    price: float | None = Field(default=None, gt=0)
    stock: int | None = Field(default=None, ge=0)
    text: str | None = None
    hidden: bool | None = None
    deleted: bool = False


@checked(frozen=True, slots=True, kw_only=True, config=_CLOSED)
class Edit:
    """A person edits one listing, named by its id or by a SKU of it."""

    channel: str
    account: str
    external_id: str | None = None
    sku: str | None = None
    changes: Changes
