"""What a market file says of orders and webhooks, and a field file of how orders are asked for and read."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.orders import OrderState

PositiveInt = Annotated[int, Field(gt=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OrderPolling(_Part):
    """How orders are asked for.

    ``interval_s`` is the least time between two polls of one account. ``overlap_s`` is how far each poll looks back behind the
    newest change that was seen: lists lag, and the market's clock is not ours.
    """

    interval_s: PositiveInt = 300
    overlap_s: PositiveInt = 300


class EventSignature(_Part):
    """A keyed hash over listed parts of a delivery: ``body``, ``url``, ``secret:NAME`` (a credential) or ``text:...``."""

    secret: str
    parts: tuple[Annotated[str, Field(pattern=r"^(body|url|secret:\w+|text:.+)$")], ...]
    digest: Literal["hex", "HEX", "base64"] = "hex"
    header: str = "authorization"

    @model_validator(mode="after")
    def _covers_the_body(self) -> Self:
        if "body" not in self.parts:
            raise ValueError("parts must hold body: what is not signed may not be believed")
        return self

    @property
    def secrets(self) -> Iterator[str]:
        """Names of the credentials it needs."""
        yield self.secret
        yield from (part.removeprefix("secret:") for part in self.parts if part.startswith("secret:"))


class EventReads(_Part):
    """Where an event says what it is about; paths are dotted.

    ``orders`` and ``listings`` are the values of ``type`` that tell of orders and of listings (``listing_id`` says which).
    ``key`` leads to what makes one event another one: a second delivery has the same values there.
    """

    type: str
    orders: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    listing_id: str | None = None
    key: Annotated[tuple[str, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _tells_which_listing(self) -> Self:
        if self.listings and self.listing_id is None:
            raise ValueError("listings needs listing_id")
        if not self.listings and not self.orders:
            raise ValueError("needs orders, listings, or both: nothing else is used")
        return self


class Webhook(_Part):
    """What the market calls us for, and how it signs that."""

    signature: EventSignature
    events: EventReads


class OrderQuery(_Part):
    """How a page of orders is asked for: names of parameters, and what is always sent (``fixed``).

    ``oldest_first`` says that the answers, asked for so, come by the time of the change: pages then follow the time instead of an
    offset, and nothing can slip between two of them.
    """

    after: str
    before: str | None = None
    limit: str | None = None
    offset: str
    fixed: Mapping[str, str] = Field(default_factory=dict)
    oldest_first: bool = False
    time: Literal["iso", "unix_s", "unix_ms"] = "iso"


class OrderReads(_Part):
    """Where an answer keeps orders and their rows; paths are dotted, those of an order begin at the order, of a row at the row.

    A row is one unit, or ``quantity`` of them, of one status.
    """

    orders: str
    reference: str
    placed_at: str
    updated_at: str
    rows: str
    row_id: str
    row_sku: str
    row_item_id: str | None = None
    row_status: str
    quantity: str | None = None


class OrderDetail(_Part):
    """How the rows are asked for where a list only names its orders: the operation ``order_detail``, for several at a time.

    ``ids`` is the parameter with their numbers, written as JSON or between commas. ``orders`` leads to the answers; ``reference``
    and ``rows`` begin at one of them.
    """

    ids: str
    written: Literal["json", "commas"] = "json"
    orders: str
    reference: str
    rows: str


class OrderFields(_Part):
    """Orders of an API market. ``statuses`` maps our words to the market's; a word that stands nowhere is unknown.

    ``reads.rows`` begins at the order of the list; with ``detail`` rows are read from there instead.
    """

    query: OrderQuery
    reads: OrderReads
    detail: OrderDetail | None = None
    statuses: Mapping[OrderState, tuple[str, ...]]

    @model_validator(mode="after")
    def _words_mean_one_thing(self) -> Self:
        words = [word for theirs in self.statuses.values() for word in theirs]
        twice = sorted({word for word in words if words.count(word) > 1})
        if twice:
            raise ValueError(f"statuses: {', '.join(twice)} stands for more than one")
        if OrderState.UNKNOWN in self.statuses:
            raise ValueError("statuses: unknown is what stands nowhere")
        return self

    def state_of(self, word: object) -> OrderState:
        """Return what a word of the market means."""
        return next(
            (ours for ours, theirs in self.statuses.items() if str(word) in theirs), OrderState.UNKNOWN
        )
