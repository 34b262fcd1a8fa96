"""What an author gives the kit: how the adapter is made, and a stand-in of its channel that takes fault orders."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from adapters.base import ChannelAdapter
from adapters.errors import ChannelError
from adapters.http import CallRecord
from adapters.testing.kit.goods import example_product
from adapters.testing.sandbox.deeds import Changes, OrderAct
from adapters.testing.sandbox.faults import Effect, Error
from schemas.channel import Part
from schemas.ids import ExternalId, Sku
from schemas.product import Product


class KitClock:
    """The real time, moved ahead by what the tests let pass; nothing sleeps."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self.offset = offset

    def now(self) -> datetime:
        """Return the present moment, aware, UTC."""
        return datetime.now(UTC) + self.offset

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.offset += by


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One listing as the channel holds it, hidden ones too.

    Attributes:
        prices: Satang by SKU; empty where the channel has no price fields.
        stock: Free-to-sell units by SKU; empty where the channel has no stock fields.
        pictures: One value for each picture, in order; equal pictures, equal values.
        details: What else the channel keeps in fields (weight, category); only compared with itself.
    """

    external_id: str
    visible: bool
    text: str
    prices: Mapping[str, int] = field(default_factory=dict)
    stock: Mapping[str, int] = field(default_factory=dict)
    pictures: Sequence[str] = ()
    comments: Sequence[str] = ()
    details: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCase:
    """One row of the adapter's error table as it comes over the wire, and the class it must become.

    ``mutating`` says which call meets it: the first write of a publish, or the read of ``check``.
    """

    answer: Error
    expected: type[ChannelError]
    mutating: bool = True


class AdapterUnderTest(ABC):
    """How the adapter is made. The base of a stand-in; by itself enough for channels that are never called.

    Attributes:
        text_in: Key of ``Rendition.body`` that holds the longest text, the one ``max_text`` is about.
        pictures_in: Key of ``Rendition.body`` that holds the picture keys.
        records: Every call the adapter made, if it is given a client with this list as its observer.
    """

    text_in: ClassVar[str]
    pictures_in: ClassVar[str] = "pictures"

    def __init__(self, clock: KitClock | None = None) -> None:
        self.clock = clock or KitClock()
        self.records: list[CallRecord] = []

    @abstractmethod
    def connect(self) -> ChannelAdapter:
        """Make a new adapter for the one account under test, as another process would."""

    @property
    @abstractmethod
    def secrets(self) -> Sequence[str]:
        """Every secret the adapter was given; none of them may come out of it."""

    @property
    def sent_secrets(self) -> Sequence[str]:
        """Return those the channel is told, which it may quote; all of them unless some stay at home."""
        return self.secrets

    def product(self, **changes: Any) -> Product:
        """Return goods that the channel takes; ``changes`` replace fields of the product."""
        return example_product(**changes)


class SimulatedChannel(AdapterUnderTest):
    """A stand-in of a channel that keeps state, holds one account, and takes orders for what goes wrong.

    Attributes:
        says_how_long: Whether a refusal for pace says how long to wait.
        error_cases: The rows of the adapter's error table that can be ordered; each is met once.
    """

    says_how_long: ClassVar[bool] = False
    error_cases: ClassVar[Sequence[ErrorCase]] = ()

    @abstractmethod
    def shown(self) -> Sequence[Shown]:
        """Return every listing of the account, hidden ones too, oldest first."""

    @abstractmethod
    def remove(self, external_id: ExternalId) -> None:
        """Let somebody delete a listing by hand, in the channel's own pages."""

    @abstractmethod
    def order(self, effect: Effect, *, nth: int = 1, writes_only: bool = False) -> None:
        """Let the ``nth`` call from now meet ``effect``, or the ``nth`` write.

        A throttle and an expired credential go on for later calls, as ``adapters.testing.sandbox.faults`` says.
        """

    @abstractmethod
    def order_always(self, effect: Effect) -> None:
        """Let every call from now on meet ``effect``."""

    @abstractmethod
    def lag(self, by: timedelta) -> None:
        """Keep what is created from now on out of lists and searches for that long."""

    @abstractmethod
    def calm(self) -> None:
        """Withdraw every order; throttles and expiries end."""

    @abstractmethod
    def reset(self) -> None:
        """Forget every listing and every order."""

    def advance(self, by: timedelta) -> None:
        """Let time pass for the adapter and for the channel."""
        self.clock.advance(by)

    def visible(self) -> Sequence[Shown]:
        """Return what a buyer sees."""
        return [listing for listing in self.shown() if listing.visible]


class OrderingChannel(SimulatedChannel):
    """A stand-in at which buyers order.

    Attributes:
        order_ways: The ways an order can go there after it was placed unpaid, each to its end.
    """

    order_ways: ClassVar[Sequence[Sequence[OrderAct]]] = (
        (OrderAct.PAY, OrderAct.SHIP, OrderAct.COMPLETE),
        (OrderAct.PAY, OrderAct.CANCEL),
        (OrderAct.CANCEL,),
        (OrderAct.EXPIRE,),
    )

    @abstractmethod
    def buy(self, sku: Sku, quantity: int, *, pay: bool = True) -> str:
        """Let a buyer order what is on sale, and return the channel's order number."""

    @abstractmethod
    def act(self, order: str, act: OrderAct) -> None:
        """Let something happen to an order."""

    @abstractmethod
    def buyer_words(self) -> Sequence[str]:
        """Return every word about its buyers that the channel tells; none of them may come out of the adapter."""


class ObservedChannel(SimulatedChannel):
    """A stand-in whose listings people edit by hand, in the channel's own pages.

    Attributes:
        edits: For each part that can be edited there and read back: an edit of it, of a listing of the example goods.
        can_hide: Whether a listing can be hidden there.
    """

    edits: ClassVar[Mapping[Part, Changes]] = {
        Part.TEXT: Changes(text="ข้อความที่มีคนแก้เองในหน้าร้าน"),
        Part.PRICE: Changes(price=77.5),
        Part.STOCK: Changes(stock=77),
    }
    can_hide: ClassVar[bool] = True

    @abstractmethod
    def edit(self, external_id: ExternalId, changes: Changes) -> None:
        """Let a person edit a listing."""
