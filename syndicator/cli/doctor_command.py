"""``syndicator doctor``: is everything here, reachable and in order."""

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer
from cryptography.fernet import Fernet

from adapters.config_files import config_dir
from adapters.errors import ChannelError
from adapters.registry import CHANNELS
from syndicator import __version__
from syndicator.bootstrap import App
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import explain
from syndicator.cli.options import Command, Json, begin
from syndicator.cli.stack import open_app, running_stack
from syndicator.local.probes import probe_database, probe_redis
from syndicator.local.var import check_var
from syndicator.store.migrate import current_revision, newest_revision


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: fine, or the sentence that says what to do."""

    what: str
    fine: bool
    says: str


def doctor(
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Print a fresh key for SYNDICATOR_SECRET_KEYS.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check the settings, the disk, PostgreSQL, Redis, the tables and every connected account."""
    if new_key:
        typer.echo(Fernet.generate_key().decode())
        return
    command = begin(as_json=as_json)
    findings = [*_machine(command), *_services(command)]
    out = command.out
    heads = (out.pick("ตรวจ", "checked"), out.pick("ผล", "result"), out.pick("รายละเอียด", "detail"))
    out.table(
        heads,
        [
            (f.what, out.pick("ปกติ", "fine") if f.fine else out.pick("ผิดปกติ", "TROUBLE"), f.says)
            for f in findings
        ],
        flexible=2,
    )
    for finding in findings:
        if not finding.fine:
            out.block(finding.what, [finding.says])
    out.data([{"what": f.what, "fine": f.fine, "says": f.says} for f in findings])
    if not all(finding.fine for finding in findings):
        raise typer.Exit(Exit.UNREACHABLE)


def _machine(command: Command) -> list[Finding]:
    settings = command.settings
    return [
        Finding(
            "syndicator", fine=True, says=f"{__version__}, Python {platform.python_version()}, {sys.platform}"
        ),
        _look(command, "config", lambda: f"{config_dir()} ({len(CHANNELS)} kinds of channel)"),
        _look(command, "var", lambda: str(settings.var), check=lambda: check_var(settings.var)),
    ]


def _services(command: Command) -> list[Finding]:
    findings: list[Finding] = []
    try:
        with open_app(command.settings) as app:
            findings += [
                _look(
                    command,
                    "PostgreSQL",
                    lambda: _where(command, app),
                    check=lambda: probe_database(app.database_url),
                ),
                _look(command, "Redis", lambda: "answers", check=lambda: probe_redis(app.redis_url)),
                _look(command, "tables", lambda: _revision(app)),
                *_accounts(command, app),
            ]
    except Exception as exc:
        explained = explain(exc)
        if explained is None:
            raise
        findings.append(Finding("servers", fine=False, says=command.out.problem(explained[0])))
    return findings


def _where(command: Command, app: App) -> str:
    if app.settings.database_url is not None:
        return "answers (SYNDICATOR_DATABASE_URL)"
    running = running_stack(command.settings.var)
    return f"private, held by process {running.pid}" if running else "private, started for this check"


def _revision(app: App) -> str:
    with app.database.begin() as uow:
        found = current_revision(uow.connection)
    if found != newest_revision():
        raise ValueError(f"revision {found} instead of {newest_revision()}; run: syndicator migrate")
    return f"revision {found}"


def _accounts(command: Command, app: App) -> list[Finding]:
    with app.database.begin() as uow:
        seller_id = uow.accounts.seller(command.seller)
        accounts = [] if seller_id is None else uow.accounts.of_seller(seller_id)
    findings = []
    for stored in accounts:
        name = f"{CHANNELS[stored.account.kind].label_en} {stored.account.name}"
        try:
            app.adapters.open(stored.account, stored.credentials).check()
            findings.append(Finding(name, fine=True, says="answers"))
        except ChannelError as exc:
            says = exc.message if exc.problem is None else command.out.problem(exc.problem)
            findings.append(Finding(name, fine=False, says=says))
        except ValueError as exc:
            findings.append(Finding(name, fine=False, says=str(exc)))
    return findings


def _look(
    command: Command, what: str, says: Callable[[], str], *, check: Callable[[], None] = lambda: None
) -> Finding:
    try:
        check()
        return Finding(what, fine=True, says=says())
    except Exception as exc:
        explained = explain(exc)
        if explained is None:
            raise
        return Finding(what, fine=False, says=command.out.problem(explained[0]))
