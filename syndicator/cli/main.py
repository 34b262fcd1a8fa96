"""The command line: ``syndicator <command>``. Every error people can mend ends in one sentence and an exit code."""

import os
import sys
import traceback

import typer
from typer.core import TyperGroup

from syndicator.cli import (
    channel_commands,
    demo_command,
    doctor_command,
    look_commands,
    publish_commands,
    run_commands,
)
from syndicator.cli.exits import Exit, explain

EPILOG = (
    "Exit codes: 0 done · 1 fault of the program · 2 wrong command line or setting · 3 input refused (in whole or part) · "
    "4 a server, port, disk or process is not usable · 5 a channel account needs you · 6 still on its way"
)

app = typer.Typer(
    name="syndicator",
    help="Describe a product once, keep it true on every channel. ลงสินค้าครั้งเดียว ขายได้ทุกช่องทาง",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    cls=TyperGroup,
)
for command in (
    publish_commands.publish,
    look_commands.status,
    look_commands.listings,
    look_commands.attempts,
    look_commands.queues,
    publish_commands.preview,
    publish_commands.pack,
    publish_commands.record,
    run_commands.up,
    demo_command.demo,
    doctor_command.doctor,
    run_commands.api,
    run_commands.worker,
    run_commands.scheduler,
    run_commands.sandbox,
    run_commands.migrate,
):
    app.command()(command)
app.add_typer(channel_commands.app, name="channels")


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        app()
    except KeyboardInterrupt:
        sys.stderr.write(
            "\nหยุดตามคำสั่ง งานที่ค้างอยู่จะทำต่อเมื่อเปิดระบบอีกครั้ง / stopped; unfinished work goes on at the next start\n"
        )
        sys.exit(Exit.UNFINISHED)
    except Exception as exc:  # noqa: BLE001 - the last door: every error becomes a sentence or a traceback
        sys.exit(_report(exc))


def _report(exc: Exception) -> int:
    explained = explain(exc)
    if explained is None:
        traceback.print_exc()
        return Exit.FAULT
    problem, code = explained
    sys.stderr.write(f"{problem.th}\n")
    if problem.en != problem.th:
        sys.stderr.write(f"{problem.en}\n")
    if os.environ.get("SYNDICATOR_TRACEBACK"):
        traceback.print_exc()
    return code
