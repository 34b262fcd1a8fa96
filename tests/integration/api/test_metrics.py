"""A monitor reads the system's figures: true ones, in a form it can parse, without a label for every stranger's idea."""

import asyncio

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from schemas.channel import AccountState, Verb
from syndicator.api.gauges import SystemCollector
from syndicator.bootstrap import App
from syndicator.settings import ApiSettings, Settings
from syndicator.store.processes import Heartbeat
from tests.support.api_door import ApiDoor
from tests.support.app import goods
from tests.support.fake_channel import Fault
from workers.queues import ALL_QUEUES


@pytest.fixture
def figures(door):
    """What a monitor reads, by name and labels; caches are new for each reading."""

    def read(*, app=None):
        collector = SystemCollector(app or door.app, ALL_QUEUES)
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in collector.collect()
            for sample in family.samples
        }

    return read


def value(found, name, **labels):
    return found[name, frozenset(labels.items())]


def scraped(door, **headers):
    answer = door.client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    families = list(text_string_to_metric_families(answer.text))
    return {(s.name, frozenset(s.labels.items())): s.value for f in families for s in f.samples}


def test_what_is_served_can_be_parsed_and_every_part_was_read(door):
    door.core.connect()
    door.core.submit(goods())
    door.core.run_until_quiet()

    found = scraped(door)

    assert {labels for name, labels in found if name == "syndicator_scrape_ok"} == {
        frozenset({("part", part)}) for part in ("work", "channels", "webhooks", "counts", "queues")
    }
    assert all(figure == 1 for (name, _), figure in found.items() if name == "syndicator_scrape_ok")
    assert value(found, "syndicator_listings", state="live") == 1
    assert value(found, "syndicator_database_connections_used") == 0
    assert all(name.startswith("syndicator_") for name, _ in found)


def test_listings_accounts_and_work_are_counted(door, figures):
    door.core.connect("page").order(Verb.PUBLISH, Fault.REJECTED)
    door.core.connect("shop")
    door.core.submit(goods())
    door.core.run_until_quiet()
    door.core.set_account(AccountState.PAUSED, "shop")
    door.core.submit(goods("P-2"), accounts=[door.core.account_id("page")])

    found = figures()

    assert value(found, "syndicator_listings", state="needs_you") == 1
    assert value(found, "syndicator_listings", state="live") == 1
    assert value(found, "syndicator_listings", state="stopped") == 0
    assert value(found, "syndicator_accounts", state="paused") == 1
    assert sum(v for (name, _), v in found.items() if name == "syndicator_due") == 1
    assert value(found, "syndicator_attempts_recent", step="publish", outcome="done") == 1
    assert value(found, "syndicator_attempts_recent", step="publish", outcome="rejected") == 1


def test_attempts_of_before_are_not_counted(door, figures):
    door.core.connect()
    door.core.submit(goods())
    door.core.run_until_quiet()
    door.core.execute("UPDATE attempt SET began_at = began_at - interval '1 hour'")

    assert not [name for name, _ in figures() if name == "syndicator_attempts_recent"]


def test_dead_letters_brakes_breakers_and_oversells_are_told(door, figures):
    door.core.connect()
    door.core.execute("INSERT INTO dead_letter (cause, detail, fingerprint) VALUES ('c', 'd', 'f')")
    door.core.execute(
        "UPDATE channel_account SET not_before = :at", at=door.core.clock.now().replace(year=2100)
    )
    door.core.execute(
        "INSERT INTO channel_breaker (endpoint, state, since, count_from) VALUES ('fake', 'open', now(), now())"
    )

    found = figures()

    assert value(found, "syndicator_dead_letters_open") == 1
    assert value(found, "syndicator_accounts_braked") == 1
    assert value(found, "syndicator_breaker", endpoint="fake", state="open") == 1
    assert value(found, "syndicator_breaker", endpoint="fake", state="closed") == 0
    assert value(found, "syndicator_oversells_open") == 0


def test_delays_of_stock_are_told_by_kind_and_stage(door, figures):
    door.core.connect()
    door.core.submit(goods())
    door.core.execute(
        "INSERT INTO stock_push (listing_id, account_id, units, changed_at, sent_at, seen_at)"
        " SELECT id, account_id, '{}', CAST(:at AS timestamptz), CAST(:at AS timestamptz) + s * interval '1 s',"
        " CASE WHEN s = 3 THEN CAST(:at AS timestamptz) + interval '2000 s' END"
        " FROM listing, unnest(ARRAY[0.4, 3]) AS s",
        at=door.core.clock.now(),
    )

    found = figures()

    name, sent = "syndicator_stock_push_delay_seconds", {"kind": "fake", "stage": "sent"}
    assert value(found, f"{name}_bucket", le="0.25", **sent) == 0
    assert value(found, f"{name}_bucket", le="0.5", **sent) == 1
    assert value(found, f"{name}_bucket", le="5", **sent) == 2
    assert value(found, f"{name}_bucket", le="+Inf", **sent) == 2
    assert value(found, f"{name}_gsum", **sent) == pytest.approx(3.4)
    assert value(found, f"{name}_bucket", le="900", kind="fake", stage="seen") == 0
    assert value(found, f"{name}_bucket", le="+Inf", kind="fake", stage="seen") == 1


