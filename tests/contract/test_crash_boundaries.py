"""A publish cut off at every mutating call it makes, before and after the effect: one visible listing, nothing hidden.

Each channel's real adapter speaks to the sandbox; the planner and the outcomes are the core's own. The cut is made on the
wire, so the adapter cannot tell it from a network that fails or a worker that is killed.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product as pairs_of
from pathlib import Path
from typing import Any

import pytest

from adapters.base import AdapterContext, ChannelAdapter
from adapters.emarket import EMARKET
from adapters.facebook_page.adapter import FacebookPageAdapter
from adapters.http import make_client
from adapters.instagram.adapter import InstagramAdapter
from adapters.line_shop import LineShopAdapter
from adapters.pace import Pace
from adapters.settings import EmarketSettings, HttpSettings, LineSettings, MetaSettings
from adapters.testing.sandbox.options import SandboxOptions
from adapters.testing.sandbox.server import SandboxServer
from schemas.listing import Rendition
from schemas.product import Product
from tests.contract.line_shop.shop import two_sizes
from tests.contract.meta.support import product_with
from tests.support.factories import DictPictures, FixedClock, make_marker, make_offers
from tests.support.shops import (
    SystemClock,
    context_at,
    market_files,
    picture_host,
    sandbox_account,
    store_pictures,
)
from tests.support.step_driver import Cut, CutWire, StepDriver

# Calls of an undisturbed publish of the product below. One more or less must be a decision, so it is counted.
CALLS = {"facebook_page": 3, "instagram": 4, "line_shop": 3, "emarket": 2}
ONE_CUT = [(kind, n, cut) for kind, calls in CALLS.items() for n in range(1, calls + 1) for cut in Cut]
EFFECTIVE = (Cut.LOST_AFTER, Cut.KILLED_AFTER)
TWO_CUTS = [
    (kind, first, second)
    for kind, calls in CALLS.items()
    for first, second in pairs_of(range(1, calls + 1), range(2, calls + 5))
    if first < second
]
MAKERS: dict[str, Callable[[AdapterContext], ChannelAdapter]] = {
    "facebook_page": FacebookPageAdapter,
    "instagram": InstagramAdapter,
    "line_shop": LineShopAdapter,
    "emarket": EMARKET.make,
}


@dataclass
class Bench:
    """A sandbox, a picture host, and drivers of listings on its accounts."""

    server: SandboxServer
    pictures: DictPictures
    folder: Path
    stack: ExitStack

    def driver(
        self, kind: str, cuts: dict[int, Cut], available: Any = None, pace: Pace | None = None
    ) -> tuple[StepDriver, CutWire]:
        self.server.control.reset()
        clock = FixedClock(datetime.fromtimestamp(self.server.control.run(lambda s: s.clock.now()), UTC))
        wire = CutWire(cuts=cuts)
        client = self.stack.enter_context(make_client(HttpSettings(), transport=wire, pace=pace))
        context = context_at(sandbox_account(kind), self.settings(kind), self.pictures, client)
        # The market compares the time of a signature with the real one; the others go by the sandbox's clock.
        adapter = MAKERS[kind](_at(context, SystemClock() if kind == "emarket" else clock))
        goods = goods_of(kind)
        units = available or dict(zip(goods.skus, (0, 5), strict=False))

        def render(token: str) -> Rendition:
            marker = make_marker(goods, token)
            rendition = adapter.render(goods, make_offers(goods, units), marker=marker)
            store_pictures(rendition, self.pictures)
            return rendition

        return StepDriver(adapter, self.server.control, clock, render), wire

    def settings(self, kind: str) -> Any:
        if kind == "line_shop":
            return LineSettings(myshop_url=self.server.line_url)
        if kind == "emarket":
            return EmarketSettings(dir=self.folder)
        return MetaSettings(graph_url=self.server.graph_url, instagram_url=self.server.instagram_url)


def _at(context: AdapterContext, clock: Any) -> AdapterContext:
    return replace(context, clock=clock)


def goods_of(kind: str) -> Product:
    """Two pictures, or two variants of which one is sold out: as many steps as the channel has."""
    return two_sizes() if kind in {"line_shop", "emarket"} else product_with(2)


def opened(options: SandboxOptions, folder: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        server = stack.enter_context(SandboxServer(options))
        pictures = stack.enter_context(picture_host())
        yield Bench(server, pictures, market_files(folder, server.market_url), stack)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    yield from opened(SandboxOptions(), tmp_path_factory.mktemp("markets"))


@pytest.fixture(scope="module")
def lagging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """New listings appear in lists and searches 15 seconds late; every channel declares more than that."""
    yield from opened(SandboxOptions(read_lag_s=15), tmp_path_factory.mktemp("lagging"))


def is_one_and_nothing_else(driver: StepDriver) -> None:
    (only,) = driver.control.listings()
    assert only.visible, driver.steps
    assert driver.row["external_id"] == only.id, driver.steps
    assert driver.row["intent_verb"] is None


@pytest.mark.parametrize("kind", CALLS)
def test_an_undisturbed_publish_makes_as_many_mutating_calls_as_are_cut_below(
    bench: Bench, kind: str
) -> None:
    driver, wire = bench.driver(kind, {})

    driver.run()

    assert wire.mutating == CALLS[kind]
    is_one_and_nothing_else(driver)


@pytest.mark.parametrize(("kind", "n", "cut"), ONE_CUT)
def test_a_publish_cut_off_at_any_call_ends_with_one_listing(
    bench: Bench, kind: str, n: int, cut: Cut
) -> None:
    driver, wire = bench.driver(kind, {n: cut})

    driver.run()

    assert wire.mutating >= CALLS[kind]
    is_one_and_nothing_else(driver)


@pytest.mark.parametrize(("kind", "n", "cut"), ONE_CUT)
def test_the_same_where_searches_lag_behind(lagging: Bench, kind: str, n: int, cut: Cut) -> None:
    driver, _ = lagging.driver(kind, {n: cut})

    driver.run()

    is_one_and_nothing_else(driver)


@pytest.mark.parametrize("cuts", [EFFECTIVE, EFFECTIVE[::-1]], ids=" then ".join)
@pytest.mark.parametrize(("kind", "first", "second"), TWO_CUTS)
def test_the_way_back_may_be_cut_off_too(
    bench: Bench, kind: str, first: int, second: int, cuts: tuple[Cut, Cut]
) -> None:
    driver, _ = bench.driver(kind, {first: cuts[0], second: cuts[1]})

    driver.run()

    is_one_and_nothing_else(driver)


@pytest.mark.parametrize(("kind", "n", "cut"), ONE_CUT)
def test_publishing_anew_after_a_withdrawal_may_be_cut_off(bench: Bench, kind: str, n: int, cut: Cut) -> None:
    driver, wire = bench.driver(kind, {})
    driver.run()
    driver.want("withdrawn")
    driver.run()
    assert driver.control.visible() == []
    wire.cuts[wire.mutating + n] = cut

    driver.want("live")
    driver.run()

    is_one_and_nothing_else(driver)


@pytest.mark.parametrize(("kind", "n", "cut"), ONE_CUT)
def test_a_wish_that_is_taken_back_in_the_middle_leaves_nothing_on_sale(
    bench: Bench, kind: str, n: int, cut: Cut
) -> None:
    driver, _ = bench.driver(kind, {n: cut})
    driver.step()

    driver.want("withdrawn")
    driver.run()

    assert driver.control.visible() == []


def copy_of_every_product(sandbox: Any) -> None:
    """Leave behind what a second create would have, had the first one's product not been found in time."""
    for product in list(sandbox.line.products.values()):
        fresh = [replace(v, id=sandbox.line.next(), inventory=sandbox.line.next()) for v in product.variants]
        sandbox.line.add(replace(product, id=sandbox.line.next(), variants=fresh))


@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("n", range(2, 8))
def test_of_two_hidden_products_one_is_deleted_wherever_the_way_back_is_cut_off(
    bench: Bench, n: int, cut: Cut
) -> None:
    driver, _ = bench.driver("line_shop", {1: Cut.LOST_AFTER, n: cut})
    driver.step()
    driver.control.run(copy_of_every_product)

    driver.run()

    is_one_and_nothing_else(driver)
