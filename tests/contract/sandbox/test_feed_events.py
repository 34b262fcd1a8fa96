"""The webhooks that the sandbox's Graph sends, and what people change there by hand."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.testing.sandbox.accounts import FACEBOOK_PAGE
from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.sandbox.deeds import Changes, NotPossible
from adapters.testing.sandbox.graph.feed_events import passes_test
from adapters.testing.sandbox.webhooks import Callback
from tests.contract.sandbox.clients import Graph
from tests.support.listening import Listener
from tests.support.waiting import wait_until

WORD = "our word"
SECRET = "app-secret"
Call = Callable[..., None]


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener(WORD).running() as listening:
        yield listening


@pytest.fixture
def call(listener: Listener, control: SandboxControl, page: Graph) -> Call:
    """Let the sandbox send the Page's events to the listener."""

    def begin(**order: Any) -> None:
        callback = Callback(channel=FACEBOOK_PAGE, account=page.id, url=listener.url, secret=SECRET, **order)
        control.call(callback)

    return begin


def edit(control: SandboxControl, graph: Graph, listing: str, **changes: Any) -> None:
    control.edit(graph.account.kind, graph.id, Changes(**changes), external_id=listing)


def told(listener: Listener) -> list[tuple[str, str]]:
    """Return verb and post of every event heard."""
    bodies = [json.loads(body) for _, body in listener.heard]
    values = [body["entry"][0]["changes"][0]["value"] for body in bodies]
    return [(value["verb"], value["post_id"]) for value in values]


def test_whatever_happens_to_a_post_is_told(
    page: Graph, control: SandboxControl, listener: Listener, call: Call
):
    call()
    post = page.publish("กล้วยอบ SY7K3M2Q9").json()["id"]
    page.post(post, message="กล้วยอบ ลดราคา")
    edit(control, page, post, text="แก้ด้วยมือ")
    edit(control, page, post, hidden=True)
    edit(control, page, post, hidden=False)
    edit(control, page, post, deleted=True)

    wait_until(lambda: len(listener.heard) == 6, "six events")

    verbs = ["add", "edited", "edited", "hide", "unhide", "remove"]
    assert sorted(told(listener)) == sorted((verb, post) for verb in verbs)


def test_the_body_is_signed_with_its_escapes(
    page: Graph, control: SandboxControl, listener: Listener, call: Call
):
    call()
    page.publish("สวัสดี")
    wait_until(lambda: listener.heard, "an event")

    headers, body = listener.heard[0]
    assert rb"\u0e2a\u0e27" in body
    assert body.isascii()
    expected = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == expected


def test_an_address_passes_its_test_with_the_word_it_was_given(listener: Listener):
    assert asyncio.run(passes_test(listener.url, WORD, "1158201444"))
    assert not asyncio.run(passes_test(listener.url, "another word", "1158201444"))


def test_an_app_asks_for_the_events_of_a_page(page: Graph):
    assert page.get(f"{page.id}/subscribed_apps").json() == {"data": []}
    assert page.post(f"{page.id}/subscribed_apps", subscribed_fields="feed").json() == {"success": True}
    assert page.get(f"{page.id}/subscribed_apps").json()["data"][0]["subscribed_fields"] == ["feed"]
    assert page.post(f"{page.id}/subscribed_apps").json()["error"]["code"] == 100


def test_an_event_that_was_not_taken_comes_again_word_for_word(
    page: Graph, control: SandboxControl, listener: Listener, call: Call
):
    call(retry_after_s=0.01)
    listener.refusals.extend([500, 403])
    page.publish("สวัสดี")

    wait_until(lambda: len(listener.heard) == 3, "three deliveries")
    assert len({body for _, body in listener.heard}) == 1


def test_events_come_twice_and_out_of_order_when_told_to(
    page: Graph, control: SandboxControl, listener: Listener, call: Call
):
    call(duplicates=1, reorder=True)
    post = page.publish("หนึ่ง").json()["id"]
    for number in range(12):
        edit(control, page, post, text=f"ครั้งที่ {number}")

    wait_until(lambda: len(listener.heard) == 26, "two of each")
    messages = [json.loads(body)["entry"][0]["changes"][0]["value"]["message"] for _, body in listener.heard]
    written = ["หนึ่ง", *(f"ครั้งที่ {number}" for number in range(12))]
    assert sorted(messages) == sorted(written * 2)
    assert list(dict.fromkeys(messages)) != written


def test_a_hand_changes_a_post_as_buyers_see_it(page: Graph, control: SandboxControl):
    post = page.publish("กล้วยอบ SY7K3M2Q9").json()["id"]

    edit(control, page, post, text="แก้ด้วยมือ", hidden=True)
    read = page.get(post, fields="message,is_hidden").json()
    assert (read["message"], read["is_hidden"]) == ("แก้ด้วยมือ", True)
    assert control.visible("facebook_page") == []

    edit(control, page, post, deleted=True)
    assert page.get(post, fields="message").json()["error"]["error_subcode"] == 33


def test_a_hand_changes_a_caption_archives_and_deletes(
    instagram: Graph, control: SandboxControl, square: str
):
    media = instagram.publish_media(square, "กล้วยอบ SY7K3M2Q9")

    edit(control, instagram, media, text="แก้ด้วยมือ")
    assert instagram.get(media, fields="caption").json()["caption"] == "แก้ด้วยมือ"

    edit(control, instagram, media, hidden=True)
    assert instagram.get(media, fields="caption").json()["error"]["error_subcode"] == 33
    assert instagram.get(f"{instagram.id}/media", fields="id").json()["data"] == []
    assert control.visible("instagram") == []
    edit(control, instagram, media, hidden=False)
    assert len(control.visible("instagram")) == 1

    edit(control, instagram, media, deleted=True)
    assert control.listings("instagram") == []


@pytest.mark.parametrize(
    ("account", "changes"),
    [("another", {"text": "ใหม่"}), (None, {"price": 9.0}), (None, {"stock": 3})],
)
def test_what_is_not_there_cannot_be_edited(
    page: Graph, control: SandboxControl, account: str | None, changes: dict[str, Any]
):
    post = page.publish("กล้วยอบ").json()["id"]

    with pytest.raises(NotPossible):
        control.edit(FACEBOOK_PAGE, account or page.id, Changes(**changes), external_id=post)
    assert control.visible("facebook_page")[0].text == "กล้วยอบ"
