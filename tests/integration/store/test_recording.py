"""The outcomes of a slice are written together, yet each listing keeps its own."""

from datetime import timedelta
from typing import Any

from schemas.ids import LeaseToken, ListingId
from schemas.listing import ListingState
from schemas.problem import Problem
from syndicator.store.listings import Outcome
from tests.support.app import CoreApp, goods

TOKEN = LeaseToken("held")
PROBLEM = Problem(path="name", code="too_long", th="ชื่อยาวเกินไป กรุณาย่อ", en="the name is too long; shorten it")


def lease(app: CoreApp, *skus: str) -> None:
    for sku in skus:
        app.execute(
            "UPDATE listing SET lease_token = :token WHERE id = :id", token=TOKEN, id=app.listing(sku).id
        )


def outcome(app: CoreApp, sku: str, **given: Any) -> Outcome:
    row = app.listing(sku)
    values = {"wish": row.wish, "state": ListingState.LIVE, "due_in": None} | given
    return Outcome(listing_id=ListingId(row.id), **values)


def record(app: CoreApp, *outcomes: Outcome) -> frozenset[ListingId]:
    with app.database.begin() as uow:
        return uow.listings.record(TOKEN, outcomes, now=app.clock.now())


def test_outcomes_that_write_different_columns_stay_apart(app: CoreApp) -> None:
    app.connect()
    app.submit(goods("P-1"), goods("P-2"), goods("P-3"))
    lease(app, "P-1", "P-2", "P-3")
    now = app.clock.now()

    lost = record(
        app,
        outcome(
            app, "P-1", values={"external_id": "17841000000000001", "remote": {"ไทย": [1]}, "sent_at": now}
        ),
        outcome(app, "P-2", values={"external_id": "2", "remote": {}, "sent_at": None}),
        outcome(app, "P-3", state=ListingState.NEEDS_YOU, problems=(PROBLEM,), attempts=3),
    )

    first, second, third = (app.listing(sku) for sku in ("P-1", "P-2", "P-3"))
    assert lost == frozenset()
    assert (first.external_id, first.remote, first.sent_at) == ("17841000000000001", {"ไทย": [1]}, now)
    assert (second.external_id, second.remote, second.sent_at) == ("2", {}, None)
    assert (third.external_id, third.attempts, third.problems) == (None, 3, [PROBLEM.model_dump()])
    assert {row.lease_token for row in (first, second, third)} == {None}


def test_a_newer_wish_keeps_one_listing_due_and_leaves_its_neighbour_settled(app: CoreApp) -> None:
    app.connect()
    app.submit(goods("P-1"), goods("P-2"))
    lease(app, "P-1", "P-2")
    settled = [outcome(app, sku, attempts=2) for sku in ("P-1", "P-2")]
    app.submit(goods("P-1", price=9900))

    record(app, *settled)

    edited, other = app.listing("P-1"), app.listing("P-2")
    assert (edited.state, edited.due_at, edited.attempts) == ("working", app.clock.now(), 0)
    assert (other.state, other.due_at, other.attempts) == ("live", None, 2)


def test_only_the_listing_whose_lease_was_lost_is_not_written(app: CoreApp) -> None:
    app.connect()
    app.submit(goods("P-1"), goods("P-2"))
    lease(app, "P-2")

    lost = record(app, *(outcome(app, sku, due_in=timedelta(minutes=5)) for sku in ("P-1", "P-2")))

    assert lost == {app.listing("P-1").id}
    assert app.listing("P-1").state == "working"
    assert app.listing("P-2").due_at == app.clock.now() + timedelta(minutes=5)


def test_an_emptied_json_column_is_null_in_the_database(app: CoreApp) -> None:
    app.connect()
    app.submit(goods("P-1"))
    lease(app, "P-1")
    app.execute("UPDATE listing SET pending = '{\"progress\": {}}'")

    record(app, outcome(app, "P-1", values={"pending": None}))

    assert app.value("SELECT pending IS NULL FROM listing") is True
