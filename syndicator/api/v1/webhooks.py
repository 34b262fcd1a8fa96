"""Endpoints of other systems that are told of events: a seller's own, a centre's for all of its sellers, an admin's for all.

The same routes stand below a seller's address and at ``/v1/webhooks``; whose endpoints they speak of follows from that alone.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from schemas.ids import DeliveryId
from schemas.problem import Problem
from syndicator.api.problems import ApiError
from syndicator.api.v1.calling import AppPart, CallerPart, caller_of, only, seller_of
from syndicator.api.v1.paging import Page, PagingPart
from syndicator.api.v1.routes import api_router
from syndicator.bootstrap import App
from syndicator.domain import event_sentences
from syndicator.domain.access import Reach, Role
from syndicator.domain.events import EventType, Outcome
from syndicator.outbound.targets import TargetRefused
from syndicator.store.webhook_reports import DeliveryReport
from syndicator.store.webhook_subscriptions import NewSubscription, Subscription
from syndicator.usecases import webhook_subscriptions as use_cases
from syndicator.usecases.webhook_subscriptions import TooManySubscriptions

router = api_router("webhooks", shown_once=("secret",))
WebhookId = Annotated[str, Path(description="The endpoint's id.", max_length=64)]
MessageId = Annotated[
    str, Path(description="The message's id, as in its header `webhook-id`.", max_length=64)
]
Url = Annotated[
    str, Field(min_length=1, max_length=2_000, description="https, and reached from the internet.")
]
Events = Annotated[tuple[EventType, ...], Field(min_length=1, max_length=len(EventType))]
Description = Annotated[str, Field(max_length=200, description="What it is for, in your words.")]


class Webhook(BaseModel):
    """An endpoint. ``paused`` says why nothing is sent to it, null while it is; ``waiting`` counts messages not taken yet.

    ``old_secret_signs_until``: until then every message carries a signature by the secret before the last rotation, too.
    """

    id: str
    url: str
    events: tuple[EventType, ...]
    description: str
    paused: Problem | None
    paused_at: datetime | None
    failures: int
    failing_since: datetime | None
    waiting: int
    old_secret_signs_until: datetime | None
    created_at: datetime


class MadeWebhook(Webhook):
    """A new endpoint: ``secret`` is shown this once. It is null in an answer repeated under an Idempotency-Key."""

    secret: str | None


class NewWebhook(BaseModel):
    """An endpoint to be told of events of these types."""

    model_config = ConfigDict(extra="forbid")

    url: Url
    events: Events
    description: Description = ""


class WebhookChange(BaseModel):
    """What of an endpoint is to be changed; what is left out stays. ``paused`` false sets it going again."""

    model_config = ConfigDict(extra="forbid")

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    paused: bool | None = None


class NewSecret(BaseModel):
    """The new secret, shown this once; null in an answer repeated under an Idempotency-Key."""

    secret: str | None


class TestMessage(BaseModel):
    """The message that is on its way."""

    __test__ = False

    message: str


class Delivery(BaseModel):
    """One message: tried ``attempts`` times; ``next_try_at`` while it waits, else how it ended. ``problem``: the last try."""

    message: str
    type: str
    happened_at: datetime
    attempts: int
    next_try_at: datetime | None
    outcome: Outcome | None
    ended_at: datetime | None
    last_try_at: datetime | None
    last_status: int | None
    problem: Problem | None


class Since(BaseModel):
    """From when on what was not taken is to be sent anew."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime


class Replayed(BaseModel):
    """How many messages are sent anew."""

    replayed: int


def owner_of(request: Request) -> Reach:
    """Return whose endpoints the address speaks of: the seller's in it, else the key's own."""
    seller = request.state.seller
    if seller is None:
        return caller_of(request).reach
    return Reach(role=Role.SELLER, seller_id=seller.id)


OwnerPart = Annotated[Reach, Depends(owner_of)]


