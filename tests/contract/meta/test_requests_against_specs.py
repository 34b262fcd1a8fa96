"""Every request of a listing's whole life is one that Meta's own API description knows."""

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.base import Change
from adapters.errors import OutcomeUnknown
from adapters.testing.sandbox.faults import DropAnswer
from adapters.testing.specs import SpecChecker
from schemas.channel import Part
from schemas.listing import ListingRef
from tests.contract.meta.support import Desk, finish, product_with

SPECS = Path(__file__).parents[2] / "data" / "specs"


@pytest.fixture(scope="module")
def checker() -> SpecChecker:
    return SpecChecker(SPECS)


@pytest.fixture(params=["bytes", "url"])
def page_life(desk: Desk, request: pytest.FixtureRequest) -> Desk:
    page = desk.page(photo_upload=request.param, app_secret="app-secret")
    began = desk.clock.now()
    rendition = desk.rendition(page, product_with(3))
    page.check()
    receipt = page.publish(rendition)
    ref = ListingRef(external_id=receipt.external_id, marker=rendition.marker, remote=receipt.remote)
    page.update(Change(ref=ref, rendition=rendition, parts=frozenset({Part.TEXT})))
    page.fetch(ref)
    desk.order(DropAnswer(after_effect=True), "post.create")
    with pytest.raises(OutcomeUnknown):
        page.publish(desk.rendition(page, product_with(1, "OTHER"), marker="SY0000000"))
    page.find_by_marker(rendition.marker, since=began)
    page.withdraw(ref)
    return desk


@pytest.fixture(params=["facebook", "instagram"])
def instagram_life(desk: Desk, request: pytest.FixtureRequest) -> Desk:
    adapter = desk.instagram(login=request.param, app_secret="app-secret")
    began = desk.clock.now()
    adapter.check()
    for pictures in (1, 3):
        rendition = desk.rendition(
            adapter, product_with(pictures, f"SKU-{pictures}"), marker=f"SY000000{pictures}"
        )
        receipt = finish(adapter, rendition, adapter.publish(rendition))
    ref = ListingRef(external_id=receipt.external_id, marker=rendition.marker, remote=receipt.remote)
    adapter.comment(Change(ref=ref, rendition=rendition, parts=frozenset({Part.PRICE, Part.STOCK})))
    adapter.fetch(ref)
    adapter.find_by_marker(rendition.marker, since=began - timedelta(days=1))
    if request.param == "facebook":
        adapter.withdraw(ref)
    return desk


def test_a_page_listings_life_keeps_to_the_description(page_life: Desk, checker: SpecChecker) -> None:
    entries = page_life.server.control.journal()

    assert {"post.create", "post.update", "post.delete", "post.list"} <= {e["operation"] for e in entries}
    assert checker.check_all(entries) == []


def test_an_instagram_listings_life_keeps_to_the_description(
    instagram_life: Desk, checker: SpecChecker
) -> None:
    entries = instagram_life.server.control.journal()

    assert {"container.create", "media.publish", "comment.create"} <= {e["operation"] for e in entries}
    assert checker.check_all(entries) == []
