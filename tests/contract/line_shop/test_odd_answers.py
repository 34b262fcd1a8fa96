"""Odd answers of MyShop, through the real adapter: none is taken for a success, none leads to a second product."""

import pytest

from adapters.errors import AuthExpired, ChannelError, OutcomeUnknown, Rejected, Throttled, Transient
from adapters.testing.sandbox.faults import DropAnswer, EmptyBody, Error, Html502, ServerErrorWithEffect
from schemas.listing import Pending, Receipt
from tests.contract.line_shop.shop import Shop
from tests.support.factories import NOON

TABLE = "adapters/line_shop/errors.py"
KONG = {"message": "API rate limit exceeded"}


def inside(code: str) -> dict[str, object]:
    """An envelope as it would stand inside HTTP 200."""
    return {"code": code, "message": "raw vendor words", "timestamp": 1}


@pytest.mark.parametrize(
    ("effect", "error", "unlisted_in"),
    [
        (Error(status=429, body=KONG), Throttled, None),
        (Error(status=200, body=inside("INTERNAL_ERROR"), after_effect=True), OutcomeUnknown, None),
        (Error(status=200, body=inside("BAD_REQUEST")), Rejected, None),
        (Error(status=200, body=inside("NEVER_HEARD_OF"), after_effect=True), OutcomeUnknown, TABLE),
        (Error(status=200, body={"ok": True}, after_effect=True), OutcomeUnknown, None),
        (Error(status=200, body=[1], after_effect=True), OutcomeUnknown, None),
        (Error(status=401, body={"message": "No API key found in request"}), AuthExpired, None),
        (Error(status=404, body={"message": "no Route matched with those values"}), OutcomeUnknown, TABLE),
        (Error(status=418, body="<html>", after_effect=True), OutcomeUnknown, TABLE),
        (Error(status=400, code="SHOP_ON_HOLIDAY"), Rejected, TABLE),
        (Error(status=500, body={"error": "boom"}, after_effect=True), OutcomeUnknown, None),
        (ServerErrorWithEffect(), OutcomeUnknown, None),
        (Html502(after_effect=True), OutcomeUnknown, None),
        (EmptyBody(after_effect=True), OutcomeUnknown, None),
    ],
    ids=str,
)
def test_an_odd_answer_to_a_create_ends_with_one_product(
    shop: Shop, effect: object, error: type[ChannelError], unlisted_in: str | None
) -> None:
    rendition = shop.render()
    shop.control.fail(effect, operation="product.create")

    with pytest.raises(error) as caught:
        shop.adapter.publish(rendition)
    shop.control.clear_faults()
    shop.recover(rendition)

    assert caught.value.unlisted_in == unlisted_in
    assert [product.displayed for product in shop.products()] == [True]


@pytest.mark.parametrize(
    "effect",
    [
        Error(status=200, body=inside("BAD_REQUEST")),
        Error(status=200, body=inside("NEVER_HEARD_OF")),
        Error(status=200, body={"ok": True}),
        EmptyBody(after_effect=False),
    ],
    ids=str,
)
def test_a_success_that_is_none_does_not_count_as_shown(shop: Shop, effect: object) -> None:
    rendition = shop.render()
    shop.control.fail(effect, operation="product.display")

    pending = shop.adapter.publish(rendition)
    shop.control.clear_faults()

    assert isinstance(pending, Pending)
    assert not shop.product().displayed
    assert isinstance(shop.adapter.resume(rendition, pending), Receipt)
    assert shop.product().displayed


@pytest.mark.parametrize(
    "effect",
    [
        Error(status=200, body={"message": "maintenance"}),
        Error(status=200, body=inside("INTERNAL_ERROR")),
        Error(status=404, body=inside("NOT_FOUND")),
        Error(status=400, code="BAD_REQUEST"),
        EmptyBody(),
        Html502(),
    ],
    ids=str,
)
def test_an_odd_answer_to_a_search_never_means_that_nothing_is_there(shop: Shop, effect: object) -> None:
    rendition = shop.render()
    shop.control.fail(DropAnswer(after_effect=True), operation="product.create")
    with pytest.raises(OutcomeUnknown):
        shop.adapter.publish(rendition)
    shop.control.fail(effect, operation="product.list")

    with pytest.raises(Transient):
        shop.adapter.find_by_marker(rendition.marker, since=NOON)

    assert len(shop.adapter.find_by_marker(rendition.marker, since=NOON)) == 1


def test_a_gateways_404_while_resuming_does_not_make_a_second_product(shop: Shop) -> None:
    rendition = shop.render()
    shop.control.fail(DropAnswer(after_effect=False), operation="product.display")
    pending = shop.adapter.publish(rendition)
    assert isinstance(pending, Pending)
    shop.control.clear_faults()
    # The list lags, so the product is asked for by writing the code it has; a gateway answers that.
    shop.control.fail(Error(status=200, body={"data": [], "totalPage": 1}), operation="product.list")
    shop.control.fail(Error(status=404, body={"message": "no Route matched"}), operation="product.update")

    with pytest.raises(ChannelError):
        shop.adapter.resume(rendition, pending)
    shop.control.clear_faults()
    shop.adapter.resume(rendition, pending)

    assert [product.displayed for product in shop.products()] == [True]