def list_webhooks(app: AppPart, owner: OwnerPart, paging: PagingPart) -> Page[Webhook]:
    """List the endpoints, the oldest first."""
    with app.database.begin() as uow:
        found = uow.subscriptions.of(owner, after=paging.after, limit=paging.asked)
    return paging.page([_shown(one) for one in found], [one.id for one in found])


def make_webhook(
    app: AppPart,
    caller: CallerPart,
    owner: OwnerPart,
    wanted: NewWebhook,
    request: Request,
    response: Response,
) -> MadeWebhook:
    """Subscribe an endpoint. Keep its secret well: it cannot be shown again, only rotated."""
    subscription = NewSubscription(
        url=wanted.url,
        events=tuple(dict.fromkeys(wanted.events)),
        description=wanted.description,
        made_by=f"key {caller.name}",
    )
    try:
        made, secret = use_cases.subscribe(
            owner, subscription, database=app.database, sender=app.webhook_sender
        )
    except TargetRefused as exc:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, exc.problem) from exc
    except TooManySubscriptions as exc:
        raise ApiError(HTTPStatus.CONFLICT, exc.problem) from exc
    response.headers["Location"] = f"{request.url.path}/{made.public_id}"
    return MadeWebhook(**_shown(made).model_dump(), secret=secret)


def show_webhook(app: AppPart, owner: OwnerPart, webhook: WebhookId) -> Webhook:
    """Show an endpoint."""
    return _shown(_found(app, owner, webhook))


def change_webhook(app: AppPart, owner: OwnerPart, webhook: WebhookId, change: WebhookChange) -> Webhook:
    """Change an endpoint, pause it, or set it going again: then all that waits is sent at once."""
    wanted = use_cases.Change(
        url=change.url, events=change.events, description=change.description, is_paused=change.paused
    )
    try:
        changed = use_cases.change(
            owner, webhook, wanted, database=app.database, sender=app.webhook_sender, clock=app.clock
        )
    except TargetRefused as exc:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, exc.problem) from exc
    if changed is None:
        raise _unknown(webhook)
    return _shown(changed)


def remove_webhook(app: AppPart, owner: OwnerPart, webhook: WebhookId) -> None:
    """Forget an endpoint, with everything that waits for it."""
    found = _found(app, owner, webhook)
    with app.database.begin() as uow:
        uow.subscriptions.remove(found.id)


def rotate_secret(app: AppPart, owner: OwnerPart, webhook: WebhookId) -> NewSecret:
    """Give an endpoint a new secret; the old one signs beside it for a while, so that nothing is lost meanwhile."""
    secret = use_cases.rotate_secret(
        owner,
        webhook,
        keep_old_for=app.settings.webhooks.old_secret_signs,
        database=app.database,
        clock=app.clock,
    )
    if secret is None:
        raise _unknown(webhook)
    return NewSecret(secret=secret)


def send_test(app: AppPart, owner: OwnerPart, webhook: WebhookId) -> TestMessage:
    """Send a message of type `webhook.test` to an endpoint."""
    message = use_cases.send_test(owner, webhook, database=app.database, clock=app.clock)
    if message is None:
        raise _unknown(webhook)
    return TestMessage(message=message)


def list_deliveries(
    app: AppPart,
    owner: OwnerPart,
    webhook: WebhookId,
    paging: PagingPart,
    outcome: Annotated[Outcome | None, Query(description="Only those that ended so.")] = None,
) -> Page[Delivery]:
    """List the messages for an endpoint, the newest first."""
    found = _found(app, owner, webhook)
    before = DeliveryId(paging.after) if paging.after else None
    with app.database.begin() as uow:
        reports = uow.webhook_reports.newest(found.id, before=before, outcome=outcome, limit=paging.asked)
    return paging.page([_delivery(one) for one in reports], [one.id for one in reports])


