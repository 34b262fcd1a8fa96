"""Events that channels send, from the HTTP door to the rows they change, on real PostgreSQL."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from adapters.settings import MetaSettings
from schemas.channel import AccountState, ChannelAccount, Credentials
from schemas.orders import ChannelOrder
from syndicator.api.app import create_app
from syndicator.api.hooks import MOST_BYTES
from syndicator.bootstrap import App
from syndicator.settings import ApiSettings, Settings
from syndicator.store.engine import UnitOfWork
from tests.support.app import KEY, CoreApp, goods
from tests.support.hook_channel import APP_SECRET, OF_APP, DoorClient, body_of, hook_channels, sign

TOKEN = "TOPSECRET"
"""What ``CoreApp`` connects accounts with; the fake channel signs with it."""
HERE = "https://shop.example.test"


class Ledger:
    """Takes orders as the real one does: within the transaction of the event."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.is_down = False

    def __call__(
        self, uow: UnitOfWork, account: ChannelAccount, orders: Sequence[ChannelOrder], *, now: Any
    ) -> None:
        if self.is_down:
            raise RuntimeError("the ledger is down")
        assert uow.connection.in_transaction()
        self.taken += [(account.name, order.reference) for order in orders]


class Door:
    """The HTTP door over the same database as the core."""

    def __init__(self, core: CoreApp, url: str, folder: Path) -> None:
        self.core = core
        self.ledger = Ledger()
        self.channels = hook_channels()
        settings = Settings(
            var=folder,
            secret_key=SecretStr(KEY),
            api=ApiSettings(public_url=HERE),
            meta=MetaSettings(app_secret=SecretStr(APP_SECRET)),
        )
        self.app = App(settings=settings, database_url=url, redis_url="")
        self.client = DoorClient(create_app(self.app, channels=self.channels, record_orders=self.ledger))

    def address(self, account: str = "page") -> str:
        full = self.app.hooks.of_account(self.channels_kind, self.core.account_id(account))
        return full.removeprefix(HERE)

    @property
    def channels_kind(self) -> Any:
        return next(iter(self.channels))

    def send(self, *events: dict[str, Any], account: str = "page", secret: str = TOKEN) -> int:
        body = body_of(*events)
        return self.client.post(self.address(account), body, sign(body, secret)).status_code

    def send_to_app(self, *events: dict[str, Any]) -> int:
        body = body_of(*events)
        return self.client.post(f"/hooks/{OF_APP}", body, sign(body, APP_SECRET)).status_code

    def events(self) -> list[tuple[str, int]]:
        rows = self.core.rows("SELECT key, repeats FROM inbound_event ORDER BY id")
        return [(row.key, row.repeats) for row in rows]

    def refusals(self) -> dict[str, int]:
        with self.core.database.begin() as uow:
            return {one.address: one.count for one in uow.inbound.refusals()}

    def orders_due(self, account: str = "page") -> Any:
        return self.core.value(
            "SELECT orders_due_at <= now() FROM channel_account WHERE name = :name", name=account
        )


@pytest.fixture
def door(app: CoreApp, database_url: str, tmp_path: Path) -> Iterator[Door]:
    app.connect()
    made = Door(app, database_url, tmp_path)
    yield made
    made.app.close()


def test_an_order_is_recorded_once_however_often_it_is_told(door: Door) -> None:
    body = body_of({"key": "e1", "order": "A-1"})

    answers = door.client.post_in_turn(1000, door.address(), body, sign(body, TOKEN))

    assert answers == [200] * 1000
    assert door.events() == [("e1", 999)]
    assert door.ledger.taken == [("page", "A-1")]


def test_deliveries_that_run_together_have_one_effect(door: Door) -> None:
    body = body_of({"key": "e1", "order": "A-1"})

    answers = door.client.post_at_once(12, door.address(), body, sign(body, TOKEN))

    assert [answer.status_code for answer in answers] == [200] * 12
    assert door.events() == [("e1", 11)]
    assert door.ledger.taken == [("page", "A-1")]


