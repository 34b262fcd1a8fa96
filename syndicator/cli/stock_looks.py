"""Looking at stock: levels, what channels show, the history of a code, how fast channels follow."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from schemas.ids import SellerId, Sku
from schemas.problem import Problem
from syndicator.bootstrap import App
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.look_commands import known_seller
from syndicator.cli.options import Json, Seller, begin
from syndicator.cli.stack import open_app
from syndicator.cli.stock_views import (
    delays_json,
    show_channels,
    show_delays,
    show_history,
    show_stock,
    stock_json,
)
from syndicator.domain.stock_rule import Shown
from syndicator.domain.stock_sentences import unknown_sku
from syndicator.store.pushes import Push
from syndicator.store.stock_reports import StockReport


def show(
    skus: Annotated[
        list[str] | None, typer.Argument(metavar="[SKU]...", help="Codes; none means all.")
    ] = None,
    low: Annotated[
        int | None, typer.Option(min=0, help="Only codes with at most this many free units.")
    ] = None,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Show what is on the shelf, promised, owed and free; with codes, also what every channel shows of them and since when."""
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as app:
        seller_id = known_seller(app, command.seller)
        reports = _reports(app, seller_id, skus)
        if low is not None:
            reports = [one for one in reports if one.level.available <= low]
        rows = on_channels(app, seller_id, reports) if skus else []
    if not reports:
        command.out.say("ไม่มีสินค้าตามที่ขอ", "There are no such goods.")
    show_stock(command.out, reports)
    if rows:
        show_channels(command.out, rows)
    command.out.data(
        {
            "stock": [stock_json(one) for one in reports],
            "channels": [
                {
                    "account": account,
                    "sku": sku,
                    "shows": figure.units,
                    "because": figure.because,
                    "sent_at": push and push.sent_at,
                    "seen_at": push and push.seen_at,
                }
                for account, sku, figure, push in rows
            ],
        }
    )


def history(
    sku: Annotated[str, typer.Argument(help="Code of the variant.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Newest movements shown.")] = 50,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Show every movement of one code, newest first: counted, sold, ordered, shipped, returned, corrected."""
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as app:
        seller_id = known_seller(app, command.seller)
        reports = [one for one in _reports(app, seller_id, [sku]) if one.sku == sku]
        if not reports:
            raise CommandFailed(unknown_sku(Sku(sku)), Exit.BAD_INPUT)
        with app.database.begin() as uow:
            movements = uow.stock_reports.history(reports[0].variant_id, limit=limit)
    show_history(command.out, movements)
    command.out.data([asdict(one) for one in movements])


def delays(
    days: Annotated[int, typer.Option(min=1, max=365, help="How far back.")] = 7,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Show how long stock changes took to be sent, and to be seen on each channel."""
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as app:
        seller_id = known_seller(app, command.seller)
        with app.database.begin() as uow:
            names = {stored.account.id: stored.account.name for stored in uow.accounts.of_seller(seller_id)}
            found = uow.pushes.delays(names, since=app.clock.now() - timedelta(days=days))
    rows = [(names[id_], one) for id_, one in found.items()]
    if not rows:
        command.out.say("ยังไม่มีการเปลี่ยนสต็อกในช่วงนี้", "No stock has changed in this time.")
    else:
        show_delays(command.out, rows)
    command.out.data([delays_json(name, one) for name, one in rows])


def on_channels(
    app: App, seller_id: SellerId, reports: Sequence[StockReport]
) -> list[tuple[str, str, Shown, Push | None]]:
    """Return what every account of the seller that lists the goods shows of them: account, SKU, figure, newest push."""
    products = {one.product_id for one in reports}
    rows: list[tuple[str, str, Shown, Push | None]] = []
    with app.database.begin() as uow:
        accounts = uow.accounts.of_seller(seller_id)
        listed = uow.listings.known(products)
        pushes = {
            (push.account_id, sku): push
            for push in uow.pushes.newest(products).values()
            for sku in push.units
        }
        for stored in accounts:
            id_ = stored.account.id
            figures = uow.showing.shown(id_, products)
            for one in reports:
                if (one.product_id, id_) in listed:
                    figure = figures[one.product_id][one.sku]
                    rows.append((stored.account.name, one.sku, figure, pushes.get((id_, one.sku))))
    return rows


def _reports(app: App, seller_id: SellerId, skus: Sequence[str] | None) -> Sequence[StockReport]:
    with app.database.begin() as uow:
        found = uow.stock_reports.stock(seller_id, None if not skus else [Sku(sku) for sku in skus])
    if skus and not found:
        raise CommandFailed(_unknown(skus), Exit.BAD_INPUT)
    return found


def _unknown(skus: Sequence[str]) -> Problem:
    return unknown_sku(Sku(", ".join(skus)))