def test_processes_are_told_by_role_with_their_memory(door, figures):
    with door.core.database.begin() as uow:
        for number in (1, 2):
            uow.processes.beat(
                Heartbeat(
                    id=f"w{number}", role="worker", host="h", pid=1, threads=8, rss_bytes=100, version="0"
                )
            )
    door.core.execute("UPDATE process SET seen_at = :at", at=door.core.clock.now())

    found = figures()

    assert value(found, "syndicator_processes", role="worker") == 2
    assert value(found, "syndicator_processes_rss_bytes", role="worker") == 200
    assert value(found, "syndicator_processes", role="scheduler") == 0


def test_webhooks_that_wait_are_told_unless_their_address_is_paused(door, figures):
    for number, reason in ((1, None), (2, "failing")):
        door.core.execute(
            "INSERT INTO webhook_subscription (public_id, url, events, secrets, state, paused_reason)"
            " VALUES (:name, 'https://a.example.test', '[]', '', CASE WHEN CAST(:reason AS text) IS NULL"
            " THEN 'active' ELSE 'paused' END, :reason)",
            name=f"s{number}",
            reason=reason,
        )
    door.core.execute("INSERT INTO event_out (type, facts) VALUES ('listing.live', '{}')")
    door.core.execute(
        "INSERT INTO webhook_delivery (event_id, subscription_id, message_id, began_at, due_at)"
        " SELECT e.id, s.id, s.public_id, CAST(:at AS timestamptz) - interval '90 s', :at"
        " FROM event_out e, webhook_subscription s",
        at=door.core.clock.now(),
    )

    found = figures()

    assert value(found, "syndicator_webhook_deliveries_waiting") == 1
    assert value(found, "syndicator_webhook_oldest_seconds") == 90
    assert value(found, "syndicator_webhook_subscriptions", state="paused") == 1


def test_queues_are_told_from_redis(figures):
    found = figures()

    for queue in ALL_QUEUES:
        assert value(found, "syndicator_queue_messages", queue=queue, state="ready") == 0


def test_what_cannot_be_read_is_missing_and_said_to_be(door, figures):
    away = App(
        Settings(var=door.app.settings.var),
        database_url="postgresql://u:p@127.0.0.1:1/d",
        redis_url="redis://127.0.0.1:1",
    )

    found = figures(app=away)

    parts = {dict(labels)["part"]: figure for (name, labels), figure in found.items() if "scrape" in name}
    assert parts == dict.fromkeys(("work", "channels", "webhooks", "counts", "queues"), 0)
    assert not [name for name, _ in found if name == "syndicator_listings"]


def test_scrapes_within_a_moment_read_the_database_once(door):
    class Steady:
        now = 0.0

        def __call__(self):
            return self.now

    steady = Steady()
    collector = SystemCollector(door.app, (), steady=steady)

    def dead():
        return next(
            f.samples[0].value for f in collector.collect() if f.name == "syndicator_dead_letters_open"
        )

    assert dead() == 0
    door.core.execute("INSERT INTO dead_letter (cause, detail, fingerprint) VALUES ('c', 'd', 'f')")
    steady.now = 4.9
    assert dead() == 0
    steady.now = 5.0
    assert dead() == 1


def test_requests_are_counted_by_route_and_never_by_address(door):
    caller = door.caller("A")
    before = scraped(door)
    for path in ("/v1/sellers/A", "/v1/sellers/nobody-1", "/v1/sellers/nobody-2", "/no/such/1", "/no/such/2"):
        caller.get(path)
    door.client.request("BREW", "/v1/sellers/A")

    new = {
        key: v - before.get(key, 0)
        for key, v in scraped(door).items()
        if key[0] == "syndicator_api_requests_total"
    }

    def count(route, method, status):
        return new[
            "syndicator_api_requests_total",
            frozenset({("route", route), ("method", method), ("status", str(status))}),
        ]

    assert count("/v1/sellers/{seller}", "GET", 200) == 1
    assert count("/v1/sellers/{seller}", "GET", 404) == 2
    assert count("other", "GET", 404) == 2
    assert not any("nobody" in str(key) or "such" in str(key) or "BREW" in str(key) for key in new)


class From(httpx.BaseTransport):
    """Calls the API from another address."""

    def __init__(self, door, address):
        self._transport = httpx.ASGITransport(door.api, client=(address, 1))

    def handle_request(self, request):
        async def ask():
            answer = await self._transport.handle_async_request(request)
            return httpx.Response(answer.status_code, content=await answer.aread())

        return asyncio.run(ask())


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.7", {}, 401),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 401),
    ],
    ids=["this machine", "this machine, v6", "another machine", "through a proxy"],
)
def test_without_a_token_only_this_machine_may_read(door, address, headers, status):
    with httpx.Client(transport=From(door, address), base_url="http://test") as client:
        assert client.get("/metrics", headers=headers).status_code == status


@pytest.mark.parametrize(("given", "status"), [("right-token-1", 200), ("wrong", 401), ("", 401)])
def test_with_a_token_only_who_has_it_may_read(door, database_url, redis_url, tmp_path, given, status):
    guarded = ApiDoor(
        door.core,
        database_url,
        redis_url,
        tmp_path,
        api=ApiSettings(metrics_token=SecretStr("right-token-1")),
    )
    try:
        answer = guarded.client.get("/metrics", headers={"Authorization": f"Bearer {given}"})
    finally:
        guarded.close()

    assert answer.status_code == status
    if status != 200:
        assert answer.json()["code"] == "metrics_closed"
