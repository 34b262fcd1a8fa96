"""``syndicator webhooks``: the endpoints of other systems that are told of events."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from schemas.problem import Problem
from syndicator.bootstrap import App
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.options import By, Command, Json, begin, who
from syndicator.cli.stack import open_app
from syndicator.domain import event_sentences
from syndicator.domain.access import Reach, Role
from syndicator.domain.events import EventType
from syndicator.store.engine import UnitOfWork
from syndicator.store.webhook_subscriptions import NewSubscription
from syndicator.usecases import webhook_subscriptions as use_cases

app = typer.Typer(
    help="Endpoints of other systems that are told of events: list, add, remove, deliveries, replay, rotate, test, pause, resume.",
    no_args_is_help=True,
)
Webhook = Annotated[str, typer.Argument(help="The endpoint's id, as listed.")]
SellerOption = Annotated[str | None, typer.Option(help="The seller whose events it is told.")]
CentreOption = Annotated[str | None, typer.Option(help="The centre whose sellers' events it is told.")]
Everybody = Annotated[bool, typer.Option("--everybody", help="It is told the events of all sellers.")]


@app.command("list")
def list_webhooks(
    seller: SellerOption = None,
    centre: CentreOption = None,
    everybody: Everybody = False,
    as_json: Json = False,
) -> None:
    """List the endpoints: all, or those of one owner."""
    command = begin(as_json=as_json)
    out = command.out
    with open_app(command.settings) as opened, opened.database.begin() as uow:
        is_chosen = everybody or seller is not None or centre is not None
        owner = _owner(uow, command, seller, centre, everybody=everybody) if is_chosen else None
        found = uow.subscriptions.of(owner)
    if not found:
        out.say(
            "ยังไม่มีปลายทาง เพิ่มด้วย: syndicator webhooks add",
            "No endpoint; add one with: syndicator webhooks add",
        )
    else:
        out.table(
            out.pick("รหัส ของ ที่อยู่ สถานะ รอส่ง ล้มเหลวติดกัน", "Id Of Address State Waiting Failures").split(),
            [
                (
                    one.public_id,
                    one.seller or one.centre or "*",
                    one.url,
                    "paused" if one.paused_reason else "active",
                    one.waiting,
                    one.failures,
                )
                for one in found
            ],
            flexible=2,
        )
        for one in found:
            if one.paused_reason is not None:
                out.block(one.public_id, [out.problem(event_sentences.paused(one.paused_reason))])
    out.data({"webhooks": [asdict(one) for one in found]})


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="https, and reached from the internet.")],
    events: Annotated[
        list[EventType] | None, typer.Option("--event", help="A type of event; repeat it. All unless given.")
    ] = None,
    seller: SellerOption = None,
    centre: CentreOption = None,
    everybody: Everybody = False,
    description: Annotated[str, typer.Option(help="What it is for, in your words.")] = "",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Subscribe an endpoint and show its secret, this once."""
    command = begin(as_json=as_json)
    wanted = NewSubscription(
        url=url, events=events or tuple(EventType), description=description, made_by=who(by)
    )
    with open_app(command.settings) as opened:
        with opened.database.begin() as uow:
            owner = _owner(uow, command, seller, centre, everybody=everybody)
        made, secret = use_cases.subscribe(
            owner, wanted, database=opened.database, sender=opened.webhook_sender
        )
    _show_secret(command, made.public_id, secret)


@app.command()
def remove(webhook: Webhook, as_json: Json = False) -> None:
    """Forget an endpoint, with everything that waits for it."""
    command = begin(as_json=as_json)
    with _opened(command, webhook) as (opened, owner), opened.database.begin() as uow:
        found = uow.subscriptions.find(owner, webhook)
        if found is not None:
            uow.subscriptions.remove(found.id)
    command.out.say(f"ลบปลายทาง {webhook} แล้ว", f"The endpoint {webhook} was removed.")
    command.out.data({"removed": webhook})


@app.command()
def deliveries(
    webhook: Webhook,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many, the newest first.")] = 30,
    as_json: Json = False,
) -> None:
    """List what became of the messages for an endpoint."""
    command = begin(as_json=as_json)
    out = command.out
    with _opened(command, webhook) as (opened, owner), opened.database.begin() as uow:
        found = uow.subscriptions.find(owner, webhook)
        reports = [] if found is None else uow.webhook_reports.newest(found.id, limit=limit)
    out.table(
        out.pick("ข้อความ เหตุการณ์ ครั้ง ผล", "Message Type Tries Outcome").split(),
        [(one.message_id, one.type, one.attempts, one.outcome) for one in reports],
        flexible=1,
    )
    for one in reports:
        if one.last_error is not None:
            problem = event_sentences.not_taken(one.last_error, one.last_status)
            out.block(one.message_id, [out.problem(problem)])
    out.data({"deliveries": [asdict(one) for one in reports]})


