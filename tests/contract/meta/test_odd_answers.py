"""Codes that no table lists, and answers in odd shapes, through the real Meta adapters."""

from datetime import timedelta

import pytest

from adapters.errors import ChannelError, OutcomeUnknown, Rejected, Throttled, Transient
from adapters.testing.sandbox.accounts import FACEBOOK_PAGE
from adapters.testing.sandbox.faults import Effect, Error
from tests.contract.meta.support import Desk, finish

TABLE = "adapters/meta_graph/error_rows.py"


@pytest.mark.parametrize(
    ("effect", "error", "unlisted_in"),
    [
        (Error(code=987654, after_effect=True), OutcomeUnknown, TABLE),
        (Error(body={"error": {"code": "ODD", "message": "m"}}, after_effect=True), OutcomeUnknown, TABLE),
        (Error(body={"error": {"code": "4", "message": "m"}}), Throttled, None),
        (Error(status=200, body={"error": {"code": 4, "message": "m"}}), Throttled, None),
        (Error(status=200, body={"error": {}}, after_effect=True), OutcomeUnknown, TABLE),
        (Error(status=200, body={"error": "words"}, after_effect=True), OutcomeUnknown, TABLE),
        (Error(status=200, body={"strange": 1}, after_effect=True), OutcomeUnknown, TABLE),
        (Error(status=403, body={"message": "forbidden"}), OutcomeUnknown, TABLE),
        (Error(status=429, body={"message": "slow down"}), Throttled, None),
        (Error(code=-1, subcode=2207001, after_effect=True), OutcomeUnknown, None),
        (Error(code=100, subcode=7654321), Rejected, TABLE),
    ],
    ids=str,
)
def test_an_odd_answer_to_the_visible_call_of_a_page_is_told_for_what_it_is(
    desk: Desk, effect: Effect, error: type[ChannelError], unlisted_in: str | None
) -> None:
    adapter = desk.page()
    rendition = desk.rendition(adapter)
    desk.order(effect, "post.create")

    with pytest.raises(error) as caught:
        adapter.publish(rendition)

    assert caught.value.unlisted_in == unlisted_in
    found = adapter.find_by_marker(rendition.marker, since=desk.clock.now() - timedelta(minutes=1))
    assert len(found) == len(desk.server.control.visible(FACEBOOK_PAGE))


def test_an_unlisted_code_of_an_upload_is_a_plain_repeat_and_counted(desk: Desk) -> None:
    adapter = desk.page()
    rendition = desk.rendition(adapter)
    desk.order(Error(code=987654), "photo.upload")

    with pytest.raises(Transient) as caught:
        adapter.publish(rendition)
    adapter.publish(rendition)

    assert caught.value.unlisted_in == TABLE
    assert len(desk.server.control.visible(FACEBOOK_PAGE)) == 1


def test_an_unlisted_refusal_of_a_publish_on_instagram_is_counted_when_the_post_is_not_out(
    desk: Desk,
) -> None:
    adapter = desk.instagram()
    rendition = desk.rendition(adapter)
    desk.order(Error(code=987654), "media.publish")

    with pytest.raises(OutcomeUnknown) as caught:
        finish(adapter, rendition, adapter.publish(rendition))

    assert (caught.value.vendor_code, caught.value.unlisted_in) == ("987654", TABLE)
    assert caught.value.problem is not None
    assert "987654" in caught.value.problem.th
