"""What the repositories promise beyond what the use cases show."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from schemas.channel import AccountState, Credentials
from schemas.ids import AttemptId, ListingId
from schemas.listing import ListingState
from schemas.pace import BrakeReason
from syndicator.store.attempts import AttemptEnd
from syndicator.store.engine import Database
from syndicator.store.processes import Heartbeat
from syndicator.store.secrets import FernetCipher
from tests.support.app import KEY, CoreApp, goods
from tests.support.fake_channel import WorkerKilled, refusal


def beat(app: CoreApp, process_id: str = "worker-1", threads: int = 8) -> None:
    with app.database.begin() as uow:
        uow.processes.beat(
            Heartbeat(
                id=process_id, role="worker", host="h", pid=1, threads=threads, rss_bytes=9, version="0"
            )
        )


def test_a_transaction_that_raises_leaves_nothing(app: CoreApp) -> None:
    def half_done() -> None:
        with app.database.begin() as uow:
            uow.accounts.ensure_seller("half")
            raise WorkerKilled

    with pytest.raises(WorkerKilled):
        half_done()

    with app.database.begin() as uow:
        assert uow.accounts.seller("half") is None


def test_a_seller_is_made_once(app: CoreApp) -> None:
    with app.database.begin() as uow:
        assert uow.accounts.ensure_seller("A") == app.seller_id


def test_credentials_rest_encrypted(app: CoreApp) -> None:
    app.connect()

    assert b"TOPSECRET" not in bytes(app.value("SELECT credentials FROM channel_account"))


def test_an_older_key_still_opens_credentials_and_the_first_key_closes_them(
    app: CoreApp, database_url: str
) -> None:
    app.connect()
    fresh = Fernet.generate_key().decode()
    rotated = Database(database_url, FernetCipher([fresh, KEY]))
    with rotated.begin() as uow:
        (stored,) = uow.accounts.of_seller(app.seller_id)
        assert stored.credentials["token"] == "TOPSECRET"
    rotated.close()

    other = FernetCipher([Fernet.generate_key().decode()])
    with pytest.raises(ValueError, match="SYNDICATOR_SECRET_KEYS"):
        other.decrypt(FernetCipher([fresh]).encrypt(Credentials({"token": "x"})))


def test_an_account_shows_no_secret_when_printed(app: CoreApp) -> None:
    app.connect()
    with app.database.begin() as uow:
        (stored,) = uow.accounts.of_seller(app.seller_id)

    assert "TOPSECRET" not in repr(stored)
    assert "TOPSECRET" not in repr(stored.credentials)


def test_a_change_of_account_state_is_told_once(app: CoreApp) -> None:
    app.connect()
    account_id = app.account_id()
    with app.database.begin() as uow:
        told = [
            uow.accounts.set_state(account_id, AccountState.NEEDS_REAUTH, refusal("auth")) for _ in range(2)
        ]

    assert told == [True, False]


def test_a_longer_rest_is_not_cut_short(app: CoreApp) -> None:
    app.connect()
    account_id, now = app.account_id(), app.clock.now()
    with app.database.begin() as uow:
        uow.accounts.brake(account_id, now=now, wait=timedelta(minutes=5), reason=BrakeReason.CHANNEL)
        uow.accounts.brake(account_id, now=now, wait=timedelta(minutes=1), reason=BrakeReason.BUDGET)

    (row,) = app.rows("SELECT not_before, brake_reason FROM channel_account")
    assert (row.not_before, row.brake_reason) == (now + timedelta(minutes=5), "channel")


def test_a_step_that_began_before_a_brake_does_not_end_it(app: CoreApp) -> None:
    app.connect()
    account_id, now = app.account_id(), app.clock.now()
    wait = timedelta(minutes=5)
    with app.database.begin() as uow:
        uow.accounts.brake(account_id, now=now, wait=wait, reason=BrakeReason.CHANNEL, brakes=3)
        uow.accounts.release(account_id, now=now + wait / 2)
    assert app.value("SELECT brakes FROM channel_account") == 3

    with app.database.begin() as uow:
        uow.accounts.release(account_id, now=now + wait)

    (row,) = app.rows("SELECT not_before, brake_reason, brakes FROM channel_account")
    assert tuple(row) == (None, None, 0)


def test_an_ended_attempt_is_never_rewritten(app: CoreApp) -> None:
    app.connect()
    app.submit(goods())
    app.run_until_quiet()
    attempt_id = AttemptId(app.value("SELECT id FROM attempt"))

    with app.database.begin() as uow:
        uow.attempts.end({attempt_id: AttemptEnd(outcome="lost")}, now=app.clock.now())

    assert app.outcomes() == [("publish", "done")]


def test_only_the_dead_letters_of_the_listings_that_succeeded_are_closed(app: CoreApp) -> None:
    app.connect()
    app.submit(goods("P-1"), goods("P-2"))
    first, second = (ListingId(app.listing(sku).id) for sku in ("P-1", "P-2"))
    with app.database.begin() as uow:
        uow.attempts.bury_listing(first, cause="Transient", detail="x")
        uow.attempts.bury_listing(second, cause="Transient", detail="x")
        uow.attempts.bury_message(actor="a", queue="q", message={}, cause="c", detail="d")

        assert uow.attempts.close_dead([first], now=app.clock.now()) == 1

    assert [letter.listing_id for letter in app.dead()] == [second, None]


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE listing SET state = 'sold'", "listing_state_check"),
        ("UPDATE listing SET wanted = 'maybe'", "listing_wanted_check"),
        ("UPDATE listing SET lane = 4", "listing_lane_check"),
        ("UPDATE stock_level SET on_hand = -1", "stock_level_"),
        ("UPDATE stock_level SET promised = -1", "stock_level_promised_check"),
        ("UPDATE channel_account SET state = 'gone'", "channel_account_state_check"),
    ],
)
def test_the_database_refuses_what_must_not_be(app: CoreApp, statement: str, constraint: str) -> None:
    app.connect()
    app.submit(goods())

    with pytest.raises(sa.exc.IntegrityError, match=constraint):
        app.execute(statement)


def test_one_listing_per_product_and_account(app: CoreApp) -> None:
    app.connect()
    app.submit(goods())

    with pytest.raises(sa.exc.IntegrityError, match="listing_product_id_account_id_key"):
        app.execute(
            "INSERT INTO listing (seller_id, product_id, account_id, wanted)"
            " SELECT seller_id, product_id, account_id, wanted FROM listing"
        )


def test_a_listing_of_a_locked_out_account_is_shown_as_stopped_with_the_reason(app: CoreApp) -> None:
    app.connect()
    app.submit(goods())
    with app.database.begin() as uow:
        uow.accounts.set_state(app.account_id(), AccountState.NEEDS_REAUTH, refusal("auth"))

    with app.database.begin() as uow:
        (report,) = uow.reports.listings(app.seller_id)
        assert uow.reports.unsettled(app.seller_id, horizon=app.clock.now() + timedelta(days=1)) == 0

    assert (report.state, report.problems[0].code) == (ListingState.STOPPED, "auth")


def test_lanes_report_due_leased_and_later(app: CoreApp) -> None:
    app.connect()
    app.submit(goods("P-1"), goods("P-2"))
    app.dispatch()
    app.submit(goods("P-3"))
    app.submit(goods("P-4", available_from=(app.clock.now() + timedelta(days=2)).date()))

    with app.database.begin() as uow:
        content = uow.reports.lanes(app.clock.now())[2]

    assert (content.due, content.in_progress, content.scheduled) == (1, 2, 1)
    assert content.oldest_due_at == app.clock.now()


def test_a_heartbeat_is_one_row_that_grows_younger(app: CoreApp) -> None:
    beat(app)
    first = app.value("SELECT seen_at FROM process")
    beat(app, threads=4)

    (row,) = app.rows("SELECT threads, seen_at FROM process")
    assert row.threads == 4
    assert row.seen_at > first


def test_the_living_are_told_from_the_silent(app: CoreApp) -> None:
    beat(app, "worker-1")
    beat(app, "worker-2")
    app.execute("UPDATE process SET seen_at = now() - interval '1 hour' WHERE id = 'worker-1'")
    since = app.value("SELECT now() - interval '20 seconds'")

    with app.database.begin() as uow:
        assert [row.id for row in uow.processes.alive(since=since)] == ["worker-2"]
        assert uow.processes.alive(since=since, role="media") == []
        assert uow.processes.forget(before=since) == 1


def test_a_walk_over_owners_goes_by_the_index(app: CoreApp) -> None:
    plan = "\n".join(
        row[0]
        for row in app.rows(
            "EXPLAIN SELECT account_id FROM listing WHERE lane = 0 AND due_at <= now() AND account_id > 0"
            " ORDER BY account_id LIMIT 1"
        )
    )

    assert "listing_due_idx" in plan
