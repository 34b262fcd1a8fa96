"""A seller who takes a change back after its answer was lost: what the channel may have got meanwhile is put right."""

import pytest

from schemas.channel import AccountState, Part, Verb
from schemas.listing import ListingState
from tests.support.app import CoreApp, goods
from tests.support.fake_channel import GRAM, POST, SHOP, Fault, WorkerKilled

LOST = (Fault.LOST_AFTER, Fault.LOST_BEFORE, Fault.KILLED_AFTER, Fault.KILLED_BEFORE, Fault.UNLISTED_AFTER)
CHANNELS = {"post": POST, "gram": GRAM, "shop": SHOP}


def run(app: CoreApp) -> None:
    try:
        app.run_once()
    except WorkerKilled:
        return


@pytest.mark.parametrize("kind", CHANNELS)
@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize(
    ("verb", "price", "stock", "status"),
    [
        (Verb.UPDATE, 9900, 10, "active"),
        (Verb.COMMENT, 9900, 10, "active"),
        (Verb.SET_STOCK, 4500, 3, "active"),
        (Verb.WITHDRAW, 4500, 10, "hidden"),
    ],
)
def test_a_change_taken_back_after_its_answer_was_lost_leaves_no_trace(
    app: CoreApp, kind: str, fault: Fault, verb: Verb, price: int, stock: int, status: str
) -> None:
    channel = app.connect(can=CHANNELS[kind])
    app.submit(goods(price=4500), stock=10)
    app.run_until_quiet()
    [first] = channel.visible("P-1")
    before = {part: first.parts[part] for part in (Part.TEXT, Part.PRICE, Part.STOCK)}
    channel.order(verb, fault)
    app.submit(goods(price=price, status=status), stock=stock)
    run(app)

    app.submit(goods(price=4500), stock=10)
    app.run_until_quiet()

    [shown] = channel.visible("P-1")
    assert {part: shown.parts[part] for part in before} == before
    assert app.state() is ListingState.LIVE
    assert app.listing().intent_verb is None
    assert channel.most_visible == {"P-1": 1}


@pytest.mark.parametrize("refusal", [Fault.THROTTLED, Fault.TRANSIENT, Fault.AUTH_EXPIRED])
def test_a_doubt_about_a_withdrawal_outlives_a_refusal(app: CoreApp, refusal: Fault) -> None:
    channel = app.connect(can=SHOP)
    app.submit(goods())
    app.run_until_quiet()
    channel.order(Verb.WITHDRAW, Fault.LOST_AFTER, refusal)
    app.submit(goods(status="hidden"))
    run(app)
    app.submit(goods())
    run(app)
    assert app.listing().intent_verb == "withdraw"

    if refusal is Fault.AUTH_EXPIRED:
        app.set_account(AccountState.ACTIVE)
    app.run_until_quiet()

    assert len(channel.visible("P-1")) == 1
    assert app.state() is ListingState.LIVE
