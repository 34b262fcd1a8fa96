"""Drift in plain words, as tables for people and as JSON for programs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from syndicator.cli.output import Output
from syndicator.domain.drift import Action, DriftKind, Policy
from syndicator.store.drifts import DriftReport

_KINDS_TH = {
    DriftKind.TEXT_EDITED: "ข้อความถูกแก้",
    DriftKind.PRICE_EDITED: "ราคาถูกแก้",
    DriftKind.STOCK_EDITED: "จำนวนถูกแก้",
    DriftKind.PICTURES_EDITED: "รูปถูกแก้",
    DriftKind.DETAILS_EDITED: "รายละเอียดถูกแก้",
    DriftKind.HIDDEN: "ถูกซ่อน",
    DriftKind.DELETED: "ถูกลบ",
}
_ACTIONS_TH = {
    Action.SENT_AGAIN: "ส่งของเดิมกลับไป",
    Action.ACCEPTED: "ใช้ตามช่องทาง",
    Action.ASKED: "รอผู้ขายตอบ",
}
_POLICIES_TH = {Policy.OURS: "ของเรา", Policy.THEIRS: "ของช่องทาง", Policy.ASK: "ถามก่อน"}


def kind_name(out: Output, kind: str) -> str:
    """Return a kind's plain name."""
    return out.pick(_KINDS_TH[DriftKind(kind)], kind.replace("_", " "))


def action_name(out: Output, action: str) -> str:
    """Return an action's plain name."""
    return out.pick(_ACTIONS_TH[Action(action)], action.replace("_", " "))


def policy_name(out: Output, policy: Policy) -> str:
    """Return a policy's plain name."""
    return out.pick(_POLICIES_TH[policy], policy.value)


def show_drift(out: Output, found: Sequence[DriftReport]) -> None:
    """Print one row for each drift, and below the table, at full width, what differs."""
    if not found:
        out.say("ทุกช่องทางแสดงตามที่ส่งไป", "Every channel shows what was sent.")
        return
    columns = (
        "SKU",
        out.pick("บัญชี", "account"),
        out.pick("สิ่งที่ต่าง", "what"),
        out.pick("ทำอะไร", "done"),
        out.pick("พบเมื่อ", "found"),
        out.pick("หายเมื่อ", "over"),
    )
    out.table(
        columns,
        [
            (
                one.sku,
                one.account,
                kind_name(out, one.kind.value),
                action_name(out, one.action.value),
                one.at,
                one.closed_at,
            )
            for one in found
        ],
    )
    for one in found:
        if one.closed_at is None and one.kind.part is not None:
            title = f"{one.sku} / {one.account}, {kind_name(out, one.kind.value)}:"
            lines = [f"{out.pick('ตั้งไว้', 'wanted')}: {one.wanted}", f"{out.pick('ที่เห็น', 'seen')}: {one.seen}"]
            out.block(title, lines)


def drift_json(one: DriftReport) -> dict[str, Any]:
    """Return a drift for programs."""
    return asdict(one)
