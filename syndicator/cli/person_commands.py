"""Commands for a market without an API: the pack a person enters there, and the code the person brings back."""

from pathlib import Path
from typing import Annotated

import typer

from schemas.ids import Sku
from syndicator.cli.chosen_accounts import chosen_accounts
from syndicator.cli.options import Json, Seller, begin
from syndicator.cli.stack import open_app
from syndicator.usecases.person import make_pack, record_code


def pack(
    sku: Annotated[str, typer.Argument(help="Code of a stored product.")],
    channel: Annotated[str, typer.Option("--channel", help="Account of a market without an API.")],
    folder: Annotated[Path, typer.Option("--to", help="Folder to write the ZIP to.")] = Path(),
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Write the checked pack a person enters on a market without an API: sheet row, texts, pictures, missing papers."""
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as app:
        seller_id, accounts = chosen_accounts(app, command, channel)
        with app.database.begin() as uow:
            made = make_pack(uow, app.adapters, accounts[0], seller_id, Sku(sku))
    path = folder / made.filename
    path.write_bytes(made.data)
    command.out.say(f"เตรียมชุดลงสินค้าแล้ว: {path}", f"The pack is ready: {path}")
    command.out.data({"file": str(path), "bytes": len(made.data)})


def record(
    sku: Annotated[str, typer.Argument(help="Code of the product that was entered.")],
    code: Annotated[str, typer.Argument(help="The code the market gave.")],
    channel: Annotated[str, typer.Option("--channel", help="Account of a market without an API.")],
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Record the code a market without an API gave back; the listing is then on sale."""
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as app:
        seller_id, accounts = chosen_accounts(app, command, channel)
        with app.database.begin() as uow:
            receipt = record_code(
                uow, app.adapters, accounts[0], seller_id, Sku(sku), code, now=app.clock.now()
            )
    command.out.say(
        f"บันทึกแล้ว: {receipt.permalink or receipt.external_id}",
        f"Recorded: {receipt.permalink or receipt.external_id}",
    )
    command.out.data({"external_id": receipt.external_id, "permalink": receipt.permalink})
