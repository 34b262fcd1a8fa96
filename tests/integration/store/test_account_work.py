"""Accounts are leased for one kind of work: fairly, once, and so that a holder that dies holds nobody up."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from schemas.channel import AccountState
from schemas.ids import AccountId
from schemas.pace import BrakeReason
from syndicator.store.account_work import AccountWork, AccountWorkRepository, LeasedAccount, Turn, is_callable
from syndicator.store.engine import UnitOfWork
from tests.support.app import CoreApp

LEASE = timedelta(seconds=45)


def work_of(uow: UnitOfWork, work: AccountWork) -> AccountWorkRepository:
    return uow.sweep_work if work is AccountWork.SWEEP else uow.orders_work


@pytest.fixture
def app(database_url: str) -> Iterator[CoreApp]:
    core = CoreApp(database_url)
    yield core
    core.close()


@pytest.fixture(params=AccountWork)
def work(request: pytest.FixtureRequest) -> AccountWork:
    return AccountWork(request.param)


def due(app: CoreApp, work: AccountWork, *names: str) -> list[AccountId]:
    """Connect accounts that fall due one second after the other, the last one now."""
    ids = []
    for name in names:
        app.connect(name)
        ids.append(app.account_id(name))
        with app.database.begin() as uow:
            work_of(uow, work).set_due(ids[-1], app.clock.now())
        app.clock.advance(timedelta(seconds=1))
    return ids


def lease(
    app: CoreApp, work: AccountWork, *, most: int = 10, closed: tuple[str, ...] = ()
) -> list[AccountId]:
    return [one.id for one in leased(app, work, most=most, closed=closed)]


def leased(
    app: CoreApp, work: AccountWork, *, most: int = 10, closed: tuple[str, ...] = ()
) -> list[LeasedAccount]:
    now = app.clock.now()
    with app.database.begin() as uow:
        return list(work_of(uow, work).lease_due(now=now, until=now + LEASE, most=most, closed=closed))


def claim(app: CoreApp, work: AccountWork, one: LeasedAccount) -> Turn:
    with app.database.begin() as uow:
        turn = work_of(uow, work).claim(one.token, until=app.clock.now() + LEASE)
    assert turn is not None
    return turn


def test_those_due_longest_come_first_and_no_more_than_asked_for(app: CoreApp, work: AccountWork) -> None:
    first, second, third = due(app, work, "a", "b", "c")

    assert lease(app, work, most=2) == [first, second]
    assert lease(app, work, most=2) == [third]
    assert lease(app, work) == []


def test_one_that_gives_back_stands_behind_the_others(app: CoreApp, work: AccountWork) -> None:
    first, second = due(app, work, "a", "b")
    turn = claim(app, work, leased(app, work, most=1)[0])

    with app.database.begin() as uow:
        assert work_of(uow, work).give_back(turn, {"page": 3}, due_at=app.clock.now())
    app.clock.advance(timedelta(seconds=1))

    assert lease(app, work) == [second, first]


def test_the_cursor_is_there_for_the_next_holder(app: CoreApp, work: AccountWork) -> None:
    due(app, work, "a")
    turn = claim(app, work, leased(app, work)[0])
    assert turn.cursor is None
    with app.database.begin() as uow:
        assert work_of(uow, work).keep(turn, {"page": 3})

    app.clock.advance(LEASE)

    assert claim(app, work, leased(app, work)[0]).cursor == {"page": 3}


def test_a_second_delivery_finds_nothing(app: CoreApp, work: AccountWork) -> None:
    due(app, work, "a")
    (one,) = leased(app, work)
    claim(app, work, one)

    with app.database.begin() as uow:
        assert work_of(uow, work).claim(one.token, until=app.clock.now() + LEASE) is None


def test_who_lost_the_lease_writes_nothing(app: CoreApp, work: AccountWork) -> None:
    due(app, work, "a")
    slow = claim(app, work, leased(app, work)[0])
    app.clock.advance(LEASE)
    claim(app, work, leased(app, work)[0])

    with app.database.begin() as uow:
        repository, now = work_of(uow, work), app.clock.now()
        assert not repository.keep(slow, {"page": 9})
        assert not repository.give_back(slow, {"page": 9}, due_at=now)
        assert not repository.finish(slow, done_at=now, due_at=now)
        assert not repository.stop(slow)
    app.clock.advance(LEASE)
    assert claim(app, work, leased(app, work)[0]).cursor is None


def test_finished_work_is_due_again_at_its_time(app: CoreApp, work: AccountWork) -> None:
    (account,) = due(app, work, "a")
    turn = claim(app, work, leased(app, work)[0])
    done_at = app.clock.now()
    with app.database.begin() as uow:
        assert work_of(uow, work).finish(turn, done_at=done_at, due_at=done_at + timedelta(hours=6))

    app.clock.advance(timedelta(hours=5, minutes=59))
    assert lease(app, work) == []
    app.clock.advance(timedelta(minutes=1))
    (one,) = leased(app, work)
    assert one.id == account
    assert claim(app, work, one).done_at == done_at


def test_stopped_work_never_falls_due_and_cannot_be_asked_for(app: CoreApp, work: AccountWork) -> None:
    (account,) = due(app, work, "a")
    turn = claim(app, work, leased(app, work)[0])

    with app.database.begin() as uow:
        assert work_of(uow, work).stop(turn)
        assert work_of(uow, work).ask([account], now=app.clock.now()) == 0
    app.clock.advance(timedelta(days=30))

    assert lease(app, work) == []


def test_asking_lets_it_fall_due_at_once_but_disturbs_nobody_at_work(app: CoreApp, work: AccountWork) -> None:
    idle, busy = due(app, work, "a", "b")
    turns = [claim(app, work, one) for one in leased(app, work)]
    with app.database.begin() as uow:
        now = app.clock.now()
        work_of(uow, work).finish(turns[0], done_at=now, due_at=now + timedelta(hours=6))
        assert work_of(uow, work).ask([idle, busy], now=now) == 1

    assert lease(app, work) == [idle]


@pytest.mark.parametrize("state", [AccountState.PAUSED, AccountState.RENEWING, AccountState.NEEDS_REAUTH])
def test_an_account_that_is_not_active_is_passed_over(
    app: CoreApp, work: AccountWork, state: AccountState
) -> None:
    due(app, work, "a")
    app.set_account(state, "a")
    assert lease(app, work) == []

    app.set_account(AccountState.ACTIVE, "a")
    assert len(lease(app, work)) == 1


def test_a_braked_account_and_a_closed_channel_are_passed_over(app: CoreApp, work: AccountWork) -> None:
    braked, free = due(app, work, "a", "b")
    now = app.clock.now()
    with app.database.begin() as uow:
        uow.accounts.brake(braked, now=now, wait=timedelta(minutes=1), reason=BrakeReason.CHANNEL)

    assert lease(app, work, closed=("fake",)) == []
    assert lease(app, work) == [free]
    app.clock.advance(timedelta(minutes=1))
    assert lease(app, work) == [braked, free]


def test_a_brake_set_while_the_message_waited_holds_too(app: CoreApp, work: AccountWork) -> None:
    (account,) = due(app, work, "a")
    (one,) = leased(app, work)
    now = app.clock.now()
    with app.database.begin() as uow:
        uow.accounts.brake(account, now=now, wait=timedelta(minutes=1), reason=BrakeReason.CHANNEL)

    turn = claim(app, work, one)

    assert not is_callable(turn.stored, now)
    assert is_callable(turn.stored, now + timedelta(minutes=1))


def test_running_leases_are_counted_and_impossible_ones_cut(app: CoreApp, work: AccountWork) -> None:
    due(app, work, "a", "b")
    lease(app, work, most=1)
    now = app.clock.now()
    with app.database.begin() as uow:
        repository = work_of(uow, work)
        assert repository.in_flight(now=now, longest=LEASE) == 1
        assert repository.shorten_leases(now=now, longest=LEASE) == 0
        assert repository.shorten_leases(now=now - timedelta(days=1), longest=LEASE) == 1

    with app.database.begin() as uow:
        assert work_of(uow, work).in_flight(now=now - timedelta(days=1), longest=LEASE) == 1
