"""``syndicator notices``: what people are told of accounts in trouble, newest first."""

from dataclasses import asdict
from typing import Annotated

import typer

from syndicator.cli.options import Json, Seller, begin
from syndicator.cli.stack import open_app


def notices(
    every: Annotated[bool, typer.Option("--all", help="Answered ones, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Notices shown, newest first.")] = 50,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """List the notices of accounts that need a person; one closes by itself when its account works again.

    Without --seller those of every seller are listed.
    """
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as app, app.database.begin() as uow:
        found = uow.notices.newest(limit=limit, with_answered=every, seller=seller)
    out = command.out
    if not found:
        out.say("ไม่มีบัญชีใดที่ต้องดูแล", "No account needs you.")
    for one in found:
        answered = "" if one.answered_at is None else out.pick(" (แก้แล้ว)", " (answered)")
        moment = f"{one.made_at.astimezone():%Y-%m-%d %H:%M}"
        out.block(f"{one.seller} / {one.account} {moment}{answered}:", [out.pick(one.th, one.en)])
    out.data({"notices": [asdict(one) for one in found]})
