"""Files that markets read, written by the real core on real PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.base import FeedingAdapter
from schemas.channel import AccountState
from schemas.listing import ListingState
from schemas.money import Money
from schemas.product import Media, Product, Status
from syndicator.media.storage import storage_error
from syndicator.store.feeds import feed_key
from syndicator.usecases import write_feed as writing
from syndicator.usecases.write_feed import let_shrink, write_feed
from tests.support.factories import make_product, make_variant, sha
from tests.support.feed_app import FeedApp

INTERVAL = timedelta(seconds=300)
Make = Callable[..., FeedApp]


@pytest.fixture
def make(database_url: str, tmp_path: Path) -> Iterator[Make]:
    made: list[FeedApp] = []

    def app(*, shows_units: bool = False, **feed: Any) -> FeedApp:
        made.append(FeedApp(database_url, tmp_path / "emarkets", feed=feed, shows_units=shows_units))
        made[-1].connect_market()
        return made[-1]

    yield app
    for one in made:
        one.close()


@pytest.fixture
def app(make: Make) -> FeedApp:
    return make()


def goods(sku: str, *, price: int = 4500, **changes: Any) -> Product:
    return make_product(sku, variants=(make_variant(sku, price=Money(price)),), **changes)


def state(app: FeedApp, sku: str) -> ListingState:
    return app.state(sku, "google")


def test_goods_are_live_once_the_file_that_holds_them_is_stored(app: FeedApp) -> None:
    app.offer(goods("A"), goods("B"), goods("C"))
    app.work()

    written = app.written()
    assert written is not None
    assert (sorted(app.items()), written.rows) == (["A", "B", "C"], 3)
    for sku in "ABC":
        listing = app.listing(sku, "google")
        assert (listing.state, listing.external_id) == ("live", sku)
        assert listing.remote == {"file": written.sha256}
        assert app.outcomes(sku, "google") == [("publish", "done")]


def test_everything_due_goes_into_one_file_however_it_was_handed_out(app: FeedApp) -> None:
    skus = [f"P-{n}" for n in range(30)]
    app.offer(*(goods(sku) for sku in skus))

    assert app.run_once() == 1

    assert sorted(app.items()) == sorted(skus)
    assert {state(app, sku) for sku in skus} == {ListingState.LIVE}


def test_an_account_of_many_pages_is_written_whole_and_in_one_order(app: FeedApp) -> None:
    skus = [f"P-{n:03}" for n in range(writing.PAGE + 5)]
    app.offer(*(goods(sku) for sku in skus))
    app.work()

    assert list(app.items()) == skus


def test_a_change_waits_for_the_next_file_and_spends_no_attempt(app: FeedApp) -> None:
    app.offer(goods("A"), goods("B"))
    app.work()
    first = app.file()

    app.offer(goods("A", price=9900))
    app.work()
    assert app.file() == first
    assert state(app, "A") is ListingState.WORKING
    assert app.outcomes("A", "google") == [("publish", "done")]

    app.clock.advance(INTERVAL)
    app.work()
    assert app.items()["A"]["price"] == "99.00 THB"
    assert state(app, "A") is ListingState.LIVE
    assert app.outcomes("A", "google") == [("publish", "done"), ("update", "done")]


def test_the_address_stays_and_differs_between_accounts(app: FeedApp) -> None:
    app.connect_market("second")
    app.offer(goods("A"))
    app.work()
    before = app.written()
    assert before is not None
    assert before.filename is not None
    app.clock.advance(INTERVAL)
    app.offer(goods("B"))
    app.work()

    after, other = app.written(), app.written("second")
    assert after is not None
    assert other is not None
    account = app.account_id("google")
    assert after.sha256 != before.sha256
    assert feed_key(account, after.secret, before.filename) == feed_key(
        account, before.secret, before.filename
    )
    assert other.secret != after.secret
    assert feed_key(account, after.secret, before.filename) != feed_key(
        account, other.secret, before.filename
    )


def test_only_what_the_file_shows_of_stock_makes_a_new_file(app: FeedApp) -> None:
    app.offer(goods("A"), stock=10)
    app.work()
    before = app.written()
    app.clock.advance(INTERVAL)

    app.offer(goods("A"), stock=9)
    app.work()
    assert app.written() == before
    assert state(app, "A") is ListingState.LIVE

    app.offer(goods("A"), stock=0)
    app.work()
    assert app.items()["A"]["availability"] == "out_of_stock"


def test_one_file_carries_units_and_everything_else_that_changed(make: Make) -> None:
    app = make(shows_units=True)
    app.offer(goods("A"), stock=10)
    app.work()
    app.clock.advance(INTERVAL)

    app.offer(goods("A", price=9900), stock=4)
    app.work()

    row = app.items()["A"]
    assert (row["availability"], row["price"]) == ("4", "99.00 THB")
    assert state(app, "A") is ListingState.LIVE
    assert app.outcomes("A", "google") == [("publish", "done"), ("set_stock", "done")]


def test_withdrawn_goods_leave_the_file(app: FeedApp) -> None:
    app.offer(*(goods(sku) for sku in "ABCD"))
    app.work()
    app.clock.advance(INTERVAL)

    app.offer(goods("B", status=Status.HIDDEN))
    app.work()

    assert sorted(app.items()) == ["A", "C", "D"]
    assert state(app, "B") is ListingState.STOPPED
    assert app.listing("B", "google").external_id is None


def test_where_a_market_keeps_what_is_gone_a_person_is_asked(make: Make) -> None:
    app = make(absent_row="keeps")
    app.offer(*(goods(sku) for sku in "ABCD"))
    app.work()
    app.clock.advance(INTERVAL)

    app.offer(goods("B", status=Status.HIDDEN))
    app.work()

    assert sorted(app.items()) == ["A", "C", "D"]
    assert state(app, "B") is ListingState.NEEDS_YOU
    assert app.codes("B", "google") == ["listing.withdraw_by_hand"]
    assert app.listing("B", "google").external_id == "B"


def test_a_sharp_fall_keeps_the_file_until_an_operator_allows_it(app: FeedApp) -> None:
    app.offer(*(goods(sku) for sku in "ABCD"))
    app.work()
    first = app.file()
    app.clock.advance(INTERVAL)

    app.offer(*(goods(sku, status=Status.HIDDEN) for sku in "BCD"))
    app.work()
    assert app.file() == first
    assert state(app, "B") is ListingState.NEEDS_YOU
    assert app.codes("B", "google") == ["feed.shrank"]
    (problem,) = app.listing("B", "google").problems
    assert "4" in problem["th"]
    assert "--let-shrink google" in problem["th"]

    with app.database.begin() as uow:
        let_shrink(app.account_id("google"), uow=uow, now=app.clock.now())
    app.work()
    written = app.written()
    assert sorted(app.items()) == ["A"]
    assert state(app, "B") is ListingState.STOPPED
    assert written is not None
    assert not written.may_shrink


def test_goods_that_come_back_need_no_operator(app: FeedApp) -> None:
    app.offer(*(goods(sku) for sku in "ABCD"))
    app.work()
    app.clock.advance(INTERVAL)
    app.offer(*(goods(sku, status=Status.HIDDEN) for sku in "BCD"), goods("A", price=9900))
    app.work()
    assert app.codes("A", "google") == ["feed.shrank"]

    app.offer(*(goods(sku) for sku in "BCD"))
    app.run_until_quiet()

    assert sorted(app.items()) == ["A", "B", "C", "D"]
    assert app.items()["A"]["price"] == "99.00 THB"
    assert {state(app, sku) for sku in "ABCD"} == {ListingState.LIVE}


def test_goods_that_break_a_rule_stay_out_and_hold_nobody_back(app: FeedApp) -> None:
    app.offer(goods("A"), goods("B", category_code="food.unknown"))
    app.work()
    assert sorted(app.items()) == ["A"]
    assert app.codes("B", "google") == ["category_unmapped"]

    app.offer(goods("B"))
    app.run_until_quiet()
    assert sorted(app.items()) == ["A", "B"]


def test_live_goods_that_come_to_break_a_rule_leave_the_file(app: FeedApp) -> None:
    app.offer(*(goods(sku) for sku in "ABCD"))
    app.work()
    app.offer(goods("B", category_code="food.unknown"), goods("C", price=9900))
    app.run_until_quiet()

    assert sorted(app.items()) == ["A", "C", "D"]
    assert state(app, "B") is ListingState.NEEDS_YOU


def test_goods_of_a_later_day_stay_out_until_then(app: FeedApp) -> None:
    app.offer(goods("A"), goods("B", available_from=date(2026, 11, 24)))
    app.work()
    assert sorted(app.items()) == ["A"]

    app.clock.advance(timedelta(days=2))
    app.work()
    assert sorted(app.items()) == ["A", "B"]


def test_a_row_shows_the_pictures_that_are_there(app: FeedApp) -> None:
    old, new = Media(source="a.jpg", sha256=sha("a")), Media(source="b.jpg", sha256=sha("b"))
    app.offer(goods("A"), goods("B"))
    app.work()
    app.clock.advance(INTERVAL)

    app.submit(make_product("A", variants=(make_variant("A", media=(new, old)),)), goods("B", price=9900))
    app.work()
    assert app.items()["B"]["price"] == "99.00 THB"
    assert f"/{'a' * 64}-" in app.items()["A"]["image_link"]
    assert "additional_image_link" not in app.items()["A"]

    app.clock.advance(timedelta(seconds=60))
    app.finish_pictures()
    app.run_until_quiet()
    assert f"/{'b' * 64}-" in app.items()["A"]["image_link"]
    assert f"/{'a' * 64}-" in app.items()["A"]["additional_image_link"]


class WorkerKilled(BaseException):
    """Stands for kill -9: nothing behind it runs."""


class Store:
    """A store that fails as told, then works."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.during: Callable[[], Any] = lambda: None
        self.before: BaseException | None = None
        self.after: BaseException | None = None

    def put(self, key: str, data: bytes) -> None:
        self.during()
        if self.before is not None:
            raise self.before
        self._real.put(key, data)
        if self.after is not None:
            raise self.after

    def read(self, key: str) -> bytes:
        data: bytes = self._real.read(key)
        return data


