"""``syndicator stock reconcile``: read the channels back now, and say what was found and done."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

import typer

from syndicator.bootstrap import App
from syndicator.cli.chosen_accounts import chosen_accounts
from syndicator.cli.drift_views import action_name, kind_name
from syndicator.cli.exit_codes import Exit
from syndicator.cli.options import Command, Json, Seller, begin
from syndicator.cli.output import Output
from syndicator.cli.stack import open_app
from syndicator.domain.drift import Action
from syndicator.store.accounts import StoredAccount
from syndicator.store.sweeps import SweepReport
from syndicator.usecases.reconcile_now import ReconcilingNow, SweepEnd, SweptNow
from syndicator.usecases.sweep_account import Sweeping

_ENDS_TH = {
    SweepEnd.DONE: "อ่านครบแล้ว",
    SweepEnd.FAILED: "อ่านไม่สำเร็จ",
    SweepEnd.UNFINISHED: "ยังอ่านไม่จบ ระบบจะอ่านต่อเอง",
    SweepEnd.NOT_OBSERVED: "ช่องทางนี้อ่านกลับไม่ได้",
    SweepEnd.NOT_ACTIVE: "บัญชีหยุดพักอยู่",
}
_ENDS_EN = {
    SweepEnd.DONE: "read to its end",
    SweepEnd.FAILED: "failed",
    SweepEnd.UNFINISHED: "not finished; it goes on by itself",
    SweepEnd.NOT_OBSERVED: "this channel cannot be read back",
    SweepEnd.NOT_ACTIVE: "the account rests",
}


def reconcile(
    account: Annotated[
        str | None, typer.Option("--account", help="Accounts or kinds, comma-separated; none means all.")
    ] = None,
    wait: Annotated[
        int, typer.Option(min=1, max=86_400, help="Seconds to wait for the end of each account.")
    ] = 600,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Read what the channels show now, compare it with what was sent, and mend what differs as each account's policy says."""
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as app:
        _, accounts = chosen_accounts(app, command, account)
        swept = [(stored, _sweep(app, command, stored, timedelta(seconds=wait))) for stored in accounts]
    for stored, result in swept:
        _show(command.out, stored, result)
    command.out.data({"accounts": [_json(stored, result) for stored, result in swept]})
    raise typer.Exit(_exit_code([result.end for _, result in swept]))


def _sweep(app: App, command: Command, stored: StoredAccount, within: timedelta) -> SweptNow:
    lease_time = app.settings.dispatch.lease
    with command.out.progress() as bars:

        def tell(report: SweepReport) -> None:
            # How many pages there are, no channel tells before the last one.
            bars(stored.account.name, report.pages, report.pages + (report.ended_at is None))

        sweeping = Sweeping(
            database=app.database,
            adapters=app.adapters,
            policy=app.retry_policy,
            pace=app.sweep_pace,
            clock=app.clock,
            lease_time=lease_time,
            watch=app.call_ledger,
        )
        return ReconcilingNow(
            sweeping=sweeping,
            database=app.database,
            adapters=app.adapters,
            clock=app.clock,
            lease_time=lease_time,
            within=within,
            progress=tell,
        ).sweep(stored)


def _show(out: Output, stored: StoredAccount, result: SweptNow) -> None:
    title = f"{stored.account.name}: {out.pick(_ENDS_TH[result.end], _ENDS_EN[result.end])}"
    out.block(title, [] if result.report is None else report_lines(out, result.report))


def report_lines(out: Output, report: SweepReport) -> list[str]:
    """Return what a sweep read and found, in sentences."""
    lines = [
        out.pick(
            f"อ่าน {report.pages:,} หน้า {report.listings:,} ประกาศ เป็นของเรา {report.known:,}",
            f"{report.pages:,} pages, {report.listings:,} listings, {report.known:,} of them ours",
        )
    ]
    if report.drift:
        found = ", ".join(f"{kind_name(out, kind)} {count:,}" for kind, count in report.drift.items())
        done = ", ".join(f"{action_name(out, action)} {count:,}" for action, count in report.actions.items())
        lines.append(out.pick(f"ต่างจากที่ส่งไป: {found} → {done}", f"not as it was sent: {found} → {done}"))
    if not sent_again(report):
        lines.append(out.pick("ไม่ได้เขียนอะไรไปที่ช่องทาง", "nothing was written to the channel"))
    if report.missing:
        lines.append(
            out.pick(
                f"ไม่พบ {report.missing:,} ประกาศ จะถามช่องทางตรงๆ หากรอบหน้ายังไม่พบ",
                f"{report.missing:,} listings were not met; if the next sweep misses them, too, the channel is asked directly",
            )
        )
    if report.unknown:
        ids = ", ".join(report.unknown_ids)
        lines.append(
            out.pick(
                f"มี {report.unknown:,} ประกาศที่มีรหัสของเราแต่ระบบไม่รู้จัก (ไม่ได้แตะต้อง): {ids}",
                f"{report.unknown:,} listings carry a mark of ours and are not known here (left alone): {ids}",
            )
        )
    if report.error is not None:
        lines.append(out.pick(f"เหตุ: {report.error}", f"why: {report.error}"))
    return lines


def sent_again(report: SweepReport) -> int:
    """Return how many corrections a sweep asked for; it writes nothing to a channel itself."""
    return report.actions.get(Action.SENT_AGAIN.value, 0)


def _json(stored: StoredAccount, result: SweptNow) -> dict[str, Any]:
    report = result.report
    return {
        "account": stored.account.name,
        "kind": stored.account.kind,
        "end": result.end.value,
        "report": None if report is None else asdict(report) | {"writes": sent_again(report)},
    }


def _exit_code(ends: list[SweepEnd]) -> int:
    if SweepEnd.FAILED in ends or SweepEnd.NOT_ACTIVE in ends:
        return Exit.CHANNEL
    return Exit.UNFINISHED if SweepEnd.UNFINISHED in ends else Exit.OK
