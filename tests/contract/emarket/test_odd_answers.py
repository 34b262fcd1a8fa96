"""Odd answers of a market, through the real adapter: none is taken for a success, none leads to a second listing."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.errors import AuthExpired, ChannelError, OutcomeUnknown, Rejected, Throttled, Transient
from adapters.testing.sandbox.faults import EmptyBody, Error, Html502, ServerErrorWithEffect, TruncatedJson
from schemas.channel import Part
from tests.contract.emarket.stall import Stall
from tests.support.factories import make_product, make_variant

FILE = "sandbox-emarket.yaml"
KONG = {"message": "API rate limit exceeded"}


@pytest.mark.parametrize(
    ("effect", "error", "unlisted_in"),
    [
        (Error(status=200, code="9999", after_effect=True), OutcomeUnknown, FILE),
        (Error(status=400, code="9999", after_effect=True), OutcomeUnknown, FILE),
        (Error(status=200, code="ServiceTimeout", after_effect=True), OutcomeUnknown, None),
        (Error(status=200, body={"fault": "policy"}, after_effect=True), OutcomeUnknown, FILE),
        (Error(status=200, body={"code": {"a": 1}}, after_effect=True), OutcomeUnknown, FILE),
        (Error(status=200, body=["0"], after_effect=True), OutcomeUnknown, FILE),
        (Error(status=403, body="<html>", after_effect=True), OutcomeUnknown, FILE),
        (Error(status=200, code="4129"), Rejected, None),
        (Error(status=200, body={"code": "501", "detail": [{"code": "4160"}]}), Rejected, None),
        (Error(status=200, body={"code": 4118, "message": "number"}), Rejected, None),
        (Error(status=429, body=KONG), Throttled, None),
        (Error(status=401, body=KONG), AuthExpired, None),
        (Error(status=500, body={"code": "0"}, after_effect=True), OutcomeUnknown, FILE),
        (ServerErrorWithEffect(), OutcomeUnknown, None),
        (Html502(after_effect=True), OutcomeUnknown, None),
        (EmptyBody(after_effect=True), OutcomeUnknown, None),
        (TruncatedJson(), OutcomeUnknown, None),
    ],
    ids=str,
)
def test_an_odd_answer_to_a_create_ends_with_one_listing(
    stall: Stall, effect: object, error: type[ChannelError], unlisted_in: str | None
) -> None:
    rendition = stall.render()
    stall.control.fail(effect, operation="product.create")

    with pytest.raises(error) as caught:
        stall.publish(rendition)
    stall.control.clear_faults()
    stall.recover(rendition)

    assert caught.value.unlisted_in == unlisted_in
    assert stall.item().status == "active"


@pytest.mark.parametrize("operation", ["image.migrate", "image.job"])
def test_an_unlisted_code_about_pictures_is_simply_repeated(stall: Stall, operation: str) -> None:
    rendition = stall.render()
    stall.control.fail(Error(status=200, code="9999"), operation=operation)

    with pytest.raises(Transient) as caught:
        stall.publish(rendition)
    stall.publish(rendition)

    assert caught.value.unlisted_in == FILE
    assert stall.item().status == "active"


def two_listings(stall: Stall) -> list[Any]:
    """Two live listings with a new stock figure to be written in one call."""
    changes = []
    for sku in ("A-1", "B-2"):
        product = make_product(sku, variants=(make_variant(f"{sku}-V"),))
        rendition = stall.render(product)
        receipt = stall.publish(rendition)
        changes.append(stall.change(receipt, stall.render(product, 3), Part.STOCK))
    return changes


def rows(*details: Any) -> Error:
    """A stock call answered with these refused rows beside a success."""
    return Error(status=200, body={"code": "0", "data": {}, "detail": list(details)})


def classes(stall: Stall, changes: list[Any]) -> list[str]:
    """What each listing is answered; one and the same error for all is raised."""
    try:
        return [type(answer).__name__ for answer in stall.adapter.update_many(changes)]
    except ChannelError as error:
        return [type(error).__name__] * len(changes)


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ([{"sku": "A-1-V", "code": "4170"}], ["Locked", "Receipt"]),
        ([{"sku": "A-1-V", "code": 4170}], ["Locked", "Receipt"]),
        ([{"sku": "B-2-V", "code": "9999"}], ["Receipt", "OutcomeUnknown"]),
        ([{"sku": "A-1-V"}], ["OutcomeUnknown", "Receipt"]),
        ([{"sku": "A-1-V", "code": "E0004"}], ["Receipt", "Receipt"]),
        ([{"code": "4170"}], ["Locked", "Locked"]),
        ([{"sku": "SOMEBODY-ELSES", "code": "4170"}], ["Locked", "Locked"]),
        (["not a row"], ["OutcomeUnknown", "OutcomeUnknown"]),
        ([{"sku": "A-1-V", "code": "4118"}, {"code": "4170"}], ["Rejected", "Locked"]),
    ],
    ids=str,
)
def test_each_refused_row_inside_a_success_is_its_listings_own(
    stall: Stall, details: list[Any], expected: list[str]
) -> None:
    changes = two_listings(stall)
    stall.control.fail(rows(*details), operation="product.stock")

    assert classes(stall, changes) == expected


def test_a_row_with_an_unlisted_code_is_counted(stall: Stall) -> None:
    (change, _) = two_listings(stall)
    stall.control.fail(rows({"sku": "A-1-V", "code": "9999", "message": "raw"}), operation="product.stock")

    with pytest.raises(OutcomeUnknown) as caught:
        stall.adapter.update(replace(change, parts=frozenset({Part.STOCK})))

    assert (caught.value.vendor_code, caught.value.http_status, caught.value.unlisted_in) == (
        "9999",
        None,
        FILE,
    )
    assert caught.value.problem is not None
    assert "raw" not in caught.value.problem.en.split()


def test_a_refused_batch_whose_rows_are_no_list_is_no_success(stall: Stall) -> None:
    changes = two_listings(stall)
    body = {"code": "501", "detail": {"sku": "A-1-V", "code": "4170"}}
    stall.control.fail(Error(status=200, body=body), operation="product.stock")

    with pytest.raises(OutcomeUnknown):
        stall.adapter.update_many(changes)