@pytest.fixture
def store(app: FeedApp) -> Store:
    app.store = Store(app.store)  # type: ignore[assignment]
    return app.store  # type: ignore[return-value]


def test_a_store_that_fails_spends_no_attempt(app: FeedApp, store: Store) -> None:
    store.before = storage_error(OSError(5, "Input/output error"), "store")
    app.offer(goods("A"))
    app.work()
    assert app.written() is None
    assert (state(app, "A"), app.listing("A", "google").attempts) == (ListingState.WORKING, 0)

    store.before = None
    app.clock.advance(writing.AGAIN_AFTER_STORE)
    app.work()
    assert sorted(app.items()) == ["A"]
    assert state(app, "A") is ListingState.LIVE


def test_what_a_killed_worker_wrote_is_written_again(app: FeedApp, store: Store) -> None:
    store.after = WorkerKilled()
    app.offer(goods("A"), goods("B"))
    with pytest.raises(WorkerKilled):
        app.run_once()
    assert app.listing("A", "google").external_id is None

    store.after = None
    app.clock.advance(timedelta(minutes=2))
    app.work()

    assert sorted(app.items()) == ["A", "B"]
    assert app.outcomes("A", "google") == [("publish", "lost"), ("publish", "done")]


def test_goods_withdrawn_after_a_killed_worker_wrote_them_are_in_no_file(app: FeedApp, store: Store) -> None:
    app.offer(goods("A"), goods("B"), goods("C"))
    app.work()
    app.clock.advance(INTERVAL)
    store.after = WorkerKilled()
    app.offer(goods("D"))
    with pytest.raises(WorkerKilled):
        app.run_once()
    assert sorted(app.items()) == ["A", "B", "C", "D"]

    store.after = None
    app.submit(goods("D", status=Status.HIDDEN))
    app.clock.advance(timedelta(minutes=2))
    app.work()

    assert sorted(app.items()) == ["A", "B", "C"]
    assert state(app, "D") is ListingState.STOPPED


