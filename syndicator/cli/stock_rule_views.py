"""The rules of accounts and what follows from them, as tables for people and as JSON for programs."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.ids import AccountId, Sku
from syndicator.cli.output import Output
from syndicator.cli.stock_views import rule_name
from syndicator.domain.buffer import AutoBuffer
from syndicator.store.showing import AccountRules
from syndicator.usecases.stock_rules import Preview

Names = Mapping[AccountId, str]


def show_rules(out: Output, names: Names, rules: Mapping[AccountId, AccountRules]) -> None:
    """Print one row for each account."""
    heads = (
        out.pick("บัญชี", "account"),
        out.pick("กันไว้", "buffer"),
        out.pick("แบ่ง %", "share %"),
        out.pick("ไม่เกิน", "cap"),
        out.pick("ชิ้นท้าย ๆ", "last units"),
    )
    out.table(
        heads,
        [
            (names[id_], one.rule.buffer, one.rule.share_percent, one.rule.cap, _last(out, names, one))
            for id_, one in rules.items()
        ],
    )


def show_figures(out: Output, names: Names, figures: Sequence[Preview]) -> None:
    """Print what each account shows, would show, and why; nothing where there is nothing to compare."""
    if not figures:
        return
    heads = (
        out.pick("บัญชี", "account"),
        "SKU",
        out.pick("ขายได้", "free"),
        out.pick("แสดงอยู่", "shows"),
        out.pick("จะแสดง", "would show"),
        out.pick("เพราะ", "because of"),
    )
    rows = [
        (
            names[one.account_id],
            one.sku,
            one.then.available,
            one.now.units,
            one.then.units,
            ", ".join(rule_name(out, name) for name in one.then.because) or None,
        )
        for one in figures
    ]
    out.table(heads, rows)


def show_buffers(out: Output, names: Names, buffers: Sequence[tuple[AccountId, Sku, AutoBuffer]]) -> None:
    """Say of each buffer that sized itself where it comes from."""
    for account_id, sku, buffer in buffers:
        out.block(f"{names[account_id]} {sku}: {buffer.units}", [out.pick(*buffer.explained())])


def buffer_json(names: Names, account_id: AccountId, sku: Sku, buffer: AutoBuffer) -> dict[str, Any]:
    """Return a buffer that sized itself for programs."""
    th, en = buffer.explained()
    return {"account": names[account_id], "sku": sku, "units": buffer.units, "th": th, "en": en}


def rule_json(names: Names, rules: AccountRules) -> dict[str, Any]:
    """Return an account's rules for programs."""
    return {
        "account": names[rules.account_id],
        **rules.rule.model_dump(mode="json"),
        "last_units": rules.last_units and rules.last_units.units,
        "last_units_on": rules.last_units and names.get(rules.last_units.account_id),
    }


def figure_json(names: Names, figure: Preview) -> dict[str, Any]:
    """Return what an account shows and would show for programs."""
    return {
        "account": names[figure.account_id],
        "sku": figure.sku,
        "available": figure.then.available,
        "shows": figure.now.units,
        "would_show": figure.then.units,
        "because": figure.then.because,
    }


def _last(out: Output, names: Names, rules: AccountRules) -> str | None:
    if rules.last_units is None:
        return None
    name = names.get(rules.last_units.account_id, "?")
    return out.pick(f"{rules.last_units.units} ชิ้น ที่ {name}", f"{rules.last_units.units} on {name}")
