"""Commands that run processes: all of them together, or one."""

import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from adapters.testing.sandbox.options import SandboxOptions
from adapters.testing.sandbox.server import serve
from schemas.problem import Problem
from syndicator.api.app import create_app
from syndicator.cli.exits import CommandFailed, Exit
from syndicator.cli.options import Command, Json, ReadyFile, begin, tell_ready
from syndicator.cli.stack import Mode, open_app, remember_mode, remembered_mode, start_stack
from syndicator.local.ports import check_port_free
from syndicator.store.migrate import migrate as migrate_database
from syndicator.telemetry import configure_logging
from workers.queues import LISTING_QUEUES
from workers.run import run_listing_worker, run_media_worker
from workers.scheduler import run_scheduler


def up(
    live: Annotated[
        bool | None,
        typer.Option(
            "--live/--sandbox", help="Talk to the real channels, or to the simulated ones. Remembered."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Start everything on this machine and keep it running until Ctrl-C."""
    command = begin(as_json=as_json)
    mode = _mode(command, live)
    with start_stack(command.settings, mode) as stack:
        _greet(command, mode, stack.info.api_url, stack.info.sandbox_url)
        command.out.data(
            {"mode": mode.value, "api_url": stack.info.api_url, "sandbox_url": stack.info.sandbox_url}
        )
        sys.stdout.flush()
        stack.supervisor.wait_for_signal()
        command.out.say(
            "กำลังปิดระบบ งานที่ค้างอยู่จะทำต่อเมื่อเปิดใหม่", "Stopping; work in hand goes on at the next start."
        )


def _mode(command: Command, live: bool | None) -> Mode:
    if live is None:
        return remembered_mode(command.settings.var)
    mode = Mode.LIVE if live else Mode.SANDBOX
    remember_mode(command.settings.var, mode)
    return mode


def _greet(command: Command, mode: Mode, api_url: str, sandbox_url: str | None) -> None:
    say = command.out.say
    if mode is Mode.SANDBOX:
        say(
            f"ระบบพร้อมแล้ว ใช้ช่องทางจำลอง ไม่มีอะไรออกไปนอกเครื่องนี้ ดูหน้าร้านที่ {sandbox_url}/",
            f"Ready, on simulated channels; nothing leaves this machine. See the shop fronts at {sandbox_url}/",
        )
    else:
        say("ระบบพร้อมแล้ว ใช้ช่องทางขายจริง", "Ready, on the real channels.")
    say(f"API: {api_url}  (หยุดด้วย Ctrl-C)", f"API: {api_url}  (stop with Ctrl-C)")


def api() -> None:
    """Run the HTTP door: pictures for the channels, and health."""
    command = begin()
    configure_logging()
    settings = command.settings
    check_port_free(settings.api.host, settings.api.port, setting="SYNDICATOR_API__PORT")
    with open_app(settings) as app:
        uvicorn.run(
            create_app(app),
            host=settings.api.host,
            port=settings.api.port,
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=5,
        )


def worker(
    media: Annotated[bool, typer.Option("--media", help="Prepare pictures instead of listings.")] = False,
    queues: Annotated[str, typer.Option(help="Listing queues to take from, comma-separated.")] = ",".join(
        LISTING_QUEUES
    ),
    threads: Annotated[int | None, typer.Option(min=1, max=64, help="SYNDICATOR_WORKER__THREADS")] = None,
    ready_file: ReadyFile = None,
) -> None:
    """Run one worker process."""
    command = begin()
    configure_logging()
    names = tuple(name.strip() for name in queues.split(",") if name.strip())
    _check_queues(names)
    with open_app(command.settings) as app:
        if media:
            code = run_media_worker(app, ready=lambda: tell_ready(ready_file))
        else:
            count = threads or command.settings.worker.threads
            code = run_listing_worker(app, names=names, threads=count, ready=lambda: tell_ready(ready_file))
    raise typer.Exit(code)


def _check_queues(names: tuple[str, ...]) -> None:
    unknown = sorted(set(names) - set(LISTING_QUEUES))
    if unknown or not names:
        known = ", ".join(LISTING_QUEUES)
        raise CommandFailed(
            Problem(
                path="--queues",
                code="queue_unknown",
                th=f"ไม่มีคิวชื่อ {', '.join(unknown) or '(ว่าง)'} คิวที่มีคือ {known}",
                en=f"there is no queue {', '.join(unknown) or '(empty)'}; the queues are {known}",
            ),
            Exit.USAGE,
        )


def scheduler(ready_file: ReadyFile = None) -> None:
    """Run one scheduler; of several, one leads and the others wait."""
    command = begin()
    configure_logging()
    with open_app(command.settings) as app:
        code = run_scheduler(app, ready=lambda: tell_ready(ready_file))
    raise typer.Exit(code)


def sandbox(
    host: Annotated[str | None, typer.Option(help="SYNDICATOR_SANDBOX__HOST")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="SYNDICATOR_SANDBOX__PORT")] = None,
    state: Annotated[Path | None, typer.Option(help="File that keeps the listings between runs.")] = None,
    journal: Annotated[Path | None, typer.Option(help="File every request is appended to.")] = None,
) -> None:
    """Run the simulated channels and their shop fronts."""
    settings = begin().settings
    where = host or settings.sandbox.host
    number = port or settings.sandbox.port
    check_port_free(where, number, setting="SYNDICATOR_SANDBOX__PORT")
    for path in (state, journal):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
    serve(where, number, SandboxOptions(state_file=state, journal_file=journal))


def migrate(as_json: Json = False) -> None:
    """Bring the database to the tables of this release."""
    command = begin(as_json=as_json)
    with open_app(command.settings) as app:
        revision = migrate_database(app.database_url)
    command.out.say(f"ฐานข้อมูลเป็นรุ่น {revision} แล้ว", f"The database is at revision {revision}.")
    command.out.data({"revision": revision})
