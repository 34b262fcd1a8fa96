"""Push, multicast, narrowcast and broadcast, their retry keys and the month's quota. Source: line.md §3.1, §3.2, §5 items 17-19."""

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from adapters.testing.sandbox.accounts import follower_ids
from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.messaging.errors import MONTHLY, RATE, invalid, refusal
from adapters.testing.sandbox.messaging.rules import checked_messages
from adapters.testing.sandbox.messaging.state import Accepted, Sent

RETRY_KEY_S: Final = 86_400
MAX_RECIPIENTS: Final = 500
_RECEIVER: Final = re.compile(r"^[UCR][0-9a-f]{32}$")
_DATE: Final = re.compile(r"^\d{8}$")
_JAPAN: Final = timezone(timedelta(hours=9))
"""Days and months of LINE's counters."""
_HOUR_S: Final = 3_600


async def push(call: Call) -> Answer:
    """Send to one receiver."""
    if repeated := _repeated(call):
        return repeated
    to = _body(call).get("to")
    if not isinstance(to, str) or not _RECEIVER.match(to):
        raise refusal(400, "The property, 'to', in the request body is invalid (line: -, column: -)")
    if to.startswith("U") and to not in _followers(call):
        raise refusal(400, "Failed to send messages")
    sent = _send(call, [to], recipients=1)
    return Answer(200, {"sentMessages": _shown(sent.ids)})


async def multicast(call: Call) -> Answer:
    """Send to several people; who is no friend is left out without a word."""
    if repeated := _repeated(call):
        return repeated
    to = _body(call).get("to")
    if not isinstance(to, list) or not 1 <= len(to) <= MAX_RECIPIENTS:
        raise invalid(("to", f"Size must be between 1 and {MAX_RECIPIENTS}"))
    friends = set(_followers(call))
    _send(call, [str(one) for one in to], recipients=len(friends.intersection(map(str, to))))
    return Answer(200, {})


async def broadcast(call: Call) -> Answer:
    """Send to every friend."""
    _spend_hourly(call)
    if repeated := _repeated(call):
        return repeated
    _send(call, [], recipients=len(_followers(call)))
    return Answer(200, {})


async def narrowcast(call: Call) -> Answer:
    """Send to a part of the friends, by and by."""
    _spend_hourly(call)
    if repeated := _repeated(call):
        return repeated
    _send(call, [], recipients=len(_followers(call)))
    return Answer(202, {})


async def narrowcast_progress(call: Call) -> Answer:
    """Answer how far a narrowcast is; here it is done at once."""
    wanted = call.request.first("requestId")
    sent = next((one for one in _own(call) if one.kind == "narrowcast" and one.request_id == wanted), None)
    if sent is None:
        raise refusal(404, "Not found")
    shown = {
        "phase": "succeeded",
        "successCount": sent.recipients,
        "failureCount": 0,
        "targetCount": sent.recipients,
        "acceptedTime": _iso(sent.at),
        "completedTime": _iso(sent.at),
    }
    return Answer(200, shown)


async def validate(call: Call) -> Answer:
    """Say whether messages could be sent; sends nothing."""
    checked_messages(call)
    return Answer(200, {})


async def quota(call: Call) -> Answer:
    """Answer how many recipients the month allows."""
    limit = call.sandbox.options.messaging_quota
    return Answer(200, {"type": "none"} if limit is None else {"type": "limited", "value": limit})


async def consumption(call: Call) -> Answer:
    """Answer how many recipients the month has reached."""
    return Answer(200, {"totalUsage": call.sandbox.messaging.usage.get(_month(call), 0)})


async def delivered(call: Call) -> Answer:
    """Answer how many messages were sent on a day; counted the day after."""
    date = call.request.first("date") or ""
    if not _DATE.match(date):
        raise refusal(400, "The value for the 'date' parameter is invalid")
    if date >= day_of(call.now):
        return Answer(200, {"status": "unready"})
    kind = call.request.path.rpartition("/")[2]
    found = [one for one in _own(call) if one.kind == kind and day_of(one.at) == date]
    return Answer(200, {"status": "ready", "success": sum(one.recipients for one in found)})


