"""What a Page's webhooks are believed, and what they are taken for."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pydantic import SecretStr

from adapters.facebook_page import FACEBOOK_PAGE
from adapters.instagram import INSTAGRAM
from adapters.meta_graph.hooks import SIGNATURE, signature
from adapters.settings import MetaSettings
from adapters.webhooks import InboundEvent, WebhookReader, WebhookRefused, WebhookRequest, WebhookScope
from schemas.channel import Credentials

SECRET = "app-secret"
SETTINGS = MetaSettings(app_secret=SecretStr(SECRET), verify_token=SecretStr("our word"))
VECTOR = (
    rb'{"object":"page","entry":[{"id":"1","time":1700000000,"changes":[{"field":"feed","value":{"item":"status",'
    rb'"verb":"add","post_id":"1_2","message":"\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35"}}]}]}'
)
"""Body and signature of docs/channels/meta.md section 5."""
VECTOR_SIGNATURE = "sha256=ee0a2b39ad5e63fea12344823055e90091c17e81f8109de3573673da986c6f18"


def reader() -> WebhookReader:
    assert FACEBOOK_PAGE.webhooks is not None
    return FACEBOOK_PAGE.webhooks


def read(body: bytes, given: str | None = None, settings: MetaSettings = SETTINGS) -> Sequence[InboundEvent]:
    headers = {SIGNATURE: signature(SECRET, body) if given is None else given}
    return reader().read(
        WebhookRequest(url="https://x.test/hooks/facebook_page", headers=headers, body=body),
        settings=settings,
        account_settings={},
        credentials=Credentials({}),
    )


def body_of(*values: Any, page: Any = "1", time: int = 1_700_000_000, field: str = "feed") -> bytes:
    changes = [{"field": field, "value": value} for value in values]
    return json.dumps({"object": "page", "entry": [{"id": page, "time": time, "changes": changes}]}).encode()


def edited(**changes: Any) -> dict[str, Any]:
    return {"item": "status", "verb": "edited", "post_id": "1_2", "message": "สวัสดี"} | changes


def touched(*values: Any, **more: Any) -> list[str]:
    return [post for event in read(body_of(*values, **more)) for post in event.touched]


def test_the_signature_of_the_fact_sheet_holds() -> None:
    assert signature(SECRET, VECTOR) == VECTOR_SIGNATURE
    assert read(VECTOR, VECTOR_SIGNATURE) == []


def test_the_bytes_are_signed_not_what_they_mean() -> None:
    same_meaning = json.dumps(json.loads(VECTOR), ensure_ascii=False, separators=(",", ":")).encode()

    assert json.loads(same_meaning) == json.loads(VECTOR)
    with pytest.raises(WebhookRefused):
        read(same_meaning, VECTOR_SIGNATURE)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "sha256=",
        VECTOR_SIGNATURE.removeprefix("sha256="),
        VECTOR_SIGNATURE.replace("sha256", "sha1"),
        VECTOR_SIGNATURE[:-1] + "9",
        VECTOR_SIGNATURE + " ",
        "sha256=ก",
    ],
)
def test_any_other_signature_is_refused(given: str) -> None:
    with pytest.raises(WebhookRefused):
        read(VECTOR, given)


@pytest.mark.parametrize("secret", [None, SecretStr("")])
def test_without_the_apps_secret_nothing_is_believed(secret: SecretStr | None) -> None:
    unsigned = signature("", VECTOR)

    with pytest.raises(WebhookRefused):
        read(VECTOR, unsigned, MetaSettings(app_secret=secret))


@pytest.mark.parametrize("verb", ["edit", "edited", "remove", "hide", "unhide", "a verb of tomorrow"])
def test_a_post_that_was_changed_is_to_be_looked_at(verb: str) -> None:
    (event,) = read(body_of(edited(verb=verb)))

    assert (event.account, event.touched) == ("1", ("1_2",))
    assert (event.order, event.asks_for_orders) == (None, False)


@pytest.mark.parametrize(
    "value",
    [
        edited(verb="add"),
        edited(item="comment", comment_id="1_2_3"),
        edited(item="reaction", reaction_type="love"),
        edited(item="like"),
        {"item": "photo", "verb": "remove", "photo_id": "9"},
        edited(post_id=None),
        edited(post_id=["1_2"]),
        "a text",
        None,
    ],
)
def test_what_leaves_the_post_as_it_is_tells_nothing(value: Any) -> None:
    assert read(body_of(value)) == []


def test_other_fields_and_other_objects_are_no_business_of_ours() -> None:
    assert read(body_of(edited(), field="messages")) == []
    assert read(json.dumps({"object": "instagram", "entry": [{"id": "1", "changes": []}]}).encode()) == ()


def test_many_changes_of_many_pages_come_in_one_call() -> None:
    body = json.dumps(
        {
            "object": "page",
            "entry": [
                {
                    "id": page,
                    "time": 1,
                    "changes": [{"field": "feed", "value": edited(post_id=f"{page}_{n}")}],
                }
                for page in ("1", "2")
                for n in range(500)
            ],
        }
    ).encode()

    events = read(body)

    assert len({event.key for event in events}) == 1000
    assert {event.account for event in events} == {"1", "2"}


def test_numbers_for_ids_and_broken_entries_do_no_harm() -> None:
    assert touched(edited(), page=17) == ["1_2"]
    for entries in ([None], [{}], [{"id": "1"}], [{"id": "1", "changes": [None, {}]}], [{"changes": []}]):
        assert read(json.dumps({"object": "page", "entry": entries}).encode()) == []


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"[]", b"null", b'{"object":"page"}', b'{"entry":{}}', b"\xff", b"[" * 200_000]
)
def test_a_signed_body_of_another_shape_is_said_to_be_wrong_without_quoting_it(body: bytes) -> None:
    with pytest.raises(ValueError, match="the body") as caught:
        read(body)

    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_same_event_has_the_same_key_and_another_one_has_not() -> None:
    def key(value: Mapping[str, Any], **more: Any) -> str:
        (event,) = read(body_of(value, **more))
        return event.key

    turned = dict(reversed(edited().items()))
    assert key(edited()) == key(turned)
    different = [
        key(edited()),
        key(edited(message="ลาก่อน")),
        key(edited(post_id="1_3")),
        key(edited(), time=1_700_000_001),
        key(edited(), page="2"),
    ]
    assert len(set(different)) == 5
    assert "สวัสดี" not in different[0]


ASKED = {"hub.mode": "subscribe", "hub.verify_token": "our word", "hub.challenge": "1158201444"}


def test_metas_test_of_the_address_is_answered_with_its_challenge() -> None:
    assert reader().handshake(ASKED, settings=SETTINGS) == "1158201444"


@pytest.mark.parametrize(
    ("query", "settings"),
    [
        (ASKED | {"hub.verify_token": "a guess"}, SETTINGS),
        (ASKED | {"hub.mode": "unsubscribe"}, SETTINGS),
        ({"hub.mode": "subscribe", "hub.challenge": "1"}, SETTINGS),
        (ASKED | {"hub.challenge": "<script>alert(1)</script>"}, SETTINGS),
        (ASKED | {"hub.challenge": ""}, SETTINGS),
        ({}, SETTINGS),
        (ASKED, MetaSettings()),
        (ASKED | {"hub.verify_token": ""}, MetaSettings(verify_token=SecretStr(""))),
    ],
)
def test_nobody_else_is_answered(query: dict[str, str], settings: MetaSettings) -> None:
    assert reader().handshake(query, settings=settings) is None


def test_one_address_serves_all_pages_and_instagram_has_none() -> None:
    assert reader().scope is WebhookScope.APP
    assert INSTAGRAM.webhooks is None
