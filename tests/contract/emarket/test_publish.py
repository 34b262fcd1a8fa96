from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.errors import AuthExpired, OutcomeUnknown, Rejected, Throttled, Transient
from adapters.testing.sandbox.accounts import SandboxAccount, dead_account
from adapters.testing.sandbox.faults import (
    DropAnswer,
    ExpireToken,
    Throttle,
)
from adapters.testing.sandbox.server import SandboxServer
from schemas.ids import ChannelKind
from schemas.listing import Pending, Receipt
from tests.contract.emarket.stall import Stall
from tests.support.factories import NOON, make_product, make_variant
from tests.support.shops import sandbox_account

KIND = ChannelKind("emarket")


def test_a_published_listing_shows_title_text_price_stock_and_pictures(stall: Stall) -> None:
    receipt = stall.publish(stall.render(available=12))

    item = stall.item()
    assert item.status == "active"
    assert receipt.external_id == item.item_id
    assert item.item_id in (receipt.permalink or "")
    assert (item.sku, item.title, item.category_id) == ("UTT-BNB-100", "กล้วยอบเนยบ้านสวนริมน่าน", 7002)
    assert "รหัส SY7K3M2Q9" in item.description
    assert [(v.sku, v.price, v.sellable, v.weight_g) for v in item.variants] == [
        ("UTT-BNB-100", "45.00", 12, 130)
    ]
    assert [(picture.width, picture.height) for picture in item.images] == [(1080, 1080)]


def test_a_publish_makes_one_visible_call(stall: Stall) -> None:
    stall.publish(stall.render())

    visible = [entry["operation"] for entry in stall.control.journal() if entry["visible"]]
    assert visible == ["product.create"]


def test_a_create_repeated_without_looking_still_ends_with_one_listing(stall: Stall) -> None:
    rendition = stall.render()
    stall.control.fail(DropAnswer(after_effect=True), operation="product.create")
    with pytest.raises(OutcomeUnknown):
        stall.publish(rendition)

    receipt = stall.publish(rendition)

    assert receipt.external_id == stall.item().item_id


@pytest.mark.parametrize("operation", ["image.migrate", "image.job"])
def test_a_lost_answer_about_pictures_is_simply_repeated(stall: Stall, operation: str) -> None:
    rendition = stall.render()
    stall.control.fail(DropAnswer(after_effect=True), operation=operation)

    with pytest.raises(Transient):
        stall.publish(rendition)
    stall.publish(rendition)

    assert stall.item().status == "active"


def test_a_listing_withdrawn_before_is_shown_again_under_its_code(stall: Stall) -> None:
    first = stall.render()
    receipt = stall.publish(first)
    stall.adapter.withdraw(stall.change(receipt, first).ref)

    again = stall.publish(stall.render(available=3, marked="SY0000002"))

    assert again.external_id == receipt.external_id
    assert stall.item().status == "active"
    assert "SY0000002" in stall.item().description
    assert stall.item().variants[0].sellable == 3


def test_a_variant_code_taken_by_another_product_is_told(stall: Stall) -> None:
    stall.publish(stall.render())
    other = make_product("OTHER", variants=(make_variant("UTT-BNB-100"),))

    with pytest.raises(Rejected) as caught:
        stall.publish(stall.render(other))

    assert caught.value.problems[0].code == "code_taken"


def test_a_listing_under_review_is_accepted_and_not_shown_twice(reviewing: Stall) -> None:
    rendition = reviewing.render()
    receipt = reviewing.publish(rendition)

    (found,) = reviewing.adapter.find_by_marker(rendition.marker, since=NOON)
    adopted = reviewing.adapter.resume(rendition, Pending(progress=found.remote, check_after=timedelta(0)))

    assert not found.visible
    assert isinstance(adopted, Receipt)
    assert adopted.external_id == receipt.external_id
    assert "product.update" not in reviewing.operations()


def test_a_listing_that_was_deleted_meanwhile_is_made_anew(stall: Stall) -> None:
    pending = Pending(progress={"item_id": "1"}, check_after=timedelta(0))

    receipt = stall.adapter.resume(stall.render(), pending)

    assert isinstance(receipt, Receipt)
    assert receipt.external_id == stall.item().item_id


def test_a_withdrawn_listing_is_resumed_even_while_the_search_lags(stall: Stall) -> None:
    rendition = stall.render()
    receipt = stall.publish(rendition)
    stall.adapter.withdraw(stall.change(receipt, rendition).ref)
    stall.edit(searchable_at=stall.item().created + 3600)

    resumed = stall.adapter.resume(rendition, Pending(progress=receipt.remote, check_after=timedelta(0)))

    assert resumed == receipt
    assert stall.item().status == "active"


def test_a_picture_that_cannot_be_fetched_is_asked_for_again_and_then_told(stall: Stall) -> None:
    rendition = stall.render()
    kept = dict(stall.pictures.files)
    stall.pictures.files.clear()
    result = stall.adapter.publish(rendition)
    waits = []

    def look_until_it_ends(pending: object) -> None:
        while isinstance(pending, Pending):
            waits.append(pending.check_after.total_seconds())
            pending = stall.adapter.resume(rendition, pending)

    with pytest.raises(Rejected) as caught:
        look_until_it_ends(result)
    stall.pictures.files.update(kept)

    assert sorted(set(waits)) == [3, 9, 27, 81]
    assert caught.value.problems[0].code == "picture_refused"


def test_a_picture_that_is_no_picture_is_refused_at_once(stall: Stall) -> None:
    rendition = stall.render(make_product("ODD", variants=(make_variant("ODD"),)))
    key = rendition.pictures[0]
    kept, stall.pictures.files[key] = stall.pictures.files[key], b"<html>not a picture</html>"

    with pytest.raises(Rejected) as caught:
        stall.publish(rendition)
    stall.pictures.files[key] = kept

    assert caught.value.problems[0].path == "image_files"
    assert stall.items() == []


def test_a_throttle_inside_http_200_is_a_throttle(stall: Stall) -> None:
    stall.control.fail(Throttle(seconds=5), operation="product.create")

    with pytest.raises(Throttled):
        stall.publish(stall.render())

    assert stall.items() == []


def test_an_expired_token_is_told(server: SandboxServer, stall_at: Callable[..., Stall]) -> None:
    dead = stall_at(server, dead_account(KIND))

    with pytest.raises(AuthExpired) as caught:
        dead.adapter.check()

    assert "เชื่อมต่อบัญชีใหม่" in caught.value.problem.th


def test_a_token_that_dies_in_the_middle_is_told(stall: Stall) -> None:
    stall.control.fail(ExpireToken(), operation="product.create")
    with pytest.raises(AuthExpired):
        stall.publish(stall.render())


def test_a_wrong_app_secret_fails_as_a_credential(
    server: SandboxServer, stall_at: Callable[..., Stall]
) -> None:
    account = sandbox_account("emarket")
    account.credentials["app_secret"] = "not-the-secret"

    with pytest.raises(AuthExpired):
        stall_at(server, account).adapter.check()


def test_a_missing_credential_is_told_before_anything_is_sent(
    server: SandboxServer, stall_at: Callable[[SandboxServer, SandboxAccount], Stall]
) -> None:
    account = sandbox_account("emarket")
    del account.credentials["access_token"]
    server.control.reset()

    with pytest.raises(AuthExpired):
        stall_at(server, account).adapter.check()

    assert server.control.journal() == []
