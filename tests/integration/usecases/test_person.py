"""Markets without an API: the pack a person takes there, and the code they bring back."""

import pytest

from adapters.errors import Rejected
from schemas.ids import Sku
from schemas.listing import ListingState
from syndicator.usecases.person import make_pack, record_code
from tests.support.app import CoreApp, goods
from tests.support.fake_channel import ASSISTED, FORBIDDEN, POST


def record(app: CoreApp, code: str = "1234567890123", sku: str = "P-1") -> None:
    with app.database.begin() as uow:
        (stored,) = uow.accounts.of_seller(app.seller_id)
        record_code(uow, app.adapters, stored, app.seller_id, Sku(sku), code, now=app.clock.now())


def pack(app: CoreApp, sku: str = "P-1") -> str:
    with app.database.begin() as uow:
        (stored,) = uow.accounts.of_seller(app.seller_id)
        return make_pack(uow, app.adapters, stored, app.seller_id, Sku(sku)).filename


def test_a_recorded_code_makes_the_listing_live(app: CoreApp) -> None:
    app.connect(can=ASSISTED)
    app.submit(goods())
    app.run_until_quiet()
    assert app.state() is ListingState.NEEDS_YOU

    record(app)
    app.run_until_quiet()

    row = app.listing()
    assert (row.state, row.external_id, row.problems, row.pending) == ("live", "1234567890123", [], None)


def test_a_recorded_listing_is_at_rest_when_submitted_again(app: CoreApp) -> None:
    market = app.connect(can=ASSISTED)
    app.submit(goods())
    app.run_until_quiet()
    record(app)
    market.calls.clear()

    app.submit(goods())
    app.run_until_quiet()

    assert (market.calls, app.state()) == ([], ListingState.LIVE)


def test_an_edit_of_what_a_person_carried_there_is_asked_of_the_person(app: CoreApp) -> None:
    app.connect(can=ASSISTED)
    app.submit(goods())
    app.run_until_quiet()
    record(app)

    app.submit(goods(price=9900))
    app.run_until_quiet()

    assert app.codes() == ["listing.edit_by_hand"]


def test_a_pack_is_made_of_a_stored_product(app: CoreApp) -> None:
    app.connect(can=ASSISTED)
    app.submit(goods())

    assert pack(app) == "P-1.zip"


@pytest.mark.parametrize(("sku", "code"), [("P-2", "sku_not_listed"), ("P-9", "text_refused")])
def test_what_cannot_be_packed_says_why(app: CoreApp, sku: str, code: str) -> None:
    app.connect(can=ASSISTED)
    app.submit(goods("P-9", name=FORBIDDEN))

    with pytest.raises(Rejected) as refused:
        pack(app, sku)

    assert [problem.code for problem in refused.value.problems] == [code]


@pytest.mark.parametrize("ask", [pack, record])
def test_a_channel_that_needs_no_person_says_so(app: CoreApp, ask) -> None:
    app.connect(can=POST)
    app.submit(goods())

    with pytest.raises(Rejected) as refused:
        ask(app)

    assert [problem.code for problem in refused.value.problems] == ["no_person_needed"]
