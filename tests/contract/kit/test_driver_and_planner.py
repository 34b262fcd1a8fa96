"""The kit's driver and the core's planner choose the same step wherever a publish can stand."""

from datetime import timedelta
from itertools import product

import pytest

from adapters.base import Capabilities
from adapters.testing.kit.driver import Move, Standing, next_move
from schemas.channel import Part, Verb
from schemas.ids import AccountId, ChannelKind, ExternalId, ListingId, ProductId, SellerId
from schemas.listing import Pending, Receipt, Rendition
from syndicator.domain.listing import Intent, Listing, Wanted
from syndicator.domain.plan import Ask, Step, StepKind, plan
from tests.contract.kit.toy_channel.adapter import CAPABILITIES
from tests.support.factories import NOON, make_marker, make_product

PENDING = Pending(progress={"container": "1"}, check_after=timedelta(seconds=5))
RENDITION = Rendition(
    channel=ChannelKind("toy"), marker=make_marker(make_product()), body={}, parts={Part.TEXT: "words"}
)
SAME = {
    StepKind.PUBLISH: Move.PUBLISH,
    StepKind.RESUME: Move.RESUME,
    StepKind.VERIFY: Move.LOOK,
    StepKind.ASK: Move.ASK,
    StepKind.NOTHING: Move.NOTHING,
}


def core_step(standing: Standing, capabilities: Capabilities) -> Step:
    intent = Intent(verb=Verb.PUBLISH, since=NOON, unsure_at=standing.unsure_at)
    listing = Listing(
        id=ListingId(1),
        seller_id=SellerId(1),
        product_id=ProductId(1),
        account_id=AccountId(1),
        wanted=Wanted.LIVE,
        wish=1,
        wished_at=NOON,
        publication=1,
        external_id=standing.receipt.external_id if standing.receipt else None,
        remote={},
        sent=RENDITION.parts if standing.receipt else {},
        pending=standing.pending,
        intent=intent if standing.unsure_at else None,
        attempts=0,
    )
    return plan(listing, RENDITION, capabilities)


@pytest.mark.parametrize("settles", [None, timedelta(seconds=30)])
@pytest.mark.parametrize("can_find", [True, False])
@pytest.mark.parametrize("visible_steps", [True, False])
def test_driver_and_planner_take_the_same_step(
    settles: timedelta | None, can_find: bool, visible_steps: bool
) -> None:
    capabilities = Capabilities(
        verbs=frozenset({Verb.PUBLISH, Verb.UPDATE} | ({Verb.FIND} if can_find else set())),
        editable=frozenset({Part.TEXT}),
        picture=CAPABILITIES.picture,
        max_pictures=CAPABILITIES.max_pictures,
        max_text=CAPABILITIES.max_text,
        lookup_settles_after=settles,
        visible_steps=visible_steps,
    )
    receipt = Receipt(external_id=ExternalId("1"))

    for unsure_at, pending, known in product([None, NOON], [None, PENDING], [None, receipt]):
        standing = Standing(began=NOON, unsure_at=unsure_at, pending=pending, receipt=known)
        step = core_step(standing, capabilities)

        assert SAME[step.kind] is next_move(standing, capabilities)
        assert step.ask in {None, Ask.UNCONFIRMED}
