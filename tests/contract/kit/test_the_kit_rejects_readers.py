"""The same of orders and of reading back: a shipped adapter with one thing spoilt is rejected by the promise it breaks."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.errors import ChannelError
from adapters.observing import Difference, ListingPage
from adapters.orders import OrderPage
from adapters.testing.kit import MadePictures, loopback_pictures
from adapters.testing.kit.at_sandbox import LineShopChannel
from adapters.testing.kit.observing import ObservingPromises
from adapters.testing.kit.ordering import OrderingPromises
from adapters.testing.sandbox import SandboxServer
from schemas.channel import Part
from schemas.orders import OrderLine
from tests.contract.kit.test_the_kit_rejects_by_kind import REJECTION, Spoilt


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture(scope="module")
def pictures() -> Iterator[MadePictures]:
    with loopback_pictures() as host:
        yield host


@pytest.fixture
def channel_with(
    server: SandboxServer, pictures: MadePictures, tmp_path: Path
) -> Iterator[Callable[..., LineShopChannel]]:
    made: list[LineShopChannel] = []

    def make(**spoilt: Callable[..., Any]) -> LineShopChannel:
        class Channel(LineShopChannel):
            def connect(self) -> Any:
                return Spoilt(super().connect(), **spoilt)

        made.append(Channel(server, pictures, tmp_path))
        return made[-1]

    yield make
    for channel in made:
        channel.http.close()


def _lines(page: OrderPage, change: Callable[[OrderLine], OrderLine]) -> OrderPage:
    orders = [replace(order, lines=tuple(map(change, order.lines))) for order in page.orders]
    return replace(page, orders=orders)


def never_cancelled(adapter: Any, cursor: Any, **kwargs: Any) -> OrderPage:
    return _lines(adapter.orders(cursor, **kwargs), lambda line: replace(line, cancelled=0))


def another_name_each_time(adapter: Any, cursor: Any, **kwargs: Any) -> OrderPage:
    return _lines(
        adapter.orders(cursor, **kwargs),
        lambda line: replace(line, reference=f"{line.reference}/{line.shipped}"),
    )


def one_unit_a_line(adapter: Any, cursor: Any, **kwargs: Any) -> OrderPage:
    return _lines(adapter.orders(cursor, **kwargs), lambda line: replace(line, ordered=max(1, line.shipped)))


def the_first_page_only(adapter: Any, cursor: Any, **kwargs: Any) -> OrderPage:
    page = adapter.orders(cursor, **kwargs)
    return replace(page, orders=page.orders[:10], has_more=False)


def new_orders_only(adapter: Any, cursor: Any, **kwargs: Any) -> OrderPage:
    told = set((cursor or {}).get("told", []))
    page = adapter.orders(cursor, **kwargs)
    fresh = [order for order in page.orders if order.reference not in told]
    told |= {order.reference for order in fresh}
    return replace(page, orders=fresh, cursor={**page.cursor, "told": sorted(told)})


def the_present_as_cursor(adapter: Any, cursor: Any, **kwargs: Any) -> OrderPage:
    page = adapter.orders(cursor, **kwargs)
    return replace(page, cursor={**page.cursor, "start": kwargs["since"]})


def buyers_in_the_name(adapter: Any, cursor: Any, **kwargs: Any) -> OrderPage:
    page = adapter.orders(cursor, **kwargs)
    return replace(page, cursor={**page.cursor, "buyer": "ผู้ซื้อสมมติ หมายเลข1"})


def failures_are_no_orders(adapter: Any, cursor: Any, **kwargs: Any) -> OrderPage:
    try:
        return adapter.orders(cursor, **kwargs)
    except ChannelError:
        return OrderPage(orders=[], cursor=cursor or {"start": "", "begin": ""}, has_more=False)


@pytest.mark.parametrize(
    ("spoilt", "promise", "arguments"),
    [
        (never_cancelled, "test_the_counters_only_grow_whatever_happens_to_an_order", ()),
        (another_name_each_time, "test_the_counters_only_grow_whatever_happens_to_an_order", ()),
        (one_unit_a_line, "test_an_order_is_told_with_what_stock_needs", ()),
        (the_first_page_only, "test_each_of_many_orders_is_told", ()),
        (new_orders_only, "test_what_changes_after_a_poll_is_told_by_the_next", ()),
        (buyers_in_the_name, "test_nothing_of_the_buyer_comes_out", ()),
        (
            failures_are_no_orders,
            "test_trouble_at_any_call_of_a_poll_loses_no_order",
            ("gateway page without effect",),
        ),
    ],
)
def test_a_spoilt_reader_of_orders_is_rejected(
    channel_with: Callable[..., LineShopChannel],
    spoilt: Callable[..., Any],
    promise: str,
    arguments: tuple[Any, ...],
) -> None:
    channel = channel_with(orders=spoilt)

    with pytest.raises(REJECTION):
        getattr(OrderingPromises(), promise)(channel, *arguments)


def test_a_cursor_that_cannot_be_stored_is_rejected(channel_with: Callable[..., LineShopChannel]) -> None:
    channel = channel_with(orders=the_present_as_cursor)

    with pytest.raises(TypeError):
        OrderingPromises().test_a_shop_without_orders_tells_none(channel)


def test_polls_without_a_pause_are_rejected(channel_with: Callable[..., LineShopChannel]) -> None:
    channel = channel_with()
    connect = channel.connect

    def hurried() -> Any:
        adapter: Any = connect()
        adapter.order_interval = timedelta(0)
        return adapter

    channel.connect = hurried  # type: ignore[method-assign]
    with pytest.raises(REJECTION):
        OrderingPromises().test_polls_keep_a_distance(channel)


def every_listing_twice(adapter: Any, cursor: Any) -> ListingPage:
    page = adapter.browse(cursor)
    return replace(page, listings=[*page.listings, *page.listings])


def the_first_listing_only(adapter: Any, cursor: Any) -> ListingPage:
    page = adapter.browse(cursor)
    return replace(page, listings=page.listings[:1])


def round_and_round(adapter: Any, cursor: Any) -> ListingPage:
    return replace(adapter.browse(None), cursor={"page": 1})


def nothing_ever(adapter: Any, rendition: Any, remote: Any) -> dict[Part, Difference]:
    return {}


def always_the_price(adapter: Any, rendition: Any, remote: Any) -> dict[Part, Difference]:
    return {**adapter.differences(rendition, remote), Part.PRICE: Difference(wanted="1", seen="2")}


def without_words(adapter: Any, rendition: Any, remote: Any) -> dict[Part, Difference]:
    return {part: Difference(wanted="?", seen="?") for part in adapter.differences(rendition, remote)}


def by_asking_the_channel(adapter: Any, rendition: Any, remote: Any) -> dict[Part, Difference]:
    adapter.browse(None)
    return adapter.differences(rendition, remote)


@pytest.mark.parametrize(
    ("spoilt", "promise", "arguments"),
    [
        ({"browse": every_listing_twice}, "test_every_published_listing_is_read_exactly_once", ()),
        ({"browse": the_first_listing_only}, "test_every_published_listing_is_read_exactly_once", ()),
        ({"browse": round_and_round}, "test_an_account_without_listings_has_an_end", ()),
        ({"differences": nothing_ever}, "test_an_edit_by_hand_is_named_with_both_sides", (Part.PRICE,)),
        ({"differences": without_words}, "test_an_edit_by_hand_is_named_with_both_sides", (Part.TEXT,)),
        ({"differences": always_the_price}, "test_a_listing_that_is_as_it_was_sent_differs_in_nothing", ()),
        ({"differences": always_the_price}, "test_goods_that_are_sold_out_differ_in_nothing", ()),
        (
            {"differences": always_the_price},
            "test_a_listing_that_was_changed_differs_in_nothing_any_more",
            (Part.TEXT,),
        ),
        ({"differences": always_the_price}, "test_what_was_edited_by_hand_is_brought_back_by_an_update", ()),
        ({"differences": by_asking_the_channel}, "test_comparing_calls_nobody", ()),
    ],
)
def test_a_spoilt_reader_of_listings_is_rejected(
    channel_with: Callable[..., LineShopChannel],
    spoilt: dict[str, Callable[..., Any]],
    promise: str,
    arguments: tuple[Any, ...],
) -> None:
    channel = channel_with(**spoilt)

    with pytest.raises(REJECTION):
        getattr(ObservingPromises(), promise)(channel, *arguments)
