"""The command line: ``syndicator <command>``. Every error people can mend ends in one sentence and an exit code.

A command's module is imported when the command is run: measured, that takes ``syndicator --help`` from 1.5 s to 0.2 s of
processor time, and a worker does not carry the web server of ``api``.
"""

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from syndicator.cli.exit_codes import Exit

EPILOG = (
    "Exit codes: 0 done · 1 fault of the program · 2 wrong command line or setting · 3 input refused (in whole or part) · "
    "4 a server, port, disk or process is not usable · 5 a channel account needs you · 6 still on its way"
)

COMMANDS = {
    "publish": (
        "syndicator.cli.publish_commands:publish",
        "Put the products of a file on sale on the seller's channels.",
    ),
    "status": (
        "syndicator.cli.look_commands:status",
        "Say whether the goods are on sale, where, and what must be mended.",
    ),
    "listings": ("syndicator.cli.look_commands:listings", "List every listing of the seller."),
    "attempts": (
        "syndicator.cli.look_commands:attempts",
        "Show every step tried for a listing: the intent, and how it ended.",
    ),
    "codes": (
        "syndicator.cli.codes_command:codes",
        "List what channels answered that no error table explains: how often, how it was treated, where a row is missing.",
    ),
    "queues": (
        "syndicator.cli.queue_commands:queues",
        "Show whether the queues are healthy: due work, its age, what is in progress, dead, braked or broken, who is alive.",
    ),
    "dead": (
        "syndicator.cli.dead_commands:app",
        "Dead letters: what gave up and waits for a person: list, show, replay, discard.",
    ),
    "feeds": (
        "syndicator.cli.feed_command:feeds",
        "List the files that markets read: account, rows, address, when written.",
    ),
    "preview": (
        "syndicator.cli.preview_commands:preview",
        "Show exactly what a channel would get: the same text, pictures and figures that publishing sends.",
    ),
    "pack": (
        "syndicator.cli.person_commands:pack",
        "Write the checked pack a person enters on a market without an API: sheet row, texts, pictures, missing papers.",
    ),
    "record": (
        "syndicator.cli.person_commands:record",
        "Record the code a market without an API gave back; the listing is then on sale.",
    ),
    "confirm": (
        "syndicator.cli.confirm_command:confirm",
        "Answer what a listing asks: it is there, it is not, or what was asked for by hand is done.",
    ),
    "channels": (
        "syndicator.cli.channel_commands:app",
        "Channel accounts: list, connect, check, pause, resume, drift.",
    ),
    "stock": (
        "syndicator.cli.stock_commands:app",
        "Stock: what there is, what every channel shows of it, and what you change by hand.",
    ),
    "drift": (
        "syndicator.cli.drift_commands:drift",
        "List what somebody changed on the channels; with a code and --ours or --theirs, answer what is asked.",
    ),
    "orders": (
        "syndicator.cli.order_commands:app",
        "Orders that buyers placed on the channels: list them, or ask the channels now.",
    ),
    "oversold": (
        "syndicator.cli.order_commands:oversold",
        "List the orders that sold more than there was: which, how much, how late the channel knew, and what to do.",
    ),
    "notices": (
        "syndicator.cli.notices_command:notices",
        "List the notices of accounts that need a person; one closes by itself when its account works again.",
    ),
    "keys": (
        "syndicator.cli.keys_command:app",
        "The keys that encrypt credentials: rotate.",
    ),
    "api-keys": (
        "syndicator.cli.api_key_commands:app",
        "The keys with which other systems call the HTTP API: create, list, revoke.",
    ),
    "webhooks": (
        "syndicator.cli.webhook_commands:app",
        "Endpoints of other systems that are told of events: list, add, remove, deliveries, replay, rotate, test, pause, resume.",
    ),
    "up": (
        "syndicator.cli.run_commands:up",
        "Start everything on this machine and keep it running until Ctrl-C.",
    ),
    "demo": (
        "syndicator.cli.demo_command:demo",
        "Publish the sample products on four simulated channels and report what happened. Nothing leaves this machine.",
    ),
    "doctor": (
        "syndicator.cli.doctor_command:doctor",
        "Check the settings, the disk, PostgreSQL, Redis, the tables and every connected account.",
    ),
    "api": (
        "syndicator.cli.api_command:api",
        "Run the HTTP door: the API of other systems, pictures for the channels, the events they send, and health.",
    ),
    "worker": ("syndicator.cli.worker_commands:worker", "Run one worker process."),
    "scheduler": (
        "syndicator.cli.worker_commands:scheduler",
        "Run one scheduler; of several, one leads and the others wait.",
    ),
    "sandbox": (
        "syndicator.cli.sandbox_command:sandbox",
        "Run the simulated channels and their shop fronts.",
    ),
    "migrate": (
        "syndicator.cli.run_commands:migrate",
        "Bring the database to the tables of this release.",
    ),
}
"""Command -> where it is, and the first sentence of its help, which is shown before it is imported."""


class Interrupted(Exception):
    """Ctrl-C. Typer ends a ``KeyboardInterrupt`` without a word; this one reaches ``main``."""


class LazyGroup(TyperGroup):
    """Lists commands from ``COMMANDS`` and imports the one that is run."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as exc:
            raise Interrupted from exc

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the real command in place of the one that is only listed."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, found if name is None else load_command(name), rest


def load_command(name: str) -> Any:
    """Import the command of that name, ready to run."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        return typer.main.get_command(found)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name)(found)
    return typer.main.get_command(alone)


def build() -> typer.Typer:
    """Return the command line with every command listed."""
    app = typer.Typer(
        name="syndicator",
        help="Describe a product once, keep it true on every channel. ลงสินค้าครั้งเดียว ขายได้ทุกช่องทาง",
        epilog=EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        cls=LazyGroup,
    )
    for name, (_, summary) in COMMANDS.items():
        app.command(name, help=summary)(_listed)
    return app


def _listed() -> None:
    """Stand in the list of commands; ``LazyGroup`` puts the real one in its place before anything runs."""


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        build()(prog_name="syndicator")
    except (Interrupted, KeyboardInterrupt):
        sys.stderr.write(
            "\nหยุดตามคำสั่ง งานที่ค้างอยู่จะทำต่อเมื่อเปิดระบบอีกครั้ง / stopped; unfinished work goes on at the next start\n"
        )
        sys.exit(Exit.UNFINISHED)
    except Exception as exc:  # noqa: BLE001 - the last door: every error becomes a sentence or a traceback
        # What it knows of errors costs a second to import; a command that goes well does not pay for it.
        sys.exit(import_module("syndicator.cli.exits").report(exc))
