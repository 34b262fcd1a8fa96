"""``syndicator stock rules``: what of the free units each account shows; every change can be tried without being made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from schemas.ids import AccountId, Sku
from schemas.problem import Problem
from syndicator.bootstrap import App
from syndicator.cli.chosen_accounts import chosen_accounts
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.options import Json, Seller, begin
from syndicator.cli.output import Output
from syndicator.cli.stack import open_app
from syndicator.cli.stock_rule_views import (
    buffer_json,
    figure_json,
    rule_json,
    show_buffers,
    show_figures,
    show_rules,
)
from syndicator.domain.stock_rule import LastUnits, StockRule
from syndicator.store.accounts import StoredAccount
from syndicator.store.showing import AccountRules
from syndicator.usecases.stock_rules import Wanted, change_rules, explain_buffers, foresee_rules

Account = Annotated[
    str | None, typer.Option("--account", help="The account whose rule is changed; none changes nothing.")
]


@dataclass(frozen=True, slots=True)
class _Asked:
    account: str | None
    buffer: str | None
    share: int | None
    cap: str | None
    last: str | None


def rules(
    account: Account = None,
    buffer: Annotated[
        str | None, typer.Option(help="Units kept back; auto sizes them from demand and the measured delay.")
    ] = None,
    share: Annotated[
        int | None, typer.Option(min=1, max=100, help="Percent of the rest that is shown.")
    ] = None,
    cap: Annotated[str | None, typer.Option(help="Never more than this; none lifts it.")] = None,
    last: Annotated[
        str | None,
        typer.Option(
            "--last-units", help="While at most this many are left, only --account sells; none lifts it."
        ),
    ] = None,
    sku: Annotated[
        list[str] | None, typer.Option(help="Show what every account shows of this code, and why.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; change nothing.")
    ] = False,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Show or change what of the free units each account shows. --dry-run shows every figure that would change, and why."""
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as app:
        seller_id, accounts = chosen_accounts(app, command, None)
        wanted = _wanted(accounts, _Asked(account, buffer, share, cap, last), _rules(app, accounts))
        skus = None if sku is None else [Sku(one) for one in sku]
        previews = foresee_rules(seller_id, wanted, skus=skus, database=app.database)
        if wanted is not None and not dry_run:
            change_rules(seller_id, wanted, database=app.database, clock=app.clock)
        now = _rules(app, accounts)
        buffers = (
            [] if skus is None else explain_buffers(seller_id, skus, database=app.database, clock=app.clock)
        )
    names = {stored.account.id: stored.account.name for stored in accounts}
    figures = [one for one in previews if skus is not None or one.now != one.then]
    show_rules(command.out, names, now)
    show_figures(command.out, names, figures)
    show_buffers(command.out, names, buffers)
    if wanted is not None:
        _tell(command.out, sum(one.now.units != one.then.units for one in previews), dry_run=dry_run)
    command.out.data(
        {
            "rules": [rule_json(names, one) for one in now.values()],
            "figures": [figure_json(names, one) for one in figures],
            "buffers": [buffer_json(names, *one) for one in buffers],
            "changed": wanted is not None and not dry_run,
        }
    )


def _rules(app: App, accounts: Sequence[StoredAccount]) -> dict[AccountId, AccountRules]:
    with app.database.begin() as uow:
        return {stored.account.id: uow.showing.rules(stored.account.id) for stored in accounts}


def _wanted(
    accounts: Sequence[StoredAccount], asked: _Asked, rules: dict[AccountId, AccountRules]
) -> Wanted | None:
    given = {"buffer": asked.buffer, "share_percent": asked.share, "cap": asked.cap}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes and asked.last is None:
        return None
    chosen = next((one.account.id for one in accounts if one.account.name == asked.account), None)
    if chosen is None and (changes or asked.last != "none"):
        raise CommandFailed(_no_account(asked.account, accounts), Exit.USAGE)
    account_id = chosen or accounts[0].account.id
    try:
        rule = StockRule.model_validate(
            {**rules[account_id].rule.model_dump(), **{n: _value(v) for n, v in changes.items()}}
        )
        last = rules[account_id].last_units
        if asked.last is not None:
            value = _value(asked.last)
            last = (
                None
                if value is None
                else LastUnits.model_validate({"units": value, "account_id": account_id})
            )
    except ValidationError as exc:
        raise CommandFailed(_no_rule(exc), Exit.USAGE) from exc
    return Wanted(account_id=account_id, rule=rule, last_units=last)


def _value(word: Any) -> Any:
    if word == "none":
        return None
    return int(word) if isinstance(word, str) and word.isdecimal() else word


def _tell(out: Output, count: int, *, dry_run: bool) -> None:
    if dry_run:
        out.say(
            f"ถ้าเปลี่ยน จะปรับ {count} ตัวเลข ยังไม่ได้เปลี่ยนอะไร",
            f"{count} figures would change; nothing was changed.",
        )
    else:
        out.say(
            f"เปลี่ยนแล้ว กำลังปรับ {count} ตัวเลขบนช่องทาง",
            f"Changed; {count} figures are on their way to the channels.",
        )


def _no_account(name: str | None, accounts: Sequence[StoredAccount]) -> Problem:
    known = ", ".join(stored.account.name for stored in accounts)
    return Problem(
        path="--account",
        code="account_unknown",
        th=f"บอกด้วย --account ว่าจะเปลี่ยนบัญชีใด ({known})" + (f" ไม่มีบัญชีชื่อ {name}" if name else ""),
        en=f"say with --account which account to change ({known})"
        + (f"; there is no {name}" if name else ""),
    )


def _no_rule(exc: ValidationError) -> Problem:
    first = exc.errors(include_url=False)[0]
    where = str(first["loc"][0]) if first["loc"] else ""
    return Problem(
        path=f"--{where.replace('_percent', '')}",
        code="rule_unusable",
        th=f"ค่าของ {where} ใช้ไม่ได้ ใส่จำนวนชิ้นเป็นเลขเต็ม 0 ขึ้นไป (--buffer ใส่ auto ได้ --cap และ --last-units ใส่ none ได้)",
        en=f"{where} cannot be that; give whole units from 0 (--buffer may be auto, --cap and --last-units may be none)",
    )
