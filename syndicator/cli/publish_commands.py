"""``syndicator publish``: a file of products on sale on the seller's channels."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from schemas.ids import AccountId, SellerId
from schemas.listing import ListingState
from schemas.problem import Problem
from syndicator.bootstrap import App
from syndicator.cli.chosen_accounts import chosen_accounts, unopened
from syndicator.cli.exit_codes import Exit
from syndicator.cli.following import follow, listings_of
from syndicator.cli.options import Command, Json, Seller, begin
from syndicator.cli.stack import open_app, remembered_mode, running_stack, start_stack
from syndicator.cli.views import (
    account_json,
    counts_by_account,
    listing_json,
    show_counts,
    show_waiting_accounts,
    show_what_to_do,
    step_name,
)
from syndicator.intake.failed_rows import write_failed_rows
from syndicator.intake.result import HasBadRows, IntakeResult
from syndicator.local.servers import holder
from syndicator.store.accounts import StoredAccount
from syndicator.usecases.import_file import ImportReport, import_file, read_file
from syndicator.usecases.preview import Preview, preview_product

ChannelsOption = Annotated[
    str | None, typer.Option("--channels", help="Only these accounts or kinds of channel, comma-separated.")
]


def publish(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX of products.")],
    photos: Annotated[
        Path | None, typer.Option("--photos", help="Folder of the pictures (the file's own).")
    ] = None,
    seller: Seller = None,
    channels: ChannelsOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and count; store and send nothing.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until every listing is settled.")
    ] = True,
    within: Annotated[int, typer.Option("--within", min=1, help="Longest wait, in seconds.")] = 3600,
    as_json: Json = False,
) -> None:
    """Put the products of a file on sale on the seller's channels."""
    command = begin(as_json=as_json, seller=seller)
    if dry_run:
        raise typer.Exit(_dry_run(command, file, photos, channels))
    with ExitStack() as stack:
        app = _open(command, stack, wait=wait)
        seller_id, accounts = chosen_accounts(app, command, channels)
        broken = unopened(app, accounts)
        with command.out.progress() as progress:
            report = import_file(
                seller_id,
                file,
                photos=photos,
                account_ids=[stored.account.id for stored in accounts],
                failed_rows=failed_rows_path(file),
                tools=app.intake_tools,
                progress=progress,
            )
            settled = not wait or follow(
                app,
                seller_id,
                account_ids=[stored.account.id for stored in accounts if stored.account.id not in broken],
                within=timedelta(seconds=within),
                progress=progress,
            )
        code = _tell(command, app, seller_id, accounts, report, broken, settled=settled and wait, waited=wait)
    raise typer.Exit(code)


def failed_rows_path(file: Path) -> Path:
    """Return where the refused rows of ``file`` go: beside it, under a name of their own."""
    return file.with_name(f"{file.stem}.failed{file.suffix}")


def _open(command: Command, stack: ExitStack, *, wait: bool) -> App:
    """Open the application where workers run; where nothing runs on this machine, run everything for the while."""
    settings = command.settings
    alone = (
        settings.database_url is None and running_stack(settings.var) is None and holder(settings.var) is None
    )
    if alone and wait:
        return stack.enter_context(start_stack(settings, remembered_mode(settings.var))).app
    return stack.enter_context(open_app(settings))


def _tell(
    command: Command,
    app: App,
    seller_id: SellerId,
    accounts: Sequence[StoredAccount],
    report: ImportReport,
    broken: Mapping[AccountId, Problem],
    *,
    settled: bool,
    waited: bool,
) -> int:
    out = command.out
    ids = [stored.account.id for stored in accounts]
    wanted = set(report.accepted)
    listings = [listing for listing in listings_of(app, seller_id, ids) if listing.sku in wanted]
    show_refused(command, report.intake, report.failed_rows)
    out.say(
        f"รับแล้ว {len(report.accepted)} สินค้า (ใหม่ {len(report.created)} แก้ไข {len(report.updated)} "
        f"ไม่เปลี่ยน {len(report.unchanged)})",
        f"{len(report.accepted)} products taken ({len(report.created)} new, {len(report.updated)} changed, "
        f"{len(report.unchanged)} unchanged)",
    )
    now = _now(app, ids, broken)
    show_counts(out, listings)
    show_what_to_do(out, [listing for listing in listings if listing.state is ListingState.NEEDS_YOU])
    show_waiting_accounts(out, now)
    if not settled:
        out.say(
            "ยังมีประกาศที่กำลังส่ง ระบบจะทำต่อเองเมื่อเปิดอยู่ ดูได้ด้วย: syndicator status",
            "Some listings are still on their way; they go on while the system runs. See: syndicator status",
        )
    out.data(
        {
            "rows": report.rows,
            "products": len(report.accepted),
            "created": len(report.created),
            "updated": len(report.updated),
            "unchanged": len(report.unchanged),
            "refused_rows": refused_json(report.intake),
            "failed_rows_file": None if report.failed_rows is None else str(report.failed_rows),
            "channels": counts_by_account(listings),
            "accounts": [account_json(stored) for stored in now],
            "needs_you": [listing_json(x) for x in listings if x.state is ListingState.NEEDS_YOU],
            "settled": settled,
        }
    )
    # Who asked not to wait got what was asked for.
    return _exit_code(now, report.intake, settled=settled or not waited)


