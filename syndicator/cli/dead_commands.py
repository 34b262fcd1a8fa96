"""Commands for dead letters: list, show, replay, discard. A letter is kept until a person decides, or a success closes it."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from schemas.ids import ListingId
from schemas.problem import Problem
from syndicator.bootstrap import App
from syndicator.cli.dead_views import (
    forecast_json,
    group_json,
    letter_json,
    replayed_json,
    show_forecast,
    show_groups,
    show_letter,
    show_letters,
    show_replayed,
)
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.look_commands import show_attempts
from syndicator.cli.options import By, Command, Json, begin, who
from syndicator.cli.stack import open_app
from syndicator.store.dead_letters import DeadFilter, Letter
from syndicator.usecases.dead_letters import Replayed, discard, foresee, rehearse, replay

app = typer.Typer(
    help="Dead letters: what gave up and waits for a person: list, show, replay, discard.",
    no_args_is_help=True,
)

Target = Annotated[str, typer.Argument(help="Number of a letter, or the fingerprint of a cause.")]
OneSeller = Annotated[str | None, typer.Option("--seller", help="Only letters of this seller.")]
OneChannel = Annotated[
    str | None, typer.Option("--channel", help="Only letters of this account or kind of channel.")
]


@app.command("list")
def list_letters(
    seller: OneSeller = None,
    channel: OneChannel = None,
    fingerprint: Annotated[str | None, typer.Option("--fingerprint", help="Only this cause.")] = None,
    flat: Annotated[
        bool, typer.Option("--flat", help="One line for each letter, not for each cause.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Newest letters shown with --flat.")] = 100,
    as_json: Json = False,
) -> None:
    """List what gave up, the same trouble of many listings in one line."""
    command = begin(as_json=as_json)
    chosen = DeadFilter(fingerprint=fingerprint, seller=seller, channel=channel)
    with open_app(command.settings) as opened, opened.database.begin() as uow:
        groups = uow.dead.groups(chosen)
        letters = uow.dead.letters(chosen, limit=limit) if flat else ()
    if flat:
        show_letters(command.out, letters)
        command.out.data({"letters": [letter_json(letter) for letter in letters]})
        return
    show_groups(command.out, groups)
    command.out.data({"groups": [group_json(group) for group in groups]})


@app.command()
def show(target: Target, as_json: Json = False) -> None:
    """Show a letter: what was tried, what went wrong, and what a replay would do. For a cause, its newest letter."""
    command = begin(as_json=as_json)
    chosen = _chosen(target)
    with open_app(command.settings) as opened:
        letter = _known(opened, chosen, target)
        with opened.database.begin() as uow:
            groups = uow.dead.groups(DeadFilter(fingerprint=letter.fingerprint))
            attempts = () if letter.listing_id is None else uow.reports.attempts(letter.listing_id, limit=10)
            foreseen = foresee(uow, opened.adapters, [letter], now=opened.clock.now())
    forecast = foreseen.get(letter.listing_id or ListingId(0)) if letter.closed_at is None else None
    show_groups(command.out, groups)
    show_letter(command.out, letter)
    if attempts:
        show_attempts(command.out, attempts)
    show_forecast(command.out, letter, forecast)
    command.out.data(
        {
            "letter": letter_json(letter),
            "group": group_json(groups[0]) if groups else None,
            "attempts": [row._asdict() for row in attempts],
            "replay": None if forecast is None else forecast_json(forecast),
        }
    )


@app.command("replay")
def replay_letters(
    target: Annotated[
        str | None, typer.Argument(help="Number of a letter, or the fingerprint of a cause.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every letter that waits.")] = False,
    seller: OneSeller = None,
    channel: OneChannel = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")
    ] = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Put dead letters back to work, at a bounded pace. Repeating it does nothing more."""
    command = begin(as_json=as_json)
    chosen = _wanted(target, every=every, seller=seller, channel=channel)
    with open_app(command.settings) as opened:
        if target is not None:
            _known(opened, chosen, target)
        done: list[Replayed] = []
        with command.out.progress() as progress:
            for chunk in _replaying(opened, chosen, by, dry_run=dry_run):
                done += chunk
                progress("letters", len(done), len(done))
    show_replayed(command.out, done, dry_run=dry_run)
    command.out.data({"dry_run": dry_run, "letters": [replayed_json(one) for one in done]})