def test_a_doubt_outlasts_a_wait(app: FeedApp, store: Store) -> None:
    app.offer(goods("A"), goods("B"), goods("C"))
    app.work()
    app.clock.advance(INTERVAL)
    store.after = WorkerKilled()
    app.offer(goods("D"))
    with pytest.raises(WorkerKilled):
        app.run_once()
    store.after = None
    app.clock.advance(timedelta(minutes=2))
    with app.database.alone(f"feed/{app.account_id('google')}"):
        app.work()
    assert app.outcomes("D", "google") == [("publish", "lost"), ("publish", "feed_busy")]

    app.offer(goods("D", status=Status.HIDDEN))
    app.work()

    assert sorted(app.items()) == ["A", "B", "C"]
    assert state(app, "D") is ListingState.STOPPED


def test_a_writer_that_comes_right_after_another_writes_nothing(app: FeedApp) -> None:
    account_id = app.account_id("google")
    with app.database.begin() as uow:
        account = uow.accounts.get([account_id])[account_id]
    adapter = app.adapters.open(account.account, account.credentials)
    assert isinstance(adapter, FeedingAdapter)

    def write() -> None:
        write_feed([], account, adapter, database=app.database, store=app.store, clock=app.clock)

    write()
    first = app.written()
    app.clock.advance(INTERVAL - timedelta(seconds=1))
    write()
    assert app.written() == first
    app.clock.advance(timedelta(seconds=1))
    write()
    assert app.written() != first


