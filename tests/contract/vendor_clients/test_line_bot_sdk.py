"""``line-bot-sdk``, LINE's own client, against the sandbox's Messaging API."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from linebot.v3.exceptions import InvalidSignatureError
from linebot.v3.messaging import (
    ApiClient,
    BroadcastRequest,
    Configuration,
    FlexMessage,
    ImageMessage,
    Message,
    MessagingApi,
    MulticastRequest,
    NarrowcastRequest,
    PushMessageRequest,
    SetWebhookEndpointRequest,
    TextMessage,
    ValidateMessageRequest,
)
from linebot.v3.messaging import TestWebhookEndpointRequest as WebhookTry
from linebot.v3.messaging.exceptions import ApiException
from linebot.v3.webhook import WebhookParser
from linebot.v3.webhooks import FollowEvent

from adapters.testing.sandbox import DOCUMENTED_RATES, SandboxOptions, SandboxServer
from adapters.testing.sandbox.accounts import (
    EXPIRED,
    bot_user_id,
    follower_ids,
    messaging_secret,
    messaging_token,
)
from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.sandbox.faults import DropAnswer, ExpireToken, ServerErrorWithEffect, Throttle
from adapters.testing.sandbox.messaging.sending import day_of
from adapters.testing.sandbox.messaging.webhooks import sign_webhook, webhook_body
from tests.support.loopback_server import Quiet, serving

FRIENDS = follower_ids(1, 3)
Open = Callable[..., MessagingApi]


@pytest.fixture
def open_api(server: SandboxServer) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_at(token: str | None = None, url: str | None = None) -> MessagingApi:
            settings = Configuration(
                host=url or server.messaging_url, access_token=token or messaging_token()
            )
            client = stack.enter_context(ApiClient(settings))
            stack.callback(client.rest_client.pool_manager.clear)
            # The client repeats nothing by itself here, so that a lost answer is seen as one.
            client.rest_client.pool_manager.connection_pool_kw["retries"] = False
            return MessagingApi(client)

        yield open_at


@pytest.fixture
def api(open_api: Open, control: SandboxControl) -> MessagingApi:
    return open_api()


@pytest.fixture
def start(open_api: Open) -> Iterator[Callable[..., tuple[SandboxServer, MessagingApi]]]:
    """Start another sandbox with switches of its own."""
    with ExitStack() as running:

        def begin(**switches: Any) -> tuple[SandboxServer, MessagingApi]:
            other = running.enter_context(SandboxServer(SandboxOptions(**switches)))
            return other, open_api(url=other.messaging_url)

        yield begin


def words(text: str = "กล้วยอบเนยมาใหม่") -> TextMessage:
    return TextMessage(text=text)


def push(api: MessagingApi, *messages: Message, to: str = FRIENDS[0], key: str | None = None) -> Any:
    request = PushMessageRequest(to=to, messages=list(messages) or [words()])
    return api.push_message_with_http_info(request, x_line_retry_key=key)


def refused(call: Callable[[], object]) -> tuple[int, dict[str, Any], dict[str, str]]:
    with pytest.raises(ApiException) as caught:
        call()
    headers = {name.lower(): value for name, value in (caught.value.headers or {}).items()}
    return caught.value.status, json.loads(caught.value.body), headers


def sent_texts(control: SandboxControl) -> list[list[str]]:
    return control.run(lambda sandbox: [[m["text"] for m in one.messages] for one in sandbox.messaging.sent])


def bubble(
    url: str = "https://img.example.test/1.jpg", size: str = "mega", text: str = "กล้วย"
) -> dict[str, Any]:
    return {
        "type": "bubble",
        "size": size,
        "hero": {"type": "image", "url": url},
        "body": {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": text}]},
    }


def flex(contents: dict[str, Any]) -> FlexMessage:
    return FlexMessage.from_dict({"type": "flex", "altText": "สินค้าใหม่", "contents": contents})


def test_the_bot_says_who_it_is(api: MessagingApi) -> None:
    info = api.get_bot_info()

    assert info.user_id == bot_user_id(1)
    assert info.basic_id.startswith("@")
    assert info.chat_mode == "bot"


def test_a_push_reaches_a_friend_and_is_named(api: MessagingApi, control: SandboxControl) -> None:
    answer = push(api, words("หนึ่ง"), words("สอง"))

    assert answer.status_code == 200
    assert answer.headers["x-line-request-id"]
    assert len({message.id for message in answer.data.sent_messages}) == 2
    assert sent_texts(control) == [["หนึ่ง", "สอง"]]


def test_a_retry_key_is_accepted_once(api: MessagingApi, control: SandboxControl) -> None:
    key = str(uuid.uuid4())
    first = push(api, key=key)

    status, body, headers = refused(lambda: push(api, key=key))

    assert status == 409
    assert body["message"] == "The retry key is already accepted"
    assert [sent["id"] for sent in body["sentMessages"]] == [sent.id for sent in first.data.sent_messages]
    assert headers["x-line-accepted-request-id"] == first.headers["x-line-request-id"]
    assert len(sent_texts(control)) == 1


@pytest.mark.parametrize("fault", [DropAnswer(after_effect=True), ServerErrorWithEffect()])
def test_a_push_whose_answer_was_lost_is_repeated_with_its_key_and_arrives_once(
    api: MessagingApi, control: SandboxControl, fault: Any
) -> None:
    key = str(uuid.uuid4())
    control.fail(fault, operation="message.push")
    with pytest.raises(Exception, match=r"(?i)internal server error|closed|aborted|disconnected"):
        push(api, key=key)

    status, _, _ = refused(lambda: push(api, key=key))

    assert status == 409
    assert len(sent_texts(control)) == 1


def test_a_retry_key_is_forgotten_after_a_day(api: MessagingApi, control: SandboxControl) -> None:
    key = str(uuid.uuid4())
    push(api, key=key)
    control.advance(24 * 3_600 + 1)

    push(api, key=key)

    assert len(sent_texts(control)) == 2


def test_a_retry_key_that_is_no_uuid_is_refused(api: MessagingApi) -> None:
    status, body, _ = refused(lambda: push(api, key="not-a-uuid"))

    assert (status, body["message"]) == (400, "The retry key is invalid")


def test_a_multicast_counts_the_friends_it_reaches(api: MessagingApi) -> None:
    api.multicast(MulticastRequest(to=[FRIENDS[0], FRIENDS[1], "U" + "0" * 32], messages=[words()]))

    assert api.get_message_quota_consumption().total_usage == 2


def test_a_broadcast_counts_every_friend_against_the_months_quota(
    start: Callable[..., tuple[SandboxServer, MessagingApi]],
) -> None:
    _, api = start(messaging_quota=5)
    assert (api.get_message_quota().type, api.get_message_quota().value) == ("limited", 5)
    api.broadcast(BroadcastRequest(messages=[words()]))

    status, body, headers = refused(lambda: api.broadcast(BroadcastRequest(messages=[words()])))

    assert (status, body["message"]) == (429, "You have reached your monthly limit.")
    assert "retry-after" not in headers
    assert api.get_message_quota_consumption().total_usage == 3


def test_the_quota_begins_anew_with_the_month(
    start: Callable[..., tuple[SandboxServer, MessagingApi]],
) -> None:
    server, api = start(messaging_quota=3)
    api.broadcast(BroadcastRequest(messages=[words()]))

    server.control.advance(32 * 86_400)

    assert api.get_message_quota_consumption().total_usage == 0
    api.broadcast(BroadcastRequest(messages=[words()]))


def test_without_a_limit_the_quota_has_no_value(api: MessagingApi) -> None:
    quota = api.get_message_quota()

    assert (quota.type, quota.value) == ("none", None)


def test_sixty_broadcasts_an_hour_and_no_more(
    start: Callable[..., tuple[SandboxServer, MessagingApi]],
) -> None:
    _, api = start(rates=DOCUMENTED_RATES)
    for _ in range(60):
        api.broadcast(BroadcastRequest(messages=[words()]))

    status, body, _ = refused(lambda: api.broadcast(BroadcastRequest(messages=[words()])))

    assert (status, body["message"]) == (429, "The API rate limit has been exceeded. Try again later.")


def test_a_throttle_is_another_429_than_the_months_end(api: MessagingApi, control: SandboxControl) -> None:
    control.fail(Throttle(seconds=5))

    status, body, _ = refused(lambda: push(api))

    assert (status, body["message"]) == (429, "The API rate limit has been exceeded. Try again later.")


def test_a_narrowcast_is_accepted_and_followed_by_its_request(api: MessagingApi) -> None:
    accepted = api.narrowcast_with_http_info(NarrowcastRequest(messages=[words()]))

    progress = api.get_narrowcast_progress(accepted.headers["x-line-request-id"])

    assert accepted.status_code == 202
    assert (progress.phase, progress.success_count) == ("succeeded", len(FRIENDS))


def test_what_was_sent_on_a_day_is_counted_the_day_after(api: MessagingApi, control: SandboxControl) -> None:
    push(api)
    day = control.run(lambda sandbox: day_of(sandbox.clock.now()))
    assert api.get_number_of_sent_push_messages(day).status == "unready"

    control.advance(86_400)

    counted = api.get_number_of_sent_push_messages(day)
    assert (counted.status, counted.success) == ("ready", 1)


def test_friends_are_listed_page_by_page(start: Callable[..., tuple[SandboxServer, MessagingApi]]) -> None:
    _, api = start(messaging_followers=5)
    found: list[str] = []
    following = None
    for _ in range(3):
        page = api.get_followers(start=following, limit=2)
        found += page.user_ids
        following = page.next

    assert found == follower_ids(1, 5)
    assert following is None


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (words("🍌" * 2_501), "messages[0].text"),
        (
            ImageMessage(
                original_content_url="http://img.example.test/1.jpg", preview_image_url="https://i.test/1"
            ),
            "messages[0].originalContentUrl",
        ),
        (flex(bubble(url="http://img.example.test/1.jpg")), "messages[0].contents.hero.url"),
        (flex(bubble(text="ก" * 11_000)), "messages[0].contents"),
        (flex({"type": "carousel", "contents": [bubble()] * 13}), "messages[0].contents.contents"),
        (
            flex({"type": "carousel", "contents": [bubble(), bubble(size="kilo")]}),
            "messages[0].contents.contents",
        ),
    ],
    ids=["long text", "plain http", "hero over plain http", "heavy bubble", "many bubbles", "mixed sizes"],
)
def test_a_message_beyond_a_limit_is_refused_with_its_place(
    api: MessagingApi, control: SandboxControl, message: Message, place: str
) -> None:
    for call in (
        lambda: push(api, message),
        lambda: api.validate_push(ValidateMessageRequest(messages=[message])),
    ):
        status, body, _ = refused(call)
        assert status == 400
        assert place in [detail["property"] for detail in body["details"]]
    assert control.run(lambda sandbox: sandbox.messaging.sent) == []


@pytest.mark.parametrize(
    "message",
    [words("🍌" * 2_500), flex(bubble()), flex({"type": "carousel", "contents": [bubble()] * 12})],
    ids=["longest text", "bubble", "most bubbles"],
)
def test_a_message_at_the_limit_is_taken(api: MessagingApi, message: Message) -> None:
    api.validate_broadcast(ValidateMessageRequest(messages=[message]))

    assert push(api, message).status_code == 200


def test_a_receiver_that_is_none_is_refused(api: MessagingApi) -> None:
    status, body, _ = refused(lambda: push(api, to="somebody"))

    assert status == 400
    assert "The property, 'to', in the request body is invalid" in body["message"]


def test_a_dead_token_is_refused_in_mid_run_too(
    open_api: Open, api: MessagingApi, control: SandboxControl
) -> None:
    push(api)
    control.fail(ExpireToken())

    for call in (lambda: push(api), lambda: open_api(messaging_token(1, EXPIRED)).get_bot_info()):
        status, body, headers = refused(call)
        assert status == 401
        assert body["message"].startswith("Authentication failed due to the following reason:")
        assert headers["x-line-request-id"]


class Receiver:
    """A webhook receiver as an outsider would write it with LINE's own parser."""

    def __init__(self, secret: str, status: int = 200) -> None:
        self.parser = WebhookParser(secret)
        self.status = status
        self.heard: list[Any] = []
        self.url = ""

    @contextmanager
    def running(self) -> Iterator["Receiver"]:
        owner = self

        class Handler(Quiet, BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                try:
                    owner.heard.append(
                        owner.parser.parse(body, self.headers["x-line-signature"], as_payload=True)
                    )
                    self.send_response(owner.status)
                except InvalidSignatureError:
                    self.send_response(400)
                self.send_header("Content-Length", "0")
                self.end_headers()

        with serving(Handler) as url:
            self.url = f"{url}/hook"
            yield self


def test_the_webhook_endpoint_is_set_and_read(api: MessagingApi) -> None:
    status, _, _ = refused(api.get_webhook_endpoint)
    assert status == 404

    api.set_webhook_endpoint(SetWebhookEndpointRequest(endpoint="https://shop.example.test/line"))

    found = api.get_webhook_endpoint()
    assert (found.endpoint, found.active) == ("https://shop.example.test/line", True)


def test_the_endpoint_is_tried_with_a_signature_the_vendors_parser_takes(api: MessagingApi) -> None:
    with Receiver(messaging_secret(1)).running() as receiver:
        tried = api.test_webhook_endpoint(WebhookTry(endpoint=receiver.url))

    assert (tried.success, tried.status_code, tried.reason) == (True, 200, "OK")
    (payload,) = receiver.heard
    assert (payload.destination, payload.events) == (bot_user_id(1), [])


def test_a_receiver_with_another_secret_fails_the_try(api: MessagingApi) -> None:
    with Receiver("another secret").running() as receiver:
        tried = api.test_webhook_endpoint(WebhookTry(endpoint=receiver.url))

    assert (tried.success, tried.status_code) == (False, 400)
    assert receiver.heard == []


def test_an_endpoint_that_is_not_there_fails_the_try(api: MessagingApi) -> None:
    tried = api.test_webhook_endpoint(WebhookTry(endpoint="http://127.0.0.1:9/hook"))

    assert (tried.success, tried.status_code) == (False, 0)


def test_an_event_the_sandbox_signs_is_read_by_the_vendors_parser() -> None:
    event = {
        "type": "follow",
        "mode": "active",
        "timestamp": 1_795_000_000_000,
        "source": {"type": "user", "userId": FRIENDS[0]},
        "webhookEventId": "01JDTAVBSJFN5J7YW4MJRH6SNP",
        "deliveryContext": {"isRedelivery": False},
        "replyToken": "token",
        "follow": {"isUnblocked": False},
    }
    body = webhook_body(1, [event])

    (read,) = WebhookParser(messaging_secret(1)).parse(body.decode(), sign_webhook(messaging_secret(1), body))

    assert isinstance(read, FollowEvent)
    assert read.source.user_id == FRIENDS[0]
    with pytest.raises(InvalidSignatureError):
        WebhookParser(messaging_secret(1)).parse(body.decode(), sign_webhook(messaging_secret(2), body))


def test_a_call_of_somebody_else_is_not_heard(open_api: Open, api: MessagingApi) -> None:
    push(api)

    other = open_api(messaging_token(2))

    assert other.get_message_quota_consumption().total_usage == 0
    status, _, _ = refused(lambda: push(other))
    assert status == 400
