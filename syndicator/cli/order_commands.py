"""``syndicator orders`` and ``syndicator oversold``: what buyers ordered on the channels, and what was not there."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer

from schemas.orders import OrderState
from syndicator.bootstrap import App
from syndicator.cli.chosen_accounts import chosen_accounts
from syndicator.cli.exit_codes import Exit
from syndicator.cli.look_commands import known_seller
from syndicator.cli.options import Command, Json, Seller, begin
from syndicator.cli.order_views import (
    order_json,
    oversell_json,
    read_json,
    show_orders,
    show_oversold,
    show_read,
)
from syndicator.cli.stack import open_app
from syndicator.store.accounts import StoredAccount
from syndicator.usecases.poll_now import PollEnd, PollingNow
from syndicator.usecases.poll_orders import Polling

app = typer.Typer(
    help="Orders that buyers placed on the channels: list them, or ask the channels now.",
    invoke_without_command=True,
)
OneAccount = Annotated[str | None, typer.Option("--account", help="Only this account.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Newest shown.")]

_ENDS = {
    PollEnd.DONE: ("อ่านออร์เดอร์ครบแล้ว", "its orders were read to their end"),
    PollEnd.UNREAD: (
        "อ่านออร์เดอร์ไม่ได้ ระบบจะลองใหม่เอง ดูสาเหตุด้วย: syndicator channels check",
        "its orders could not be read; it is tried again by itself. See why: syndicator channels check",
    ),
    PollEnd.UNFINISHED: ("ยังอ่านไม่จบ ระบบจะอ่านต่อเอง", "not finished; it goes on by itself"),
    PollEnd.NO_ORDERS: ("ช่องทางนี้ไม่มีออร์เดอร์ให้อ่าน", "this channel has no orders to give"),
    PollEnd.NOT_ACTIVE: ("บัญชีหยุดพักอยู่", "the account rests"),
}


class Which(StrEnum):
    """Which orders are listed: those that a buyer waits for, or those of one state."""

    OPEN = "open"
    UNPAID = "unpaid"
    PAID = "paid"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    RETURNED = "returned"
    UNKNOWN = "unknown"


@app.callback()
def orders(
    context: typer.Context,
    account: OneAccount = None,
    state: Annotated[
        Which | None, typer.Option(help="open: a buyer still waits for units. Or one state of the channel's.")
    ] = None,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Only orders with a code that no stored product has.")
    ] = False,
    limit: Limit = 50,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """List orders, newest first, and when each account was last asked. Nothing about buyers is kept."""
    if context.invoked_subcommand is not None:
        return
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as opened:
        seller_id, account_id = known_seller(opened, command.seller), None
        if account is not None:
            _, accounts = chosen_accounts(opened, command, account)
            account_id = accounts[0].account.id
        with opened.database.begin() as uow:
            found = uow.order_reports.newest(
                seller_id,
                account_id=account_id,
                state=None if state in {None, Which.OPEN} else OrderState(str(state)),
                is_open=state is Which.OPEN,
                is_unknown=unknown,
                limit=limit,
            )
            reads = uow.order_reports.read(seller_id)
    show_orders(command.out, found)
    show_read(command.out, reads)
    command.out.data(
        {"accounts": [read_json(one) for one in reads], "orders": [order_json(one) for one in found]}
    )


@app.command("poll")
def poll(
    account: Annotated[
        str | None, typer.Option("--account", help="Accounts or kinds, comma-separated; none means all.")
    ] = None,
    wait: Annotated[int, typer.Option(min=1, max=3600, help="Seconds to wait for each account.")] = 120,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Ask the channels for their orders now, from where the last read stopped."""
    command = begin(as_json=as_json, seller=seller)
    polled = []
    with open_app(command.settings) as opened:
        _, accounts = chosen_accounts(opened, command, account)
        for stored in accounts:
            before = _known_orders(opened, stored)
            end = _poll(opened, command, stored, timedelta(seconds=wait))
            polled.append((stored.account.name, end, _known_orders(opened, stored) - before))
    for name, end, new in polled:
        th, en = _ENDS[end]
        command.out.say(f"{name}: {th} (ใหม่ {new:,})", f"{name}: {en} ({new:,} new)")
    command.out.data(
        {"accounts": [{"account": name, "end": end.value, "new": new} for name, end, new in polled]}
    )
    raise typer.Exit(_exit_code([end for _, end, _ in polled]))


def oversold(
    every: Annotated[bool, typer.Option("--all", help="Settled ones, too.")] = False,
    limit: Limit = 50,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """List the orders that sold more than there was: which, how much, how late the channel knew, and what to do.

    Without --seller those of every seller are listed.
    """
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as opened:
        seller_id = None if seller is None else known_seller(opened, seller)
        with opened.database.begin() as uow:
            found = uow.oversells.newest(seller_id=seller_id, with_closed=every, limit=limit)
    show_oversold(command.out, found)
    command.out.data({"oversold": [oversell_json(one) for one in found]})


def _poll(opened: App, command: Command, stored: StoredAccount, within: timedelta) -> PollEnd:
    lease_time = opened.settings.dispatch.lease
    polling = Polling(
        database=opened.database,
        adapters=opened.adapters,
        policy=opened.retry_policy,
        pace=opened.poll_pace,
        clock=opened.clock,
        lease_time=lease_time,
        watch=opened.call_ledger,
    )
    with command.out.progress() as bars:
        # How many pages there are, no channel tells before the last one.
        end = PollingNow(
            polling=polling,
            database=opened.database,
            adapters=opened.adapters,
            clock=opened.clock,
            lease_time=lease_time,
            within=within,
            progress=lambda pages: bars(stored.account.name, pages, pages + 1),
        ).poll(stored)
        if end is PollEnd.DONE:
            bars(stored.account.name, 1, 1)
    return end


def _known_orders(opened: App, stored: StoredAccount) -> int:
    with opened.database.begin() as uow:
        return uow.order_reports.count(stored.account.id)


def _exit_code(ends: list[PollEnd]) -> int:
    if PollEnd.NOT_ACTIVE in ends or PollEnd.UNREAD in ends:
        return Exit.CHANNEL
    return Exit.UNFINISHED if PollEnd.UNFINISHED in ends else Exit.OK