def test_a_large_file_leaves_room_for_everybody_else(app: FeedApp, store: Store) -> None:
    app.connect_market("second")
    first, second = app.account_id("google"), app.account_id("second")
    app.submit(*(goods(f"P-{n}") for n in range(app.limits.outstanding + 1)), accounts=[first])
    app.finish_pictures()
    sent: list[int] = []

    def look() -> None:
        store.during = lambda: None
        app.submit(goods("X"), accounts=[second])
        sent.append(len(app.dispatch()))

    store.during = look
    app.run_once()

    assert sent == [1]


def test_while_another_worker_writes_the_file_the_slice_waits(app: FeedApp) -> None:
    app.offer(goods("A"))
    with app.database.alone(f"feed/{app.account_id('google')}") as is_ours:
        assert is_ours
        app.work()
    assert app.written() is None
    assert app.outcomes("A", "google") == [("publish", "feed_busy")]

    app.clock.advance(writing.AGAIN_WHEN_BUSY)
    app.work()
    assert sorted(app.items()) == ["A"]


def test_slices_worked_on_at_once_write_one_file(app: FeedApp) -> None:
    app.offer(goods("A"))
    first = app.lease_one()
    app.offer(goods("B"))
    second = app.lease_one()

    threads = [threading.Thread(target=app.reconcile, args=(lease,)) for lease in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes = {sku: app.outcomes(sku, "google") for sku in "AB"}
    app.run_until_quiet()

    # The one that came second waited, whether it met the writer or the young file.
    assert sorted(len(tries) for tries in outcomes.values()) in ([0, 1], [1, 1])
    assert sum(tries[-1:] == [("publish", "done")] for tries in outcomes.values()) == 1
    assert sorted(app.items()) == ["A", "B"]
    assert {state(app, sku) for sku in "AB"} == {ListingState.LIVE}


def test_a_paused_account_s_file_stays_as_it_is(app: FeedApp) -> None:
    app.offer(goods("A"))
    app.work()
    first = app.file()
    app.clock.advance(INTERVAL)
    app.set_account(AccountState.PAUSED, "google")
    app.offer(goods("A", price=9900))
    app.work()
    assert app.file() == first

    app.set_account(AccountState.ACTIVE, "google")
    app.run_until_quiet()
    assert app.items()["A"]["price"] == "99.00 THB"
