"""A channel that reports orders: page by page, by when they changed, and again and again if asked.

It copies no vendor. What a test wants to go wrong it orders beforehand.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from adapters.orders import OrderPage
from schemas.channel import AccountState, ChannelAccount, Credentials
from schemas.ids import AccountId, ExternalId, SellerId, Sku
from schemas.orders import ChannelOrder, OrderLine, OrderState
from tests.support.app import CoreApp
from tests.support.factories import NOON
from tests.support.fake_channel import KIND, FakeAdapter, FakeAdapters, FakeRefreshingAdapter, Fault, error_of


def an_order(
    reference: str = "SO-1",
    units: int = 1,
    *,
    sku: str = "P-1",
    external_id: str | None = None,
    line: str = "1",
    cancelled: int = 0,
    shipped: int = 0,
    returned: int = 0,
    placed_at: datetime = NOON,
    updated_at: datetime | None = None,
    state: OrderState = OrderState.PAID,
) -> ChannelOrder:
    """An order of one line."""
    return ChannelOrder(
        reference=reference,
        state=state,
        placed_at=placed_at,
        updated_at=updated_at or placed_at,
        lines=(
            OrderLine(
                reference=line,
                sku=Sku(sku),
                external_id=None if external_id is None else ExternalId(external_id),
                ordered=units,
                cancelled=cancelled,
                shipped=shipped,
                returned=returned,
            ),
        ),
    )


def an_account(account_id: AccountId, seller_id: SellerId, name: str = "page") -> ChannelAccount:
    return ChannelAccount(id=account_id, seller_id=seller_id, kind=KIND, name=name, state=AccountState.ACTIVE)


@dataclass(slots=True)
class OrderBook:
    """The orders of one account at its channel.

    Attributes:
        told: Every report, oldest first; a page begins where the cursor stands.
        asked: The cursors that reads came with.
        page_size: Orders on one page.
        faults: What goes wrong with the next reads.
        meanwhile: Happens once, in the middle of the next read.
        since: Where these reads were to begin without one.
        stands_still: Whether a page says that more waits and gives the same cursor again.
    """

    told: list[ChannelOrder] = field(default_factory=list)
    asked: list[Mapping[str, Any] | None] = field(default_factory=list)
    since: list[datetime] = field(default_factory=list)
    page_size: int = 2
    faults: deque[Fault] = field(default_factory=deque)
    meanwhile: Any = None
    stands_still: bool = False
    interval: timedelta = timedelta(seconds=30)

    def read(self, cursor: Mapping[str, Any] | None, since: datetime) -> OrderPage:
        self.asked.append(cursor)
        self.since.append(since)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        if self.faults:
            raise error_of(self.faults.popleft())
        at = 0 if cursor is None else int(cursor["at"])
        orders: Sequence[ChannelOrder] = self.told[at : at + self.page_size]
        end = at + len(orders)
        if self.stands_still:
            return OrderPage(orders=orders, cursor={"at": at}, has_more=True)
        return OrderPage(orders=orders, cursor={"at": end}, has_more=end < len(self.told))


class Ordering:
    """The port of orders on an ``OrderBook``."""

    book: OrderBook

    @property
    def order_interval(self) -> timedelta:
        return self.book.interval

    def orders(self, cursor: Mapping[str, Any] | None, *, since: datetime) -> OrderPage:
        return self.book.read(cursor, since)


class OrderingFake(Ordering, FakeAdapter):
    """A fake channel with orders."""


class RefreshingOrderingFake(Ordering, FakeRefreshingAdapter):
    """A fake channel with orders, whose credential expires."""


class OrderingAdapters(FakeAdapters):
    """Opens accounts that have an order book with the port of orders, all others without."""

    def __init__(self, known: FakeAdapters) -> None:
        super().__init__()
        self.channels = known.channels
        self.books: dict[str, OrderBook] = {}

    def open(self, account: ChannelAccount, credentials: Credentials) -> FakeAdapter:
        book = self.books.get(account.name)
        if book is None:
            return super().open(account, credentials)
        channel = self.channels[account.name]
        renewing = channel.renewal is not None
        opened = RefreshingOrderingFake(channel, credentials) if renewing else OrderingFake(channel)
        opened.book = book
        return opened


def give_orders(app: CoreApp, *names: str) -> Mapping[str, OrderBook]:
    """Let the accounts report orders, and fall due for it at once."""
    adapters = OrderingAdapters(app.adapters)
    adapters.books = {name: OrderBook() for name in names}
    app.adapters = adapters
    for name in names:
        with app.database.begin() as uow:
            uow.orders_work.set_due(app.account_id(name), app.clock.now())
    return adapters.books
