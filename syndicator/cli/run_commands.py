"""Commands that run processes: all of them together, or one."""

import sys
from typing import Annotated

import typer

from syndicator.cli.options import Command, Json, begin
from syndicator.cli.stack import Mode, open_app, remember_mode, remembered_mode, start_stack
from syndicator.store.migrate import migrate as migrate_database


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


def migrate(as_json: Json = False) -> None:
    """Bring the database to the tables of this release."""
    command = begin(as_json=as_json)
    with open_app(command.settings) as app:
        revision = migrate_database(app.database_url)
    command.out.say(f"ฐานข้อมูลเป็นรุ่น {revision} แล้ว", f"The database is at revision {revision}.")
    command.out.data({"revision": revision})
