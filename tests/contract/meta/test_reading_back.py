"""Both Meta channels read back: page by page, and compared with what was sent."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from adapters.base import Change
from adapters.facebook_page import FACEBOOK_PAGE
from adapters.facebook_page.adapter import FacebookPageAdapter
from adapters.instagram.adapter import InstagramAdapter
from adapters.observing import ObservedAdapter
from adapters.settings import MetaSettings
from adapters.testing.sandbox.deeds import Changes
from adapters.testing.sandbox.webhooks import Callback
from adapters.webhooks import WebhookRequest
from schemas.channel import Credentials, Part
from schemas.listing import ListingRef, Receipt, RemoteListing, Rendition
from tests.contract.meta.support import Desk, finish, product_with
from tests.support.listening import Listener
from tests.support.waiting import wait_until

EDITED = "โทร 081-234-5678"


def browsed(adapter: ObservedAdapter) -> list[RemoteListing]:
    """Read the whole account."""
    found: list[RemoteListing] = []
    cursor: Any = None
    for _ in range(20):
        page = adapter.browse(cursor)
        found.extend(page.listings)
        if page.cursor is None:
            return found
        cursor = page.cursor
    raise AssertionError("the account does not end")


def on_page(desk: Desk, page: FacebookPageAdapter, *, available: int = 10) -> tuple[Rendition, ListingRef]:
    rendition = desk.rendition(page, available=available)
    return rendition, ref_of(page.publish(rendition), rendition)


def on_instagram(
    desk: Desk, adapter: InstagramAdapter, *, available: int = 10
) -> tuple[Rendition, ListingRef]:
    rendition = desk.rendition(adapter, product_with(1), available)
    return rendition, ref_of(finish(adapter, rendition, adapter.publish(rendition)), rendition)


def ref_of(receipt: Receipt, rendition: Rendition) -> ListingRef:
    return ListingRef(external_id=receipt.external_id, marker=rendition.marker, remote=receipt.remote)


def by_hand(desk: Desk, kind: str, listing: str, **changes: Any) -> None:
    account = desk.account(kind).external_id
    desk.server.control.edit(kind, account, Changes(**changes), external_id=listing)


def test_a_page_is_read_to_its_end_a_hundred_posts_at_a_time(desk: Desk) -> None:
    page = desk.page()
    rendition, ref = on_page(desk, page)
    for number in range(120):
        page._client.create_post(f"โพสต์อื่น {number}", ())

    found = browsed(page)

    assert len(found) == 121
    assert len(desk.calls("post.list")) == 2
    (ours,) = [one for one in found if one.external_id == ref.external_id]
    assert ours.visible
    assert page.differences(rendition, ours) == {}


def test_an_instagram_account_is_read_to_its_end(desk: Desk) -> None:
    adapter = desk.instagram()
    rendition, ref = on_instagram(desk, adapter)

    (ours,) = browsed(adapter)

    assert ours.external_id == ref.external_id
    assert adapter.differences(rendition, ours) == {}


def test_an_empty_account_is_one_empty_page(desk: Desk) -> None:
    assert browsed(desk.page()) == []
    assert browsed(desk.instagram()) == []


def test_a_post_edited_by_hand_differs_and_is_mended_by_an_edit(desk: Desk) -> None:
    page = desk.page()
    rendition, ref = on_page(desk, page)
    by_hand(desk, "facebook_page", ref.external_id, text=rendition.body["message"] + f"\n{EDITED}")

    (seen,) = browsed(page)
    found = page.differences(rendition, seen)
    assert found.keys() == {Part.TEXT}
    assert found[Part.TEXT].seen == EDITED

    page.update(Change(ref=ref, rendition=rendition, parts=frozenset({Part.TEXT})))
    assert page.differences(rendition, browsed(page)[0]) == {}


def test_a_hidden_post_is_in_no_list_and_read_as_hidden(desk: Desk) -> None:
    page = desk.page()
    _, ref = on_page(desk, page)
    by_hand(desk, "facebook_page", ref.external_id, hidden=True)

    assert browsed(page) == []
    remote = page.fetch(ref)
    assert remote is not None
    assert not remote.visible

    by_hand(desk, "facebook_page", ref.external_id, deleted=True)
    assert page.fetch(ref) is None


@pytest.mark.parametrize("login", ["facebook", "instagram"])
def test_a_caption_edited_by_hand_differs(desk: Desk, login: str) -> None:
    adapter = desk.instagram(login=login)
    rendition, ref = on_instagram(desk, adapter)
    by_hand(desk, "instagram", ref.external_id, text=f"{rendition.body['caption']}\n{EDITED}")

    (seen,) = browsed(adapter)

    assert adapter.differences(rendition, seen).keys() == {Part.TEXT}


def test_a_caption_keeps_the_availability_it_was_published_with(desk: Desk) -> None:
    adapter = desk.instagram()
    on_instagram(desk, adapter, available=10)
    sold_out = desk.rendition(adapter, product_with(1), 0)

    (seen,) = browsed(adapter)

    assert "สินค้าหมดชั่วคราว" in sold_out.body["caption"]
    assert adapter.differences(sold_out, seen) == {}


def test_selling_out_edits_the_post_and_restocking_brings_back_the_very_text(desk: Desk) -> None:
    page = desk.page()
    rendition, ref = on_page(desk, page, available=10)
    sold_out = desk.rendition(page, available=0)

    page.update(Change(ref=ref, rendition=sold_out, parts=frozenset({Part.STOCK})))
    assert "สินค้าหมดชั่วคราว" in desk.server.control.visible("facebook_page")[0].text
    assert page.differences(sold_out, browsed(page)[0]) == {}
    assert page.differences(rendition, browsed(page)[0]).keys() == {Part.STOCK}

    page.update(Change(ref=ref, rendition=rendition, parts=frozenset({Part.STOCK})))
    assert desk.server.control.visible("facebook_page")[0].text == rendition.body["message"]


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener("our word").running() as listening:
        yield listening


def test_an_edit_by_hand_comes_as_an_event_that_our_reader_takes(desk: Desk, listener: Listener) -> None:
    page = desk.page()
    _, ref = on_page(desk, page)
    desk.server.control.call(
        Callback(
            channel="facebook_page",
            account=desk.account("facebook_page").external_id,
            url=listener.url,
            secret="app-secret",
        )
    )

    by_hand(desk, "facebook_page", ref.external_id, text=f"กล้วย {EDITED}")
    wait_until(lambda: listener.heard, "an event")

    headers, body = listener.heard[0]
    reader = FACEBOOK_PAGE.webhooks
    assert reader is not None
    (event,) = reader.read(
        WebhookRequest(url=listener.url, headers=headers, body=body),
        settings=MetaSettings(app_secret=SecretStr("app-secret")),
        account_settings={},
        credentials=Credentials({}),
    )
    assert event.account == desk.account("facebook_page").external_id
    assert event.touched == (ref.external_id,)
