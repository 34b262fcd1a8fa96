"""One time for all: the database's, carried on by a clock nobody can set."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from structlog.testing import capture_logs

from syndicator.store.clock import LOOK_EVERY, DatabaseClock

START = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)


class Machine:
    """A database that tells a time or is silent, and a steady clock."""

    def __init__(self) -> None:
        self.told: datetime | None = START
        self.steady_s = 100.0
        self.asked = 0

    def ask(self) -> datetime:
        self.asked += 1
        if self.told is None:
            raise psycopg.OperationalError("silent")
        return self.told

    def steady(self) -> float:
        return self.steady_s

    def pass_time(self, by: timedelta, *, database: timedelta | None = None) -> None:
        self.steady_s += by.total_seconds()
        if self.told is not None:
            self.told += by if database is None else database


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def clock(machine: Machine) -> DatabaseClock:
    return DatabaseClock(machine.ask, steady=machine.steady)


def test_the_time_is_the_databases_however_wrong_this_machine_is(clock: DatabaseClock) -> None:
    assert clock.now() == START


def test_the_database_is_asked_once_in_a_while_and_the_steady_clock_counts_between(
    clock: DatabaseClock, machine: Machine
) -> None:
    clock.now()
    machine.pass_time(timedelta(seconds=30))

    assert clock.now() == START + timedelta(seconds=30)
    assert machine.asked == 1

    machine.pass_time(LOOK_EVERY)
    clock.now()
    assert machine.asked == 2


def test_a_database_that_is_silent_leaves_the_time_running(clock: DatabaseClock, machine: Machine) -> None:
    clock.now()
    machine.told = None
    machine.pass_time(timedelta(minutes=5))

    with capture_logs() as logs:
        assert clock.now() == START + timedelta(minutes=5)

    assert [line["event"] for line in logs] == ["clock.database_silent"]


def test_a_database_never_heard_of_leaves_the_machines_own_time(
    clock: DatabaseClock, machine: Machine
) -> None:
    machine.told = None

    with capture_logs():
        told = clock.now()

    assert abs(told - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_clock_that_was_set_is_followed_and_told_of(clock: DatabaseClock, machine: Machine) -> None:
    clock.now()
    machine.pass_time(LOOK_EVERY, database=timedelta(hours=-1))

    with capture_logs() as logs:
        assert clock.now() == START - timedelta(hours=1)

    assert [(line["event"], line["seconds"]) for line in logs] == [("clock.jumped", -3660.0)]