def test_an_event_whose_effect_failed_is_taken_when_it_comes_again(door: Door) -> None:
    door.ledger.is_down = True
    with pytest.raises(RuntimeError, match="the ledger is down"):
        door.send({"key": "e1", "order": "A-1"})
    assert door.events() == []

    door.ledger.is_down = False
    assert door.send({"key": "e1", "order": "A-1"}) == 200
    assert door.events() == [("e1", 0)]
    assert door.ledger.taken == [("page", "A-1")]


def test_a_bad_signature_leaves_a_count_and_nothing_else(door: Door) -> None:
    for _ in range(3):
        assert door.send({"key": "e1", "order": "A-1", "asks": True}, secret="guessed") == 403
    assert door.client.post(door.address(), b"[]").status_code == 403

    address = f"fake/{door.core.account_id()}"
    assert door.refusals() == {address: 4}
    assert door.events() == []
    assert door.ledger.taken == []
    assert not door.orders_due()


def test_a_signed_body_that_cannot_be_read_is_refused_and_counted(door: Door) -> None:
    body = "ไม่ใช่ JSON".encode()

    assert door.client.post(door.address(), body, sign(body, TOKEN)).status_code == 400
    assert list(door.refusals().values()) == [1]


def test_a_body_is_read_up_to_its_limit_and_not_beyond(door: Door) -> None:
    fits = body_of({"key": "e1"}).ljust(MOST_BYTES)

    assert door.client.post(door.address(), fits, sign(fits, TOKEN)).status_code == 200
    assert door.client.post(door.address(), fits + b" ", sign(fits + b" ", TOKEN)).status_code == 413
    assert door.events() == [("e1", 0)]
    assert list(door.refusals().values()) == [1]


def test_the_type_a_body_calls_itself_does_not_matter(door: Door) -> None:
    body = body_of({"key": "e1"})

    for kind in ("text/plain", "application/x-www-form-urlencoded", "nonsense", ""):
        headers = sign(body, TOKEN) | {"Content-Type": kind}
        assert door.client.post(door.address(), body, headers).status_code == 200
    assert door.events() == [("e1", 3)]


def test_an_event_that_tells_too_little_lets_the_orders_be_asked_for(door: Door) -> None:
    before = door.orders_due()
    door.core.execute("UPDATE channel_account SET orders_due_at = now() + interval '1 hour'")

    assert door.send({"key": "e1", "asks": True}) == 200

    assert not before
    assert door.orders_due()


def test_asking_for_orders_puts_nothing_off_that_is_overdue(door: Door) -> None:
    door.core.execute("UPDATE channel_account SET orders_due_at = now() - interval '1 hour'")

    door.send({"key": "e1", "asks": True})

    assert door.core.value("SELECT orders_due_at < now() - interval '59 minutes' FROM channel_account")


@pytest.mark.parametrize("asks", [True, False])
def test_orders_told_of_while_they_are_being_read_are_read_once_more(door: Door, *, asks: bool) -> None:
    now, account = door.app.clock.now(), door.core.account_id()
    door.send({"key": "before", "asks": True})
    with door.core.database.begin() as uow:
        token = uow.orders_work.take(
            account, now=now + timedelta(seconds=1), until=now + timedelta(minutes=1)
        )
        assert token is not None
        turn = uow.orders_work.claim(token, until=now + timedelta(minutes=1))
        assert turn is not None

    door.send({"key": "meanwhile", "asks": asks})
    assert not door.orders_due()

    with door.core.database.begin() as uow:
        assert uow.orders_work.finish(turn, done_at=now, due_at=now + timedelta(minutes=1))
    assert door.orders_due() is asks


def test_a_changed_listing_is_looked_at_soon_and_no_other(door: Door) -> None:
    door.core.submit(goods("P-1"), goods("P-2"))
    door.core.run_until_quiet()
    changed = door.core.listing("P-1").external_id

    assert door.send({"key": "e1", "touched": [changed, "somebody else's"]}) == 200

    assert door.core.listing("P-1").look_at is not None
    assert door.core.listing("P-2").look_at is None


