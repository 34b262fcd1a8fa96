"""Accounts that are paused, locked out, throttled or cannot be opened: parked once, and nobody else waits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from schemas.channel import AccountState, AccountTrouble, Credentials, Verb
from schemas.ids import AccountId, ChannelKind
from schemas.listing import ListingState
from syndicator.store.engine import Database
from syndicator.store.secrets import FernetCipher
from syndicator.usecases.connect_account import AccountDetails, connect_account
from tests.support.app import CoreApp, goods
from tests.support.fake_channel import KIND, SHOP, Fault, refusal


def account_row(app: CoreApp, name: str = "page") -> tuple[str, str | None]:
    (row,) = app.rows("SELECT state, problem ->> 'code' AS code FROM channel_account WHERE name = :n", n=name)
    return row.state, row.code


def reconnect(app: CoreApp, name: str = "page") -> AccountId:
    details = AccountDetails(
        kind=KIND, name=name, external_id=name, credentials=Credentials({"token": "NEW"}), settings={}
    )
    return connect_account(
        app.seller_id, details, database=app.database, adapters=app.adapters, clock=app.clock
    )


def test_a_refused_credential_parks_the_account_once_and_keeps_the_wishes(app: CoreApp) -> None:
    page = app.connect()
    other = app.connect("shop")
    page.order(Verb.PUBLISH, Fault.AUTH_EXPIRED)
    app.submit(*(goods(f"P-{number}") for number in range(5)))

    app.run_once()
    app.run_until_quiet()

    assert account_row(app) == ("needs_reauth", "auth")
    assert page.count(Verb.PUBLISH) <= app.limits.per_account
    assert len(other.listings) == 5
    assert app.dead() == []


def test_the_rest_of_a_slice_is_not_tried_on_an_account_that_was_just_refused(app: CoreApp) -> None:
    shop = app.connect(can=SHOP)
    app.submit(goods("P-1"), goods("P-2"), goods("P-3"))
    app.run_until_quiet()
    shop.calls.clear()
    shop.order(Verb.UPDATE, Fault.AUTH_EXPIRED)

    app.submit(*(goods(sku, price=9900) for sku in ("P-1", "P-2", "P-3")))
    app.run_until_quiet()

    assert shop.calls == [(Verb.UPDATE, "P-1")]
    assert [app.outcomes(sku)[-1][1] for sku in ("P-1", "P-2", "P-3")] == [
        "auth_expired",
        "not_tried",
        "not_tried",
    ]
    assert app.listing("P-2").intent_verb is None


def test_everything_flows_again_after_reconnecting(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.AUTH_EXPIRED)
    app.submit(goods("P-1"), goods("P-2"))
    app.run_until_quiet()
    app.clock.advance(timedelta(days=30))

    reconnect(app)
    page.order(Verb.PUBLISH, Fault.TRANSIENT)
    app.run_until_quiet()

    assert account_row(app) == ("active", None)
    assert {app.state("P-1"), app.state("P-2")} == {ListingState.LIVE}
    assert app.dead() == []


def test_an_account_the_channel_refuses_is_not_connected(app: CoreApp) -> None:
    page = app.connect()
    app.set_account(AccountState.NEEDS_REAUTH)
    page.order(Verb.FETCH, Fault.AUTH_EXPIRED)

    with pytest.raises(Exception, match="expired"):
        reconnect(app)

    assert account_row(app)[0] == "needs_reauth"


def test_a_refused_credential_during_a_look_keeps_the_doubt(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.LOST_AFTER)
    page.order(Verb.FIND, Fault.AUTH_EXPIRED)
    app.submit(goods())
    app.run_until_quiet()
    assert account_row(app)[0] == "needs_reauth"

    reconnect(app)
    app.run_until_quiet()

    assert page.most_visible == {"P-1": 1}
    assert page.count(Verb.PUBLISH) == 1


def test_a_secret_in_an_error_reaches_no_stored_attempt(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.AUTH_EXPIRED)
    app.submit(goods())

    app.run_until_quiet()

    (attempt,) = app.rows("SELECT message FROM attempt")
    assert "expired" in attempt.message
    assert "TOPSECRET" not in attempt.message


def test_a_paused_account_is_not_dispatched_and_flows_again_when_resumed(app: CoreApp) -> None:
    page = app.connect()
    app.set_account(AccountState.PAUSED)
    app.submit(goods())
    app.run_until_quiet()
    assert page.calls == []

    app.set_account(AccountState.ACTIVE)
    app.run_until_quiet()

    assert app.state() is ListingState.LIVE


def test_an_account_paused_in_mid_flight_gives_its_lease_back_without_a_call(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods())
    lease = app.lease_one()
    app.set_account(AccountState.PAUSED)

    assert app.reconcile(lease) == 1

    row = app.listing()
    assert (page.calls, row.lease_token, row.state, row.attempts) == ([], None, "working", 0)
    app.set_account(AccountState.ACTIVE)
    app.run_until_quiet()
    assert app.state() is ListingState.LIVE


def test_an_account_paused_in_mid_flight_keeps_the_doubt_about_a_publish(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.LOST_AFTER)
    app.submit(goods())
    app.run_once()
    app.clock.advance(timedelta(seconds=5))
    lease = app.lease_one()
    app.set_account(AccountState.PAUSED)
    app.reconcile(lease)
    assert app.listing().intent_verb == "publish"

    app.set_account(AccountState.ACTIVE)
    app.run_until_quiet()

    assert page.most_visible == {"P-1": 1}


def test_a_throttled_account_rests_while_others_go_on(app: CoreApp) -> None:
    page = app.connect()
    shop = app.connect("shop")
    page.order(Verb.PUBLISH, Fault.THROTTLED)
    app.submit(*(goods(f"P-{number}") for number in range(20)))
    before = app.clock.now()

    while app.run_once():
        continue

    assert app.clock.now() == before
    assert len(shop.listings) == 20
    assert page.count(Verb.PUBLISH) <= app.limits.per_account


def test_credentials_that_no_key_opens_stop_neither_dispatch_nor_other_accounts(
    app: CoreApp, database_url: str
) -> None:
    app.connect()
    shop = app.connect("shop")
    app.execute("UPDATE channel_account SET credentials = 'x' WHERE name = 'page'")
    app.submit(goods())

    app.run_until_quiet(within=timedelta(seconds=30))

    assert len(shop.listings) == 1
    assert (app.state(account="page"), app.dead()) == (ListingState.WORKING, [])
    assert app.listing(account="page").lease_token is None


def test_listings_flow_by_themselves_once_the_missing_key_is_back(app: CoreApp, database_url: str) -> None:
    page = app.connect()
    app.submit(goods())
    right = app.database
    app.database = Database(database_url, FernetCipher([Fernet.generate_key().decode()]))
    app.run_once()
    app.database.close()
    app.database = right
    assert page.calls == []

    app.run_until_quiet()

    assert app.state() is ListingState.LIVE


def test_a_kind_of_channel_nobody_registered_does_not_stop_the_others(app: CoreApp) -> None:
    page = app.connect()
    app.connect("lost")
    app.submit(goods())
    del app.adapters.channels["lost"]
    app.execute("UPDATE channel_account SET kind = 'unheard-of' WHERE name = 'lost'")

    app.run_until_quiet(within=timedelta(seconds=30))

    assert len(page.listings) == 1
    assert app.rows("SELECT kind FROM channel_account WHERE name = 'lost'")[0].kind == ChannelKind(
        "unheard-of"
    )
    assert app.state(account="lost") is ListingState.WORKING


def notices(app: CoreApp) -> list[tuple[str, bool]]:
    """Return kind and whether it is open, oldest first."""
    return [
        (row.kind, row.answered_at is None)
        for row in app.rows("SELECT kind, answered_at FROM notice ORDER BY id")
    ]


def test_a_parked_account_has_one_notice_that_closes_when_it_is_reconnected(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.AUTH_EXPIRED)
    app.submit(*(goods(f"P-{number}") for number in range(5)))
    app.run_until_quiet()
    assert notices(app) == [("expired", True)]

    reconnect(app)

    assert notices(app) == [("expired", False)]


def park(app: CoreApp, version: int) -> bool:
    account_id = app.account_id()
    with app.database.begin() as uow:
        return uow.accounts.park(
            account_id, credential_version=version, trouble=AccountTrouble.REVOKED, problem=refusal("auth")
        )


def version_of(app: CoreApp) -> int:
    return int(app.value("SELECT credential_version FROM channel_account WHERE name = 'page'"))


def test_workers_that_meet_the_same_refusal_at_once_make_one_notice(app: CoreApp) -> None:
    app.connect()
    version = version_of(app)

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: park(app, version), range(16)))

    assert sorted(told) == [False] * 15 + [True]
    assert notices(app) == [("revoked", True)]


@pytest.mark.parametrize("mend", ["reconnect", "set going"])
def test_a_refusal_of_the_old_credential_does_not_park_a_mended_account(app: CoreApp, mend: str) -> None:
    app.connect()
    old = version_of(app)
    park(app, old)

    if mend == "reconnect":
        reconnect(app)
    else:
        app.set_account(AccountState.ACTIVE)

    assert park(app, old) is False
    assert account_row(app) == ("active", None)
    assert notices(app) == [("revoked", False)]
    assert park(app, version_of(app)) is True
    assert notices(app) == [("revoked", False), ("revoked", True)]


def test_an_account_under_an_unknown_key_is_told_of_once_and_stops_only_itself(app: CoreApp) -> None:
    page = app.connect()
    shop = app.connect("shop")
    app.submit(goods())
    (row,) = app.rows("SELECT credentials FROM channel_account WHERE name = 'page'")
    foreign = FernetCipher([Fernet.generate_key().decode()]).encrypt(Credentials({"token": "FOREIGN"}))
    app.execute("UPDATE channel_account SET credentials = :sealed WHERE name = 'page'", sealed=foreign)

    app.run_until_quiet(within=timedelta(minutes=5))

    assert (page.calls, len(shop.listings)) == ([], 1)
    assert notices(app) == [("not_opened", True)]
    assert account_row(app)[0] == "active"

    app.execute(
        "UPDATE channel_account SET credentials = :sealed WHERE name = 'page'", sealed=row.credentials
    )
    app.run_until_quiet(within=timedelta(minutes=5))

    assert len(page.listings) == 1
    assert notices(app) == [("not_opened", False)]
