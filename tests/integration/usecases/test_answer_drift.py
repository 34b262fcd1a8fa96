"""A person answers what is asked about drift; and a person may have an account read back at once."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.errors import Rejected
from schemas.channel import AccountState, Verb
from schemas.ids import LeaseToken, Sku
from schemas.listing import ListingState
from syndicator.domain.drift import DriftKind, Policy
from syndicator.store.sweeps import SweepReport
from syndicator.usecases.answer_drift import DriftAnswer, answer_drift
from syndicator.usecases.reconcile_now import ReconcilingNow, SweepEnd, SweptNow
from tests.support.app import LEASE, CoreApp, goods
from tests.support.fake_channel import GRAM, MARKET, SHOP, Fault
from tests.support.fake_observed import ObservedChannel, connect_observed
from tests.support.sweeps import drifts, kinds, lease_sweeps, look, next_sweep, set_policy, sweep, sweeping

ASK_ALL = dict.fromkeys(("text", "price", "stock", "hidden", "deleted"), "ask")


def on_sale(app: CoreApp, **options: object) -> ObservedChannel:
    channel = connect_observed(app, **{"can": MARKET} | options)
    app.submit(goods())
    app.run_until_quiet()
    channel.calls.clear()
    set_policy(app, ASK_ALL)
    app.clock.advance(timedelta(minutes=10))
    return channel


def answer(app: CoreApp, policy: Policy, sku: str = "P-1") -> list[DriftKind]:
    account_id = app.account_id()
    with app.database.begin() as uow:
        stored = uow.accounts.get([account_id])[account_id]
    given = DriftAnswer(stored=stored, sku=Sku(sku), policy=policy, by="malee")
    return list(answer_drift(given, database=app.database, adapters=app.adapters, clock=app.clock))


def refusal(app: CoreApp, policy: Policy, sku: str = "P-1") -> str:
    with pytest.raises(Rejected) as refused:
        answer(app, policy, sku)
    return refused.value.problems[0].code


def shown(channel: ObservedChannel, name: str) -> object:
    return channel.shown[channel.id_of("P-1")][name]


def test_ours_is_put_back(app: CoreApp) -> None:
    channel = on_sale(app)
    before = dict(channel.shown[channel.id_of("P-1")])
    channel.edit("P-1", name="อย่างอื่น", prices={"P-1": 100})
    sweep(app)

    assert answer(app, Policy.OURS) == [DriftKind.PRICE_EDITED, DriftKind.TEXT_EDITED]
    app.run_until_quiet()

    assert channel.shown[channel.id_of("P-1")] == before
    assert (app.state(), app.codes()) == (ListingState.LIVE, [])
    next_sweep(app)
    assert drifts(app) == []


def test_theirs_is_kept(app: CoreApp) -> None:
    channel = on_sale(app)
    channel.edit("P-1", prices={"P-1": 100})
    sweep(app)

    assert answer(app, Policy.THEIRS) == [DriftKind.PRICE_EDITED]
    assert app.outcomes()[-1] == ("ask", "drift_theirs")
    assert app.value("SELECT message FROM attempt ORDER BY id DESC LIMIT 1") == "malee: price_edited"
    app.run_until_quiet()
    next_sweep(app)

    assert (channel.writes, drifts(app), app.state()) == (0, [], ListingState.LIVE)
    assert shown(channel, "prices") == {"P-1": 100}


def test_their_figure_moves_the_ledger(app: CoreApp) -> None:
    channel = on_sale(app)
    channel.edit("P-1", available={"P-1": 13})
    sweep(app)

    assert answer(app, Policy.THEIRS) == [DriftKind.STOCK_EDITED]

    assert app.value("SELECT on_hand FROM stock_level") == 13
    app.run_until_quiet()
    assert shown(channel, "available") == {"P-1": 13}


def test_their_figure_says_nothing_behind_a_rule(app: CoreApp) -> None:
    channel = on_sale(app)
    app.execute("""UPDATE channel_account SET stock_rule = '{"cap": 10}'""")
    channel.edit("P-1", available={"P-1": 13})
    sweep(app)
    app.execute("UPDATE stock_level SET on_hand = 20")

    assert refusal(app, Policy.THEIRS) == "drift.count_instead"
    assert kinds(app) == [("stock_edited", "asked")]


@pytest.mark.parametrize("policy", [Policy.OURS, Policy.THEIRS])
def test_a_deleted_listing_is_published_anew_or_given_up(app: CoreApp, policy: Policy) -> None:
    channel = on_sale(app)
    channel.delete("P-1")
    sweep(app)
    next_sweep(app)
    look(app)
    assert kinds(app) == [("deleted", "asked")]

    answer(app, policy)
    app.run_until_quiet()

    assert len(channel.listings) == (policy is Policy.OURS)
    assert app.state() is (ListingState.LIVE if policy is Policy.OURS else ListingState.STOPPED)
    next_sweep(app)
    assert drifts(app) == []


def test_a_hidden_listing_is_shown_again(app: CoreApp) -> None:
    channel = on_sale(app, can=SHOP)
    channel.hide("P-1")
    sweep(app)

    answer(app, Policy.OURS)
    app.run_until_quiet()

    assert (len(channel.listings), len(channel.visible("P-1"))) == (1, 1)
    next_sweep(app)
    assert drifts(app) == []


def test_what_the_system_cannot_put_back_is_left_to_a_person(app: CoreApp) -> None:
    channel = on_sale(app)
    channel.hide("P-1")
    sweep(app)

    assert refusal(app, Policy.OURS) == "drift.by_hand"


def test_a_text_that_takes_a_new_post_is_posted_when_the_seller_says_so(app: CoreApp) -> None:
    channel = on_sale(app, can=GRAM)
    channel.edit("P-1", name="อย่างอื่น")
    sweep(app)

    answer(app, Policy.OURS)
    app.run_until_quiet()

    assert channel.most_visible["P-1"] == 1
    assert [verb for verb, _ in channel.calls if verb in {Verb.PUBLISH, Verb.WITHDRAW}] == [
        Verb.WITHDRAW,
        Verb.PUBLISH,
    ]


def test_what_is_not_asked_is_not_answered(app: CoreApp) -> None:
    channel = on_sale(app)
    assert refusal(app, Policy.OURS) == "drift.not_asked"
    assert refusal(app, Policy.OURS, "X-9") == "sku_not_listed"
    channel.edit("P-1", prices={"P-1": 100})
    sweep(app)
    app.submit(goods(price=9900))
    assert refusal(app, Policy.OURS) == "drift.moving"


def reconcile(
    app: CoreApp,
    *,
    sleep: Callable[[float], None] | None = None,
    told: list[SweepReport] | None = None,
) -> SweptNow:
    account_id = app.account_id()
    with app.database.begin() as uow:
        stored = uow.accounts.get([account_id])[account_id]

    def pass_time(seconds: float) -> None:
        app.clock.advance(timedelta(seconds=seconds))

    return ReconcilingNow(
        sweeping=sweeping(app),
        database=app.database,
        adapters=app.adapters,
        clock=app.clock,
        lease_time=LEASE,
        within=timedelta(minutes=10),
        progress=(told if told is not None else []).append,
        sleep=sleep or pass_time,
    ).sweep(stored)


def test_a_person_has_an_account_read_at_once(app: CoreApp) -> None:
    channel = on_sale(app)
    sweep(app)
    channel.edit("P-1", prices={"P-1": 100})
    told: list[SweepReport] = []

    result = reconcile(app, told=told)

    assert result.end is SweepEnd.DONE
    assert result.report is not None
    assert result.report.drift == {"price_edited": 1}
    assert told[-1] == result.report


def test_what_a_dead_worker_had_begun_is_begun_anew(app: CoreApp) -> None:
    channel = on_sale(app)
    app.submit(*(goods(f"P-{number}") for number in range(2, 8)))
    app.run_until_quiet()
    app.clock.advance(timedelta(minutes=10))
    channel.browsed = lambda: app.clock.advance(timedelta(seconds=30))
    (lease,) = lease_sweeps(app)
    assert sweeping(app).sweep(LeaseToken(lease)) == 1
    lease_sweeps(app)
    channel.edit("P-1", prices={"P-1": 100})

    result = reconcile(app)

    assert result.end is SweepEnd.DONE
    assert result.report is not None
    assert (result.report.pages, result.report.drift) == (3, {"price_edited": 1})


def test_a_channel_that_wants_to_be_left_in_peace_is(app: CoreApp) -> None:
    channel = on_sale(app)
    channel.order(Verb.FIND, Fault.THROTTLED_FOR_A_MONTH)

    assert reconcile(app).end is SweepEnd.UNFINISHED
    assert channel.count(Verb.FIND) == 1


def test_a_short_wait_is_waited_for(app: CoreApp) -> None:
    channel = on_sale(app)
    channel.order(Verb.FIND, Fault.THROTTLED)

    assert reconcile(app).end is SweepEnd.DONE
    assert channel.count(Verb.FIND) == 2


def test_accounts_that_cannot_be_read_are_named(app: CoreApp) -> None:
    app.connect()
    assert reconcile(app).end is SweepEnd.NOT_OBSERVED
    on_sale(app)
    app.set_account(AccountState.PAUSED)
    assert reconcile(app).end is SweepEnd.NOT_ACTIVE
