"""The address that probes ask is red for real causes, says which, and costs nothing when it is asked often."""

import psycopg
import pytest

from syndicator.api.health import Readiness
from syndicator.bootstrap import App
from syndicator.settings import Settings
from syndicator.store.processes import Heartbeat
from tests.support.app import goods

NOWHERE = "127.0.0.1:1"


@pytest.fixture
def ready(door):
    """Everything in order: a scheduler was just heard of, and nothing is due."""
    with door.core.database.begin() as uow:
        uow.processes.beat(
            Heartbeat(id="s", role="scheduler", host="h", pid=1, threads=0, rss_bytes=1, version="0")
        )
    return door


def states(door):
    """Return status and the state of each check, of a look made now."""
    answer = door.client.get("/health/ready")
    return answer.status_code, {check["name"]: check["state"] for check in answer.json()["checks"]}


def make_due(door, ago, account="page"):
    """Let a listing have been due for so long."""
    door.core.connect(account)
    door.core.submit(goods(f"P-{account}"), accounts=[door.core.account_id(account)])
    door.core.execute("UPDATE listing SET due_at = now() - CAST(:ago AS interval)", ago=ago)


def test_a_system_in_order_is_ready(ready):
    status, found = states(ready)

    assert status == 200
    assert found == dict.fromkeys(("database", "redis", "migrations", "scheduler", "due_listings"), "ok")


@pytest.mark.parametrize("seen", ["never", "long ago"])
def test_a_silent_scheduler_is_red(door, ready, seen):
    statement = (
        "DELETE FROM process" if seen == "never" else "UPDATE process SET seen_at = now() - interval '30 s'"
    )
    door.core.execute(statement)

    answer = door.client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["code"], body["path"], body["status"]) == ("not_ready", "scheduler", 503)
    assert body["request_id"] == answer.headers["X-Request-Id"]
    assert "syndicator scheduler" in body["en"]
    assert "ก" <= body["th"][0] <= "๙"


def test_work_that_has_been_due_for_too_long_is_red(ready):
    make_due(ready, "11 minutes")

    status, found = states(ready)

    assert (status, found["due_listings"]) == (503, "failed")
    (check,) = [c for c in ready.client.get("/health/ready").json()["checks"] if c["name"] == "due_listings"]
    assert 660 <= check["value"] < 700
    assert check["limit"] == 600


def test_work_that_has_been_due_for_a_while_is_not(ready):
    make_due(ready, "9 minutes")

    assert states(ready)[0] == 200


@pytest.mark.parametrize(
    "held_back",
    [
        "UPDATE channel_account SET state = 'paused'",
        "UPDATE channel_account SET state = 'needs_reauth'",
        "UPDATE channel_account SET not_before = now() + interval '1 hour'",
        "UPDATE channel_account SET not_before = now() - interval '1 minute'",
        "INSERT INTO channel_breaker (endpoint, state, since, count_from) VALUES ('fake', 'open', now(), now())",
        "INSERT INTO channel_breaker (endpoint, state, since, count_from) VALUES ('fake', 'closed', now(), now())",
    ],
    ids=["paused", "needs reauth", "braked", "just released", "channel down", "channel just back"],
)
def test_work_that_waits_for_good_reason_is_not_red(ready, held_back):
    make_due(ready, "2 hours")
    ready.core.execute(held_back)

    assert states(ready)[0] == 200


def test_tables_older_than_the_release_are_red_and_newer_ones_are_not(door, ready):
    door.core.execute("UPDATE alembic_version SET version_num = '0001'")
    older = Readiness(door.app).checks()
    door.core.execute("UPDATE alembic_version SET version_num = '9999'")
    newer = Readiness(door.app).checks()

    assert {check.name: check.state for check in older}["migrations"] == "failed"
    assert {check.state for check in newer} == {"ok"}


def test_an_empty_database_is_red_and_raises_nothing(door, ready):
    door.core.execute("DROP SCHEMA public CASCADE")
    door.core.execute("CREATE SCHEMA public")

    checks = {check.name: check.state for check in Readiness(door.app).checks()}

    assert checks == {
        "database": "ok",
        "redis": "ok",
        "migrations": "failed",
        "scheduler": "unknown",
        "due_listings": "unknown",
    }


@pytest.mark.parametrize("away", ["database", "redis"])
def test_a_server_that_is_away_is_red_and_its_address_is_not_told(door, ready, away):
    nowhere = {
        "database": f"postgresql://u:planted-word@{NOWHERE}/d",
        "redis": f"redis://:planted-word@{NOWHERE}",
    }
    urls = {"database": door.app.database_url, "redis": door.app.redis_url} | {away: nowhere[away]}
    app = App(Settings(var=door.app.settings.var), database_url=urls["database"], redis_url=urls["redis"])

    checks = Readiness(app).checks()

    assert {check.name for check in checks if check.state == "failed"} == {away}
    assert not any(word in check.model_dump_json() for check in checks for word in ("planted", "127.0.0.1"))


def test_many_probes_within_a_moment_ask_the_servers_once(ready):
    class Steady:
        now = 0.0

        def __call__(self):
            return self.now

    steady = Steady()
    readiness = Readiness(ready.app, steady=steady)
    first = readiness.checks()
    ready.core.execute("DELETE FROM process")

    steady.now = 0.9
    assert readiness.checks() is first
    steady.now = 1.0
    assert {check.name for check in readiness.checks() if check.state == "failed"} == {"scheduler"}


def test_a_database_that_does_not_answer_in_time_is_red(ready):
    with psycopg.connect(ready.app.database_url.replace("+psycopg", "")) as holder:
        holder.execute("LOCK TABLE process IN ACCESS EXCLUSIVE MODE")

        checks = {check.name: check.state for check in Readiness(ready.app).checks()}

    assert checks["database"] == "failed"
    assert checks["scheduler"] == "unknown"