async def followers(call: Call) -> Answer:
    """List the friends, page by page."""
    limit = int(call.request.first("limit") or 300)
    start = int(call.request.first("start") or 0)
    everybody = _followers(call)
    body: dict[str, Any] = {"userIds": everybody[start : start + limit]}
    if start + limit < len(everybody):
        body["next"] = str(start + limit)
    return Answer(200, body)


def check_retry_key(call: Call, *, is_allowed: bool) -> None:
    """Refuse a retry key that is no UUID, or stands where none is taken.

    Raises:
        Refused: 400.
    """
    key = call.request.headers.get("x-line-retry-key")
    if key is None:
        return
    if not is_allowed:
        raise refusal(400, "The retry key is not supported by this endpoint")
    try:
        uuid.UUID(key)
    except ValueError:
        raise refusal(400, "The retry key is invalid") from None


def _repeated(call: Call) -> Answer | None:
    """Refuse what was accepted under the same key within a day, whatever the body says now."""
    accepted = call.sandbox.messaging.accepted.get(_key(call) or "")
    if accepted is None or call.now - accepted.at >= RETRY_KEY_S:
        return None
    body: dict[str, Any] = {"message": "The retry key is already accepted"}
    if accepted.ids and call.operation == "message.push":
        body["sentMessages"] = _shown(accepted.ids)
    headers = {"x-line-accepted-request-id": accepted.request_id}
    return Answer(409, body, headers, error="409")


def _send(call: Call, to: list[str], *, recipients: int) -> Sent:
    messages = checked_messages(call)
    _spend_quota(call, recipients)
    state = call.sandbox.messaging
    sent = Sent(
        request_id=call.params["_request_id"],
        bot=call.account,
        kind=call.operation.partition(".")[2],
        to=to,
        messages=messages,
        ids=[state.next_id() for _ in messages],
        recipients=recipients,
        at=call.now,
    )
    state.sent.append(sent)
    if key := _key(call):
        state.accepted[key] = Accepted(sent.request_id, call.now, sent.ids)
    call.visible = True
    return sent


def _spend_quota(call: Call, recipients: int) -> None:
    usage, limit = call.sandbox.messaging.usage, call.sandbox.options.messaging_quota
    used = usage.get(_month(call), 0) + recipients
    if limit is not None and used > limit:
        raise refusal(429, MONTHLY)
    usage[_month(call)] = used


def _spend_hourly(call: Call) -> None:
    limit = call.sandbox.options.rates.messaging_broadcasts_per_hour
    if limit is None:
        return
    window = call.sandbox.pace.count(f"messaging/{call.account}/{call.operation}", _HOUR_S, call.now)
    if window.calls > limit:
        raise refusal(429, RATE)


def _body(call: Call) -> Mapping[str, Any]:
    return call.request.body if isinstance(call.request.body, Mapping) else {}


def _followers(call: Call) -> list[str]:
    return follower_ids(call.params["_seller"], call.sandbox.options.messaging_followers)


def _own(call: Call) -> list[Sent]:
    return [one for one in call.sandbox.messaging.sent if one.bot == call.account]


def _key(call: Call) -> str | None:
    key = call.request.headers.get("x-line-retry-key")
    return None if key is None else f"{call.account}/{call.operation}/{uuid.UUID(key)}"


def _shown(ids: list[str]) -> list[dict[str, str]]:
    return [{"id": id_, "quoteToken": f"quote-{id_}"} for id_ in ids]


def _month(call: Call) -> str:
    return f"{call.account}/{datetime.fromtimestamp(call.now, _JAPAN):%Y-%m}"


def day_of(moment: float) -> str:
    """Return the day a moment belongs to in LINE's counters: ``yyyyMMdd``."""
    return f"{datetime.fromtimestamp(moment, _JAPAN):%Y%m%d}"


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
