"""``syndicator confirm``: a person answers what a listing asks."""

from typing import Annotated, Any

import typer

from adapters.errors import Rejected
from schemas.ids import Sku
from schemas.problem import Problem
from syndicator.cli.chosen_accounts import chosen_accounts
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.options import By, Command, Json, Seller, begin, who
from syndicator.cli.stack import open_app
from syndicator.usecases.confirm import Confirming


def confirm(
    sku: Annotated[str, typer.Argument(help="Code of the product.")],
    channel: Annotated[str, typer.Option("--channel", help="The account that asks.")],
    live: Annotated[
        str | None, typer.Option("--live", metavar="CODE", help="It is there; its code or its address.")
    ] = None,
    absent: Annotated[bool, typer.Option("--absent", help="It is not there: publish it again.")] = False,
    done: Annotated[bool, typer.Option("--done", help="What was asked for by hand is done.")] = False,
    by: By = None,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Answer what a listing asks: it is there, it is not, or what was asked for by hand is done."""
    command = begin(as_json=as_json, seller=seller)
    if [live is not None, absent, done].count(True) != 1:
        raise CommandFailed(_one_answer(), Exit.USAGE)
    with open_app(command.settings) as app:
        seller_id, accounts = chosen_accounts(app, command, channel)
        answer = Confirming(
            seller_id=seller_id,
            stored=accounts[0],
            sku=Sku(sku),
            by=who(by),
            database=app.database,
            adapters=app.adapters,
            clock=app.clock,
        )
        try:
            _answer(command, answer, live, is_absent=absent)
        except Rejected as exc:
            raise CommandFailed(exc.problems[0], Exit.BAD_INPUT) from exc


def _answer(command: Command, answer: Confirming, live: str | None, *, is_absent: bool) -> None:
    document: dict[str, Any] = {"sku": answer.sku, "account": answer.stored.account.name}
    if live is not None:
        receipt = answer.live(live)
        shown = receipt.permalink or receipt.external_id
        command.out.say(f"บันทึกแล้วว่าประกาศอยู่ที่ {shown}", f"Recorded: the listing is at {shown}.")
        document |= {"answer": "live", "external_id": receipt.external_id, "permalink": receipt.permalink}
    elif is_absent:
        answer.absent()
        command.out.say("บันทึกแล้วว่าไม่มีประกาศ ระบบจะลงใหม่", "Recorded: it is not there. It is published again.")
        document |= {"answer": "absent"}
    else:
        parts = sorted(part.value for part in answer.done())
        command.out.say("บันทึกแล้วว่าทำเสร็จแล้ว", "Recorded: it is done.")
        document |= {"answer": "done", "parts": parts}
    command.out.data(document)


def _one_answer() -> Problem:
    return Problem(
        path="",
        code="confirm.one_answer",
        th="ตอบหนึ่งอย่าง: --live CODE (มีประกาศแล้ว), --absent (ไม่มี) หรือ --done (ทำเสร็จแล้ว)",
        en="give one answer: --live CODE (it is there), --absent (it is not), or --done (it is done)",
    )
