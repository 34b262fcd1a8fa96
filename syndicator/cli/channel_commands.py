"""Commands for channel accounts: list, connect, check, pause, resume, drift."""

from collections.abc import Container, Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from adapters.registry import CHANNELS
from schemas.channel import AccountState
from schemas.ids import AccountId, SellerId
from schemas.problem import Problem
from syndicator.bootstrap import App
from syndicator.cli.account_details import channel_of, sandbox_details, typed_details, wrong_setting
from syndicator.cli.chosen_accounts import unopened
from syndicator.cli.drift_commands import drift_policies
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.hooks_command import hooks
from syndicator.cli.look_commands import known_seller
from syndicator.cli.options import Command, Json, Seller, begin
from syndicator.cli.output import Output
from syndicator.cli.pace_views import brake_json, breakers_json, show_brakes, show_pace, troubled
from syndicator.cli.sandbox_client import SandboxClient
from syndicator.cli.stack import open_app
from syndicator.cli.views import account_json, show_waiting_accounts
from syndicator.store.accounts import StoredAccount
from syndicator.usecases.connect_account import AccountDetails, connect_account
from syndicator.usecases.mind_account import ReconnectFirst, check_account, pause_account, resume_account

app = typer.Typer(help="Channel accounts: list, connect, check, pause, resume, drift.", no_args_is_help=True)
app.command("drift")(drift_policies)

app.command("hooks")(hooks)

STATES_TH = {
    AccountState.ACTIVE: "พร้อมใช้",
    AccountState.PAUSED: "พักไว้",
    AccountState.RENEWING: "กำลังต่ออายุสิทธิ์",
    AccountState.NEEDS_REAUTH: "ต้องเชื่อมใหม่",
}


@app.command("list")
def list_accounts(seller: Seller = None, as_json: Json = False) -> None:
    """List the seller's accounts and the kinds of channel that can be connected."""
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as opened:
        with opened.database.begin() as uow:
            seller_id = uow.accounts.seller(command.seller)
            accounts = [] if seller_id is None else uow.accounts.of_seller(seller_id)
            breakers = troubled(uow.breakers.all())
        now = opened.clock.now()
        broken = unopened(opened, accounts)
        accounts = [replace(one, problem=broken.get(one.account.id, one.problem)) for one in accounts]
        _show(command.out, accounts, opened, broken)
        show_brakes(command.out, accounts, now)
        show_pace(command.out, (), 0, breakers)
    command.out.data(
        {
            "accounts": [account_json(one) | {"braked": brake_json(one, now)} for one in accounts],
            "breakers": breakers_json(breakers),
            "kinds": _kinds_json(),
        }
    )


def _show(out: Output, accounts: Sequence[StoredAccount], opened: App, broken: Container[AccountId]) -> None:
    heads = (
        out.pick("บัญชี", "account"),
        out.pick("ช่องทาง", "channel"),
        out.pick("สถานะ", "state"),
        out.pick("สิทธิ์หมดอายุ", "expires"),
        out.pick("รูปสูงสุด", "most pictures"),
    )
    out.table(
        heads,
        [
            (
                stored.account.name,
                out.pick(CHANNELS[stored.account.kind].label_th, CHANNELS[stored.account.kind].label_en),
                out.pick(STATES_TH[stored.account.state], stored.account.state.value),
                None if stored.expires_at is None else f"{stored.expires_at.astimezone():%Y-%m-%d %H:%M}",
                None
                if stored.account.id in broken
                else opened.adapters.capabilities(stored.account).max_pictures.value,
            )
            for stored in accounts
        ],
    )
    show_waiting_accounts(out, accounts)
    for channel in CHANNELS.values():
        out.say(f"{channel.kind}: {channel.label_th}", f"{channel.kind}: {channel.label_en}")
        for sentence in channel.fallbacks_th:
            out.say(f"   • {sentence}", f"   • {sentence}")


def _kinds_json() -> list[dict[str, Any]]:
    return [
        {
            "kind": c.kind,
            "label_th": c.label_th,
            "label_en": c.label_en,
            "credentials": list(c.credential_names),
            "optional_credentials": list(c.optional_credential_names),
        }
        for c in CHANNELS.values()
    ]


