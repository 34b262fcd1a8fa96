"""Commands that only look: status, listings, attempts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from schemas.ids import ListingId, SellerId, Sku
from schemas.listing import ListingState
from schemas.problem import Problem
from syndicator.bootstrap import App
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.options import Json, Seller, begin
from syndicator.cli.output import Output
from syndicator.cli.stack import open_app
from syndicator.cli.views import (
    account_json,
    counts_by_account,
    listing_json,
    show_counts,
    show_links,
    show_listings,
    show_waiting_accounts,
    show_what_to_do,
    step_name,
)

LANES = ("stock", "price", "content", "bulk")


def status(
    sku: Annotated[str | None, typer.Argument(help="Code of one product.")] = None,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Say whether the goods are on sale, where, and what must be mended."""
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as app:
        seller_id = known_seller(app, command.seller)
        with app.database.begin() as uow:
            found = uow.reports.listings(seller_id, skus=None if sku is None else [Sku(sku)])
            accounts = uow.accounts.of_seller(seller_id)
    if sku is not None and not found:
        raise CommandFailed(_not_found(sku), Exit.BAD_INPUT)
    if sku is None:
        show_counts(command.out, found)
        show_what_to_do(command.out, [x for x in found if x.state is ListingState.NEEDS_YOU])
        show_waiting_accounts(command.out, accounts)
    else:
        show_listings(command.out, found)
        show_links(command.out, found)
    command.out.data(
        {
            "channels": counts_by_account(found),
            "accounts": [account_json(stored) for stored in accounts],
            "listings": [listing_json(x) for x in found],
        }
    )


def listings(
    state: Annotated[ListingState | None, typer.Option(help="Only listings in this state.")] = None,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """List every listing of the seller."""
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as app:
        seller_id = known_seller(app, command.seller)
        with app.database.begin() as uow:
            found = uow.reports.listings(seller_id, states=None if state is None else [state])
    show_listings(command.out, found)
    command.out.data([listing_json(x) for x in found])


def known_seller(app: App, code: str) -> SellerId:
    """Return the seller's id.

    Raises:
        CommandFailed: There is no such seller.
    """
    with app.database.begin() as uow:
        seller_id = uow.accounts.seller(code)
    if seller_id is None:
        raise CommandFailed(
            Problem(
                path="--seller",
                code="seller_unknown",
                th=f"ไม่มีผู้ขายชื่อ {code} เริ่มด้วย: syndicator channels connect --seller {code}",
                en=f"there is no seller {code}; begin with: syndicator channels connect --seller {code}",
            ),
            Exit.BAD_INPUT,
        )
    return seller_id


def _not_found(sku: str) -> Problem:
    return Problem(
        path="sku",
        code="sku_unknown",
        th=f"ไม่พบสินค้ารหัส {sku}",
        en=f"there is no product {sku}",
    )


def attempts(
    listing: Annotated[int, typer.Argument(help="Number of the listing (see: syndicator listings --json).")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Newest attempts shown.")] = 50,
    as_json: Json = False,
) -> None:
    """Show every step tried for a listing: the intent, and how it ended."""
    command = begin(as_json=as_json)
    with open_app(command.settings) as app, app.database.begin() as uow:
        rows = uow.reports.attempts(ListingId(listing), limit=limit)
    show_attempts(command.out, rows)
    command.out.data([{**row._asdict()} for row in rows])


def show_attempts(out: Output, rows: Sequence[Any]) -> None:
    """Print one row for each attempt, and what was said below the table."""
    heads = (
        out.pick("เริ่ม", "began"),
        out.pick("วินาที", "seconds"),
        out.pick("ขั้นตอน", "step"),
        out.pick("ผล", "outcome"),
        out.pick("รหัสช่องทาง", "vendor code"),
        "HTTP",
    )
    out.table(
        heads,
        [
            (
                _clock(row.began_at),
                None if row.ended_at is None else f"{(row.ended_at - row.began_at).total_seconds():.2f}",
                step_name(out, row.step),
                row.outcome,
                row.vendor_code,
                row.http_status,
            )
            for row in rows
        ],
    )
    said = [f"{_clock(row.began_at)} {row.message}" for row in rows if row.message]
    if said:
        out.block(out.pick("รายละเอียด:", "Details:"), said)


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone():%m-%d %H:%M:%S}"