@app.command("discard")
def discard_letters(
    target: Target,
    reason: Annotated[str, typer.Option("--reason", help="Why nothing is to be done; kept with the letter.")],
    seller: OneSeller = None,
    channel: OneChannel = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Close dead letters for good; their listings stay as they are."""
    command = begin(as_json=as_json)
    chosen = _chosen(target, seller=seller, channel=channel)
    if not reason.strip():
        raise CommandFailed(_no_reason(), Exit.USAGE)
    with open_app(command.settings) as opened:
        _known(opened, chosen, target)
        closed = discard(
            chosen, by=who(by), reason=reason.strip(), database=opened.database, clock=opened.clock
        )
    _say_discarded(command, closed)


def _say_discarded(command: Command, closed: Sequence[Letter]) -> None:
    command.out.say(
        f"ปิดจดหมายตายแล้ว {len(closed)} ฉบับ ประกาศยังอยู่ตามเดิม",
        f"Discarded {len(closed)} dead letters; the listings stay as they are.",
    )
    command.out.data({"discarded": [letter.id for letter in closed]})


def _replaying(
    opened: App, chosen: DeadFilter, by: str | None, *, dry_run: bool
) -> Iterator[Sequence[Replayed]]:
    per_second = opened.settings.retry.replays_per_second
    if dry_run:
        return rehearse(
            chosen,
            per_second=per_second,
            database=opened.database,
            adapters=opened.adapters,
            clock=opened.clock,
        )
    return replay(chosen, by=who(by), per_second=per_second, database=opened.database, clock=opened.clock)


def _chosen(target: str, *, seller: str | None = None, channel: str | None = None) -> DeadFilter:
    """Read a number of a letter, or a fingerprint, which always begins with a letter."""
    if target.isascii() and target.isdecimal():
        return DeadFilter(letter_id=int(target), seller=seller, channel=channel)
    return DeadFilter(fingerprint=target.lower(), seller=seller, channel=channel)


def _wanted(target: str | None, *, every: bool, seller: str | None, channel: str | None) -> DeadFilter:
    if (target is None) != every:
        raise CommandFailed(_which(), Exit.USAGE)
    if target is None:
        return DeadFilter(seller=seller, channel=channel)
    return _chosen(target, seller=seller, channel=channel)


def _known(opened: App, chosen: DeadFilter, target: str) -> Letter:
    """Return the newest letter meant, closed ones where none is open.

    Raises:
        CommandFailed: There never was one.
    """
    with opened.database.begin() as uow:
        found = uow.dead.letters(chosen, limit=1) or uow.dead.letters(chosen, limit=1, with_closed=True)
    if not found:
        raise CommandFailed(_unknown(target), Exit.BAD_INPUT)
    return found[0]


def _which() -> Problem:
    return Problem(
        path="",
        code="dead.which",
        th="บอกเลขจดหมายหรือรหัสสาเหตุหนึ่งอย่าง หรือใช้ --all เพื่อทำทั้งหมด (ดูด้วย: syndicator dead list)",
        en="name one letter or cause, or say --all (see: syndicator dead list)",
    )


def _unknown(target: str) -> Problem:
    return Problem(
        path="",
        code="dead.unknown",
        th=f"ไม่พบจดหมายตายหรือสาเหตุ {target} (ดูด้วย: syndicator dead list)",
        en=f"there is no dead letter or cause {target} (see: syndicator dead list)",
    )


def _no_reason() -> Problem:
    return Problem(
        path="--reason",
        code="dead.no_reason",
        th="กรุณาบอกเหตุผลที่ไม่ต้องทำต่อ ระบบจะเก็บไว้กับจดหมาย",
        en="say why nothing is to be done; it is kept with the letter",
    )
