from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from adapters.errors import AuthExpired, OutcomeUnknown, Rejected, Throttled, Transient
from adapters.settings import LineSettings
from adapters.testing.sandbox.accounts import dead_account
from adapters.testing.sandbox.faults import (
    DropAnswer,
    Error,
    Fault,
    HideFromLookup,
    ServerErrorWithEffect,
    Throttle,
)
from adapters.testing.sandbox.options import DuplicateCodes, SandboxOptions
from schemas.channel import Part
from schemas.ids import ChannelKind
from schemas.listing import Pending, Receipt
from tests.contract.line_shop.shop import Shop, two_sizes, units
from tests.support.factories import NOON, make_marker, make_product
from tests.support.shops import context_at


def test_a_published_product_is_on_sale_with_its_text_prices_and_stock(shop: Shop) -> None:
    rendition = shop.render(two_sizes(), {"BNB-100": 7, "BNB-250": 3})

    receipt = shop.publish(rendition)

    product = shop.product()
    assert product.displayed
    assert receipt.external_id == str(product.id)
    assert product.code == "BNB"
    assert "รหัส SY7K3M2Q9" in product.description
    assert [(v.sku, v.price, v.options) for v in product.variants] == [
        ("BNB-100", 45, [("ขนาด", "100 กรัม")]),
        ("BNB-250", 100, [("ขนาด", "250 กรัม")]),
    ]
    assert units(shop) == {"BNB-100": 7, "BNB-250": 3}
    assert product.licences == {"tisi": "มผช.9001/2599"}
    assert receipt.remote["variants"]["BNB-100"]["inventory_id"] == product.variants[0].inventory


def test_a_plain_publish_takes_two_calls_and_shows_the_product_last(shop: Shop) -> None:
    shop.publish(shop.render())

    calls = [(entry["operation"], entry["visible"]) for entry in shop.control.journal()]
    assert calls == [("product.create", False), ("product.display", True)]


def test_zero_stock_is_sold_out_before_the_product_is_shown(shop: Shop) -> None:
    shop.publish(shop.render(two_sizes(), {"BNB-100": 0, "BNB-250": 5}))

    assert units(shop) == {"BNB-100": 0, "BNB-250": 5}
    operations = [entry["operation"] for entry in shop.control.journal()]
    assert operations == ["product.create", "product.variant", "product.display"]


def test_a_hidden_orphan_is_found_and_is_not_visible(shop: Shop) -> None:
    rendition = shop.render()
    shop.control.fail(DropAnswer(after_effect=True), operation="product.create")
    with pytest.raises(OutcomeUnknown):
        shop.adapter.publish(rendition)

    (found,) = shop.adapter.find_by_marker(rendition.marker, since=NOON)

    assert not found.visible
    assert set(found.remote) == {"product_id", "variants"}


def test_adopting_an_older_orphan_brings_it_to_the_present_rendition(shop: Shop) -> None:
    shop.control.fail(DropAnswer(after_effect=True), operation="product.create")
    with pytest.raises(OutcomeUnknown):
        shop.adapter.publish(shop.render(two_sizes(name="ชื่อเดิม"), 10))
    newer = shop.render(two_sizes(name="ชื่อใหม่"), {"BNB-100": 4, "BNB-250": 0})

    shop.recover(newer)

    assert shop.product().name == "ชื่อใหม่"
    assert shop.product().displayed
    assert units(shop) == {"BNB-100": 4, "BNB-250": 0}


def test_of_two_orphans_the_older_is_kept_and_the_other_deleted(shop: Shop) -> None:
    rendition = shop.render()
    for _ in range(2):
        shop.control.fail(DropAnswer(after_effect=True), operation="product.create")
        with pytest.raises(OutcomeUnknown):
            shop.adapter.publish(rendition)
    oldest = min(product.id for product in shop.products())

    shop.recover(rendition)

    assert [(product.id, product.displayed) for product in shop.products()] == [(oldest, True)]


@pytest.mark.parametrize("operation", ["product.display", "product.variant"])
@pytest.mark.parametrize(
    "effect", [DropAnswer(after_effect=True), DropAnswer(after_effect=False), Throttle(seconds=1)]
)
def test_a_failure_after_the_create_is_pending_and_resume_finishes_it(
    shop: Shop, operation: str, effect: object
) -> None:
    rendition = shop.render(available=0)
    shop.control.fail(effect, operation=operation)

    pending = shop.adapter.publish(rendition)
    assert isinstance(pending, Pending)
    shop.control.clear_faults()
    receipt = shop.adapter.resume(rendition, pending)

    assert isinstance(receipt, Receipt)
    assert shop.product().displayed
    assert units(shop) == {"UTT-BNB-100": 0}


def test_resume_after_the_last_step_changes_nothing(shop: Shop) -> None:
    rendition = shop.render()
    receipt = shop.publish(rendition)
    before = len(shop.control.journal())

    again = shop.adapter.resume(rendition, Pending(progress=receipt.remote, check_after=NOON - NOON))

    assert again == replace(receipt, may_be_outdated=True)
    assert [entry["mutating"] for entry in shop.control.journal()[before:]] == [False]


