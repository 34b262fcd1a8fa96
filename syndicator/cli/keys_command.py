"""``syndicator keys``: the keys that encrypt credentials."""

import typer

from schemas.problem import Problem
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.options import Json, begin
from syndicator.cli.stack import open_app
from syndicator.usecases.rotate_keys import Rotation, rotate_keys

app = typer.Typer(help="The keys that encrypt credentials: rotate.", no_args_is_help=True)


@app.callback()
def keys() -> None:
    """Keep ``rotate`` a subcommand."""


@app.command()
def rotate(as_json: Json = False) -> None:
    """Re-encrypt the credentials of all accounts, and the secrets that sign events, with the newest key.

    Says which keys may be dropped.

    Safe while workers run, with two at once, and to repeat after it was cut off.
    """
    command = begin(as_json=as_json)
    out = command.out
    with open_app(command.settings) as opened:
        done = rotate_keys(database=opened.database, cipher=opened.cipher)
        newest, *older = opened.cipher.key_ids
    out.say(
        f"เข้ารหัสใหม่ด้วยกุญแจ {newest} แล้ว {done.rotated} บัญชี ใช้กุญแจนี้อยู่แล้ว {done.already} บัญชี",
        f"Re-encrypted with the key {newest}: {done.rotated} accounts; already under it: {done.already}.",
    )
    if older:
        names = ", ".join(older)
        out.say(
            f"เมื่อทุกโปรเซสเริ่มใหม่ด้วยกุญแจ {newest} เป็นตัวแรกแล้ว เลิกใช้กุญแจเหล่านี้ได้: {names}",
            f"Once every process was started with {newest} first, these keys may be dropped: {names}",
        )
    out.data(
        {
            "rotated": done.rotated,
            "already": done.already,
            "newest_key": newest,
            "may_be_dropped": older,
            "unopened": [{"id": id_, "name": name} for id_, name in done.unopened],
        }
    )
    if done.unopened:
        raise CommandFailed(_unopened(done), Exit.CHANNEL)


def _unopened(done: Rotation) -> Problem:
    names = ", ".join(f"{name} (#{id_})" for id_, name in done.unopened)
    return Problem(
        path="SYNDICATOR_SECRET_KEYS",
        code="key_missing",
        th=f"ไม่มีกุญแจที่เปิดรหัสลับของบัญชีเหล่านี้ได้: {names} เพิ่มกุญแจเดิมใน SYNDICATOR_SECRET_KEYS หรือเชื่อมบัญชีใหม่ บัญชีอื่นใช้ได้ตามปกติ",
        en=f"no configured key opens the credentials of: {names}; add the key they were made with to SYNDICATOR_SECRET_KEYS, "
        "or reconnect them; the other accounts are not affected",
    )
