"""Events reach the endpoints that want them, signed, once each, patiently, and never into a private network."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from cryptography.fernet import Fernet
from standardwebhooks import WebhookVerificationError

from schemas.ids import Sku
from syndicator.domain.access import Reach, Role
from syndicator.domain.events import EventType
from syndicator.store.engine import Database
from syndicator.store.secrets import FernetCipher
from syndicator.usecases.rotate_keys import rotate_keys
from syndicator.usecases.stock import count_stock
from syndicator.usecases.webhook_subscriptions import Change, change, replay, rotate_secret, send_test
from tests.support.app import KEY, CoreApp, goods
from tests.support.events import Telling, opened
from tests.support.fake_channel import SHOP
from tests.support.loopback_server import Quiet, serving
from tests.support.waiting import wait_until
from tests.support.webhook_receiver import Receiver, webhook_receiver

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def telling(app: CoreApp) -> Iterator[Telling]:
    app.connect("shop", can=SHOP)
    made = Telling(app)
    yield made
    made.sender.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with webhook_receiver() as made:
        yield made


@pytest.fixture
def tested(telling: Telling, receiver: Receiver) -> tuple[str, str]:
    """A subscription with a test event that waits: its public id and its secret."""
    made = telling.subscribe(receiver.url)
    telling.test_event(made[0])
    return made


def count(app: CoreApp, units: int, sku: str = "P-1") -> None:
    count_stock(
        app.seller_id, {Sku(sku): units}, reference=f"c{units}", database=app.database, clock=app.clock
    )


def outcomes(telling: Telling) -> list[str | None]:
    return [one.outcome for one in telling.deliveries()]


def test_every_event_of_a_publish_arrives_once_and_its_signature_holds(
    app: CoreApp, telling: Telling, receiver: Receiver
) -> None:
    _, secret = telling.subscribe(receiver.url)
    app.submit(goods(), stock=3)
    app.run_until_quiet()

    assert telling.run_once() == 2
    assert telling.run_once() == 0

    stock, live = (opened(one, secret) for one in receiver.requests)
    assert (stock["type"], stock["data"]["available"]) == ("stock.changed", 3)
    assert (live["type"], live["data"]["sku"], live["data"]["account"]) == ("listing.live", "P-1", "shop")
    assert live["data"]["permalink"] == app.listing(account="shop").permalink
    assert set(live) == {"type", "timestamp", "data"}
    assert len({one.headers["webhook-id"] for one in receiver.requests}) == 2


def test_a_message_is_not_opened_by_another_secret_nor_after_it_was_changed(
    telling: Telling, receiver: Receiver, tested: tuple[str, str]
) -> None:
    _, other = telling.subscribe(receiver.url)
    telling.run_once()
    (request,) = receiver.requests

    with pytest.raises(WebhookVerificationError):
        opened(request, other)
    with pytest.raises(WebhookVerificationError):
        opened(type(request)(url=request.url, headers=request.headers, body=request.body + b" "), tested[1])


def test_a_refused_message_is_tried_again_by_the_schedule_under_the_same_id(
    app: CoreApp, telling: Telling, receiver: Receiver, tested: tuple[str, str]
) -> None:
    receiver.status = 500
    began, tries = app.clock.now(), []
    for _ in range(20):
        due = telling.next_try()
        if due is None:
            break
        app.clock.advance(max(due - app.clock.now(), timedelta(0)))
        tries.append(app.clock.now() - began)
        telling.run_once()
        app.execute("UPDATE webhook_subscription SET due_at = (SELECT min(due_at) FROM webhook_delivery)")

    waits = [
        timedelta(seconds=5),
        5 * MINUTE,
        30 * MINUTE,
        2 * HOUR,
        5 * HOUR,
        10 * HOUR,
        14 * HOUR,
        20 * HOUR,
    ]
    expected = [timedelta(0)]
    for wait in waits:
        expected.append(expected[-1] + wait)
    assert tries == [*expected, 3 * DAY]
    assert len({one.headers["webhook-id"] for one in receiver.requests}) == 1
    assert len({one.body for one in receiver.requests}) == 1
    assert outcomes(telling) == ["given_up"]


def test_an_endpoint_that_took_nothing_for_three_days_is_paused_with_a_reason_and_goes_on_when_resumed(
    app: CoreApp, telling: Telling, receiver: Receiver, tested: tuple[str, str]
) -> None:
    receiver.status = 500
    telling.run_once()
    while app.value("SELECT state FROM webhook_subscription") == "active":
        app.clock.advance(6 * HOUR)
        telling.test_event(tested[0])
        telling.run_once()
    before = len(receiver.requests)
    telling.test_event(tested[0])
    assert telling.lease() == []

    receiver.status = 204
    app.clock.advance(HOUR)
    resumed = change(
        telling.seller,
        tested[0],
        Change(is_paused=False),
        database=app.database,
        sender=telling.sender,
        clock=app.clock,
    )

    assert resumed is not None
    assert resumed.paused_reason is None
    while telling.run_once():
        pass
    assert len(receiver.requests) > before
    assert set(outcomes(telling)) == {"delivered", "given_up"}


def test_a_failure_costs_the_messages_behind_it_no_try_and_lets_the_endpoint_rest(
    app: CoreApp, telling: Telling, receiver: Receiver, tested: tuple[str, str]
) -> None:
    telling.test_event(tested[0])
    receiver.status = 503
    telling.run_once()

    assert [one.attempts for one in telling.deliveries()] == [1, 0]
    assert telling.run_once() == 0

    receiver.status = 200
    app.clock.advance(timedelta(seconds=5))
    telling.run_once()
    telling.run_once()
    assert outcomes(telling) == ["delivered", "delivered"]
    assert app.value("SELECT failures FROM webhook_subscription") == 0


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_asks_for_peace_gets_it(
    app: CoreApp, telling: Telling, receiver: Receiver, tested: tuple[str, str], status: int
) -> None:
    receiver.status, receiver.answers = status, {"Retry-After": "900"}
    telling.run_once()

    assert telling.next_try() == app.clock.now() + timedelta(seconds=900)
    (delivery,) = telling.deliveries()
    assert delivery.due_at == app.clock.now() + timedelta(seconds=900)


def test_a_receiver_that_is_gone_hears_nothing_more_and_costs_nothing_more(
    app: CoreApp, telling: Telling, receiver: Receiver, tested: tuple[str, str]
) -> None:
    receiver.status = 410
    telling.run_once()
    app.submit(goods())
    telling.run_once()

    assert app.rows("SELECT state, paused_reason FROM webhook_subscription")[0] == ("paused", "gone")
    assert outcomes(telling) == ["given_up"]
    assert len(receiver.requests) == 1


def test_a_redirect_is_not_followed(telling: Telling, receiver: Receiver, tested: tuple[str, str]) -> None:
    with webhook_receiver() as elsewhere:
        receiver.status, receiver.answers = 307, {"Location": elsewhere.url}
        telling.run_once()

        assert elsewhere.requests == []
    assert telling.deliveries()[0].last_status == 307


def test_only_the_newest_figures_of_a_variant_wait(
    app: CoreApp, telling: Telling, receiver: Receiver
) -> None:
    app.submit(goods("P-1"), goods("P-2"), stock=50)
    _, secret = telling.subscribe(receiver.url, EventType.STOCK_CHANGED)
    receiver.status = 500
    count(app, 40)
    telling.run_once()
    for units in (30, 20):
        count(app, units)
        telling.lease()
    count(app, 11)
    count(app, 10)
    count(app, 7, "P-2")

    receiver.status = 200
    app.clock.advance(HOUR)
    telling.run_once()
    telling.run_once()

    told = [opened(one, secret)["data"] for one in receiver.requests]
    assert [(one["sku"], one["available"]) for one in told] == [("P-1", 40), ("P-1", 10), ("P-2", 7)]
    assert sorted(map(str, outcomes(telling))) == ["delivered"] * 2 + ["superseded"] * 3


def test_two_workers_deliver_a_message_once(
    telling: Telling, receiver: Receiver, tested: tuple[str, str]
) -> None:
    receiver.slow_s = 0.2
    (token,) = telling.lease()
    threads = [threading.Thread(target=telling.worker.deliver, args=(token,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(receiver.requests) == 1
    assert telling.lease() == []


def waits_for_a_lock(app: CoreApp) -> bool:
    return bool(
        app.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    )


def test_a_worker_locks_the_subscription_before_the_delivery_as_whoever_writes_events_down_does(
    app: CoreApp, telling: Telling, receiver: Receiver, tested: tuple[str, str]
) -> None:
    receiver.status, receiver.slow_s = 500, 0.5
    (token,) = telling.lease()
    thread = threading.Thread(target=telling.worker.deliver, args=(token,))
    thread.start()
    receiver.wait_for(1)
    with app.database.begin() as uow:
        uow.connection.execute(sa.text("SELECT id FROM webhook_subscription FOR NO KEY UPDATE"))
        wait_until(lambda: waits_for_a_lock(app), "the worker waits for the subscription")

        uow.connection.execute(sa.text("SELECT id FROM webhook_delivery FOR UPDATE NOWAIT"))
    thread.join()

    assert telling.deliveries()[0].attempts == 1


def test_a_worker_that_dies_in_mid_call_leaves_the_message_to_the_next_under_the_same_id(
    app: CoreApp, telling: Telling, receiver: Receiver, tested: tuple[str, str]
) -> None:
    class Killed(BaseException):
        pass

    sent = telling.sender.send

    def die(*args: Any, **values: Any) -> Any:
        sent(*args, **values)
        raise Killed

    dying = Telling(app)
    dying.sender.send = die  # type: ignore[method-assign]
    (token,) = telling.lease()
    with pytest.raises(Killed):
        dying.worker.deliver(token)
    assert telling.run_once() == 0

    app.clock.advance(MINUTE)
    assert telling.run_once() == 1
    assert len({one.headers["webhook-id"] for one in receiver.requests}) == 1
    dying.sender.close()


def test_an_endpoint_that_hangs_holds_one_place_and_delays_nobody(
    app: CoreApp, telling: Telling, receiver: Receiver, tested: tuple[str, str]
) -> None:
    telling.run_once()
    with webhook_receiver() as hanging:
        slow, _ = telling.subscribe(hanging.url)
        telling.test_event(slow)
        (stuck,) = telling.lease()
        hanging.slow_s = 3
        thread = threading.Thread(target=telling.worker.deliver, args=(stuck,))
        thread.start()
        hanging.wait_for(1)
        telling.test_event(tested[0])
        telling.test_event(slow)

        assert telling.run_once() == 1

        assert thread.is_alive()
        assert [len(one.requests) for one in (receiver, hanging)] == [2, 1]
        thread.join()
    assert app.rows("SELECT is_swift FROM webhook_subscription ORDER BY id") == [(True,), (False,)]


def test_endpoints_not_known_to_be_swift_never_take_the_places_of_those_that_are(
    app: CoreApp, telling: Telling
) -> None:
    ids = [telling.subscribe(f"http://127.0.0.1:9/{n}")[0] for n in range(6)]
    app.execute("UPDATE webhook_subscription SET is_swift = true WHERE id > 4")
    for public_id in ids:
        telling.test_event(public_id)
    telling.room = type(telling.room)(swift=1, others=2, lease=telling.room.lease)

    assert len(telling.lease()) == 3
    assert (
        app.value("SELECT count(*) FROM webhook_subscription WHERE lease_token IS NOT NULL AND is_swift") == 1
    )


class Dripping(Quiet, BaseHTTPRequestHandler):
    """Answers a letter at a time, each sooner than any wait of a client runs out, until nobody listens."""

    def do_POST(self) -> None:
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            for _ in range(200):
                self.wfile.write(b"x")
                time.sleep(0.05)


def test_an_answer_that_drips_is_cut_off_in_time(app: CoreApp, telling: Telling) -> None:
    telling.timeout = timedelta(seconds=0.3)
    with serving(Dripping) as url:
        public_id, _ = telling.subscribe(url)
        telling.test_event(public_id)
        telling.run_once()

    (delivery,) = telling.deliveries()
    assert (delivery.last_error, delivery.last_status) == ("timeout", None)


def test_a_rotated_secret_signs_beside_the_old_one_until_its_time_is_up(
    app: CoreApp, telling: Telling, receiver: Receiver, tested: tuple[str, str]
) -> None:
    public_id, old = tested
    new = rotate_secret(telling.seller, public_id, keep_old_for=DAY, database=app.database, clock=app.clock)
    assert new is not None
    telling.run_once()
    app.clock.advance(DAY)
    telling.test_event(public_id)
    telling.run_once()

    first, second = receiver.requests
    assert opened(first, old) == opened(first, new)
    assert opened(second, new)["type"] == "webhook.test"
    with pytest.raises(WebhookVerificationError):
        opened(second, old)


def test_what_was_given_up_is_sent_anew_on_request_one_by_one_or_since_a_moment(
    app: CoreApp, telling: Telling, receiver: Receiver, tested: tuple[str, str]
) -> None:
    send_test(telling.seller, tested[0], database=app.database, clock=app.clock)
    app.execute(
        "UPDATE webhook_delivery SET outcome = 'given_up', ended_at = now(), due_at = NULL, attempts = 9"
    )
    first, _ = telling.deliveries()

    one = replay(
        telling.seller, tested[0], message_id=first.message_id, database=app.database, clock=app.clock
    )
    telling.run_once()
    since = app.clock.now() - DAY
    rest = replay(telling.seller, tested[0], since=since, database=app.database, clock=app.clock)
    telling.run_once()
    none = replay(telling.seller, tested[0], since=since, database=app.database, clock=app.clock)

    assert (one, rest, none) == (1, 1, 0)
    assert outcomes(telling) == ["delivered", "delivered"]
    assert receiver.requests[0].headers["webhook-id"] == first.message_id


def test_nobody_replays_for_somebody_else(app: CoreApp, telling: Telling, tested: tuple[str, str]) -> None:
    with app.database.begin() as uow:
        stranger = Reach(role=Role.SELLER, seller_id=uow.accounts.ensure_seller("B"))

    assert replay(stranger, tested[0], since=app.clock.now(), database=app.database, clock=app.clock) is None
    assert send_test(Reach(role=Role.ADMIN), tested[0], database=app.database, clock=app.clock) is None


def test_events_reach_their_own_seller_their_centre_and_everybody_and_nobody_else(
    app: CoreApp, telling: Telling
) -> None:
    with app.database.begin() as uow:
        centre, other = uow.sellers.ensure_centre("C-1"), uow.sellers.ensure_centre("C-2")
        mine = uow.sellers.add("M", "M", centre)
        stranger = uow.accounts.ensure_seller("B")
    owners = {
        "seller": Reach(role=Role.SELLER, seller_id=mine),
        "centre": Reach(role=Role.CENTRE, centre_id=centre),
        "everybody": Reach(role=Role.ADMIN),
        "stranger": Reach(role=Role.SELLER, seller_id=stranger),
        "other centre": Reach(role=Role.CENTRE, centre_id=other),
    }
    for name, owner in owners.items():
        telling.subscribe(f"http://127.0.0.1:9/{name.replace(' ', '-')}", owner=owner)

    app.submit(goods(), seller_id=mine)
    telling.lease()

    told = app.rows(
        "SELECT w.url, e.type FROM webhook_delivery d JOIN webhook_subscription w ON w.id = d.subscription_id"
        " JOIN event_out e ON e.id = d.event_id ORDER BY w.id"
    )
    assert [tuple(one) for one in told] == [
        (f"http://127.0.0.1:9/{name}", "stock.changed") for name in ("seller", "centre", "everybody")
    ]


def test_no_secret_stands_in_a_table_or_a_log_in_clear(
    app: CoreApp, telling: Telling, receiver: Receiver, tested: tuple[str, str]
) -> None:
    receiver.status = 500
    with structlog.testing.capture_logs() as logs:
        telling.run_once()
    secret = tested[1].removeprefix("whsec_")

    assert logs
    assert secret not in str(logs)
    for name in ("webhook_subscription", "webhook_delivery", "event_out"):
        assert secret not in str(app.rows(f"SELECT t::text FROM {name} t"))  # noqa: S608 - our own names
    assert secret.encode() not in bytes(app.value("SELECT secrets FROM webhook_subscription"))


def test_secrets_come_under_the_newest_key_and_sign_as_before(
    app: CoreApp, telling: Telling, receiver: Receiver, tested: tuple[str, str], database_url: str
) -> None:
    new = Fernet.generate_key().decode()
    cipher = FernetCipher([new, KEY])
    database = Database(database_url, cipher)
    done = rotate_keys(database=database, cipher=cipher)
    database.close()

    assert (done.rotated, done.unopened) == (2, [])
    assert cipher.opened_by(bytes(app.value("SELECT secrets FROM webhook_subscription"))) == 0
    with app.database.begin() as uow:
        sealed = bytes(app.value("SELECT secrets FROM webhook_subscription"))
        uow.connection.exec_driver_sql(
            "UPDATE webhook_subscription SET secrets = %s",
            (FernetCipher([KEY]).encrypt(FernetCipher([new]).decrypt(sealed)),),
        )
    telling.run_once()
    assert opened(receiver.requests[0], tested[1])


def test_a_secret_that_no_key_opens_is_a_failure_that_is_shown_and_sends_nothing(
    app: CoreApp, telling: Telling, receiver: Receiver, tested: tuple[str, str]
) -> None:
    app.execute("UPDATE webhook_subscription SET secrets = 'xx'")

    assert telling.run_once() == 0

    assert (receiver.requests, telling.deliveries()[0].last_error) == ([], "secret")


def test_old_events_are_forgotten_with_their_deliveries(
    app: CoreApp, telling: Telling, tested: tuple[str, str]
) -> None:
    telling.run_once()
    app.clock.advance(30 * DAY)
    telling.test_event(tested[0])
    with app.database.begin() as uow:
        assert uow.webhooks.forget(before=app.clock.now() - 29 * DAY) == 1

    assert len(telling.deliveries()) == 1
