"""Commands that only look: status, listings, attempts, queues."""

from datetime import timedelta
from typing import Annotated, Any

import redis
import typer

from schemas.ids import ListingId, SellerId, Sku
from schemas.listing import ListingState
from schemas.problem import Problem
from syndicator.bootstrap import App
from syndicator.cli.exits import CommandFailed, Exit
from syndicator.cli.options import Command, Json, Seller, begin
from syndicator.cli.stack import open_app
from syndicator.cli.views import counts_by_account, listing_json, show_counts, show_listings
from syndicator.store.reports import LaneReport
from workers.inspect import QueueState, inspect_queues
from workers.scheduler import ALIVE_WITHIN

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
    if sku is not None and not found:
        raise CommandFailed(_not_found(sku), Exit.BAD_INPUT)
    if sku is None:
        show_counts(command.out, found)
        show_listings(command.out, [x for x in found if x.state is ListingState.NEEDS_YOU])
    else:
        show_listings(command.out, found)
    command.out.data({"channels": counts_by_account(found), "listings": [listing_json(x) for x in found]})


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
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: Json = False,
) -> None:
    """Show every step tried for a listing: the intent, and how it ended."""
    command = begin(as_json=as_json)
    with open_app(command.settings) as app, app.database.begin() as uow:
        rows = uow.reports.attempts(ListingId(listing), limit=limit)
    columns = ("began_at", "ended_at", "step", "outcome", "vendor_code", "http_status", "message")
    command.out.table(
        tuple(column.replace("_", " ") for column in columns),
        [tuple(getattr(row, column) for column in columns) for row in rows],
    )
    command.out.data([{**row._asdict()} for row in rows])


def queues(as_json: Json = False) -> None:
    """Show whether the queues are healthy: due work, its age, what is in progress, what is dead, who is alive."""
    command = begin(as_json=as_json)
    with open_app(command.settings) as app:
        document = queue_health(app)
    _show_queues(command, document)
    command.out.data(document)


def queue_health(app: App) -> dict[str, Any]:
    """Collect the health of the queues; ages are seconds."""
    now = app.clock.now()
    with app.database.begin() as uow:
        lanes = [*uow.reports.lanes(now), uow.reports.media(now)]
        processes = uow.processes.alive(since=now - ALIVE_WITHIN)
        dead = uow.reports.dead_count()
    client = redis.Redis.from_url(app.redis_url, socket_timeout=5)
    try:
        states = {state.name: state for state in inspect_queues(client)}
    finally:
        client.close()
    return {
        "queues": [_lane_json(lane, states, now) for lane in lanes],
        "dead_letters": dead,
        "processes": [
            {
                "role": row.role,
                "host": row.host,
                "pid": row.pid,
                "threads": row.threads,
                "memory_mb": round(row.rss_bytes / 1e6),
                "seen_s_ago": round((now - row.seen_at).total_seconds(), 1),
            }
            for row in processes
        ],
        "healthy": _is_healthy(lanes, processes, now),
    }


def _lane_json(lane: LaneReport, states: dict[str, QueueState], now: Any) -> dict[str, Any]:
    name = "media" if lane.lane < 0 else LANES[lane.lane]
    oldest = None if lane.oldest_due_at is None else round((now - lane.oldest_due_at).total_seconds(), 1)
    state = states[name]
    return {
        "queue": name,
        "due": lane.due,
        "oldest_s": oldest,
        "in_progress": lane.in_progress,
        "scheduled": lane.scheduled,
        "messages": state.ready,
        "messages_unacknowledged": state.unacknowledged,
        "messages_delayed": state.delayed,
        "messages_dead": state.dead,
        "messages_orphaned": state.orphaned,
    }


OLD_AFTER = timedelta(seconds=120)
"""Due work older than this means that the workers do not keep up. Source: the customary warning mark of queue monitors."""


def _is_healthy(lanes: list[LaneReport], processes: Any, now: Any) -> bool:
    roles = {row.role for row in processes}
    old = [lane for lane in lanes if lane.oldest_due_at is not None and now - lane.oldest_due_at > OLD_AFTER]
    return {"worker", "media", "scheduler"} <= roles and not old


def _show_queues(command: Command, document: dict[str, Any]) -> None:
    out = command.out
    columns = ("queue", "due", "oldest_s", "in_progress", "scheduled", "messages", "messages_dead")
    heads = {
        "queue": out.pick("คิว", "queue"),
        "due": out.pick("ถึงเวลา", "due"),
        "oldest_s": out.pick("เก่าสุด (วินาที)", "oldest (s)"),
        "in_progress": out.pick("กำลังทำ", "in progress"),
        "scheduled": out.pick("รอเวลา", "scheduled"),
        "messages": out.pick("ข้อความในคิว", "messages"),
        "messages_dead": out.pick("ข้อความตาย", "dead"),
    }
    out.table(tuple(heads.values()), [tuple(row[c] for c in columns) for row in document["queues"]])
    process_columns = ("role", "host", "pid", "threads", "memory_mb", "seen_s_ago")
    heads_process = (
        out.pick("หน้าที่", "role"),
        out.pick("เครื่อง", "host"),
        "pid",
        out.pick("เธรด", "threads"),
        out.pick("หน่วยความจำ (MB)", "memory (MB)"),
        out.pick("เห็นล่าสุด (วินาที)", "seen (s ago)"),
    )
    out.table(heads_process, [tuple(p[c] for c in process_columns) for p in document["processes"]])
    out.say(
        f"จดหมายตาย (รอคนตัดสินใจ): {document['dead_letters']}  ·  "
        + ("ระบบปกติ" if document["healthy"] else "ระบบผิดปกติ: งานค้างนานหรือไม่มีตัวทำงาน"),
        f"Dead letters waiting for a person: {document['dead_letters']}  ·  "
        + ("healthy" if document["healthy"] else "not healthy: work is old, or nobody is working"),
    )
