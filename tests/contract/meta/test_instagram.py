"""The Instagram adapter against the sandbox: containers, waiting, quota, the one visible call, comments."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.base import Change, Fallback
from adapters.errors import (
    AccountRestricted,
    AuthExpired,
    ChannelError,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Transient,
)
from adapters.instagram.adapter import InstagramAdapter
from adapters.instagram.client import InstagramClient, Login
from adapters.testing.sandbox import dead_account, limited_account
from adapters.testing.sandbox.accounts import INSTAGRAM, SandboxAccount, TokenKind, make_token
from adapters.testing.sandbox.faults import (
    DropAnswer,
    Effect,
    EmptyBody,
    Error,
    HideFromLookup,
    Html502,
    ServerErrorWithEffect,
    Throttle,
    TruncatedJson,
)
from schemas.channel import Part, Verb
from schemas.listing import ListingRef, Pending, Receipt, Rendition
from schemas.money import Money
from tests.contract.meta.conftest import OpenDesk
from tests.contract.meta.support import Desk, finish, jpeg, product_with
from tests.support.factories import make_variant

LOGINS = ("facebook", "instagram")
LOST_AFTER_EFFECT: dict[str, Effect] = {
    "dropped": DropAnswer(after_effect=True),
    "html 502": Html502(after_effect=True),
    "empty": EmptyBody(after_effect=True),
    "truncated": TruncatedJson(),
    "500 code 2": ServerErrorWithEffect(),
    "spam guess": Error(code=4, subcode=2207051, after_effect=True),
    "upload unknown": Error(code=-1, subcode=2207053, after_effect=True),
    "called not found": Error(code=24, subcode=2207008, after_effect=True),
    "called a bad parameter": Error(code=100, after_effect=True),
    "unlisted code": Error(code=987654, after_effect=True),
}
LOST_BEFORE_EFFECT: dict[str, Effect] = {
    "dropped": DropAnswer(after_effect=False),
    "html 502": Html502(after_effect=False),
    "500 code 1": Error(status=500, code=1),
}


def begin(desk: Desk, adapter: InstagramAdapter, pictures: int = 2) -> tuple[Rendition, Pending]:
    rendition = desk.rendition(adapter, product_with(pictures))
    return rendition, adapter.publish(rendition)


def published(desk: Desk, adapter: InstagramAdapter, pictures: int = 1) -> ListingRef:
    rendition, pending = begin(desk, adapter, pictures)
    receipt = finish(adapter, rendition, pending)
    return ListingRef(external_id=receipt.external_id, marker=rendition.marker, remote=receipt.remote)


def carry_on(
    desk: Desk, adapter: InstagramAdapter, rendition: Rendition, begun: Receipt | Pending
) -> Receipt:
    """Carry on as the worker does: verify an unknown outcome by the marker before anything is repeated."""
    began = desk.clock.now()
    for _ in range(20):
        if isinstance(begun, Receipt):
            return begun
        try:
            begun = adapter.resume(rendition, begun)
        except OutcomeUnknown:
            found = adapter.find_by_marker(rendition.marker, since=began, pending=begun)
            if found:
                return Receipt(external_id=found[0].external_id, remote=found[0].remote)
    raise AssertionError(f"still pending: {begun}")


@pytest.mark.parametrize("login", LOGINS)
def test_a_single_picture_is_published_through_one_container(desk: Desk, login: str) -> None:
    adapter = desk.instagram(login=login)
    rendition, pending = begin(desk, adapter, 1)

    assert desk.server.control.listings(INSTAGRAM) == []
    receipt = finish(adapter, rendition, pending)

    (post,) = desk.server.control.visible(INSTAGRAM)
    assert post.id == receipt.external_id
    assert post.text == rendition.body["caption"]
    assert len(post.pictures) == 1
    assert receipt.permalink is not None
    (created,) = desk.calls("container.create")
    assert "media_type" not in created["body"]
    assert created["path"].startswith("/v26.0/")


@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("pictures", [2, 10])
def test_several_pictures_become_a_carousel(desk: Desk, login: str, pictures: int) -> None:
    adapter = desk.instagram(login=login)
    rendition, pending = begin(desk, adapter, pictures)

    finish(adapter, rendition, pending)

    (post,) = desk.server.control.visible(INSTAGRAM)
    assert len(post.pictures) == pictures
    assert post.text == rendition.body["caption"]
    assert len(desk.calls("container.create")) == pictures + 1
    assert [entry["visible"] for entry in desk.server.control.journal()].count(True) == 1


def test_an_unfinished_container_is_looked_at_again(open_desk: OpenDesk) -> None:
    desk = open_desk(container_polls=4)
    adapter = desk.instagram()
    rendition, pending = begin(desk, adapter, 1)

    second = adapter.resume(rendition, pending)
    assert isinstance(second, Pending)
    third = adapter.resume(rendition, second)
    assert isinstance(third, Pending)
    assert third.check_after > second.check_after
    finish(adapter, rendition, third)

    assert len(desk.calls("media.publish")) == 1


def test_a_container_that_never_finishes_is_made_anew_and_at_last_given_up(open_desk: OpenDesk) -> None:
    desk = open_desk(container_polls=10_000)
    adapter = desk.instagram()
    rendition, pending = begin(desk, adapter, 1)

    with pytest.raises(Rejected) as caught:
        finish(adapter, rendition, pending, steps=200)

    assert caught.value.problems[0].code == "meta_picture_unreadable"
    assert len(desk.calls("container.create")) == 4
    assert desk.calls("media.publish") == []


def test_a_container_that_failed_for_its_content_tells_the_seller(desk: Desk) -> None:
    adapter = desk.instagram()
    rendition, pending = begin(desk, adapter, 1)
    desk.server.control.run(
        lambda sandbox: setattr(sandbox.graph.containers[pending.progress["container"]], "error", "2207009")
    )

    with pytest.raises(Rejected) as caught:
        finish(adapter, rendition, pending)

    assert caught.value.problems[0].code == "meta_picture_ratio"


def test_a_container_that_failed_without_reason_is_made_anew(desk: Desk) -> None:
    adapter = desk.instagram()
    rendition, pending = begin(desk, adapter, 2)
    desk.server.control.run(
        lambda sandbox: setattr(sandbox.graph.containers[pending.progress["container"]], "error", "unknown")
    )

    finish(adapter, rendition, pending)

    assert len(desk.calls("container.create")) == 6
    assert len(desk.server.control.visible(INSTAGRAM)) == 1


def test_an_expired_container_is_made_anew(desk: Desk) -> None:
    adapter = desk.instagram()
    rendition, pending = begin(desk, adapter, 1)
    desk.advance(timedelta(hours=25))

    finish(adapter, rendition, pending)

    assert len(desk.calls("container.create")) == 2
    assert len(desk.server.control.visible(INSTAGRAM)) == 1


def test_one_picture_that_was_not_fetched_once_does_not_sink_the_others(desk: Desk) -> None:
    adapter = desk.instagram()
    rendition = desk.rendition(adapter, product_with(6))
    desk.pictures.refuse_first[rendition.pictures[4]] = 1

    finish(adapter, rendition, adapter.publish(rendition))

    # Six children, one refusal, one carousel: what was made before the refusal is not made again.
    assert len(desk.calls("container.create")) == 8
    assert len(desk.server.control.visible(INSTAGRAM)[0].pictures) == 6


def test_a_picture_that_is_never_fetched_is_told_to_the_seller_after_three_repeats(desk: Desk) -> None:
    adapter = desk.instagram()
    rendition = desk.rendition(adapter, product_with(1))
    desk.pictures.files.clear()

    with pytest.raises(Rejected) as caught:
        finish(adapter, rendition, adapter.publish(rendition))

    assert caught.value.vendor_code == "9004/2207052"
    assert len(desk.calls("container.create")) == 4


@pytest.mark.parametrize(
    ("size", "code"), [((1080, 2000), "meta_picture_ratio"), ((2500, 1080), "meta_picture_ratio")]
)
def test_a_picture_the_channel_refuses_is_told_at_once(desk: Desk, size: tuple[int, int], code: str) -> None:
    adapter = desk.instagram()
    rendition = desk.rendition(adapter, product_with(1))
    desk.pictures.files[rendition.pictures[0]] = jpeg(10, width=size[0], height=size[1])

    with pytest.raises(Rejected) as caught:
        adapter.publish(rendition)

    assert caught.value.problems[0].code == code


@pytest.mark.parametrize("fault", LOST_AFTER_EFFECT)
def test_a_publish_answer_lost_after_the_effect_ends_with_one_post(desk: Desk, fault: str) -> None:
    adapter = desk.instagram()
    rendition, pending = begin(desk, adapter)
    desk.order(LOST_AFTER_EFFECT[fault], "media.publish")

    receipt = carry_on(desk, adapter, rendition, pending)

    assert [post.id for post in desk.server.control.visible(INSTAGRAM)] == [receipt.external_id]
    assert len(desk.calls("media.publish")) == 1


@pytest.mark.parametrize("fault", LOST_BEFORE_EFFECT)
def test_a_publish_answer_lost_before_the_effect_ends_with_one_post(desk: Desk, fault: str) -> None:
    adapter = desk.instagram()
    rendition, pending = begin(desk, adapter)
    desk.order(LOST_BEFORE_EFFECT[fault], "media.publish")

    receipt = carry_on(desk, adapter, rendition, pending)

    assert [post.id for post in desk.server.control.visible(INSTAGRAM)] == [receipt.external_id]


REPEATABLE: dict[str, Effect] = {
    name: fault
    for name, fault in LOST_AFTER_EFFECT.items()
    if name not in {"spam guess", "called a bad parameter"}
}


@pytest.mark.parametrize("fault", REPEATABLE)
def test_a_failed_container_keeps_the_others_and_is_made_again(desk: Desk, fault: str) -> None:
    adapter = desk.instagram()
    rendition = desk.rendition(adapter)
    desk.order(REPEATABLE[fault], "container.create", nth=2)

    finish(adapter, rendition, adapter.publish(rendition))

    assert len(desk.calls("container.create")) == 4
    assert len(desk.server.control.visible(INSTAGRAM)) == 1


@pytest.mark.parametrize(
    ("fault", "expected"), [("spam guess", Throttled), ("called a bad parameter", Rejected)]
)
def test_a_refused_container_is_never_an_unknown_outcome(
    desk: Desk, fault: str, expected: type[ChannelError]
) -> None:
    adapter = desk.instagram()
    desk.order(LOST_AFTER_EFFECT[fault], "container.create", nth=2)

    with pytest.raises(expected):
        adapter.publish(desk.rendition(adapter))


def test_a_product_that_changed_while_its_pictures_were_prepared_goes_out_with_the_new_words(
    desk: Desk,
) -> None:
    adapter = desk.instagram()
    _, pending = begin(desk, adapter)
    changed = desk.rendition(adapter, product_with(2, description="ข้อความใหม่"))

    finish(adapter, changed, pending)

    (post,) = desk.server.control.visible(INSTAGRAM)
    assert post.text == changed.body["caption"]


def test_a_product_that_was_mended_is_tried_afresh(desk: Desk) -> None:
    adapter = desk.instagram()
    rendition = desk.rendition(adapter, product_with(1))
    desk.pictures.files.clear()
    pending: Receipt | Pending = adapter.publish(rendition)
    for _ in range(2):
        assert isinstance(pending, Pending)
        pending = adapter.resume(rendition, pending)
    assert isinstance(pending, Pending)
    with pytest.raises(Rejected):
        adapter.resume(rendition, pending)
    mended = desk.rendition(adapter, product_with(2))

    finish(adapter, mended, pending)

    assert len(desk.server.control.visible(INSTAGRAM)) == 1


def test_resuming_after_a_crash_never_publishes_a_published_container_again(desk: Desk) -> None:
    adapter = desk.instagram()
    rendition, pending = begin(desk, adapter)
    begun: Receipt | Pending = pending
    before = pending
    while isinstance(begun, Pending):
        before, begun = begun, adapter.resume(rendition, begun)

    again = adapter.resume(rendition, before)

    assert isinstance(again, Receipt)
    assert again.external_id == begun.external_id
    assert len(desk.calls("media.publish")) == 1


def test_a_published_container_whose_post_is_not_listed_yet_is_waited_for(desk: Desk) -> None:
    adapter = desk.instagram()
    began = desk.clock.now()
    rendition, pending = begin(desk, adapter, 1)
    desk.server.control.fail(HideFromLookup(seconds=40), operation="media.publish")
    receipt = finish(adapter, rendition, pending)

    waiting = adapter.resume(rendition, pending)
    with pytest.raises(Transient):
        adapter.find_by_marker(rendition.marker, since=began, pending=pending)
    desk.advance(timedelta(seconds=60))

    assert isinstance(waiting, Pending)
    assert finish(adapter, rendition, waiting).external_id == receipt.external_id
    assert len(adapter.find_by_marker(rendition.marker, since=began, pending=pending)) == 1


def test_a_published_post_that_stays_unlisted_is_left_to_verifying(desk: Desk) -> None:
    adapter = desk.instagram()
    rendition, pending = begin(desk, adapter, 1)
    desk.server.control.fail(HideFromLookup(seconds=9_999), operation="media.publish")
    finish(adapter, rendition, pending)

    with pytest.raises(OutcomeUnknown):
        finish(adapter, rendition, pending, steps=50)

    assert len(desk.calls("media.publish")) == 1


def test_another_post_of_the_account_is_never_adopted(desk: Desk) -> None:
    adapter = desk.instagram()
    began = desk.clock.now()
    ours = published(desk, adapter)
    other = desk.rendition(adapter, product_with(1, "OTHER"), marker="SY0000000")
    finish(adapter, other, adapter.publish(other))

    found = adapter.find_by_marker(ours.marker, since=began)

    assert [listing.external_id for listing in found] == [ours.external_id]


def test_the_permalink_is_no_reason_to_fail_a_publish(desk: Desk) -> None:
    adapter = desk.instagram()
    rendition, pending = begin(desk, adapter, 1)
    desk.order(Html502(), "media.get")

    receipt = finish(adapter, rendition, pending)

    assert receipt.permalink is None
    assert receipt.external_id


def test_a_full_quota_waits_and_keeps_the_container(open_desk: OpenDesk) -> None:
    desk = open_desk(publishing_quota=1)
    adapter = desk.instagram()
    published(desk, adapter)
    second = desk.rendition(adapter, product_with(1, "OTHER"), marker="SY0000000")
    pending = adapter.resume(second, adapter.publish(second))
    assert isinstance(pending, Pending)

    with pytest.raises(Throttled) as caught:
        adapter.resume(second, pending)
    assert caught.value.retry_after == timedelta(hours=1)
    assert len(desk.calls("media.publish")) == 1
    desk.advance(timedelta(hours=23, minutes=59))
    desk.server.control.run(lambda sandbox: sandbox.graph.published_at.clear())
    finish(adapter, second, pending)

    assert len(desk.server.control.visible(INSTAGRAM)) == 2


def test_publishing_too_early_waits_again(desk: Desk) -> None:
    adapter = desk.instagram()
    rendition, pending = begin(desk, adapter, 1)
    desk.order(Error(code=9007, subcode=2207027), "media.publish")

    finish(adapter, rendition, pending)

    assert len(desk.calls("media.publish")) == 2
    assert len(desk.server.control.visible(INSTAGRAM)) == 1


def test_a_refusal_that_says_try_again_ends_with_new_containers(desk: Desk) -> None:
    adapter = desk.instagram()
    rendition, pending = begin(desk, adapter, 1)
    desk.server.control.fail(Error(code=24, subcode=2207008), operation="media.publish", count=4)

    finish(adapter, rendition, pending)

    assert len(desk.calls("container.create")) == 2
    assert len(desk.server.control.visible(INSTAGRAM)) == 1


def test_a_refusal_that_goes_on_for_ever_is_given_up(desk: Desk) -> None:
    adapter = desk.instagram()
    rendition, pending = begin(desk, adapter, 1)
    desk.server.control.fail(Error(code=24, subcode=2207008), operation="media.publish", count=None)

    with pytest.raises(Transient):
        finish(adapter, rendition, pending, steps=100)


def page_token_desk(open_desk: OpenDesk) -> tuple[Desk, SandboxAccount]:
    desk = open_desk(page_token_reads_fail=True)
    account = replace(desk.account("instagram"), credentials={"access_token": make_token(TokenKind.PAGE, 1)})
    return desk, account


def test_reads_that_fail_for_the_page_token_work_with_the_persons_own(open_desk: OpenDesk) -> None:
    desk, account = page_token_desk(open_desk)
    adapter = desk.instagram(account, credentials={"user_token": make_token(TokenKind.FACEBOOK_USER, 1)})
    rendition, pending = begin(desk, adapter, 1)

    receipt = finish(adapter, rendition, pending)

    assert receipt.permalink is not None


def test_without_a_second_token_unreadable_containers_are_kept_and_retried(open_desk: OpenDesk) -> None:
    desk, account = page_token_desk(open_desk)
    adapter = desk.instagram(account)
    rendition, pending = begin(desk, adapter, 1)

    with pytest.raises(Transient):
        finish(adapter, rendition, pending)

    assert len(desk.calls("container.create")) == 1
    assert desk.calls("media.publish") == []


def test_containers_that_stay_unreadable_for_a_day_are_made_anew(open_desk: OpenDesk) -> None:
    desk = open_desk()
    adapter = desk.instagram()
    rendition, pending = begin(desk, adapter, 1)
    desk.server.control.run(lambda sandbox: sandbox.graph.containers.clear())
    desk.advance(timedelta(hours=25))

    finish(adapter, rendition, pending)

    assert len(desk.server.control.visible(INSTAGRAM)) == 1


def changed_price(desk: Desk, adapter: InstagramAdapter, ref: ListingRef, price: int) -> Change:
    product = product_with(1)
    variant = make_variant(media=product.media, price=Money(price))
    rendition = desk.rendition(adapter, product.model_copy(update={"variants": (variant,)}))
    return Change(ref=ref, rendition=rendition, parts=frozenset({Part.PRICE}))


def stock_change(desk: Desk, adapter: InstagramAdapter, ref: ListingRef, available: int) -> Change:
    rendition = desk.rendition(adapter, product_with(1), available)
    return Change(ref=ref, rendition=rendition, parts=frozenset({Part.STOCK}))


def comments(desk: Desk) -> list[str]:
    return desk.server.control.visible(INSTAGRAM)[0].comments


@pytest.mark.parametrize("login", LOGINS)
def test_price_and_stock_are_said_in_comments_that_carry_the_marker(desk: Desk, login: str) -> None:
    adapter = desk.instagram(login=login)
    ref = published(desk, adapter)

    adapter.comment(changed_price(desk, adapter, ref, 5000))
    adapter.comment(stock_change(desk, adapter, ref, 0))
    receipt = adapter.comment(stock_change(desk, adapter, ref, 5))

    assert comments(desk) == [
        "อัปเดตราคา ฿50\nรหัส SY7K3M2Q9",
        "สินค้าหมดชั่วคราว\nรหัส SY7K3M2Q9",
        "มีสินค้าพร้อมให้สั่งแล้ว\nรหัส SY7K3M2Q9",
    ]
    assert receipt.external_id == ref.external_id
    assert receipt.permalink is not None


def test_a_comment_whose_answer_is_lost_is_not_said_twice(desk: Desk) -> None:
    adapter = desk.instagram()
    ref = published(desk, adapter)
    change = changed_price(desk, adapter, ref, 5000)
    desk.order(DropAnswer(after_effect=True), "comment.create")

    with pytest.raises(OutcomeUnknown):
        adapter.comment(change)
    adapter.comment(change)

    assert comments(desk) == ["อัปเดตราคา ฿50\nรหัส SY7K3M2Q9"]


def test_a_comment_that_never_arrived_is_said(desk: Desk) -> None:
    adapter = desk.instagram()
    ref = published(desk, adapter)
    change = changed_price(desk, adapter, ref, 5000)
    desk.order(DropAnswer(after_effect=False), "comment.create")

    with pytest.raises(OutcomeUnknown):
        adapter.comment(change)
    adapter.comment(change)

    assert len(comments(desk)) == 1


def test_selling_out_again_is_said_again(desk: Desk) -> None:
    adapter = desk.instagram()
    ref = published(desk, adapter)

    for available in (0, 5, 0):
        adapter.comment(stock_change(desk, adapter, ref, available))

    assert len(comments(desk)) == 3


def test_a_buyers_comment_is_not_taken_for_ours(desk: Desk) -> None:
    adapter = desk.instagram()
    ref = published(desk, adapter)
    change = stock_change(desk, adapter, ref, 0)
    buyer = InstagramClient(desk.context(desk.account("instagram")), Login.FACEBOOK)
    buyer.comment(ref.external_id, "สินค้าหมดชั่วคราวหรือเปล่าคะ")

    adapter.comment(change)

    assert len(comments(desk)) == 2


def test_a_post_the_channel_will_not_delete_is_left_to_the_sellers_hand(desk: Desk) -> None:
    adapter = desk.instagram()
    ref = published(desk, adapter)
    desk.order(Error(code=400, subcode=2207085), "media.delete")

    with pytest.raises(Rejected) as caught:
        adapter.withdraw(ref)

    assert caught.value.problems[0].code == "meta_delete_by_hand"


def test_missing_is_not_taken_for_gone_while_the_account_cannot_be_read(desk: Desk) -> None:
    adapter = desk.instagram()
    ref = published(desk, adapter)
    for operation in ("media.get", "media.delete", "user.get"):
        desk.order(Error(code=100, subcode=33), operation)

    with pytest.raises(ChannelError):
        adapter.withdraw(ref)

    assert len(desk.server.control.visible(INSTAGRAM)) == 1


def test_each_login_declares_what_its_host_can_do(desk: Desk) -> None:
    through_facebook = desk.instagram().capabilities
    through_instagram = desk.instagram(login="instagram").capabilities

    assert Verb.WITHDRAW in through_facebook.verbs
    assert Verb.WITHDRAW not in through_instagram.verbs
    assert through_facebook.fallbacks[Part.TEXT] is Fallback.REPUBLISH
    assert through_instagram.fallbacks[Part.TEXT] is Fallback.ASK


def test_an_account_with_an_unknown_login_is_refused_when_it_is_made(desk: Desk) -> None:
    account = replace(desk.account("instagram"), settings={"login": "myspace"})

    with pytest.raises(ValueError, match="myspace"):
        desk.instagram(account)


@pytest.mark.parametrize("login", LOGINS)
def test_fetch_reads_what_a_buyer_sees(desk: Desk, login: str) -> None:
    adapter = desk.instagram(login=login)
    ref = published(desk, adapter)

    seen = adapter.fetch(ref)

    assert seen is not None
    assert seen.visible
    assert "รหัส SY7K3M2Q9" in seen.seen["text"]
    assert seen.remote == ref.remote


@pytest.mark.parametrize("login", LOGINS)
def test_check_accepts_a_living_token(desk: Desk, login: str) -> None:
    desk.instagram(login=login).check()


def test_check_refuses_a_dead_token(desk: Desk) -> None:
    with pytest.raises(AuthExpired):
        desk.instagram(dead_account(INSTAGRAM)).check()


def test_a_missing_permission_is_not_taken_for_an_expired_token(desk: Desk) -> None:
    adapter = desk.instagram(limited_account(INSTAGRAM))

    with pytest.raises(AccountRestricted):
        adapter.publish(desk.rendition(adapter, product_with(1)))


def test_a_throttle_says_how_long_to_wait(desk: Desk) -> None:
    adapter = desk.instagram()
    desk.order(Throttle(seconds=120), "container.create")

    with pytest.raises(Throttled) as caught:
        adapter.publish(desk.rendition(adapter, product_with(1)))

    assert caught.value.vendor_code == "80002"
    assert caught.value.retry_after == timedelta(minutes=2)


UNDECLARED: dict[Verb, Callable[[InstagramAdapter, Change], object]] = {
    Verb.UPDATE: lambda adapter, change: adapter.update(change),
    Verb.SET_STOCK: lambda adapter, change: adapter.set_stock(change),
    Verb.WITHDRAW: lambda adapter, change: adapter.withdraw(change.ref),
}