def show_delivery(app: AppPart, owner: OwnerPart, webhook: WebhookId, message: MessageId) -> Delivery:
    """Show what became of a message."""
    found = _found(app, owner, webhook)
    with app.database.begin() as uow:
        report = uow.webhook_reports.find(found.id, message)
    if report is None:
        raise ApiError(HTTPStatus.NOT_FOUND, event_sentences.unknown_message(message))
    return _delivery(report)


def replay_delivery(app: AppPart, owner: OwnerPart, webhook: WebhookId, message: MessageId) -> Replayed:
    """Send a message anew under its id, whatever became of it."""
    count = use_cases.replay(owner, webhook, message_id=message, database=app.database, clock=app.clock)
    if count is None:
        raise _unknown(webhook)
    if count == 0:
        raise ApiError(HTTPStatus.NOT_FOUND, event_sentences.unknown_message(message))
    return Replayed(replayed=count)


def replay_failed(app: AppPart, owner: OwnerPart, webhook: WebhookId, wanted: Since) -> Replayed:
    """Send anew all that happened since a moment and was not taken."""
    count = use_cases.replay(owner, webhook, since=wanted.since, database=app.database, clock=app.clock)
    if count is None:
        raise _unknown(webhook)
    return Replayed(replayed=count)


def _found(app: App, owner: Reach, public_id: str) -> Subscription:
    with app.database.begin() as uow:
        found = uow.subscriptions.find(owner, public_id)
    if found is None:
        raise _unknown(public_id)
    return found


def _unknown(public_id: str) -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, event_sentences.unknown(public_id))


def _shown(one: Subscription) -> Webhook:
    return Webhook(
        id=one.public_id,
        url=one.url,
        events=one.events,
        description=one.description,
        paused=None if one.paused_reason is None else event_sentences.paused(one.paused_reason),
        paused_at=one.paused_at,
        failures=one.failures,
        failing_since=one.failing_since,
        waiting=one.waiting,
        old_secret_signs_until=one.previous_until,
        created_at=one.created_at,
    )


def _delivery(one: DeliveryReport) -> Delivery:
    return Delivery(
        message=one.message_id,
        type=one.type,
        happened_at=one.at,
        attempts=one.attempts,
        next_try_at=one.due_at,
        outcome=one.outcome,
        ended_at=one.ended_at,
        last_try_at=one.last_at,
        last_status=one.last_status,
        problem=None
        if one.last_error is None
        else event_sentences.not_taken(one.last_error, one.last_status),
    )


_ROUTES: Final[Sequence[tuple[str, str, Callable[..., Any], HTTPStatus]]] = (
    ("GET", "", list_webhooks, HTTPStatus.OK),
    ("POST", "", make_webhook, HTTPStatus.CREATED),
    ("GET", "/{webhook}", show_webhook, HTTPStatus.OK),
    ("PATCH", "/{webhook}", change_webhook, HTTPStatus.OK),
    ("DELETE", "/{webhook}", remove_webhook, HTTPStatus.NO_CONTENT),
    ("POST", "/{webhook}/rotate", rotate_secret, HTTPStatus.OK),
    ("POST", "/{webhook}/test", send_test, HTTPStatus.ACCEPTED),
    ("POST", "/{webhook}/replay", replay_failed, HTTPStatus.ACCEPTED),
    ("GET", "/{webhook}/deliveries", list_deliveries, HTTPStatus.OK),
    ("GET", "/{webhook}/deliveries/{message}", show_delivery, HTTPStatus.OK),
    ("POST", "/{webhook}/deliveries/{message}/replay", replay_delivery, HTTPStatus.ACCEPTED),
)
_BASES: Final = (
    ("/sellers/{seller}/webhooks", seller_of),
    ("/webhooks", only(Role.CENTRE, Role.ADMIN)),
)
for _base, _check in _BASES:
    for _method, _path, _handler, _status in _ROUTES:
        router.add_api_route(
            f"{_base}{_path}",
            _handler,
            methods=[_method],
            status_code=_status,
            dependencies=[Depends(_check)],
        )
