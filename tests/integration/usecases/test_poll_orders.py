"""Accounts are asked for orders when they are due, page by page; what was read and where to go on are kept together."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from adapters.refreshing import Renewal
from schemas.channel import AccountState, Credentials
from schemas.ids import LeaseToken
from schemas.orders import OrderState
from syndicator.domain.listing import Wanted
from syndicator.store.account_work import AccountWork
from syndicator.usecases.connect_account import AccountDetails, connect_account
from syndicator.usecases.dispatch_accounts import ORDERS, ORDERS_QUEUE, AccountDispatch, dispatch_accounts
from syndicator.usecases.poll_now import PollEnd, PollingNow
from syndicator.usecases.poll_orders import HOPELESS, LATE, OVERLAP, UNREAD, Polling, PollPace
from tests.support.app import LEASE, CoreApp, goods
from tests.support.fake_channel import KIND, RETRY_AFTER, SHOP, FakeChannel, Fault, WorkerKilled
from tests.support.order_channel import OrderBook, an_order, give_orders

EVERY, DAYS = timedelta(minutes=1), timedelta(days=1)
PACE = PollPace(every=EVERY, first_back=3 * DAYS, jitter=lambda: 0.0)
KINDS = [
    AccountDispatch(work=AccountWork.ORDERS, actor=ORDERS, queue=ORDERS_QUEUE, lease=LEASE, outstanding=8)
]


@pytest.fixture
def book(app: CoreApp) -> OrderBook:
    """The orders of a shop with ten of P-1, which is due."""
    app.connect("shop", can=SHOP)
    app.submit(goods("P-1"), stock=10)
    app.run_until_quiet()
    app.clock.advance(timedelta(hours=1))
    return give_orders(app, "shop")["shop"]


def polling(app: CoreApp, pace: PollPace = PACE) -> Polling:
    return Polling(
        database=app.database,
        adapters=app.adapters,
        policy=app.policy,
        pace=pace,
        clock=app.clock,
        lease_time=LEASE,
        watch=app.ledger,
    )


def leases(app: CoreApp) -> list[LeaseToken]:
    """Hand out what is due; return the leases."""
    before = len(app.wake_ups.sent)
    dispatch_accounts(KINDS, database=app.database, wake_ups=app.wake_ups, clock=app.clock)
    return [LeaseToken(one.lease) for one in app.wake_ups.sent[before:] if one.actor == ORDERS]


def poll(app: CoreApp, pace: PollPace = PACE) -> int:
    """Poll what is due; return the pages read."""
    return sum(polling(app, pace).poll(lease) for lease in leases(app))


def row(app: CoreApp, name: str = "shop") -> sa.Row:
    return app.rows("SELECT * FROM channel_account WHERE name = :n", n=name)[0]


def level(app: CoreApp, sku: str = "P-1") -> tuple[int, int]:
    (found,) = app.rows(
        "SELECT l.on_hand, l.promised FROM stock_level l JOIN variant v ON v.id = l.variant_id WHERE v.sku = :sku",
        sku=sku,
    )
    return found.on_hand, found.promised


def notices(app: CoreApp) -> list[str]:
    return [one.kind for one in app.rows("SELECT kind FROM notice WHERE answered_at IS NULL ORDER BY id")]


def orders(app: CoreApp, *references: str, units: int = 1):
    return [an_order(one, units, placed_at=app.clock.now()) for one in references]


def test_every_page_is_read_and_the_next_read_goes_on_behind_it(app, book):
    book.told = orders(app, "A", "B", "C", "D", "E")

    assert poll(app) == 3
    assert level(app) == (10, 5)
    account = row(app)
    assert account.orders_cursor == {"at": 5}
    assert account.orders_read_at == app.clock.now()
    assert account.orders_due_at == app.clock.now() + EVERY
    assert account.orders_lease_token is None

    assert poll(app) == 0, "it is not due"
    book.told += orders(app, "F")
    app.clock.advance(EVERY)
    assert poll(app) == 1
    assert level(app) == (10, 6)
    assert book.asked == [None, {"at": 2}, {"at": 4}, {"at": 5}]


def test_the_first_read_goes_back_some_days_and_one_without_a_cursor_overlaps(app, book):
    poll(app)
    read_at = app.clock.now()
    app.execute("UPDATE channel_account SET orders_cursor = NULL")
    app.clock.advance(DAYS)
    poll(app)

    assert book.since == [read_at - 3 * DAYS, read_at - OVERLAP]


def test_a_channel_that_wants_to_be_asked_less_often_is(app, book):
    book.interval = timedelta(minutes=7)

    poll(app)

    assert row(app).orders_due_at == app.clock.now() + book.interval


def test_accounts_do_not_march_in_step(app, book):
    poll(app, PollPace(every=EVERY, first_back=DAYS, jitter=lambda: 0.5))

    assert row(app).orders_due_at == app.clock.now() + EVERY * 1.05


def test_an_account_whose_channel_has_no_orders_is_asked_once_and_never_again(app):
    app.connect("page")
    app.execute("UPDATE channel_account SET orders_due_at = :now", now=app.clock.now())

    assert poll(app) == 0

    assert row(app, "page").orders_due_at is None
    app.clock.advance(30 * DAYS)
    assert leases(app) == []


@pytest.mark.parametrize("gives_orders", [True, False])
def test_an_account_connected_anew_is_due_at_once_if_it_has_orders(app, gives_orders):
    app.adapters.channels["new"] = FakeChannel(clock=app.clock)
    if gives_orders:
        adapters = give_orders(app)
        adapters["new"] = OrderBook()
    details = AccountDetails(
        kind=KIND, name="new", external_id="new", credentials=Credentials({"token": "t0"}), settings={}
    )
    connect_account(app.seller_id, details, database=app.database, adapters=app.adapters, clock=app.clock)

    assert row(app, "new").orders_due_at == (app.clock.now() if gives_orders else None)


@pytest.mark.parametrize("state", [AccountState.PAUSED, AccountState.NEEDS_REAUTH])
def test_an_account_at_rest_is_not_asked(app, book, state):
    app.set_account(state, "shop")
    assert leases(app) == []

    app.set_account(AccountState.ACTIVE, "shop")
    assert poll(app) == 1


def test_an_account_paused_while_its_message_waited_is_not_asked(app, book):
    (lease,) = leases(app)
    app.set_account(AccountState.PAUSED, "shop")

    assert polling(app).poll(lease) == 0
    assert book.asked == []


def test_a_message_delivered_twice_reads_once(app, book):
    (lease,) = leases(app)

    assert [polling(app).poll(lease), polling(app).poll(lease)] == [1, 0]


def test_a_worker_that_dies_behind_a_page_costs_that_page_and_counts_nothing_twice(app, book):
    book.told = orders(app, "A", "B", "C", "D")
    (lease,) = leases(app)

    def die() -> None:
        book.meanwhile = None
        raise WorkerKilled

    def die_on_the_second() -> None:
        book.meanwhile = die

    book.meanwhile = die_on_the_second
    with pytest.raises(WorkerKilled):
        polling(app).poll(lease)
    assert (level(app), row(app).orders_cursor) == ((10, 2), {"at": 2})

    app.clock.advance(LEASE)
    assert poll(app) == 1
    assert level(app) == (10, 4)
    assert book.asked[-1] == {"at": 2}


def test_orders_are_stored_even_when_the_lease_was_lost_meanwhile_and_the_cursor_is_not(app, book):
    book.told = orders(app, "A")
    book.meanwhile = lambda: app.execute("UPDATE channel_account SET orders_lease_token = 'another'")

    assert poll(app) == 1

    assert level(app) == (10, 1)
    assert row(app).orders_cursor is None
    assert row(app).orders_lease_token == "another"


def test_a_channel_that_gives_the_same_place_again_is_not_asked_for_ever(app, book):
    book.told, book.stands_still = orders(app, "A"), True

    assert poll(app) == 2
    assert row(app).orders_due_at == app.clock.now() + EVERY


def test_a_long_read_lets_others_go_first_and_goes_on_from_there(app, book):
    book.told = orders(app, *"ABCDEF")
    book.meanwhile = lambda: app.clock.advance(LEASE)

    assert poll(app) == 1
    account = row(app)
    assert (account.orders_due_at, account.orders_read_at) == (app.clock.now(), None)

    assert poll(app) == 2
    assert level(app) == (10, 6)
    assert book.asked == [None, {"at": 2}, {"at": 4}]


def test_a_channel_that_does_not_answer_is_asked_again_at_the_same_place(app, book):
    book.told = orders(app, "A", "B", "C")
    poll(app)
    app.clock.advance(EVERY)
    book.told += orders(app, "D")
    book.faults.append(Fault.TRANSIENT)

    assert poll(app) == 0
    account = row(app)
    assert (account.orders_cursor, account.orders_due_at) == ({"at": 3}, app.clock.now() + EVERY)
    assert notices(app) == []

    app.clock.advance(EVERY)
    assert poll(app) == 1
    assert level(app) == (10, 4)


@pytest.mark.parametrize("fault", [Fault.TRANSIENT, Fault.BUG])
def test_what_goes_on_failing_is_told_and_the_notice_closes_when_it_works(app, book, fault):
    poll(app)
    app.clock.advance(LATE + EVERY)
    book.faults.append(fault)
    poll(app)
    assert notices(app) == [UNREAD]

    app.clock.advance(EVERY)
    poll(app)

    assert notices(app) == []


def test_a_throttled_account_is_braked_for_all_its_work(app, book):
    book.faults.append(Fault.THROTTLED)

    assert poll(app) == 0

    account = row(app)
    assert account.not_before == app.clock.now() + RETRY_AFTER
    assert (account.brake_reason, account.brakes) == ("channel", 1)
    assert account.orders_due_at >= app.clock.now() + RETRY_AFTER

    app.clock.advance(RETRY_AFTER)
    assert poll(app) == 1
    assert row(app).brake_reason is None


def test_a_refused_credential_stops_the_account_and_a_person_is_told(app, book):
    book.faults.append(Fault.AUTH_EXPIRED)

    poll(app)

    assert row(app).state == AccountState.NEEDS_REAUTH.value
    assert notices(app) == ["expired"]
    app.clock.advance(DAYS)
    assert leases(app) == []


def test_a_refused_credential_that_can_be_refreshed_is(app):
    hours = timedelta(hours=1)
    renewal = Renewal(before=hours, first_after=3 * hours, single_use=True)
    app.connect("shop", renewal=renewal)
    give_orders(app, "shop")["shop"].faults.append(Fault.AUTH_EXPIRED)

    poll(app)

    assert row(app).state == AccountState.RENEWING.value


def test_an_answer_that_asking_again_does_not_change_is_read_anew_after_a_while(app, book):
    book.told = orders(app, "A")
    poll(app)
    app.clock.advance(EVERY)
    book.faults.append(Fault.REJECTED)

    poll(app)

    account = row(app)
    assert (account.orders_cursor, account.orders_due_at) == (None, app.clock.now() + HOPELESS)
    assert notices(app) == [UNREAD]
    app.clock.advance(HOPELESS)
    assert poll(app) == 1
    assert level(app) == (10, 1)
    assert notices(app) == []


def test_orders_of_a_code_nobody_knew_are_applied_by_the_next_read_once_the_listing_is_known(app, book):
    book.told = [an_order("A", 2, sku="", external_id="4711", placed_at=app.clock.now())]
    poll(app)
    assert level(app) == (10, 0)

    app.execute("UPDATE listing SET external_id = '4711'")
    app.clock.advance(EVERY)
    poll(app)

    assert level(app) == (10, 2)


def test_the_other_shop_shows_less_as_soon_as_the_order_is_read(app, book):
    stall = app.connect("stall", can=SHOP)
    app.submit(goods("P-1"), stock=10)
    app.run_until_quiet()
    stall.calls.clear()
    book.told = [
        an_order("A", 3, placed_at=app.clock.now()),
        an_order("A", 3, cancelled=3, placed_at=app.clock.now(), state=OrderState.CANCELLED),
        an_order("B", 10, placed_at=app.clock.now()),
    ]

    poll(app)
    app.run_until_quiet()

    assert [sku for _, sku in stall.calls] == ["P-1"]
    with app.database.begin() as uow:
        (product_id,) = uow.stock.products_of([app.value("SELECT id FROM variant")])
        shown = uow.showing.shown_of(app.account_id("stall"), product_id)
    assert {sku: one.units for sku, one in shown.items()} == {"P-1": 0}
    assert app.listing("P-1", "stall").wanted == Wanted.LIVE.value


def polling_now(app: CoreApp, **changes) -> PollingNow:
    values = {
        "polling": polling(app),
        "database": app.database,
        "adapters": app.adapters,
        "clock": app.clock,
        "lease_time": LEASE,
        "within": timedelta(minutes=2),
        "progress": lambda pages: None,
        "sleep": lambda seconds: app.clock.advance(timedelta(seconds=seconds)),
    }
    return PollingNow(**(values | changes))


def ask_now(app: CoreApp, name: str = "shop", **changes) -> PollEnd:
    account_id = app.account_id(name)
    with app.database.begin() as uow:
        stored = uow.accounts.get([account_id])[account_id]
    return polling_now(app, **changes).poll(stored)


def test_a_person_may_ask_out_of_turn_and_sees_how_it_goes_on(app, book):
    poll(app)
    app.clock.advance(timedelta(seconds=1))
    book.told = orders(app, *"ABCDE")
    seen: list[int] = []

    assert ask_now(app, progress=seen.append) is PollEnd.DONE

    assert level(app) == (10, 5)
    assert seen == [3]


def test_a_person_who_asks_while_a_worker_reads_waits_for_it(app, book):
    (lease,) = leases(app)
    worker = polling(app)

    def meanwhile(seconds: float) -> None:
        app.clock.advance(timedelta(seconds=seconds))
        worker.poll(lease)

    assert ask_now(app, sleep=meanwhile) is PollEnd.DONE
    assert len(book.asked) == 1


def test_a_person_does_not_wait_for_ever(app, book):
    leases(app)

    assert ask_now(app, within=timedelta(seconds=10)) is PollEnd.UNFINISHED


def test_a_person_is_told_when_a_channel_does_not_answer_or_has_nothing_to_give(app, book):
    book.faults.append(Fault.TRANSIENT)
    assert ask_now(app) is PollEnd.UNREAD

    app.set_account(AccountState.PAUSED, "shop")
    assert ask_now(app) is PollEnd.NOT_ACTIVE
    app.connect("page")
    assert ask_now(app, "page") is PollEnd.NO_ORDERS


def test_an_account_whose_channel_has_orders_by_now_is_asked_from_then_on(app, book):
    app.execute("UPDATE channel_account SET orders_due_at = NULL")

    assert ask_now(app) is PollEnd.DONE
    assert row(app).orders_due_at == app.clock.now() + EVERY
