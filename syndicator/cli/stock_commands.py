"""``syndicator stock``: what there is, what every channel shows of it, and what people change by hand."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from schemas.ids import SellerId, Sku
from schemas.problem import Problem
from syndicator.bootstrap import App
from syndicator.cli import reconcile_commands, stock_looks, stock_rule_commands
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.look_commands import known_seller
from syndicator.cli.options import Command, Json, Seller, begin
from syndicator.cli.publish_commands import failed_rows_path, refused_json, show_refused
from syndicator.cli.stack import open_app
from syndicator.cli.stock_views import changed_json, show_changed
from syndicator.intake.failed_rows import write_failed_rows
from syndicator.intake.stock_file import StockFile, read_stock_file
from syndicator.usecases.stock import Changed, Reason, adjust_stock, count_stock

app = typer.Typer(
    help="Stock: what there is, what every channel shows of it, and what you change by hand.",
    no_args_is_help=True,
)
app.command("show")(stock_looks.show)
app.command("history")(stock_looks.history)
app.command("delays")(stock_looks.delays)
app.command("rules")(stock_rule_commands.rules)
app.command("reconcile")(reconcile_commands.reconcile)

Figures = Annotated[
    list[str], typer.Argument(metavar="SKU=UNITS...", help="As many as you like: A-1=12 B-2=0")
]
Note = Annotated[str | None, typer.Option(help="In your words, for the history.")]
Reference = Annotated[
    str | None,
    typer.Option(
        help="Name of this entry: entered again under the same name it changes nothing (a new one each time)."
    ),
]
CHUNK = 500
"""Codes of a file in one transaction; short, so that orders coming in meanwhile do not wait."""


@app.command("set")
def set_stock(
    figures: Figures,
    note: Note = None,
    reference: Reference = None,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Say how many units are on the shelf now, those promised to buyers included. The channels follow at once."""
    _count(figures, None, note, reference, seller, as_json=as_json)


@app.command("count")
def count(
    figures: Figures,
    began: Annotated[
        datetime | None,
        typer.Option(
            help="When the counting began (local time): what left the shelf since is taken off once more."
        ),
    ] = None,
    note: Note = None,
    reference: Reference = None,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Enter a stock-take. It stays right when orders come in while you count: they change what is promised, not the shelf."""
    moment = None if began is None else began.astimezone()
    _count(figures, moment, note, reference, seller, as_json=as_json)


@app.command("adjust")
def adjust(
    figures: Annotated[
        list[str], typer.Argument(metavar="SKU=±UNITS...", help="As many as you like: A-1=-2 B-2=+10")
    ],
    reason: Annotated[
        Reason, typer.Option(help="Why; a sale is one by hand, say at the stall.")
    ] = Reason.OTHER,
    note: Note = None,
    reference: Reference = None,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Add or take off units. The channels follow at once."""
    command = begin(as_json=as_json, seller=seller)
    wanted = _figures(figures)
    with open_app(command.settings) as opened:
        changed = adjust_stock(
            known_seller(opened, command.seller),
            wanted,
            reason=reason,
            reference=reference or _fresh(),
            note=note,
            database=opened.database,
            clock=opened.clock,
        )
    show_changed(command.out, changed)
    command.out.data({"changed": [changed_json(one) for one in changed]})


@app.command("import")
def import_file(
    file: Annotated[
        Path, typer.Argument(help="CSV or XLSX with a column of codes and a column of quantities.")
    ],
    reference: Reference = None,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Take the counted units of many codes from a file; rows that cannot be taken come back in a file of their own."""
    command = begin(as_json=as_json, seller=seller)
    read = read_stock_file(file)
    with open_app(command.settings) as opened:
        seller_id = known_seller(opened, command.seller)
        read = _without_unknown(opened, seller_id, read)
        changed = _count_file(opened, command, seller_id, read, reference or _fresh())
    written = write_failed_rows(read, failed_rows_path(file)) if read.bad_rows else None
    show_changed(command.out, [one for one in changed if one.before != one.after])
    show_refused(command, read, written)
    command.out.data(
        {
            "counted": len(changed),
            "changed": [changed_json(one) for one in changed if one.before != one.after],
            "refused": refused_json(read),
            "failed_rows": None if written is None else str(written),
        }
    )
    if read.bad_rows:
        raise typer.Exit(Exit.BAD_INPUT)


def _count(
    figures: Sequence[str],
    began: datetime | None,
    note: str | None,
    reference: str | None,
    seller: str | None,
    *,
    as_json: bool,
) -> None:
    command = begin(as_json=as_json, seller=seller)
    wanted = _figures(figures)
    with open_app(command.settings) as opened:
        changed = count_stock(
            known_seller(opened, command.seller),
            wanted,
            reference=reference or _fresh(),
            as_of=began,
            note=note,
            database=opened.database,
            clock=opened.clock,
        )
    show_changed(command.out, changed)
    command.out.data({"changed": [changed_json(one) for one in changed]})


def _without_unknown(opened: App, seller_id: SellerId, read: StockFile) -> StockFile:
    with opened.database.begin() as uow:
        known = {one.sku for one in uow.stock_reports.stock(seller_id, list(read.counts))}
    return read.without([sku for sku in read.counts if sku not in known])


def _count_file(
    opened: App, command: Command, seller_id: SellerId, read: StockFile, reference: str
) -> list[Changed]:
    every = list(read.counts.items())
    changed: list[Changed] = []
    with command.out.progress() as progress:
        for start in range(0, len(every), CHUNK):
            changed += count_stock(
                seller_id,
                dict(every[start : start + CHUNK]),
                reference=reference,
                database=opened.database,
                clock=opened.clock,
            )
            progress("stock", len(changed), len(every))
    return changed


def _figures(words: Sequence[str]) -> Mapping[Sku, int]:
    """Read ``SKU=UNITS`` words.

    Raises:
        CommandFailed: A word is none, or a code stands twice.
    """
    found: dict[Sku, int] = {}
    for word in words:
        sku, sign, units = word.rpartition("=")
        try:
            number = int(units)
        except ValueError:
            sign = ""
        if not sign or not sku:
            raise CommandFailed(_not_a_figure(word), Exit.USAGE)
        if Sku(sku) in found:
            raise CommandFailed(_twice(sku), Exit.USAGE)
        found[Sku(sku)] = number
    return found


def _fresh() -> str:
    return uuid.uuid4().hex


def _not_a_figure(word: str) -> Problem:
    return Problem(
        path="SKU=UNITS",
        code="figure_unreadable",
        th=f"อ่าน “{word}” ไม่ออก เขียนเป็น รหัส=จำนวน เช่น A-1=12",
        en=f'"{word}" is not CODE=UNITS, such as A-1=12',
    )


def _twice(sku: str) -> Problem:
    return Problem(
        path="SKU=UNITS",
        code="figure_twice",
        th=f"รหัส {sku} มีสองครั้งในคำสั่งเดียว ใส่ครั้งเดียว",
        en=f"{sku} stands twice in one command; give it once",
    )