def test_the_same_listing_id_on_another_account_is_left_alone(door: Door) -> None:
    door.core.connect("other")
    door.core.submit(goods("P-1"))
    door.core.run_until_quiet()
    door.core.execute("UPDATE listing SET external_id = 'same'")

    door.send({"key": "e1", "touched": ["same"]})

    assert door.core.listing("P-1", "page").look_at is not None
    assert door.core.listing("P-1", "other").look_at is None


def test_equal_keys_of_two_accounts_are_two_events(door: Door) -> None:
    door.core.connect("other")

    door.send({"key": "e1", "order": "A-1"})
    door.send({"key": "e1", "order": "A-1"}, account="other")

    assert door.ledger.taken == [("page", "A-1"), ("other", "A-1")]


def test_an_accounts_address_does_not_open_another_account(door: Door) -> None:
    door.core.connect("other")
    body = body_of({"key": "e1"})
    mixed = door.address().replace(f"/{door.core.account_id('page')}/", f"/{door.core.account_id('other')}/")

    assert door.client.post(mixed, body, sign(body, TOKEN)).status_code == 404
    assert door.refusals() == {}


def test_an_account_that_is_no_more_has_no_address(door: Door) -> None:
    address, body = door.address(), body_of({"key": "e1"})
    door.core.execute("DELETE FROM channel_account")

    answer = door.client.post(address, body, sign(body, TOKEN))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_paused_account_is_still_told_of_its_orders(door: Door) -> None:
    door.core.set_account(AccountState.PAUSED)

    assert door.send({"key": "e1", "order": "A-1"}) == 200
    assert door.ledger.taken == [("page", "A-1")]


def test_an_account_that_no_key_opens_is_sent_its_events_later(door: Door) -> None:
    door.core.execute("UPDATE channel_account SET credentials = 'sealed by a key that is lost'")

    assert door.send({"key": "e1"}) == 503
    assert door.refusals() == {}


def test_the_events_of_an_app_go_to_the_accounts_they_name(door: Door) -> None:
    with door.core.database.begin() as uow:
        for seller, name in (("A", "one"), ("B", "two"), ("B", "third")):
            uow.accounts.connect(
                uow.accounts.ensure_seller(seller),
                kind=OF_APP,
                name=name,
                external_id="PAGE-1" if name != "third" else "PAGE-2",
                settings={},
                credentials=Credentials({"token": "t"}),
            )

    assert (
        door.send_to_app(
            {"key": "e1", "account": "PAGE-1", "order": "A-1"},
            {"key": "e2", "account": "PAGE-9", "order": "A-2"},
            {"key": "e3", "order": "A-3"},
        )
        == 200
    )

    assert sorted(door.ledger.taken) == [("one", "A-1"), ("two", "A-1")]


def test_the_reader_is_told_the_public_address_not_what_a_proxy_made_of_it(door: Door) -> None:
    body = body_of()
    door.client.post(door.address() + "?x=1", body, sign(body, TOKEN) | {"Host": "inside:8080"})

    reader: Any = door.channels[door.channels_kind].webhooks
    assert reader.urls == [f"{HERE}{door.address()}?x=1"]


def test_a_wrong_handshake_is_refused_and_counted(door: Door) -> None:
    assert door.client.get(f"/hooks/{OF_APP}", token="wrong", challenge="1").status_code == 403
    assert door.refusals() == {OF_APP: 1}


def test_old_events_are_forgotten(door: Door) -> None:
    door.send({"key": "old"})
    door.core.execute("UPDATE inbound_event SET at = now() - interval '31 days'")
    door.send({"key": "new"})

    with door.core.database.begin() as uow:
        assert uow.inbound.forget(before=door.app.clock.now() - timedelta(days=30)) == 1
    assert door.events() == [("new", 0)]


def test_an_order_of_a_webhook_takes_the_units_from_the_one_stock(door: Door) -> None:
    door.core.submit(goods("P-1"), stock=5)
    door.core.run_until_quiet()
    real = DoorClient(create_app(door.app, channels=door.channels))
    body = body_of({"key": "e1", "order": "A-1"})

    for _ in range(3):
        assert real.post(door.address(), body, sign(body, TOKEN)).status_code == 200

    assert door.core.value("SELECT available FROM stock_level") == 4
