"""Brakes and breakers for people and for programs: what rests, until when, and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from adapters.registry import CHANNELS
from schemas.ids import ChannelKind
from schemas.pace import BrakeReason
from syndicator.cli.output import Output
from syndicator.domain.breaker import Breaker, BreakerState, OpenReason
from syndicator.store.accounts import StoredAccount
from syndicator.store.reports import BrakedAccount

MOST_SHOWN: Final = 20
"""Braked accounts that are listed one by one; the rest is a number."""
_BRAKES: Final[Mapping[BrakeReason | None, tuple[str, str]]] = {
    BrakeReason.CHANNEL: ("ช่องทางขอให้ส่งช้าลง", "the channel asked us to slow down"),
    BrakeReason.USAGE: ("ใช้โควตาของช่องทางเกือบเต็มแล้ว", "the channel's quota is nearly used up"),
    BrakeReason.BUDGET: ("ส่งใกล้ครบจำนวนครั้งที่ช่องทางยอมให้", "close to the number of calls the channel allows"),
    BrakeReason.SETUP: (
        "ระบบเปิดบัญชีนี้ไม่ได้ ผู้ดูแลระบบต้องแก้กุญแจหรือค่าตั้ง",
        "this system cannot open the account; an administrator must mend keys or settings",
    ),
    None: ("พักการส่งชั่วคราว", "resting"),
}
_STATES: Final[Mapping[BreakerState, tuple[str, str]]] = {
    BreakerState.OPEN: ("หยุดส่งชั่วคราว", "stopped"),
    BreakerState.HALF_OPEN: ("กำลังลองส่งทีละน้อย", "trying a few"),
    BreakerState.CLOSED: ("ตอบช้า จึงส่งทีละน้อย", "slow, so that only a share is sent"),
}
_OPEN_REASONS: Final[Mapping[OpenReason, tuple[str, str]]] = {
    OpenReason.OUTAGE: ("ช่องทางขัดข้อง", "the channel is down"),
    OpenReason.THROTTLED: ("ช่องทางขอให้ทั้งระบบส่งช้าลง", "the channel asked our whole app to slow down"),
}


def brake_json(stored: StoredAccount, now: datetime) -> dict[str, Any] | None:
    """Return an account's brake for programs; None while nothing brakes it."""
    if stored.not_before is None or stored.not_before <= now:
        return None
    reason = None if stored.brake_reason is None else stored.brake_reason.value
    return {"until": stored.not_before, "reason": reason}


def braked_json(braked: Sequence[BrakedAccount]) -> list[dict[str, Any]]:
    """Return braked accounts for programs."""
    return [
        {
            "seller": one.seller,
            "account": one.account,
            "kind": one.kind,
            "until": one.until,
            "reason": None if one.reason is None else one.reason.value,
        }
        for one in braked
    ]


def breakers_json(breakers: Sequence[Breaker]) -> list[dict[str, Any]]:
    """Return the endpoints that do not get all their work, for programs."""
    return [
        {
            "endpoint": one.endpoint,
            "state": one.state.value,
            "slow": one.is_slow,
            "reason": None if one.reason is None else one.reason.value,
            "since": one.since,
            "next_try_at": one.probe_at,
        }
        for one in breakers
    ]


def troubled(breakers: Mapping[str, Breaker]) -> list[Breaker]:
    """Return the breakers a person should know of."""
    return [one for one in breakers.values() if one.is_slow or one.state is not BreakerState.CLOSED]


def show_brakes(out: Output, accounts: Sequence[StoredAccount], now: datetime) -> None:
    """Print until when each braked account of a seller rests, and why; it goes on by itself."""
    for stored in accounts:
        if brake_json(stored, now) is None or stored.not_before is None:
            continue
        name, until = stored.account.name, clock_time(stored.not_before)
        th, en = _BRAKES[stored.brake_reason]
        out.say(
            f"บัญชี {name} พักการส่งถึง {until} ({th}) แล้วจะส่งต่อเอง คุณไม่ต้องทำอะไร",
            f"The account {name} rests until {until} ({en}), and then goes on by itself.",
        )


def show_pace(out: Output, braked: Sequence[BrakedAccount], count: int, breakers: Sequence[Breaker]) -> None:
    """Print the channels that are stopped or slow and the braked accounts of all sellers; nothing when there are none."""
    if breakers:
        title = out.pick("ช่องทางที่ส่งได้ไม่เต็มที่:", "Channels that do not get all their work:")
        out.block(title, [_breaker_line(out, one) for one in breakers])
    if braked:
        lines = [
            f"{one.seller} / {one.account}: "
            + out.pick("พักถึง ", "rests until ")
            + f"{clock_time(one.until)} ({out.pick(*_BRAKES[one.reason])})"
            for one in braked
        ]
        if count > len(braked):
            more = count - len(braked)
            lines.append(out.pick(f"และอีก {more} บัญชี", f"and {more} more"))
        out.block(out.pick("บัญชีที่พักการส่ง:", "Accounts that rest:"), lines)


def _breaker_line(out: Output, breaker: Breaker) -> str:
    state = out.pick(*_STATES[breaker.state])
    because = "" if breaker.reason is None else f" ({out.pick(*_OPEN_REASONS[breaker.reason])})"
    since = out.pick("ตั้งแต่ ", "since ") + clock_time(breaker.since)
    line = f"{channel_name(out, breaker.endpoint)}: {state}{because} {since}"
    if breaker.probe_at is not None:
        line += out.pick(" จะลองใหม่เมื่อ ", ", next try ") + clock_time(breaker.probe_at)
    return line


def channel_name(out: Output, endpoint: str) -> str:
    """Return what people call an endpoint: the channel, and which market where there are several."""
    kind, _, part = endpoint.partition("/")
    channel = CHANNELS.get(ChannelKind(kind))
    if channel is None:
        return endpoint
    name = out.pick(channel.label_th, channel.label_en)
    return f"{name} {part}" if part else name


def clock_time(moment: datetime) -> str:
    """Write a moment with seconds: brakes may be short."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