@app.command()
def replay(
    webhook: Webhook,
    message: Annotated[str | None, typer.Option(help="One message, by its id.")] = None,
    since: Annotated[
        datetime | None, typer.Option(help="All that happened since (UTC) and was not taken.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Send a message anew, or all that was not taken since a moment; each keeps its id."""
    command = begin(as_json=as_json)
    if (message is None) == (since is None):
        raise CommandFailed(_what_needed(), Exit.USAGE)
    moment = None if since is None else since.replace(tzinfo=UTC)
    with _opened(command, webhook) as (opened, owner):
        count = use_cases.replay(
            owner,
            webhook,
            message_id=message,
            since=moment,
            database=opened.database,
            clock=opened.clock,
        )
    if message is not None and not count:
        raise CommandFailed(event_sentences.unknown_message(message), Exit.BAD_INPUT)
    command.out.say(f"จะส่งใหม่ {count} ข้อความ", f"{count} messages are sent anew.")
    command.out.data({"replayed": count})


@app.command()
def rotate(webhook: Webhook, as_json: Json = False) -> None:
    """Give an endpoint a new secret and show it, this once; the old one signs beside it for a while."""
    command = begin(as_json=as_json)
    keep_old_for = command.settings.webhooks.old_secret_signs
    with _opened(command, webhook) as (opened, owner):
        secret = use_cases.rotate_secret(
            owner, webhook, keep_old_for=keep_old_for, database=opened.database, clock=opened.clock
        )
    _show_secret(command, webhook, secret)


@app.command("test")
def send_test(webhook: Webhook, as_json: Json = False) -> None:
    """Send a test event to an endpoint; a running worker delivers it."""
    command = begin(as_json=as_json)
    with _opened(command, webhook) as (opened, owner):
        message = use_cases.send_test(owner, webhook, database=opened.database, clock=opened.clock)
    command.out.say(
        f"ส่งข้อความทดสอบ {message} แล้ว ดูผลด้วย: syndicator webhooks deliveries {webhook}",
        f"The test message {message} is on its way; see: syndicator webhooks deliveries {webhook}",
    )
    command.out.data({"message": message})


@app.command()
def pause(webhook: Webhook, as_json: Json = False) -> None:
    """Send nothing to an endpoint; its events are kept."""
    command = begin(as_json=as_json)
    _set_paused(command, webhook, is_paused=True)
    command.out.say(f"หยุดส่งให้ {webhook} แล้ว", f"The endpoint {webhook} is paused.")


@app.command()
def resume(webhook: Webhook, as_json: Json = False) -> None:
    """Set an endpoint going again; what waits is sent at once, unless it waited for more than three days."""
    command = begin(as_json=as_json)
    _set_paused(command, webhook, is_paused=False)
    command.out.say(f"ส่งให้ {webhook} ต่อแล้ว", f"The endpoint {webhook} is going again.")


def _set_paused(command: Command, webhook: str, *, is_paused: bool) -> None:
    with _opened(command, webhook) as (opened, owner):
        changed = use_cases.change(
            owner,
            webhook,
            use_cases.Change(is_paused=is_paused),
            database=opened.database,
            sender=opened.webhook_sender,
            clock=opened.clock,
        )
    command.out.data({"webhook": None if changed is None else asdict(changed)})


@contextmanager
def _opened(command: Command, webhook: str) -> Iterator[tuple[App, Reach]]:
    """Open the program; yield it with whose the endpoint is.

    Raises:
        CommandFailed: There is no endpoint of that id.
    """
    with open_app(command.settings) as opened:
        with opened.database.begin() as uow:
            owner = uow.subscriptions.owner_of(webhook)
        if owner is None:
            raise CommandFailed(event_sentences.unknown(webhook), Exit.BAD_INPUT)
        yield opened, owner


def _owner(
    uow: UnitOfWork, command: Command, seller: str | None, centre: str | None, *, everybody: bool
) -> Reach:
    if sum((everybody, seller is not None, centre is not None)) > 1:
        raise CommandFailed(_one_owner(), Exit.USAGE)
    if everybody:
        return Reach(role=Role.ADMIN)
    if centre is not None:
        return Reach(role=Role.CENTRE, centre_id=uow.sellers.ensure_centre(centre))
    return Reach(role=Role.SELLER, seller_id=uow.accounts.ensure_seller(seller or command.seller))


def _show_secret(command: Command, webhook: str, secret: str | None) -> None:
    command.out.say(
        f"ปลายทาง {webhook} รหัสลับ (แสดงครั้งนี้ครั้งเดียว เก็บไว้ให้ดี): {secret}",
        f"The endpoint {webhook}; its secret, shown only now: {secret}",
    )
    command.out.data({"id": webhook, "secret": secret})


def _what_needed() -> Problem:
    return Problem(
        path="--message",
        code="replay_what",
        th="ระบุ --message หนึ่งข้อความ หรือ --since เวลาเริ่มต้น อย่างใดอย่างหนึ่ง",
        en="name one message with --message, or a moment with --since, and not both",
    )


def _one_owner() -> Problem:
    return Problem(
        path="--seller",
        code="webhook_owner",
        th="ระบุเจ้าของได้อย่างเดียว: --seller, --centre หรือ --everybody",
        en="name one owner: --seller, --centre or --everybody",
    )
