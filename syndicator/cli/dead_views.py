"""Dead letters as tables for people and as JSON for programs."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from syndicator.cli.output import Output
from syndicator.cli.views import step_name
from syndicator.domain.causes import in_words
from syndicator.domain.plan import StepKind
from syndicator.store.dead_letters import DeadGroup, Letter
from syndicator.usecases.dead_letters import Action, Replayed, settled_action
from syndicator.usecases.forecast import Forecast

ACTIONS = {
    Action.DUE: ("จะทำต่อ", "falls due"),
    Action.ON_ITS_WAY: ("กำลังทำอยู่แล้ว", "on its way already"),
    Action.NEEDLESS: ("งานกลับมาเองแล้ว ไม่ต้องทำซ้ำ", "its work came back by itself; nothing to repeat"),
    Action.KEPT: ("ไม่มีอะไรให้ทำซ้ำ รอปิดด้วย dead discard", "nothing to replay; waits for dead discard"),
}
_STEPS = {kind.value for kind in StepKind}


def group_json(group: DeadGroup) -> dict[str, Any]:
    """Return a cause for programs."""
    th, en = in_words(group.cause.partition(" ")[0])
    return {
        "fingerprint": group.fingerprint,
        "cause": group.cause,
        "cause_th": th,
        "cause_en": en,
        "where": group.where,
        "notice": group.is_notice,
        "count": group.count,
        "sellers": group.sellers,
        "channels": list(group.channels),
        "since": group.since,
        "last": group.last,
        "example": {"id": group.example_id, "detail": group.example},
    }


def letter_json(letter: Letter) -> dict[str, Any]:
    """Return a letter for programs."""
    return {
        "id": letter.id,
        "fingerprint": letter.fingerprint,
        "cause": letter.cause,
        "where": letter.where,
        "detail": letter.detail,
        "notice": letter.is_notice,
        "at": letter.at,
        "listing": letter.listing_id,
        "seller": letter.seller,
        "account": letter.account,
        "channel": letter.channel,
        "sku": letter.sku,
        "message": letter.message,
        "closed_at": letter.closed_at,
        "resolution": letter.resolution,
        "resolved_by": letter.resolved_by,
        "reason": letter.reason,
        "replay_at": letter.replay_at,
    }


def forecast_json(forecast: Forecast) -> dict[str, Any]:
    """Return what the planner would choose, for programs."""
    return {
        "step": forecast.step.value,
        "parts": sorted(part.value for part in forecast.parts),
        "ask": None if forecast.ask is None else forecast.ask.value,
        "why": [problem.model_dump() for problem in forecast.why],
    }


def replayed_json(one: Replayed) -> dict[str, Any]:
    """Return what became of a letter, for programs."""
    return {
        "id": one.letter.id,
        "fingerprint": one.letter.fingerprint,
        "listing": one.letter.listing_id,
        "seller": one.letter.seller,
        "account": one.letter.account,
        "sku": one.letter.sku,
        "action": one.action.value,
        "due_at": one.due_at,
        "planned": None if one.forecast is None else forecast_json(one.forecast),
    }


def show_groups(out: Output, groups: Sequence[DeadGroup]) -> None:
    """Print one row for each cause, and below the table the cause in words with an example."""
    if not groups:
        out.say("ไม่มีจดหมายตายที่รอคนตัดสินใจ", "No dead letter waits for a person.")
        return
    heads = (
        out.pick("รหัสสาเหตุ", "fingerprint"),
        out.pick("จำนวน", "count"),
        out.pick("ขั้นตอน", "step"),
        out.pick("ช่องทาง", "channels"),
        out.pick("ผู้ขาย", "sellers"),
        out.pick("ตั้งแต่", "since"),
        out.pick("ล่าสุด", "last"),
    )
    rows = [
        (
            group.fingerprint,
            group.count,
            _where(out, group.where),
            ", ".join(group.channels) or None,
            group.sellers or None,
            group.since,
            group.last,
        )
        for group in groups
    ]
    out.table(heads, rows, flexible=3)
    for group in groups:
        out.block(
            f"{group.fingerprint}: {_cause(out, group.cause)}", [f"#{group.example_id} {group.example}"]
        )


def show_letters(out: Output, letters: Sequence[Letter]) -> None:
    """Print one row for each letter, and the details below."""
    if not letters:
        out.say("ไม่มีจดหมายตายที่รอคนตัดสินใจ", "No dead letter waits for a person.")
        return
    heads = (
        out.pick("เลขที่", "number"),
        out.pick("เมื่อ", "at"),
        out.pick("ผู้ขาย", "seller"),
        out.pick("บัญชี", "account"),
        "SKU",
        out.pick("ขั้นตอน", "step"),
        out.pick("สาเหตุ", "cause"),
    )
    rows = [(o.id, o.at, o.seller, o.account, o.sku, _where(out, o.where), o.cause) for o in letters]
    out.table(heads, rows, flexible=6)
    out.block(out.pick("รายละเอียด:", "Details:"), [f"#{letter.id} {letter.detail}" for letter in letters])


def show_letter(out: Output, letter: Letter) -> None:
    """Print one letter in full."""
    whose = " · ".join(part for part in (letter.seller, letter.account, letter.sku) if part)
    out.block(f"#{letter.id} {whose}".rstrip() + f": {_cause(out, letter.cause)}", [letter.detail])
    if letter.message is not None:
        out.block(out.pick("ข้อความในคิว:", "Message:"), [str(letter.message)])
    if letter.resolution is not None:
        said = f" ({letter.reason})" if letter.reason else ""
        by = letter.resolved_by or out.pick("ระบบ", "the system")
        out.say(f"ปิดแล้วโดย {by}: {letter.resolution}{said}", f"Closed by {by}: {letter.resolution}{said}")


def show_forecast(out: Output, letter: Letter, forecast: Forecast | None) -> None:
    """Print what a replay of a letter would do."""
    if letter.resolution is not None:
        return
    action = settled_action(letter)
    if forecast is None or action is not None:
        th, en = ACTIONS[action or Action.KEPT]
        out.say(f"ถ้าสั่ง replay: {th}", f"A replay: {en}.")
        return
    step = step_name(out, forecast.step.value)
    out.say(f"ถ้าสั่ง replay ขั้นตอนต่อไปคือ: {step}", f"After a replay the next step is: {step}")
    if forecast.why:
        out.block(out.pick("ก่อนอื่น:", "First:"), [out.problem(problem) for problem in forecast.why])


def show_replayed(out: Output, done: Sequence[Replayed], *, dry_run: bool) -> None:
    """Print what became of the letters: each of them in a rehearsal, else the counts."""
    if not done:
        out.say("ไม่มีจดหมายตายที่ต้องทำต่อ", "There is no dead letter to replay.")
        return
    if dry_run:
        _show_rehearsal(out, done)
    for action, count in Counter(one.action for one in done).items():
        th, en = ACTIONS[action]
        out.say(f"{count} ฉบับ: {th}", f"{count} letters: {en}")
    due = [one.due_at for one in done if one.due_at is not None]
    if due:
        out.say(
            f"ทยอยทำตั้งแต่ {min(due).astimezone():%H:%M:%S} ถึง {max(due).astimezone():%H:%M:%S}",
            f"Spread from {min(due).astimezone():%H:%M:%S} to {max(due).astimezone():%H:%M:%S}.",
        )


def _show_rehearsal(out: Output, done: Sequence[Replayed]) -> None:
    heads = (
        out.pick("เลขที่", "number"),
        out.pick("ผู้ขาย", "seller"),
        out.pick("บัญชี", "account"),
        "SKU",
        out.pick("ผล", "what happens"),
        out.pick("ขั้นตอนต่อไป", "next step"),
    )
    rows = [
        (
            one.letter.id,
            one.letter.seller,
            one.letter.account,
            one.letter.sku,
            out.pick(*ACTIONS[one.action]),
            None if one.forecast is None else step_name(out, one.forecast.step.value),
        )
        for one in done
    ]
    out.table(heads, rows, flexible=4)
    reasons: dict[str, list[str]] = {}
    for one in done:
        for problem in one.forecast.why if one.forecast is not None else ():
            reasons.setdefault(out.problem(problem), []).append(f"{one.letter.sku} ({one.letter.account})")
    for sentence, whose in reasons.items():
        out.block(sentence, whose)


def _cause(out: Output, cause: str) -> str:
    error, _, code = cause.partition(" ")
    words = out.pick(*in_words(error))
    return f"{words} [{code}]" if code else words


def _where(out: Output, where: str) -> str | None:
    return step_name(out, where) if where in _STEPS else where or None
