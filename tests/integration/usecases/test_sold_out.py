"""Sold out and back on channels that show no number of units: what buyers are told, and how often."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.base import Capabilities
from schemas.channel import Part, Verb
from schemas.listing import ListingState
from syndicator.domain.sold_out import Settling
from tests.support.app import CoreApp, goods
from tests.support.fake_channel import GRAM, POST, SHOP, FakeChannel

MINUTE = timedelta(seconds=60)
STEP = timedelta(seconds=7)
"""Between two swings of the stock."""


@pytest.fixture
def app(database_url: str) -> Iterator[CoreApp]:
    core = CoreApp(database_url)
    core.policy = replace(core.policy, settling=Settling(sold_out_after=MINUTE, back_after=MINUTE))
    yield core
    core.close()


def on_sale(app: CoreApp, can: Capabilities) -> FakeChannel:
    """Connect the channel and put one product on sale there."""
    channel = app.connect(can=can)
    app.submit(goods(), stock=3)
    app.run_until_quiet()
    return channel


def swing(app: CoreApp, stock: int) -> None:
    """Let the stock change, and the workers see it before it changes again."""
    app.submit(goods(), stock=stock)
    while app.run_once():
        pass
    app.clock.advance(STEP)


def told(channel: FakeChannel) -> int:
    """Return how many times buyers were told anything after the publish."""
    return sum(channel.count(verb) for verb in (Verb.UPDATE, Verb.COMMENT, Verb.SET_STOCK))


def shows(app: CoreApp, channel: FakeChannel) -> bool:
    """Say whether the channel shows what the stock is now."""
    (listing,) = channel.visible("P-1")
    wanted = app.listing().sent["stock"]
    return listing.parts[Part.STOCK] == wanted


@pytest.mark.parametrize("can", [POST, GRAM], ids=["edited", "commented"])
@pytest.mark.parametrize("last", [0, 3], ids=["ends sold out", "ends for sale"])
def test_stock_that_swings_around_zero_is_said_at_most_once(
    app: CoreApp, can: Capabilities, last: int
) -> None:
    channel = on_sale(app, can)
    before = channel.visible("P-1")[0].parts[Part.STOCK]

    for stock in (0, 3) * 10:
        swing(app, stock)
    assert told(channel) == 0
    swing(app, last)
    app.run_until_quiet()

    assert told(channel) == (1 if last == 0 else 0)
    assert (channel.visible("P-1")[0].parts[Part.STOCK] == before) is (last == 3)
    assert shows(app, channel)
    assert app.state() is ListingState.LIVE


@pytest.mark.parametrize("can", [POST, GRAM], ids=["edited", "commented"])
def test_sold_out_is_said_after_its_time_and_restock_undoes_it(app: CoreApp, can: Capabilities) -> None:
    channel = on_sale(app, can)
    before = channel.visible("P-1")[0].parts[Part.STOCK]

    swing(app, 0)
    app.clock.advance(MINUTE - STEP - timedelta(seconds=1))
    app.run_once()
    assert told(channel) == 0
    app.clock.advance(timedelta(seconds=1))
    app.run_once()
    assert told(channel) == 1
    assert channel.visible("P-1")[0].parts[Part.STOCK] != before

    swing(app, 5)
    assert told(channel) == 1
    app.run_until_quiet()
    assert told(channel) == 2
    assert channel.visible("P-1")[0].parts[Part.STOCK] == before


def test_a_channel_that_shows_units_is_told_every_change_at_once(app: CoreApp) -> None:
    channel = on_sale(app, SHOP)

    for stock in (0, 3) * 3:
        swing(app, stock)
        assert shows(app, channel)

    assert told(channel) == 6


def test_a_new_price_takes_the_news_of_the_stock_with_it(app: CoreApp) -> None:
    channel = on_sale(app, POST)
    swing(app, 0)

    app.submit(goods(price=9900), stock=0)
    app.run_once()

    assert told(channel) == 1
    assert shows(app, channel)
    app.run_until_quiet()
    assert told(channel) == 1


def test_while_it_settles_the_listing_is_on_its_way_and_no_attempt_is_spent(app: CoreApp) -> None:
    on_sale(app, POST)
    tried = len(app.outcomes())

    swing(app, 0)

    assert app.state() is ListingState.WORKING
    assert (app.listing().attempts, len(app.outcomes())) == (0, tried)
