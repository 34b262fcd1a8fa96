"""``syndicator worker`` and ``syndicator scheduler``: the processes that do the work."""

import os
from typing import Annotated

import typer

from schemas.problem import Problem
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.options import ReadyFile, begin, tell_ready
from syndicator.cli.stack import open_app
from syndicator.telemetry import configure_logging
from workers.queues import WORK_QUEUES
from workers.run import run_listing_worker, run_media_worker
from workers.scheduler import run_scheduler


def worker(
    media: Annotated[bool, typer.Option("--media", help="Prepare pictures instead of listings.")] = False,
    queues: Annotated[str, typer.Option(help="Queues to take from, comma-separated.")] = ",".join(
        WORK_QUEUES
    ),
    without: Annotated[str, typer.Option(help="Queues that other workers take from, comma-separated.")] = "",
    threads: Annotated[int | None, typer.Option(min=1, max=64, help="SYNDICATOR_WORKER__THREADS")] = None,
    nice: Annotated[
        int,
        typer.Option(min=0, max=19, help="Leave the processor to other processes, by so many steps of Unix."),
    ] = 0,
    ready_file: ReadyFile = None,
) -> None:
    """Run one worker process."""
    command = begin()
    configure_logging()
    os.nice(nice)
    left = _names(without)
    names = tuple(name for name in _names(queues) if name not in left)
    _check_queues((*names, *left) if names else ())
    with open_app(command.settings) as app:
        if media:
            code = run_media_worker(app, ready=lambda: tell_ready(ready_file))
        else:
            count = threads or command.settings.worker.threads
            code = run_listing_worker(app, names=names, threads=count, ready=lambda: tell_ready(ready_file))
    raise typer.Exit(code)


def _names(given: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in given.split(",") if name.strip())


def _check_queues(names: tuple[str, ...]) -> None:
    unknown = sorted(set(names) - set(WORK_QUEUES))
    if unknown or not names:
        known = ", ".join(WORK_QUEUES)
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
