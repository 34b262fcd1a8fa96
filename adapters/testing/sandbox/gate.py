"""The way of every call into a channel: read, recognise, meet the faults, act, record, answer."""

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from starlette.types import Receive, Scope, Send

from adapters.testing.sandbox import faults
from adapters.testing.sandbox.exchange import Answer, Call, Handler, Incoming, Refused, read_incoming

if TYPE_CHECKING:
    from adapters.testing.sandbox.sandbox import Sandbox

ABORT: Final = "sandbox.abort"
"""Key in ``scope["extensions"]`` of the function that closes the connection at once; set by the server."""
_GATEWAY_PAGE: Final = (
    b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
)


class Surface(Protocol):
    """A channel's dialect: its routes, and how it words what goes wrong."""

    channel: str

    def open(self, call: Call, /) -> Handler:
        """Recognise the caller and the operation, and return what carries it out.

        Raises:
            Refused: The credential, the path or the pace is refused.
        """
        ...

    def error(self, call: Call, effect: faults.Error, /) -> Answer:
        """Word an ordered error."""
        ...

    def throttled(self, call: Call, seconds: float, /) -> Answer:
        """Word a refusal for pace that lasts ``seconds``."""
        ...

    def expired(self, call: Call, /) -> Answer:
        """Word a refusal of an expired credential."""
        ...

    def server_error(self, call: Call, /) -> Answer:
        """Word the channel's own 500."""
        ...

    def dress(self, call: Call, answer: Answer, /) -> None:
        """Add the headers every answer of the channel carries."""
        ...


class Gate:
    """ASGI application of one channel."""

    def __init__(self, sandbox: "Sandbox", surface: Surface) -> None:
        self._sandbox = sandbox
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        answer, effect = await self._serve(await read_incoming(scope, receive))
        if isinstance(effect, faults.Slow):
            await asyncio.sleep(effect.seconds)
        await _deliver(answer, effect, scope, receive, send)

    async def _serve(self, request: Incoming) -> tuple[Answer, faults.Effect | None]:
        call = Call(
            sandbox=self._sandbox, request=request, channel=self._surface.channel, serve_part=self._serve_part
        )
        handler, answer, effect = self._begin(call)
        if handler and _is_carried_out(effect):
            answer = await _act(handler, call)
        answer = self._distorted(call, answer, effect)
        self._surface.dress(call, answer)
        lost = isinstance(effect, faults.DropAnswer | faults.TruncatedJson)
        self._sandbox.journal.add(call, answer, lost=lost)
        if call.mutating:
            self._sandbox.changed()
        return answer, effect

    async def _serve_part(self, request: Incoming) -> Answer:
        """Serve one call of a batch; a part whose answer is lost shows as an empty one."""
        answer, effect = await self._serve(request)
        return Answer(answer.status, None) if isinstance(effect, faults.DropAnswer) else answer

    def _begin(self, call: Call) -> tuple[Handler | None, Answer, faults.Effect | None]:
        try:
            handler = self._surface.open(call)
        except Refused as refused:
            return None, refused.answer, None
        effect = self._sandbox.faults.draw(call)
        refusal = self._standing_refusal(call, effect)
        if refusal:
            return None, refusal, None
        if isinstance(effect, faults.HideFromLookup):
            call.lookup_delay_s = effect.seconds
        return handler, Answer(), effect

    def _standing_refusal(self, call: Call, effect: faults.Effect | None) -> Answer | None:
        book = self._sandbox.faults
        who = (call.channel, call.account)
        if isinstance(effect, faults.ExpireToken):
            book.expired.add(who)
        if isinstance(effect, faults.Throttle):
            book.throttled_until[who] = call.now + effect.seconds
        if who in book.expired and call.opens_by_access_token:
            return self._surface.expired(call)
        left = book.throttled_until.get(who, 0.0) - call.now
        return self._surface.throttled(call, left) if left > 0 else None

    def _distorted(self, call: Call, answer: Answer, effect: faults.Effect | None) -> Answer:
        match effect:
            case faults.Error():
                return self._surface.error(call, effect)
            case faults.Html502():
                return Answer(502, _GATEWAY_PAGE, error="502", content_type="text/html")
            case faults.EmptyBody():
                return Answer(200, None, error="empty")
            case faults.ServerErrorWithEffect():
                return self._surface.server_error(call)
            case _:
                return answer


def _is_carried_out(effect: faults.Effect | None) -> bool:
    if isinstance(effect, faults.DropAnswer | faults.Error | faults.Html502 | faults.EmptyBody):
        return effect.after_effect
    return True


async def _act(handler: Handler, call: Call) -> Answer:
    try:
        return await handler(call)
    except Refused as refused:
        return refused.answer


async def _deliver(
    answer: Answer, effect: faults.Effect | None, scope: Scope, receive: Receive, send: Send
) -> None:
    if isinstance(effect, faults.DropAnswer):
        await _hang_up(scope, receive)
        return
    body = answer.encoded()
    headers = [(b"content-length", str(len(body)).encode())]
    if answer.body is not None:
        headers.append((b"content-type", answer.content_type.encode()))
    headers += [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if isinstance(effect, faults.TruncatedJson):
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await _hang_up(scope, receive)
        return
    await send({"type": "http.response.body", "body": body})


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """Close the connection; without the server's hook (another ASGI server) the caller just never hears more."""
    abort = scope.get("extensions", {}).get(ABORT)
    if abort:
        abort()
    while (await receive())["type"] != "http.disconnect":
        pass