def test_a_hidden_product_that_was_deleted_meanwhile_is_made_anew(shop: Shop) -> None:
    rendition = shop.render()

    receipt = shop.adapter.resume(rendition, Pending(progress={"product_id": 1}, check_after=NOON - NOON))

    assert isinstance(receipt, Receipt)
    assert shop.product().displayed


def test_a_lagging_list_neither_loses_nor_doubles_the_product(shop: Shop) -> None:
    rendition = shop.render(available=0)
    shop.control.add_fault(Fault(effect=HideFromLookup(seconds=60), operation="product.create", nth=1))
    shop.control.fail(DropAnswer(after_effect=False), operation="product.display")
    pending = shop.adapter.publish(rendition)
    assert isinstance(pending, Pending)

    receipt = shop.adapter.resume(rendition, pending)
    restocked = shop.render(available=4)
    assert isinstance(receipt, Receipt)
    shop.adapter.set_stock(shop.change(receipt, restocked, Part.STOCK))

    assert shop.product().displayed
    assert units(shop) == {"UTT-BNB-100": 4}


def test_a_withdrawn_product_is_shown_again_with_the_new_text(shop: Shop) -> None:
    first = shop.render(marked="SY0000001")
    receipt = shop.publish(first)
    shop.adapter.withdraw(shop.change(receipt, first).ref)
    again = shop.render(make_product(name="ชื่อใหม่"), 3, marked="SY0000002")

    resumed = shop.adapter.resume(again, Pending(progress=receipt.remote, check_after=NOON - NOON))

    assert isinstance(resumed, Receipt)
    assert resumed.external_id == receipt.external_id
    assert (shop.product().name, shop.product().displayed) == ("ชื่อใหม่", True)
    assert "SY0000002" in shop.product().description


@pytest.mark.parametrize("mode", [DuplicateCodes.BAD_REQUEST, DuplicateCodes.CONFLICT])
def test_a_shop_that_refuses_a_second_product_of_a_code_gives_ours_back(
    shop_with: Callable[[SandboxOptions], Shop], mode: DuplicateCodes
) -> None:
    shop = shop_with(SandboxOptions(duplicate_codes=mode))
    rendition = shop.render()
    shop.control.fail(DropAnswer(after_effect=True), operation="product.create")
    with pytest.raises(OutcomeUnknown):
        shop.adapter.publish(rendition)

    shop.publish(rendition)

    assert [product.displayed for product in shop.products()] == [True]


@pytest.mark.parametrize(
    ("mode", "code"), [(DuplicateCodes.CONFLICT, "code_taken"), (DuplicateCodes.BAD_REQUEST, "line_refused")]
)
def test_a_visible_product_of_somebody_else_is_never_taken_over(
    shop_with: Callable[[SandboxOptions], Shop], mode: DuplicateCodes, code: str
) -> None:
    shop = shop_with(SandboxOptions(duplicate_codes=mode))
    shop.publish(shop.render(marked="SY0000001"))

    with pytest.raises(Rejected) as caught:
        shop.adapter.publish(shop.render(marked="SY0000002"))

    assert caught.value.problems[0].code == code
    assert len(shop.products()) == 1


def test_a_throttle_without_an_envelope_is_a_throttle(shop: Shop) -> None:
    shop.control.fail(Throttle(seconds=5), operation="product.create")

    with pytest.raises(Throttled) as caught:
        shop.adapter.publish(shop.render())

    assert caught.value.http_status == 429
    assert shop.products() == []


def test_a_dead_key_is_told_by_check_and_never_shown(shop: Shop, shop_with: Callable[..., Shop]) -> None:
    account = dead_account(ChannelKind("line_shop"))
    dead = shop_with(SandboxOptions(), account)

    with pytest.raises(AuthExpired) as caught:
        dead.adapter.check()

    assert account.credentials["api_key"] not in f"{caught.value!r} {caught.value.problem}"
    shop.adapter.check()


def test_without_a_key_nothing_is_sent(shop: Shop, http: httpx.Client) -> None:
    account = dead_account(ChannelKind("line_shop"))
    account.credentials.clear()
    adapter = type(shop.adapter)(context_at(account, LineSettings(), shop.pictures, http))

    with pytest.raises(AuthExpired):
        adapter.check()


def test_a_refusal_reaches_the_seller_with_what_line_said(shop: Shop) -> None:
    shop.control.fail(Error(status=400, message="name has a forbidden word"), operation="product.create")

    with pytest.raises(Rejected) as caught:
        shop.adapter.publish(shop.render())

    assert "name has a forbidden word" in caught.value.problems[0].th
    assert caught.value.request_id


def test_a_product_without_pictures_is_not_sent(shop: Shop) -> None:
    product = make_product(media=(), variants=(make_product().variants[0].model_copy(update={"media": ()}),))

    with pytest.raises(Rejected):
        shop.adapter.publish(shop.render(product))

    assert shop.control.journal() == []


def test_a_read_that_fails_may_simply_be_repeated(shop: Shop) -> None:
    shop.control.fail(ServerErrorWithEffect(), operation="product.list")
    with pytest.raises(Transient):
        shop.adapter.check()


def test_another_publication_of_the_same_code_is_not_ours(shop: Shop) -> None:
    shop.publish(shop.render(marked="SY0000001"))

    assert shop.adapter.find_by_marker(make_marker(make_product(), "SY0000002"), since=NOON) == []
