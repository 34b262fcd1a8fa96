"""Credentials are refreshed ahead of their expiry, once, and saved before anything can use or lose them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.refreshing import Renewal
from schemas.channel import AccountState, AccountTrouble, Credentials, Verb
from schemas.listing import ListingState
from syndicator.usecases.connect_account import AccountDetails, connect_account
from syndicator.usecases.refresh_credentials import MOST_TRIES, TURN_TIME, Refresher, stop_account
from tests.support.app import CoreApp, goods
from tests.support.fake_channel import KIND, FakeChannel, Fault, WorkerKilled, refusal

HOUR = timedelta(hours=1)
ONCE = Renewal(before=HOUR, first_after=3 * HOUR, single_use=True)
FREELY = Renewal(before=HOUR, first_after=3 * HOUR, single_use=False)
FORGIVEN = Renewal(before=HOUR, first_after=3 * HOUR, single_use=True, grace=timedelta(minutes=5))


def refresher(app: CoreApp) -> Refresher:
    return Refresher(database=app.database, adapters=app.adapters, policy=app.policy, clock=app.clock)


def refresh_all(app: CoreApp) -> int:
    """Refresh until nothing is due; return how many turns there were."""
    turns = 0
    while refresher(app).refresh_next():
        turns += 1
        assert turns < 50
    return turns


def row(app: CoreApp, name: str = "page") -> sa.Row[Any]:
    return app.rows("SELECT * FROM channel_account WHERE name = :n", n=name)[0]


def secrets(app: CoreApp, name: str = "page") -> dict[str, str]:
    account_id = app.account_id(name)
    with app.database.begin() as uow:
        return dict(uow.accounts.get([account_id])[account_id].credentials.values)


def notices(app: CoreApp) -> list[tuple[str, str]]:
    return [(one.kind, one.th) for one in app.rows("SELECT kind, th FROM notice WHERE answered_at IS NULL")]


def due(app: CoreApp, renewal: Renewal = ONCE, name: str = "page") -> FakeChannel:
    """Connect an account and let its first refresh fall due."""
    page = app.connect(name, renewal=renewal)
    app.clock.advance(renewal.first_after)
    return page


def test_a_credential_is_refreshed_when_it_falls_due_and_not_before(app: CoreApp) -> None:
    page = app.connect(renewal=ONCE)
    before = row(app).credential_version

    assert refresh_all(app) == 0
    app.clock.advance(ONCE.first_after)
    assert refresh_all(app) == 1

    now = app.clock.now()
    after = row(app)
    assert secrets(app) == {"token": "t1", "refresh_token": "r1"}
    assert (after.credential_version, after.state, after.refresh_begun_at) == (before + 1, "active", None)
    assert (after.expires_at, after.refresh_at) == (now + page.life, now + page.life - HOUR)
    assert refresh_all(app) == 0


def test_refreshing_goes_on_for_ever(app: CoreApp) -> None:
    page = due(app)
    for _ in range(5):
        refresh_all(app)
        app.clock.advance(3 * HOUR)

    assert page.refreshes == ["r0", "r1", "r2", "r3", "r4"]
    assert notices(app) == []


def test_a_very_short_life_makes_no_hot_loop(app: CoreApp) -> None:
    page = due(app)
    page.life = timedelta(seconds=60)

    assert refresh_all(app) == 1
    assert row(app).refresh_at == app.clock.now() + timedelta(seconds=30)


def test_connecting_plans_the_first_refresh(app: CoreApp) -> None:
    app.adapters.channels["page"] = FakeChannel(clock=app.clock, renewal=ONCE)
    app.adapters.channels["other"] = FakeChannel(clock=app.clock)
    for name in ("page", "other"):
        details = AccountDetails(
            kind=KIND,
            name=name,
            external_id=name,
            credentials=Credentials({"token": "t0", "refresh_token": "r0"}),
            settings={},
        )
        connect_account(app.seller_id, details, database=app.database, adapters=app.adapters, clock=app.clock)

    assert row(app).refresh_at == app.clock.now() + ONCE.first_after
    assert row(app, "other").refresh_at is None


def test_an_account_that_turns_out_not_to_expire_is_asked_once(app: CoreApp) -> None:
    app.connect()
    app.execute("UPDATE channel_account SET refresh_at = :now", now=app.clock.now())

    assert refresh_all(app) == 1
    assert row(app).refresh_at is None


def test_of_many_refreshers_one_sends_the_token(app: CoreApp) -> None:
    channels = [due(app, name=name) for name in ("a", "b", "c")]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: refresh_all(app), range(8)))

    assert [channel.refreshes for channel in channels] == [["r0"]] * 3


def test_another_refresher_keeps_off_while_the_channel_is_asked(app: CoreApp) -> None:
    page = due(app)
    seen: list[bool] = []
    page.meanwhile = lambda: seen.append(refresher(app).refresh_next())

    refresh_all(app)

    assert seen == [False]
    assert page.refreshes == ["r0"]


def test_the_beginning_is_committed_before_the_token_is_sent(app: CoreApp) -> None:
    page = due(app)
    seen: list[Any] = []
    page.meanwhile = lambda: seen.append(row(app).refresh_begun_at)

    refresh_all(app)

    assert seen == [app.clock.now()]


@pytest.mark.parametrize("fault", [Fault.KILLED_BEFORE, Fault.KILLED_AFTER])
def test_a_single_use_token_is_never_sent_twice_after_a_kill(app: CoreApp, fault: Fault) -> None:
    page = due(app)
    page.refresh_faults.append(fault)
    with pytest.raises(WorkerKilled):
        refresher(app).refresh_next()
    assert refresh_all(app) == 0
    assert row(app).state == "active"

    app.clock.advance(TURN_TIME)
    assert refresh_all(app) == 1

    assert page.refreshes == ["r0"]
    assert (row(app).state, row(app).problem["code"]) == ("needs_reauth", "account.refresh_lost")
    assert [kind for kind, _ in notices(app)] == ["expired"]


@pytest.mark.parametrize("fault", [Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.LOST_BEFORE])
def test_what_may_be_repeated_is_repeated(app: CoreApp, fault: Fault) -> None:
    page = due(app, FREELY)
    page.refresh_faults.append(fault)
    try:
        refresher(app).refresh_next()
    except WorkerKilled:
        # The answer that was lost changed nothing on such a channel: the old token still works.
        page.generation = 0
    app.clock.advance(TURN_TIME)

    refresh_all(app)

    assert page.refreshes == ["r0", "r0"]
    assert secrets(app)["token"] == "t1"


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.BUG, Fault.UNLISTED_AFTER])
def test_a_lost_answer_parks_the_account_with_one_notice_in_both_languages(
    app: CoreApp, fault: Fault
) -> None:
    page = due(app)
    page.refresh_faults.append(fault)

    refresh_all(app)
    app.clock.advance(timedelta(days=1))
    refresh_all(app)

    assert page.refreshes == ["r0"]
    (notice,) = app.rows("SELECT kind, th, en FROM notice")
    assert "เชื่อมบัญชีใหม่" in notice.th
    assert "Connect the account again" in notice.en
    assert row(app).state == "needs_reauth"


def test_a_documented_grace_lets_a_lost_answer_be_asked_for_again(app: CoreApp) -> None:
    page = due(app, FORGIVEN)
    page.refresh_faults.append(Fault.LOST_AFTER)
    begun_at = app.clock.now()
    refresh_all(app)
    assert (row(app).state, row(app).refresh_begun_at) == ("active", begun_at)

    page.generation = 0  # Within the grace the channel answers the spent token again.
    app.clock.advance(timedelta(seconds=2))
    refresh_all(app)

    assert page.refreshes == ["r0", "r0"]
    assert secrets(app)["token"] == "t1"


def test_after_the_grace_a_person_is_asked(app: CoreApp) -> None:
    page = due(app, FORGIVEN)
    page.refresh_faults.append(Fault.LOST_AFTER)
    refresh_all(app)

    app.clock.advance(FORGIVEN.grace)
    refresh_all(app)

    assert page.refreshes == ["r0"]
    assert row(app).problem["code"] == "account.refresh_lost"


def test_a_refused_refresh_token_parks_the_account_as_the_channel_says(app: CoreApp) -> None:
    page = due(app)
    page.generation = 7

    refresh_all(app)

    assert row(app).problem["code"] == "reconnect"
    assert [kind for kind, _ in notices(app)] == ["revoked"]
    assert "TOPSECRET" not in str(app.rows("SELECT * FROM notice"))
    assert refresh_all(app) == 0


def test_a_busy_channel_is_asked_again_ever_later(app: CoreApp) -> None:
    page = due(app)
    page.refresh_faults.extend([Fault.TRANSIENT] * 3)
    waits = []
    for _ in range(3):
        refresh_all(app)
        waits.append((row(app).refresh_at - app.clock.now()).total_seconds())
        app.clock.advance(row(app).refresh_at - app.clock.now())

    refresh_all(app)

    assert waits == [2, 4, 8]
    assert page.refreshes == ["r0"] * 4
    assert (secrets(app)["token"], row(app).refresh_attempts, row(app).state) == ("t1", 0, "active")


def test_a_throttled_refresh_waits_as_long_as_it_was_told(app: CoreApp) -> None:
    page = due(app)
    page.refresh_faults.append(Fault.THROTTLED)

    refresh_all(app)

    assert row(app).refresh_at - app.clock.now() == timedelta(seconds=90)


def test_a_channel_that_is_silent_for_a_day_ends_at_a_person_once_the_credential_is_dead(
    app: CoreApp,
) -> None:
    page = due(app)
    refresh_all(app)
    page.refresh_faults.extend([Fault.TRANSIENT] * (MOST_TRIES + 1))
    app.clock.advance(3 * HOUR)
    began = app.clock.now()
    while row(app).state == "active":
        refresh_all(app)
        if (next_at := row(app).refresh_at) is not None:
            app.clock.advance(max(next_at - app.clock.now(), timedelta(0)))

    assert row(app).problem["code"] == "account.refresh_failed"
    assert timedelta(hours=12) < app.clock.now() - began < timedelta(hours=48)


def test_a_refused_credential_is_refreshed_before_a_person_is_asked(app: CoreApp) -> None:
    page = app.connect(renewal=ONCE)
    page.order(Verb.PUBLISH, Fault.AUTH_EXPIRED)
    app.submit(goods())
    app.run_until_quiet()
    assert (row(app).state, notices(app), app.state()) == ("renewing", [], ListingState.WORKING)
    assert page.count(Verb.PUBLISH) == 1

    refresh_all(app)
    app.run_until_quiet()

    assert (row(app).state, notices(app), app.state()) == ("active", [], ListingState.LIVE)
    assert page.refreshes == ["r0"]


def test_a_fresh_credential_that_is_refused_is_not_refreshed_again(app: CoreApp) -> None:
    page = app.connect(renewal=ONCE)
    page.order(Verb.PUBLISH, Fault.AUTH_EXPIRED, Fault.AUTH_EXPIRED)
    app.submit(goods())
    app.run_until_quiet()
    refresh_all(app)

    app.run_until_quiet()

    assert (row(app).state, row(app).problem["code"]) == ("needs_reauth", "auth")
    assert [kind for kind, _ in notices(app)] == ["expired"]
    assert page.refreshes == ["r0"]


def test_workers_that_meet_the_refusal_of_the_old_credential_later_change_nothing(app: CoreApp) -> None:
    page = due(app)
    old = row(app).credential_version
    refresh_all(app)

    assert ask(app, old) is True

    assert (row(app).state, page.refreshes) == ("active", ["r0"])


def ask(app: CoreApp, version: int) -> bool:
    with app.database.begin() as uow:
        return uow.refreshes.ask(app.account_id(), credential_version=version, now=app.clock.now())


def test_a_refusal_while_the_refresh_is_under_way_waits_for_it(app: CoreApp) -> None:
    page = due(app)
    page.meanwhile = lambda: ask(app, row(app).credential_version)

    refresh_all(app)

    assert (row(app).state, page.refreshes) == ("active", ["r0"])


def test_a_paused_account_keeps_its_credential_alive_and_stays_paused(app: CoreApp) -> None:
    due(app)
    app.set_account(AccountState.PAUSED)

    refresh_all(app)

    assert (row(app).state, secrets(app)["token"]) == ("paused", "t1")


def test_a_spent_token_is_not_sent_after_the_account_was_set_going_again(app: CoreApp) -> None:
    page = due(app)
    page.refresh_faults.append(Fault.LOST_AFTER)
    refresh_all(app)
    app.set_account(AccountState.ACTIVE)
    page.order(Verb.PUBLISH, Fault.AUTH_EXPIRED)
    app.submit(goods())

    app.run_until_quiet()
    refresh_all(app)

    assert page.refreshes == ["r0"]
    assert row(app).state == "needs_reauth"


def test_credentials_that_a_person_gave_meanwhile_are_not_written_over(app: CoreApp) -> None:
    page = due(app)
    page.meanwhile = lambda: app.connect(renewal=ONCE)

    refresh_all(app)

    assert secrets(app) == {"token": "TOPSECRET", "refresh_token": "r0"}
    assert row(app).state == "active"


def test_what_was_given_survives_a_database_that_breaks_the_connection(app: CoreApp) -> None:
    page = due(app)
    cuts: list[str] = []
    page.meanwhile = lambda: cut_once(app, cuts)

    refresh_all(app)

    assert len(cuts) == 1
    assert secrets(app) == {"token": "t1", "refresh_token": "r1"}


def cut_once(app: CoreApp, cuts: list[str]) -> None:
    """Let the first write of the credential fail as a broken connection does."""

    @sa.event.listens_for(app.database.engine, "before_cursor_execute")
    def cut(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE channel_account SET") and "credentials=" in statement and not cuts:
            cuts.append(statement)
            raise sa.exc.OperationalError(statement, {}, Exception("server closed the connection"))


def test_an_account_whose_key_is_missing_waits_and_stops_no_other(app: CoreApp) -> None:
    due(app)
    other = app.connect("other", renewal=ONCE)
    app.clock.advance(ONCE.first_after)
    app.execute("UPDATE channel_account SET credentials = 'x' WHERE name = 'page'")

    refresh_all(app)

    assert other.refreshes == ["r0"]
    assert (row(app).state, row(app).refresh_attempts) == ("active", 1)


def test_a_restricted_account_is_not_mended_by_refreshing(app: CoreApp) -> None:
    app.connect(renewal=ONCE)
    app.execute("UPDATE channel_account SET state = 'needs_reauth'")

    assert ask(app, row(app).credential_version) is False


def test_trouble_other_than_expiry_parks_at_once(app: CoreApp) -> None:
    app.connect(renewal=ONCE)
    account_id = app.account_id()
    with app.database.begin() as uow:
        stored = uow.accounts.get([account_id])[account_id]
        adapter = app.adapters.open(stored.account, stored.credentials)
        stop_account(
            uow,
            stored,
            adapter,
            trouble=AccountTrouble.CHECKPOINT,
            problem=refusal("log_in"),
            now=app.clock.now(),
        )

    assert row(app).state == "needs_reauth"