def _now(
    app: App, account_ids: Sequence[AccountId], broken: Mapping[AccountId, Problem]
) -> Sequence[StoredAccount]:
    """Read the accounts again: one may have been refused by its channel meanwhile."""
    with app.database.begin() as uow:
        accounts = uow.accounts.get(account_ids).values()
    return tuple(replace(one, problem=broken.get(one.account.id, one.problem)) for one in accounts)


def _exit_code(accounts: Sequence[StoredAccount], intake: IntakeResult, *, settled: bool) -> int:
    if intake.bad_rows:
        return Exit.BAD_INPUT
    if any(stored.problem is not None for stored in accounts):
        return Exit.CHANNEL
    return Exit.OK if settled else Exit.UNFINISHED


def show_refused(command: Command, intake: HasBadRows, written: Path | None) -> None:
    """Print the refused rows with their reasons, and where they were written."""
    out = command.out
    for note in intake.notes:
        out.say(note.th, note.en)
    if not intake.bad_rows:
        return
    out.say(f"แถวที่ยังไม่ได้รับ {len(intake.bad_rows)} แถว:", f"{len(intake.bad_rows)} rows were not taken:")
    for bad in intake.bad_rows:
        out.block(
            out.pick(f"แถว {bad.line}", f"line {bad.line}"),
            [f"{problem.path}: {out.problem(problem)}" for problem in bad.problems],
        )
    if written is not None:
        out.say(f"แก้ในไฟล์นี้แล้วส่งใหม่ได้เลย: {written}", f"Mend them in this file and send it again: {written}")


def refused_json(intake: HasBadRows) -> list[dict[str, Any]]:
    """Return the refused rows for programs."""
    return [
        {"line": bad.line, "problems": [problem.model_dump() for problem in bad.problems]}
        for bad in intake.bad_rows
    ]


def _dry_run(command: Command, file: Path, photos: Path | None, channels: str | None) -> int:
    with open_app(command.settings) as app:
        _, chosen = chosen_accounts(app, command, channels)
        broken = unopened(app, chosen)
        accounts = [stored for stored in chosen if stored.account.id not in broken]
        intake, found = read_file(file, photos, app.intake_tools)
        with app.database.begin() as uow:
            previews = [
                preview_product(
                    uow,
                    app.adapters,
                    stored,
                    item.product,
                    uow.showing.foreseen(stored.account.id, stored.account.seller_id, item.stock),
                    photos=found,
                )
                for item in intake.products
                for stored in accounts
            ]
    written = write_failed_rows(intake, failed_rows_path(file)) if intake.bad_rows else None
    show_refused(command, intake, written)
    _show_plan(command, previews)
    now = [replace(one, problem=broken.get(one.account.id, one.problem)) for one in chosen]
    show_waiting_accounts(command.out, now)
    command.out.data(
        {
            "rows": intake.rows,
            "products": len(intake.products),
            "refused_rows": refused_json(intake),
            "accounts": [account_json(stored) for stored in now],
            "plan": [preview.summary() for preview in previews],
        }
    )
    return _exit_code(now, intake, settled=True)


def _show_plan(command: Command, previews: Sequence[Preview]) -> None:
    out = command.out
    counts: dict[tuple[str, str], int] = {}
    for preview in previews:
        counts[preview.account, preview.step] = counts.get((preview.account, preview.step), 0) + 1
    columns = (out.pick("บัญชี", "account"), out.pick("จะทำ", "would do"), out.pick("ประกาศ", "listings"))
    rows = [(account, step_name(out, step), count) for (account, step), count in sorted(counts.items())]
    out.table(columns, rows)
    for preview in previews:
        if preview.problems:
            title = out.pick(f"{preview.sku} ที่ {preview.account}:", f"{preview.sku} on {preview.account}:")
            out.block(title, [out.problem(problem) for problem in preview.problems])
