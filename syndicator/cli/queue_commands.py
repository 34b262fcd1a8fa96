"""``syndicator queues``: are the queues healthy, and who works on them."""

from datetime import timedelta
from typing import Any

import redis

from syndicator.bootstrap import App
from syndicator.cli.options import Command, Json, begin
from syndicator.cli.pace_views import MOST_SHOWN, braked_json, breakers_json, show_pace, troubled
from syndicator.cli.stack import open_app
from syndicator.queue_depths import QueueState, inspect_queues
from syndicator.store.processes import ALIVE_WITHIN
from syndicator.store.reports import LaneReport
from workers.queues import ALL_QUEUES

LANES = ("stock", "price", "content", "bulk")
OLD_AFTER = timedelta(seconds=120)
"""Due work older than this means that the workers do not keep up. Source: the customary warning mark of queue monitors."""
RECOVERED_WITHIN = timedelta(days=1)
"""How far back the work of ended workers is counted."""


def queues(as_json: Json = False) -> None:
    """Show whether the queues are healthy: due work, its age, what is in progress, dead, braked or broken, who is alive."""
    command = begin(as_json=as_json)
    with open_app(command.settings) as app:
        document = queue_health(app)
        now = app.clock.now()
        with app.database.begin() as uow:
            braked = uow.reports.braked(now, limit=MOST_SHOWN)
            count = uow.reports.braked_count(now)
            breakers = troubled(uow.breakers.all())
    document["braked"] = {"count": count, "accounts": braked_json(braked)}
    document["breakers"] = breakers_json(breakers)
    _show_queues(command, document)
    show_pace(command.out, braked, count, breakers)
    command.out.data(document)


def queue_health(app: App) -> dict[str, Any]:
    """Collect the health of the queues; ages are seconds."""
    now = app.clock.now()
    with app.database.begin() as uow:
        lanes = [*uow.reports.lanes(now), uow.reports.media(now)]
        processes = uow.processes.alive(since=now - ALIVE_WITHIN)
        dead = uow.reports.dead_count()
        recovery = uow.reports.recovery(since=now - RECOVERED_WITHIN, now=now, patience=OLD_AFTER)
    client = redis.Redis.from_url(app.redis_url, socket_timeout=5)
    try:
        states = {state.name: state for state in inspect_queues(client, ALL_QUEUES)}
    finally:
        client.close()
    return {
        "queues": [_lane_json(lane, states, now) for lane in lanes],
        "dead_letters": dead,
        "recovery": {
            "taken_over": recovery.taken_over,
            "longest_s": None if recovery.longest_s is None else round(recovery.longest_s, 1),
            "overdue": recovery.overdue,
            "since": (now - RECOVERED_WITHIN).isoformat(),
        },
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
        "healthy": _is_healthy(lanes, processes, now) and not recovery.overdue,
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
    _show_recovery(command, document["recovery"])
    out.say(
        f"จดหมายตาย (รอคนตัดสินใจ): {document['dead_letters']}  ·  "
        + ("ระบบปกติ" if document["healthy"] else "ระบบผิดปกติ: งานค้างนานหรือไม่มีตัวทำงาน"),
        f"Dead letters waiting for a person: {document['dead_letters']}  ·  "
        + ("healthy" if document["healthy"] else "not healthy: work is old, or nobody is working"),
    )


def _show_recovery(command: Command, recovery: dict[str, Any]) -> None:
    """Say what became of the work of processes that ended in the middle of it."""
    longest = recovery["longest_s"]
    within_th, within_en = (
        ("", "") if longest is None else (f" ช้าสุด {longest} วินาที", f", the slowest after {longest} s")
    )
    waiting_th, waiting_en = (
        (
            f"  ·  ยังไม่มีใครรับช่วง {recovery['overdue']} งาน",
            f"  ·  {recovery['overdue']} still wait to be taken over",
        )
        if recovery["overdue"]
        else ("", "")
    )
    command.out.say(
        f"งานที่ตัวทำงานหยุดกลางคันใน 24 ชั่วโมง: รับช่วงแล้ว {recovery['taken_over']} งาน{within_th}{waiting_th}",
        f"Steps cut off by ended workers in 24 hours: {recovery['taken_over']} taken over{within_en}{waiting_en}",
    )
