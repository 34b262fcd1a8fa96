"""``syndicator feeds``: the files that markets read, and where they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from adapters.base import FeedingAdapter
from schemas.ids import PictureKey
from schemas.problem import Problem
from syndicator.bootstrap import App
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.look_commands import known_seller
from syndicator.cli.options import Json, Seller, begin
from syndicator.cli.output import Output
from syndicator.cli.stack import open_app
from syndicator.store.accounts import StoredAccount
from syndicator.store.feeds import WrittenFeed, feed_key
from syndicator.usecases.write_feed import let_shrink


@dataclass(frozen=True, slots=True)
class _Feed:
    """An account on a market that reads a file; ``written`` is None before the first one."""

    stored: StoredAccount
    written: WrittenFeed | None
    address: str | None


def feeds(
    shrink: Annotated[
        str | None,
        typer.Option(
            "--let-shrink", metavar="ACCOUNT", help="Allow the next file of ACCOUNT to have far fewer rows."
        ),
    ] = None,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """List the files that markets read: account, rows, address, when written."""
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as app:
        found = _find(app, command.seller)
        if shrink is not None:
            _let_shrink(app, found, shrink)
    if shrink is not None:
        command.out.say(
            f"อนุญาตแล้ว ไฟล์ถัดไปของ {shrink} มีแถวน้อยลงมากได้ ระบบจะเขียนให้เมื่อถึงรอบ",
            f"Allowed: the next file of {shrink} may have far fewer rows. It is written when its time comes.",
        )
    _show(command.out, found)
    command.out.data({"feeds": [_json(feed) for feed in found]})


def _find(app: App, seller: str) -> Sequence[_Feed]:
    seller_id = known_seller(app, seller)
    with app.database.begin() as uow:
        accounts = uow.accounts.of_seller(seller_id)
        written = uow.feeds.of_accounts([stored.account.id for stored in accounts])
    return [
        _feed(app, stored, written.get(stored.account.id))
        for stored in accounts
        if _reads_a_file(app, stored)
    ]


def _reads_a_file(app: App, stored: StoredAccount) -> bool:
    try:
        return isinstance(app.adapters.open(stored.account, stored.credentials), FeedingAdapter)
    except (KeyError, ValueError):
        return False  # What is wrong with the account's settings is said by: channels check.


def _feed(app: App, stored: StoredAccount, written: WrittenFeed | None) -> _Feed:
    if written is None or written.filename is None:
        return _Feed(stored, written, None)
    key = feed_key(stored.account.id, written.secret, written.filename)
    return _Feed(stored, written, app.pictures.url(PictureKey(key)))


def _let_shrink(app: App, found: Sequence[_Feed], name: str) -> None:
    accounts = [feed.stored.account.id for feed in found if feed.stored.account.name == name and feed.written]
    if not accounts:
        raise CommandFailed(_no_feed(name), Exit.BAD_INPUT)
    with app.database.begin() as uow:
        let_shrink(accounts[0], uow=uow, now=app.clock.now())


def _no_feed(name: str) -> Problem:
    return Problem(
        path="--let-shrink",
        code="feed_unknown",
        th=f"บัญชี {name} ยังไม่มีไฟล์สินค้า ดูบัญชีที่มีไฟล์ด้วย: syndicator feeds",
        en=f"the account {name} has no file yet; see those that have one with: syndicator feeds",
    )


def _show(out: Output, found: Sequence[_Feed]) -> None:
    if not found:
        out.say("ไม่มีบัญชีที่ตลาดอ่านไฟล์ของเรา", "No account is on a market that reads a file of ours.")
        return
    heads = (out.pick("บัญชี", "account"), out.pick("แถว", "rows"), out.pick("เขียนเมื่อ", "written at"))
    out.table(heads, [(feed.stored.account.name, *_figures(feed.written)) for feed in found])
    for feed in found:
        address = feed.address or out.pick("ยังไม่ได้เขียนไฟล์", "not written yet")
        out.say(f"{feed.stored.account.name}: {address}", f"{feed.stored.account.name}: {address}")


def _figures(written: WrittenFeed | None) -> Iterator[Any]:
    yield None if written is None else written.rows
    yield None if written is None else written.written_at


def _json(feed: _Feed) -> dict[str, Any]:
    written = feed.written
    return {
        "account": feed.stored.account.name,
        "rows": None if written is None else written.rows,
        "sha256": None if written is None else written.sha256,
        "written_at": None if written is None else written.written_at,
        "may_shrink": written is not None and written.may_shrink,
        "address": feed.address,
    }
