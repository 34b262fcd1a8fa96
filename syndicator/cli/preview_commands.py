"""``syndicator preview``: what a channel would get."""

from typing import Annotated

import typer

from schemas.ids import SellerId, Sku
from schemas.problem import Problem
from syndicator.bootstrap import App
from syndicator.cli.chosen_accounts import chosen_accounts
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.options import Json, Seller, begin
from syndicator.cli.stack import open_app
from syndicator.cli.views import step_name
from syndicator.store.accounts import StoredAccount
from syndicator.usecases.preview import Preview, preview_product


def preview(
    sku: Annotated[str, typer.Argument(help="Code of a stored product.")],
    channel: Annotated[str, typer.Option("--channel", help="Account name or kind of channel.")],
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Show exactly what a channel would get: the same text, pictures and figures that publishing sends."""
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as app:
        seller_id, accounts = chosen_accounts(app, command, channel)
        previews = [stored_preview(app, seller_id, sku, stored) for stored in accounts]
    for shown in previews:
        step = step_name(command.out, shown.step)
        command.out.say(f"── {shown.account}: {step}", f"── {shown.account}: {step}")
        command.out.say(shown.text, shown.text)
        for note in shown.notes:
            command.out.say(f"• {note}", f"• {note}")
        for problem in shown.problems:
            command.out.say(f"ต้องแก้ไข: {problem.th}", f"Needs you: {problem.en}")
    command.out.data([shown.document() for shown in previews])


def stored_preview(app: App, seller_id: SellerId, sku: str, stored: StoredAccount) -> Preview:
    """Preview a stored product on an account.

    Raises:
        CommandFailed: The seller has no product of that code.
    """
    with app.database.begin() as uow:
        products = uow.products.by_sku(seller_id, [Sku(sku)])
        found = products.get(Sku(sku))
        if found is None:
            raise CommandFailed(_unknown_sku(sku), Exit.BAD_INPUT)
        stock = uow.showing.shown_of(stored.account.id, found.id)
        return preview_product(uow, app.adapters, stored, found.product, stock)


def _unknown_sku(sku: str) -> Problem:
    return Problem(
        path="sku",
        code="sku_unknown",
        th=f"ไม่พบสินค้ารหัส {sku} ตรวจตัวสะกด หรือส่งไฟล์สินค้าก่อนด้วย: syndicator publish",
        en=f"there is no product {sku}; check the spelling, or send the file first with: syndicator publish",
    )
