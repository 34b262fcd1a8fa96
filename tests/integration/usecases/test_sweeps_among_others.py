"""Sweeps, stock changes, submissions and workers at once: nobody waits for ever, and in the end all figures agree."""

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.ids import Sku
from syndicator.registered_adapters import SystemClock
from syndicator.usecases.stock import count_stock
from tests.support.app import CoreApp, goods
from tests.support.fake_channel import MARKET
from tests.support.fake_observed import ObservedChannel, connect_observed
from tests.support.sweeps import kinds, lease_sweeps, set_policy, sweep, sweeping

SECONDS = 3.0
SKUS = [f"P-{number}" for number in range(8)]


@pytest.fixture
def app(database_url: str) -> Iterator[CoreApp]:
    core = CoreApp(database_url, clock=SystemClock())  # type: ignore[arg-type]
    yield core
    core.close()


def repeat(action: Callable[[int], object]) -> int:
    """Do it over and over for a while; return how often. Whatever it raises ends the test."""
    end = time.monotonic() + SECONDS
    for number in itertools.count():
        if time.monotonic() > end:
            return number
        action(number)
    return 0


def quiet(app: CoreApp) -> None:
    for _ in range(200):
        if not app.run_once() and not app.value("SELECT count(*) FROM listing WHERE due_at IS NOT NULL"):
            return
        time.sleep(0.02)
    raise AssertionError("the core does not come to rest")


def test_all_at_once_ends_with_figures_that_agree(app: CoreApp) -> None:
    channels: dict[str, ObservedChannel] = {}
    for name, policy in (("page", "theirs"), ("shop", "ours")):
        channels[name] = connect_observed(app, name, can=MARKET)
        set_policy(app, {"stock": policy}, name)
    app.submit(*(goods(sku) for sku in SKUS))
    quiet(app)

    def sweeps(_: int) -> None:
        with app.database.begin() as uow:
            accounts = [app.account_id(name) for name in channels]
            uow.sweep_work.ask(accounts, now=app.clock.now())
        for lease in lease_sweeps(app):
            sweeping(app).sweep(lease)  # type: ignore[arg-type]

    def hands(number: int) -> None:
        sku = SKUS[number % len(SKUS)]
        channels["page" if number % 3 else "shop"].edit(sku, available={sku: 5 + number % 7})
        time.sleep(0.01)

    def counts(number: int) -> None:
        figures = {Sku(sku): 5 + number % 5 for sku in SKUS[number % 3 :: 3]}
        count_stock(app.seller_id, figures, reference=f"c-{number}", database=app.database, clock=app.clock)

    def submissions(number: int) -> None:
        app.submit(*(goods(sku, price=4500 + number % 4) for sku in SKUS))

    with ThreadPoolExecutor(5) as pool:
        runs = [
            pool.submit(repeat, action)
            for action in (sweeps, hands, counts, submissions, lambda _: app.run_once())
        ]
        done = [run.result() for run in runs]
    assert min(done) > 3, done

    # A claim passes over a listing that a submission or a count holds that moment; such a lease runs out by itself.
    app.execute("UPDATE listing SET due_at = now() WHERE lease_token IS NOT NULL")
    for _ in range(4):
        quiet(app)
        sweep(app, "page")
        sweep(app, "shop")
    quiet(app)
    levels = dict(
        app.rows("SELECT v.sku, s.available FROM stock_level s JOIN variant v ON v.id = s.variant_id")  # type: ignore[arg-type]
    )
    for channel in channels.values():
        assert {sku: channel.shown[channel.id_of(sku)]["available"][sku] for sku in SKUS} == levels
        assert all(len(channel.visible(sku)) == 1 for sku in SKUS)
    assert kinds(app) == []
