"""The Page adapter against the sandbox: every verb, every way an answer can be lost."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.base import Change
from adapters.errors import (
    AccountRestricted,
    AuthExpired,
    ChannelError,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Transient,
    Unsupported,
)
from adapters.facebook_page.adapter import FacebookPageAdapter
from adapters.http import call_deadline
from adapters.testing.sandbox import dead_account, limited_account
from adapters.testing.sandbox.accounts import FACEBOOK_PAGE
from adapters.testing.sandbox.faults import (
    DropAnswer,
    Effect,
    EmptyBody,
    Error,
    ExpireToken,
    Html502,
    ServerErrorWithEffect,
    Throttle,
    TruncatedJson,
)
from adapters.testing.sandbox.options import DuplicatePosts
from schemas.channel import Part, Verb
from schemas.listing import ListingRef, Pending, Receipt, Rendition
from tests.contract.meta.conftest import OpenDesk
from tests.contract.meta.support import Desk, product_with
from tests.support.factories import make_marker

LOST_AFTER_EFFECT: dict[str, Effect] = {
    "dropped": DropAnswer(after_effect=True),
    "html 502": Html502(after_effect=True),
    "empty": EmptyBody(after_effect=True),
    "truncated": TruncatedJson(),
    "500 code 2": ServerErrorWithEffect(),
    "500 without error": Error(status=500, body={"id": "1"}, after_effect=True),
    "spam guess": Error(code=4, subcode=2207051, after_effect=True),
    "called a duplicate": Error(code=368, subcode=1404082, after_effect=True),
    "unlisted code": Error(code=987654, after_effect=True),
}
LOST_BEFORE_EFFECT: dict[str, Effect] = {
    "dropped": DropAnswer(after_effect=False),
    "html 502": Html502(after_effect=False),
    "500 code 1": Error(status=500, code=1),
}


def ref_of(receipt: Receipt, rendition: Rendition) -> ListingRef:
    return ListingRef(external_id=receipt.external_id, marker=rendition.marker, remote=receipt.remote)


def publish_surely(desk: Desk, page: FacebookPageAdapter, rendition: Rendition) -> str:
    """Publish as the worker does: after an unknown outcome look first, then publish again if nothing is there."""
    began = desk.clock.now()
    try:
        return page.publish(rendition).external_id
    except OutcomeUnknown:
        found = page.find_by_marker(rendition.marker, since=began)
        return found[0].external_id if found else page.publish(rendition).external_id


def change_to(
    page: FacebookPageAdapter, desk: Desk, ref: ListingRef, *parts: Part, available: int = 10
) -> Change:
    product = product_with(2, description="ข้อความใหม่")
    return Change(ref=ref, rendition=desk.rendition(page, product, available), parts=frozenset(parts))


def test_a_publish_is_one_visible_call_with_its_pictures(desk: Desk) -> None:
    page = desk.page()
    rendition = desk.rendition(page, product_with(3))

    receipt = page.publish(rendition)

    (post,) = desk.server.control.visible(FACEBOOK_PAGE)
    assert post.id == receipt.external_id
    assert post.text == rendition.body["message"]
    assert len(post.pictures) == 3
    assert receipt.permalink is not None
    assert len(receipt.remote["photos"]) == 3
    assert [entry["visible"] for entry in desk.server.control.journal()].count(True) == 1
    assert all(
        entry["body"]["alt_text_custom"] == "กล้วยอบเนยบ้านสวนริมน่าน" for entry in desk.calls("photo.upload")
    )


def test_a_product_without_pictures_is_posted_as_text(desk: Desk) -> None:
    page = desk.page()

    page.publish(desk.rendition(page, product_with(0)))

    assert desk.server.control.visible(FACEBOOK_PAGE)[0].pictures == []
    assert desk.calls("photo.upload") == []


def test_pictures_may_travel_by_address(desk: Desk) -> None:
    page = desk.page(photo_upload="url")

    page.publish(desk.rendition(page))

    assert len(desk.server.control.visible(FACEBOOK_PAGE)[0].pictures) == 2
    assert all("url" in entry["body"] for entry in desk.calls("photo.upload"))


def test_an_address_the_channel_cannot_read_is_mended_by_sending_the_bytes(desk: Desk) -> None:
    desk.pictures.partial = True
    page = desk.page(photo_upload="url")

    page.publish(desk.rendition(page, product_with(1)))

    refused, taken = desk.calls("photo.upload")
    assert refused["error"] == "324/2069019"
    assert "source" in taken["files"]
    assert len(desk.server.control.visible(FACEBOOK_PAGE)[0].pictures) == 1


def test_bytes_that_are_no_picture_are_the_sellers_to_mend(desk: Desk) -> None:
    page = desk.page()
    rendition = desk.rendition(page, product_with(1))
    desk.pictures.files[rendition.pictures[0]] = b"<html>not a picture</html>"

    with pytest.raises(Rejected) as caught:
        page.publish(rendition)

    assert caught.value.problems[0].code == "meta_picture_unreadable"
    assert desk.server.control.listings(FACEBOOK_PAGE) == []


def test_a_picture_that_is_not_stored_yet_sends_nothing(desk: Desk) -> None:
    page = desk.page()
    rendition = desk.rendition(page, product_with(1))
    desk.pictures.files.clear()

    with pytest.raises(Transient):
        page.publish(rendition)

    assert desk.server.control.journal() == []


@pytest.mark.parametrize("fault", LOST_AFTER_EFFECT)
def test_an_answer_lost_after_the_effect_ends_with_one_post(desk: Desk, fault: str) -> None:
    page = desk.page()
    desk.order(LOST_AFTER_EFFECT[fault], "post.create")

    external_id = publish_surely(desk, page, desk.rendition(page))

    assert [post.id for post in desk.server.control.visible(FACEBOOK_PAGE)] == [external_id]
    assert len(desk.calls("post.create")) == 1


@pytest.mark.parametrize("fault", LOST_BEFORE_EFFECT)
def test_an_answer_lost_before_the_effect_ends_with_one_post(desk: Desk, fault: str) -> None:
    page = desk.page()
    desk.order(LOST_BEFORE_EFFECT[fault], "post.create")

    external_id = publish_surely(desk, page, desk.rendition(page))

    assert [post.id for post in desk.server.control.visible(FACEBOOK_PAGE)] == [external_id]


@pytest.mark.parametrize("fault", LOST_AFTER_EFFECT)
def test_a_failed_upload_is_repeated_freely_unless_the_channel_blocks(desk: Desk, fault: str) -> None:
    page = desk.page()
    desk.order(LOST_AFTER_EFFECT[fault], "photo.upload", nth=2)

    with pytest.raises((Transient, Throttled)):
        page.publish(desk.rendition(page))

    assert desk.server.control.listings(FACEBOOK_PAGE) == []


@pytest.mark.parametrize("mode", [DuplicatePosts.CODE_506, DuplicatePosts.CODE_368])
def test_a_second_publish_that_the_channel_calls_a_duplicate_finds_the_first(
    open_desk: OpenDesk, mode: DuplicatePosts
) -> None:
    desk = open_desk(duplicate_posts=mode)
    page = desk.page()
    rendition = desk.rendition(page)
    first = page.publish(rendition)

    assert publish_surely(desk, page, rendition) == first.external_id
    assert len(desk.server.control.visible(FACEBOOK_PAGE)) == 1


def test_no_call_begins_after_the_lease_is_over(desk: Desk) -> None:
    page = desk.page()

    with call_deadline(timedelta(0)), pytest.raises(Transient):
        page.publish(desk.rendition(page))

    assert desk.server.control.journal() == []


def test_a_post_is_found_among_others_and_out_of_order(open_desk: OpenDesk) -> None:
    desk = open_desk(shuffle_lists=True)
    page = desk.page()
    began = desk.clock.now()
    ours = page.publish(desk.rendition(page, product_with(0)))
    for number in range(5):
        page.publish(desk.rendition(page, product_with(0, f"OTHER-{number}"), marker=f"SY000000{number}"))

    found = page.find_by_marker(make_marker(product_with(0)), since=began)

    assert [listing.external_id for listing in found] == [ours.external_id]
    assert found[0].visible
    assert found[0].permalink == ours.permalink
    assert "รหัส SY7K3M2Q9" in found[0].seen["text"]


def test_a_post_beyond_the_first_page_is_found(desk: Desk) -> None:
    page = desk.page()
    began = desk.clock.now()
    ours = page.publish(desk.rendition(page, product_with(0)))
    other = desk.rendition(page, product_with(0, "OTHER"), marker="SY0000000")
    for _ in range(105):
        page.publish(other)

    found = page.find_by_marker(make_marker(product_with(0)), since=began)

    assert [listing.external_id for listing in found] == [ours.external_id]


def test_an_older_post_with_the_marker_is_not_ours_to_adopt(desk: Desk) -> None:
    page = desk.page()
    page.publish(desk.rendition(page))
    desk.advance(timedelta(minutes=10))

    assert page.find_by_marker(make_marker(product_with(2)), since=desk.clock.now()) == []


def test_a_post_shows_up_only_after_the_read_lag(open_desk: OpenDesk) -> None:
    desk = open_desk(read_lag_s=50)
    page = desk.page()
    began = desk.clock.now()
    page.publish(desk.rendition(page))
    marker = make_marker(product_with(2))

    assert page.find_by_marker(marker, since=began) == []
    assert page.capabilities.lookup_settles_after is not None
    desk.advance(page.capabilities.lookup_settles_after)
    assert len(page.find_by_marker(marker, since=began)) == 1


@pytest.mark.parametrize("part", [Part.TEXT, Part.PRICE, Part.STOCK])
def test_every_editable_part_is_changed_in_place(desk: Desk, part: Part) -> None:
    page = desk.page()
    rendition = desk.rendition(page)
    ref = ref_of(page.publish(rendition), rendition)
    change = change_to(page, desk, ref, part, available=0)

    receipt = page.update(change)

    (post,) = desk.server.control.visible(FACEBOOK_PAGE)
    assert post.text == change.rendition.body["message"]
    assert "สินค้าหมดชั่วคราว" in post.text
    assert receipt.external_id == ref.external_id
    assert receipt.remote == ref.remote
    assert receipt.permalink is not None


def test_withdrawing_twice_succeeds_and_takes_the_photos_along(desk: Desk) -> None:
    page = desk.page()
    rendition = desk.rendition(page)
    ref = ref_of(page.publish(rendition), rendition)

    page.withdraw(ref)
    page.withdraw(ref)

    assert desk.server.control.listings(FACEBOOK_PAGE) == []
    assert desk.server.control.run(lambda sandbox: len(sandbox.graph.photos)) == 0


def test_a_photo_that_cannot_be_deleted_does_not_fail_the_withdrawal(desk: Desk) -> None:
    page = desk.page()
    rendition = desk.rendition(page)
    ref = ref_of(page.publish(rendition), rendition)
    desk.order(Html502(), "photo.delete")

    page.withdraw(ref)

    assert desk.server.control.listings(FACEBOOK_PAGE) == []


def test_missing_is_not_taken_for_gone_while_the_page_itself_cannot_be_read(desk: Desk) -> None:
    page = desk.page()
    rendition = desk.rendition(page)
    ref = ref_of(page.publish(rendition), rendition)
    for operation in ("post.get", "post.delete", "page.get"):
        desk.order(Error(code=100, subcode=33), operation)

    with pytest.raises(ChannelError):
        page.withdraw(ref)

    assert len(desk.server.control.visible(FACEBOOK_PAGE)) == 1


def test_a_refused_delete_of_a_post_that_stands_is_no_success(desk: Desk) -> None:
    page = desk.page()
    rendition = desk.rendition(page)
    ref = ref_of(page.publish(rendition), rendition)
    desk.order(Error(code=100, subcode=33), "post.delete")

    with pytest.raises(AccountRestricted):
        page.withdraw(ref)


def test_fetch_reads_what_a_buyer_sees_and_none_when_it_is_gone(desk: Desk) -> None:
    page = desk.page()
    rendition = desk.rendition(page)
    receipt = page.publish(rendition)
    ref = ref_of(receipt, rendition)

    seen = page.fetch(ref)
    page.withdraw(ref)

    assert seen is not None
    assert seen.seen == {"text": rendition.body["message"]}
    assert seen.remote == receipt.remote
    assert page.fetch(ref) is None


def test_a_hidden_post_is_not_visible(desk: Desk) -> None:
    page = desk.page()
    rendition = desk.rendition(page)
    ref = ref_of(page.publish(rendition), rendition)
    desk.server.control.run(lambda sandbox: setattr(sandbox.graph.posts[ref.external_id], "hidden", True))

    seen = page.fetch(ref)

    assert seen is not None
    assert not seen.visible


def test_check_accepts_a_living_token_and_refuses_a_dead_one(desk: Desk) -> None:
    desk.page().check()

    with pytest.raises(AuthExpired) as caught:
        desk.page(dead_account(FACEBOOK_PAGE)).check()
    assert caught.value.problem is not None
    assert "เชื่อมต่อ" in caught.value.problem.th


def test_a_missing_permission_is_not_taken_for_an_expired_token(desk: Desk) -> None:
    page = desk.page(limited_account(FACEBOOK_PAGE))

    with pytest.raises(AccountRestricted):
        page.publish(desk.rendition(page))


def test_a_token_that_dies_between_upload_and_post_leaves_nothing_visible(desk: Desk) -> None:
    page = desk.page()
    desk.order(ExpireToken(), "post.create")

    with pytest.raises(AuthExpired):
        page.publish(desk.rendition(page))

    assert desk.server.control.listings(FACEBOOK_PAGE) == []


def test_a_throttle_says_how_long_to_wait(desk: Desk) -> None:
    page = desk.page()
    desk.order(Throttle(seconds=600), "post.create")

    with pytest.raises(Throttled) as caught:
        page.publish(desk.rendition(page))

    assert caught.value.vendor_code == "80001"
    assert caught.value.retry_after == timedelta(minutes=10)


def test_the_proof_of_the_app_is_accepted_and_demanded(open_desk: OpenDesk) -> None:
    desk = open_desk(app_secret="app-secret", require_appsecret_proof=True)

    desk.page(app_secret="app-secret").publish(desk.rendition(desk.page()))
    with pytest.raises(ChannelError):
        desk.page(app_secret="another").check()

    assert len(desk.server.control.visible(FACEBOOK_PAGE)) == 1


UNDECLARED: dict[Verb, Callable[[FacebookPageAdapter, Change], object]] = {
    Verb.SET_STOCK: lambda page, change: page.set_stock(change),
    Verb.COMMENT: lambda page, change: page.comment(change),
}


def test_a_found_post_can_be_taken_over_as_it_is(desk: Desk) -> None:
    page = desk.page()
    began = desk.clock.now()
    rendition = desk.rendition(page)
    receipt = page.publish(rendition)
    (found,) = page.find_by_marker(rendition.marker, since=began)

    adopted = page.resume(rendition, Pending(progress=found.remote, check_after=timedelta(0)))

    assert adopted.external_id == receipt.external_id
    assert len(desk.server.control.visible(FACEBOOK_PAGE)) == 1


def test_a_publish_on_a_page_is_never_pending(desk: Desk) -> None:
    page = desk.page()

    with pytest.raises(Unsupported):
        page.resume(desk.rendition(page), Pending(progress={}, check_after=timedelta(0)))