@app.command()
def connect(
    kind: Annotated[str | None, typer.Argument(help="Kind of channel; see: channels list.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Your name for the account (the kind).")] = None,
    external_id: Annotated[
        str, typer.Option("--id", help="The channel's id of the Page, user or shop.")
    ] = "",
    secret: Annotated[
        list[str] | None,
        typer.Option(
            "--secret", help="NAME=@FILE or NAME=$VARIABLE; asked for on the terminal when left out."
        ),
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--setting", help="NAME=VALUE; VALUE may be JSON, or @FILE with JSON.")
    ] = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Connect the four simulated accounts.")] = False,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Connect an account, or reconnect one of the same name. The channel is asked before anything is stored."""
    command = begin(as_json=as_json, seller=seller)
    if sandbox:
        details = sandbox_details()
        _authorise(command, details)
    else:
        details = [typed_details(command, channel_of(kind), name, external_id, secret or [], setting or [])]
    connected = []
    with open_app(command.settings) as opened:
        with opened.database.begin() as uow:
            seller_id = uow.accounts.ensure_seller(command.seller)
        for one in details:
            _connect(opened, seller_id, one)
            label = CHANNELS[one.kind]
            command.out.say(
                f"เชื่อม {label.label_th} แล้ว: {one.name}", f"Connected {label.label_en}: {one.name}"
            )
            connected.append(one.name)
    command.out.data({"connected": connected})


def _authorise(command: Command, details: Sequence[AccountDetails]) -> None:
    """Stand for the owners' consent at the sandbox: its market hands out a new pair with every refresh."""
    where = command.settings.sandbox
    client = SandboxClient(f"http://{where.host}:{where.port}")
    for one in details:
        client.authorise(one.kind, one.external_id)


def _connect(opened: App, seller_id: SellerId, details: AccountDetails) -> None:
    try:
        connect_account(
            seller_id, details, database=opened.database, adapters=opened.adapters, clock=opened.clock
        )
    except ValidationError as exc:
        raise CommandFailed(wrong_setting(details.name, details.kind, exc), Exit.USAGE) from None


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="Account name.")], seller: Seller = None, as_json: Json = False
) -> None:
    """Ask the channel whether the account still works; one that was waiting flows again when it does."""
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as opened:
        stored = _account(opened, command.seller, name)
        check_account(stored, database=opened.database, adapters=opened.adapters, clock=opened.clock)
    command.out.say(f"บัญชี {name} ใช้ได้", f"The account {name} works.")
    command.out.data({"name": name, "works": True})


@app.command()
def pause(name: Annotated[str, typer.Argument(help="Account name.")], seller: Seller = None) -> None:
    """Send nothing to an account until it is resumed; what is on sale there stays."""
    command = begin(seller=seller)
    with open_app(command.settings) as opened:
        pause_account(_account(opened, command.seller, name).account.id, database=opened.database)
    command.out.say(f"พักบัญชี {name} แล้ว", f"The account {name} is paused.")


@app.command()
def resume(name: Annotated[str, typer.Argument(help="Account name.")], seller: Seller = None) -> None:
    """Let work flow to a paused account again."""
    command = begin(seller=seller)
    with open_app(command.settings) as opened:
        stored = _account(opened, command.seller, name)
        try:
            resume_account(stored, database=opened.database, clock=opened.clock)
        except ReconnectFirst as exc:
            raise CommandFailed(_reconnect_first(stored), Exit.CHANNEL) from exc
    command.out.say(f"เปิดบัญชี {name} แล้ว", f"The account {name} is active again.")


def _account(opened: App, seller: str, name: str) -> StoredAccount:
    seller_id = known_seller(opened, seller)
    with opened.database.begin() as uow:
        found = [stored for stored in uow.accounts.of_seller(seller_id) if stored.account.name == name]
    if not found:
        raise CommandFailed(_unknown_account(name), Exit.BAD_INPUT)
    return found[0]


def _unknown_account(name: str) -> Problem:
    return Problem(
        path="name",
        code="account_unknown",
        th=f"ไม่มีบัญชีชื่อ {name} ดูชื่อทั้งหมดด้วย: syndicator channels list",
        en=f"there is no account {name}; see: syndicator channels list",
    )


def _reconnect_first(stored: StoredAccount) -> Problem:
    account, problem = stored.account, stored.problem
    th = f" {problem.th} " if problem else " "
    en = f" {problem.en} " if problem else " "
    return Problem(
        path="name",
        code="account_needs_reauth",
        th=f"บัญชี {account.name} ต้องเชื่อมใหม่ก่อน{th}เชื่อมใหม่ด้วย: syndicator channels connect {account.kind} --name {account.name} "
        f"หรือถ้าแก้ที่ช่องทางแล้ว ให้ตรวจและเปิดต่อด้วย: syndicator channels check {account.name}",
        en=f"the account {account.name} must be reconnected first.{en}Reconnect it with: syndicator channels connect "
        f"{account.kind} --name {account.name}; or, where the cause was mended at the channel, let it go on with: "
        f"syndicator channels check {account.name}",
    )
