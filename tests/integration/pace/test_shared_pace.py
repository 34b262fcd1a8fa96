"""Budgets and reports over a real Redis: shared by processes, braked at 90 %, kept up without Redis."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import redis
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.pace import Usage
from schemas.pace import BrakeReason, PaceScope
from syndicator.local.ports import free_port
from syndicator.local.redis import PrivateRedis
from tests.integration.pace.conftest import BEGUN, NEW, SHARE, MakePace, budget, let_through, payer


def test_no_step_begins_above_90_percent_and_a_begun_one_goes_on_to_100(
    make_pace: MakePace, redis_url: str
) -> None:
    pace, who = make_pace(redis_url), payer(budget(50))

    assert let_through(pace, who) == 45
    assert let_through(pace, who, BEGUN) == 5
    refusal = pace.pay(who, NEW)
    assert refusal is not None
    assert (refusal.reason, refusal.scope) == (BrakeReason.BUDGET, PaceScope.ACCOUNT)
    assert timedelta(seconds=50) < refusal.wait <= timedelta(seconds=60)


def test_processes_share_one_count(make_pace: MakePace, redis_url: str) -> None:
    first, second, who = make_pace(redis_url), make_pace(redis_url), payer(budget(20))

    assert let_through(first, who, tries=10) == 10
    assert let_through(second, who) == 8


def test_accounts_count_apart_and_the_app_counts_together(make_pace: MakePace, redis_url: str) -> None:
    pace = make_pace(redis_url)
    own, shared = budget(10), budget(20, scope=PaceScope.APP, name="app")
    first, second = payer(own, shared), payer(own, shared, account="x/2")

    assert let_through(pace, first) == 9
    assert let_through(pace, second) == 9
    refusal = pace.pay(replace(first, account="x/3"), NEW)
    assert refusal is not None
    assert refusal.scope is PaceScope.APP


def test_a_short_window_frees_itself(make_pace: MakePace, redis_url: str) -> None:
    pace, who = make_pace(redis_url), payer(budget(10, seconds=1))
    assert let_through(pace, who) == 9
    refusal = pace.pay(who, NEW)
    assert refusal is not None

    time.sleep(refusal.wait.total_seconds() + 0.05)

    assert pace.pay(who, NEW) is None


def test_a_begun_step_waits_out_a_short_refusal_rather_than_be_cut(
    make_pace: MakePace, redis_url: str
) -> None:
    pace, who = make_pace(redis_url), payer(budget(10, seconds=1))
    assert let_through(pace, who, BEGUN, tries=10) == 10

    assert pace.pay(who, BEGUN) is None


def test_a_simulated_channel_on_this_machine_sets_its_own_limits(make_pace: MakePace, redis_url: str) -> None:
    pace, who = make_pace(redis_url), payer(budget(5))

    for host in ("127.0.0.1", "localhost", "::1"):
        assert let_through(pace, who, replace(NEW, host=host), tries=20) == 20
    assert let_through(pace, who, tries=20) == 4


@given(
    amount=st.integers(1, 40),
    workers=st.integers(1, 8),
    begun=st.lists(st.booleans(), min_size=1, max_size=12),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_many_workers_pay_at_once_no_budget_is_passed(
    make_pace: MakePace, redis_url: str, amount: int, workers: int, begun: list[bool]
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    paces = [make_pace(redis_url) for _ in range(min(workers, 3))]
    who = payer(budget(amount, seconds=3_600))
    start = threading.Barrier(workers)

    def work(number: int) -> list[bool]:
        start.wait()
        pace = paces[number % len(paces)]
        return [pace.pay(who, BEGUN if is_begun else NEW) is None for is_begun in begun * 3]

    with ThreadPoolExecutor(workers) as pool:
        passed = [one for answers in pool.map(work, range(workers)) for one in answers]

    bound = amount if any(begun) else max(1, amount * 9 // 10)
    assert sum(passed) <= bound
    assert sum(passed) == min(bound, len(passed)) or any(begun)


def report(percent: float, seconds: float | None, scope: PaceScope = PaceScope.ACCOUNT) -> list[Usage]:
    wait = None if seconds is None else timedelta(seconds=seconds)
    return [Usage(scope=scope, percent=percent, regain_after=wait)]


def test_a_report_of_90_percent_stops_new_steps_and_one_of_100_stops_all(
    make_pace: MakePace, redis_url: str
) -> None:
    pace, who = make_pace(redis_url), payer()
    pace.told(who, report(89.9, 60))
    assert pace.pay(who, NEW) is None

    pace.told(who, report(90, 60))
    assert pace.pay(who, BEGUN) is None
    refusal = pace.pay(who, NEW)
    assert refusal is not None
    assert refusal.reason is BrakeReason.USAGE

    pace.told(who, report(100, 120))
    assert pace.pay(who, BEGUN) is not None


def test_other_processes_hear_of_a_report(make_pace: MakePace, redis_url: str) -> None:
    first, second = make_pace(redis_url), make_pace(redis_url)
    first.told(payer(), report(100, 60, PaceScope.APP))

    refusal = second.pay(payer(account="x/2"), NEW)

    assert refusal is not None
    assert refusal.scope is PaceScope.APP
    assert timedelta(seconds=55) < refusal.wait <= timedelta(seconds=60)


def test_an_older_answer_does_not_shorten_a_wait(make_pace: MakePace, redis_url: str) -> None:
    first, second = make_pace(redis_url), make_pace(redis_url)
    first.told(payer(), report(100, 600))
    second.told(payer(), report(95, 10))

    for pace in (first, second, make_pace(redis_url)):
        refusal = pace.pay(payer(), NEW)
        assert refusal is not None
        assert refusal.wait > timedelta(seconds=500)


def test_a_wait_ends_by_itself(make_pace: MakePace, redis_url: str) -> None:
    pace = make_pace(redis_url)
    pace.told(payer(), report(100, 0.2))
    assert pace.pay(payer(), NEW) is not None

    time.sleep(0.25)

    assert pace.pay(payer(), NEW) is None


def test_a_month_is_believed_for_a_day(make_pace: MakePace, redis_url: str) -> None:
    pace = make_pace(redis_url)
    pace.told(payer(), report(100, timedelta(days=30).total_seconds()))

    refusal = pace.pay(payer(), NEW)

    assert refusal is not None
    assert refusal.wait <= timedelta(hours=24)


def test_without_redis_each_process_goes_on_with_its_share_and_says_so_once(make_pace: MakePace) -> None:
    pace, who = make_pace(f"redis://127.0.0.1:{free_port()}/0"), payer(budget(100))
    began = time.monotonic()

    with structlog.testing.capture_logs() as logs:
        assert let_through(pace, who) == int(90 * SHARE)
        pace.told(who, report(100, 30))
        assert pace.pay(who, BEGUN) is not None

    assert [log["event"] for log in logs] == ["pace.redis_silent"]
    assert time.monotonic() - began < 10


def test_a_redis_that_stops_in_mid_flight_stops_nothing_and_is_used_again(
    make_pace: MakePace, servers_folder: object
) -> None:
    server = PrivateRedis(servers_folder / "pace-redis")  # type: ignore[operator]
    server.start()
    pace, who = make_pace(server.url), payer(budget(100))
    assert let_through(pace, who, tries=50) == 50

    server.stop()
    with structlog.testing.capture_logs() as logs:
        assert let_through(pace, who) == int(90 * SHARE)
    assert [log["event"] for log in logs] == ["pace.redis_silent"]

    server.start()
    pace._counter._gate._ask_at = 0
    assert let_through(pace, who) == 40
    server.stop()


def test_an_emptied_redis_is_believed_only_together_with_our_own_count(
    make_pace: MakePace, redis_url: str
) -> None:
    pace, who = make_pace(redis_url), payer(budget(100))
    assert let_through(pace, who) == 90
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    time.sleep(1.05)

    with structlog.testing.capture_logs() as logs:
        passed = let_through(pace, who)

    assert passed == int(90 * SHARE)
    assert [log["event"] for log in logs] == ["pace.redis_emptied"]


def test_a_redis_without_memory_stops_nothing(make_pace: MakePace, redis_url: str) -> None:
    pace, who = make_pace(redis_url), payer(budget(100))
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", "1")
        try:
            assert let_through(pace, who) == int(90 * SHARE)
        finally:
            client.config_set("maxmemory", "0")


def test_what_is_kept_in_redis_has_a_prefix_of_its_own_and_an_end(
    make_pace: MakePace, redis_url: str
) -> None:
    pace, who = make_pace(redis_url), payer(budget(100))
    let_through(pace, who, tries=3)
    pace.told(who, report(95, 60))

    with redis.Redis.from_url(redis_url) as client:
        keys = client.keys("*")
        endless = [key for key in keys if client.ttl(key) < 0]

    assert len(keys) == 3
    assert all(key.startswith(b"syndicator:pace") for key in keys)
    assert endless == [b"syndicator:pace:mark"]
