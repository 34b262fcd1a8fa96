"""The hands that make trouble: each kind of it, done to the running system."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random

import psycopg
import redis

from syndicator.local.probes import libpq_url
from tests.chaos.house import SECOND_SCHEDULER, House, alive, frozen, kill
from tests.chaos.scenario import Trouble

PAUSE_S = 4.0
"""How long a server is out of reach, full or read-only."""
STANDSTILL_S = 55.0
"""Longer than a lease, so that others have taken the work over when the sleeper wakes."""
_FILL_DISK = """
CREATE OR REPLACE FUNCTION chaos_disk_full() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE OR REPLACE TRIGGER chaos_disk_full BEFORE INSERT OR UPDATE ON attempt EXECUTE FUNCTION chaos_disk_full();
"""
_FREE_DISK = "DROP TRIGGER IF EXISTS chaos_disk_full ON attempt"
_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"


class Hands:
    """Makes trouble for a house.

    Args:
        house: The system.
        database_url: Its PostgreSQL, for what is done from inside.
        redis_url: Its Redis.
        rng: Chooses which of several like processes it meets.
    """

    def __init__(self, house: House, database_url: str, redis_url: str, rng: Random) -> None:
        self._house = house
        self._database_url = database_url
        self._redis = redis.Redis.from_url(redis_url, socket_timeout=5)
        self._rng = rng
        self._sleepers: list[threading.Thread] = []
        self._acts: Mapping[Trouble, Callable[[], bool]] = {
            Trouble.KILL_WORKER: lambda: self._kill("worker"),
            Trouble.KILL_MEDIA: lambda: self._kill("media"),
            Trouble.KILL_SCHEDULER: lambda: self._kill("scheduler"),
            Trouble.KILL_SECOND_SCHEDULER: lambda: self._kill(SECOND_SCHEDULER),
            Trouble.KILL_API: lambda: self._kill("api"),
            Trouble.KILL_REDIS: lambda: self._kill("redis"),
            Trouble.KILL_POSTGRES: lambda: self._kill("postgres"),
            Trouble.KILL_POSTGRES_BACKEND: lambda: self._kill("postgres_backend"),
            Trouble.KILL_EVERYTHING: self._kill_everything,
            Trouble.DEPLOY: self._deploy,
            Trouble.EMPTY_REDIS: lambda: bool(self._redis.flushall()),
            Trouble.FREEZE_REDIS: lambda: self._freeze("redis", PAUSE_S),
            Trouble.FILL_REDIS: self._fill_redis,
            Trouble.FREEZE_WORKER: lambda: self._freeze("worker", STANDSTILL_S),
            Trouble.CUT_CONNECTIONS: lambda: self._tell_database(_CUT),
            Trouble.FAIL_OVER: self._fail_over,
            Trouble.FILL_DISK: self._fill_disk,
        }

    def make(self, trouble: Trouble) -> bool:
        """Make the trouble; return whether it could be made (what it is aimed at may be down already)."""
        try:
            return self._acts[trouble]()
        except (psycopg.Error, redis.RedisError):
            return False

    def rest(self) -> None:
        """Wait for what still stands still, and undo what is left of any trouble."""
        for sleeper in self._sleepers:
            sleeper.join()
        self._house.keep_standing()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(psycopg.Error, redis.RedisError):
                self._tell_database(_FREE_DISK)
                self._set_read_only(on=False)
                self._redis.config_set("maxmemory", 0)
                return
            time.sleep(0.5)
        raise TimeoutError("the servers did not come back")

    def _kill(self, name: str) -> bool:
        found = self._house.children(name)
        return bool(found) and kill([self._rng.choice(found)]) > 0

    def _kill_everything(self) -> bool:
        before = self._house.family()
        done = kill(before[:1]) > 0
        deadline = time.monotonic() + 30
        while alive(before[1:]) and time.monotonic() < deadline:
            time.sleep(0.1)
        self._house.keep_standing()
        return done

    def _deploy(self) -> bool:
        self._house.stop()
        self._house.start()
        return True

    def _freeze(self, name: str, seconds: float) -> bool:
        found = self._house.children(name)
        if not found:
            return False

        def sleep() -> None:
            with frozen(found[:1]):
                time.sleep(seconds)

        self._sleepers.append(threading.Thread(target=sleep, name=f"frozen-{name}"))
        self._sleepers[-1].start()
        return True

    def _fill_redis(self) -> bool:
        self._redis.config_set("maxmemory", 1)
        time.sleep(PAUSE_S)
        self._redis.config_set("maxmemory", 0)
        return True

    def _fail_over(self) -> bool:
        self._set_read_only(on=True)
        self._tell_database(_CUT)
        time.sleep(PAUSE_S)
        self._set_read_only(on=False)
        self._tell_database(_CUT)
        return True

    def _fill_disk(self) -> bool:
        self._tell_database(_FILL_DISK)
        time.sleep(PAUSE_S)
        return self._tell_database(_FREE_DISK)

    def _set_read_only(self, *, on: bool) -> None:
        self._tell_database(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if on else 'off'}")
        self._tell_database("SELECT pg_reload_conf()")

    def _tell_database(self, statement: str) -> bool:
        with psycopg.connect(
            libpq_url(self._database_url),
            autocommit=True,
            connect_timeout=5,
            options="-c default_transaction_read_only=off",
        ) as connection:
            connection.execute(statement)
        return True
