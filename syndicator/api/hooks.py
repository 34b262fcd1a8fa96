"""The door that channels call. Nothing of a call is used or kept before its signature held."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Final

import structlog
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.requests import ClientDisconnect

from adapters.base import ChannelType
from adapters.redaction import KNOWN
from adapters.webhooks import InboundEvent, WebhookReader, WebhookRefused, WebhookRequest, WebhookScope
from schemas.channel import ChannelAccount, Credentials
from schemas.ids import AccountId, ChannelKind
from syndicator.bootstrap import App
from syndicator.usecases.receive_webhook import RecordOrders, receive_webhook

log = structlog.get_logger()

MOST_BYTES: Final = 1024 * 1024
"""A longer body is refused unread. Channels send a few kilobytes; Meta allows a thousand changes in one call."""
_ACCOUNT_DIGITS: Final = 18
"""More digits than an account id can have; counted before it is taken for a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to an address of ours, its signature not checked yet.

    Attributes:
        address: How the address is named where refusals are counted; its token is no part of it.
        account_id: Whose address it is; None where it is that of an app.
        body: As it came; None where it is too long.
    """

    address: str
    channel: ChannelType
    reader: WebhookReader
    account_id: AccountId | None
    body: bytes | None


def add_hooks(api: FastAPI, channels: Mapping[ChannelKind, ChannelType], record_orders: RecordOrders) -> None:
    """Add the addresses that the channels call."""
    api.state.channels = channels
    api.state.record_orders = record_orders
    api.add_api_route("/hooks/{kind}", shake_hands, methods=["GET"], include_in_schema=False)
    api.add_api_route("/hooks/{kind}", receive_for_app, methods=["POST"], include_in_schema=False)
    api.add_api_route(
        "/hooks/{kind}/{account}/{token}", receive_for_account, methods=["POST"], include_in_schema=False
    )


def shake_hands(request: Request, kind: str) -> Response:
    """Answer a channel's test of an app's address, in the words it wants; 403 for anybody else's."""
    channel, reader = _reader(request, kind, WebhookScope.APP)
    app: App = request.app.state.app
    answer = reader.handshake(dict(request.query_params), settings=_group(app, channel))
    if answer is None:
        return _refused(app, channel.kind, HTTPStatus.FORBIDDEN)
    return PlainTextResponse(answer, headers={"X-Content-Type-Options": "nosniff"})


async def called_app(request: Request, kind: str) -> Call:
    """Read a call to the address of an app."""
    channel, reader = _reader(request, kind, WebhookScope.APP)
    return Call(
        address=channel.kind, channel=channel, reader=reader, account_id=None, body=await _body(request)
    )


async def called_account(request: Request, kind: str, account: str, token: str) -> Call:
    """Read a call to the address of an account; every other address is answered alike, its body unread."""
    channel, reader = _reader(request, kind, WebhookScope.ACCOUNT)
    app: App = request.app.state.app
    account_id = _account_id(account)
    if account_id is None or not app.hooks.is_of_account(channel.kind, account_id, token):
        raise _nowhere()
    return Call(
        address=f"{channel.kind}/{account_id}",
        channel=channel,
        reader=reader,
        account_id=account_id,
        body=await _body(request),
    )


def receive_for_app(request: Request, call: Annotated[Call, Depends(called_app)]) -> Response:
    """Take in the events of an app; each goes to the accounts it names, and one that names none of ours is dropped."""
    return _receive(request, call, account=None, credentials=Credentials({}))


def receive_for_account(request: Request, call: Annotated[Call, Depends(called_account)]) -> Response:
    """Take in the events of one account."""
    app: App = request.app.state.app
    with app.database.begin() as uow:
        stored = None if call.account_id is None else uow.accounts.get([call.account_id]).get(call.account_id)
    if stored is None or stored.account.kind != call.channel.kind:
        raise _nowhere()
    try:
        credentials = stored.credentials
    except ValueError as exc:
        # The channel sends it again; an operator has to add the key.
        log.error("webhook.account_not_opened", account=call.account_id)  # noqa: TRY400 - a trace adds nothing
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE) from exc
    KNOWN.learn(credentials.values.values())
    return _receive(request, call, account=stored.account, credentials=credentials)


def _receive(
    request: Request, call: Call, *, account: ChannelAccount | None, credentials: Credentials
) -> Response:
    app: App = request.app.state.app
    if call.body is None:
        return _refused(app, call.address, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        events = call.reader.read(
            WebhookRequest(
                url=_public_url(app, request), headers=dict(request.headers.items()), body=call.body
            ),
            settings=_group(app, call.channel),
            account_settings={} if account is None else account.settings,
            credentials=credentials,
        )
    except WebhookRefused:
        return _refused(app, call.address, HTTPStatus.FORBIDDEN)
    except ValueError:
        return _refused(app, call.address, HTTPStatus.BAD_REQUEST)
    for event, whose in _owned(app, call.channel.kind, events, account):
        receive_webhook(
            event,
            whose,
            database=app.database,
            clock=app.clock,
            record_orders=request.app.state.record_orders,
        )
    return Response(status_code=HTTPStatus.OK)


def _owned(
    app: App, kind: ChannelKind, events: Sequence[InboundEvent], account: ChannelAccount | None
) -> Iterator[tuple[InboundEvent, ChannelAccount]]:
    """Yield each event with the accounts it belongs to."""
    if account is not None:
        yield from ((event, account) for event in events)
        return
    names = {event.account for event in events if event.account is not None}
    with app.database.begin() as uow:
        owners = {name: list(uow.accounts.get(uow.inbound.named(kind, name)).values()) for name in names}
    for event in events:
        for stored in owners.get(event.account, ()) if event.account is not None else ():
            yield event, stored.account


def _refused(app: App, address: str, code: int) -> Response:
    log.warning("webhook.refused", address=address, status=code)
    with app.database.begin() as uow:
        uow.inbound.refuse(address, now=app.clock.now())
    return Response(status_code=code)


def _reader(request: Request, kind: str, scope: WebhookScope) -> tuple[ChannelType, WebhookReader]:
    channel: ChannelType | None = request.app.state.channels.get(kind)
    reader = None if channel is None else channel.webhooks
    if channel is None or reader is None or reader.scope is not scope:
        raise _nowhere()
    return channel, reader


def _nowhere() -> HTTPException:
    """The answer of every address that is none: nobody learns which accounts exist."""
    return HTTPException(HTTPStatus.NOT_FOUND)


def _account_id(text: str) -> AccountId | None:
    is_number = text.isascii() and text.isdecimal() and len(text) <= _ACCOUNT_DIGITS
    return AccountId(int(text)) if is_number else None


def _group(app: App, channel: ChannelType) -> Any:
    return getattr(app.settings, channel.settings_key)


def _public_url(app: App, request: Request) -> str:
    """Return the address as the channel wrote it, whatever a proxy made of it on the way."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{app.public_url}{request.url.path}{query}"


async def _body(request: Request) -> bytes | None:
    """Read the body as it came, of whatever type it calls itself; None where it is too long.

    Raises:
        HTTPException: The channel hung up in the middle; it sends the event again.
    """
    parts = bytearray()
    try:
        async for part in request.stream():
            parts += part
            if len(parts) > MOST_BYTES:
                return None
    except ClientDisconnect as exc:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from exc
    return bytes(parts)
