"""Commands for channel accounts: list, connect, check, pause, resume."""

import json
import os
import sys
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from adapters.base import ChannelType
from adapters.errors import AccountRestricted, AuthExpired, ChannelError
from adapters.registry import CHANNELS
from adapters.testing.sandbox.accounts import sandbox_accounts
from schemas.channel import AccountState, Credentials
from schemas.ids import AccountId, ChannelKind, SellerId
from schemas.problem import Problem
from syndicator.bootstrap import App
from syndicator.cli.chosen_accounts import unopened
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.look_commands import known_seller
from syndicator.cli.options import Command, Json, Seller, begin
from syndicator.cli.output import Output
from syndicator.cli.stack import open_app
from syndicator.cli.views import account_json, show_waiting_accounts
from syndicator.store.accounts import StoredAccount
from syndicator.usecases.connect_account import AccountDetails, connect_account

app = typer.Typer(help="Channel accounts: list, connect, check, pause, resume.", no_args_is_help=True)

STATES_TH = {
    AccountState.ACTIVE: "พร้อมใช้",
    AccountState.PAUSED: "พักไว้",
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
        broken = unopened(opened, accounts)
        accounts = [replace(one, problem=broken.get(one.account.id, one.problem)) for one in accounts]
        _show(command.out, accounts, opened, broken)
    command.out.data({"accounts": [account_json(stored) for stored in accounts], "kinds": _kinds_json()})


def _show(out: Output, accounts: Sequence[StoredAccount], opened: App, broken: Container[AccountId]) -> None:
    heads = (
        out.pick("บัญชี", "account"),
        out.pick("ช่องทาง", "channel"),
        out.pick("สถานะ", "state"),
        out.pick("รูปสูงสุด", "most pictures"),
    )
    out.table(
        heads,
        [
            (
                stored.account.name,
                out.pick(CHANNELS[stored.account.kind].label_th, CHANNELS[stored.account.kind].label_en),
                out.pick(STATES_TH[stored.account.state], stored.account.state.value),
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
    else:
        details = [_details(command, _channel(kind), name, external_id, secret or [], setting or [])]
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


def _connect(opened: App, seller_id: SellerId, details: AccountDetails) -> None:
    try:
        connect_account(
            seller_id, details, database=opened.database, adapters=opened.adapters, clock=opened.clock
        )
    except ValidationError as exc:
        raise CommandFailed(_wrong_setting(details, exc), Exit.USAGE) from None


def _wrong_setting(details: AccountDetails, exc: ValidationError) -> Problem:
    first = exc.errors(include_input=False, include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    return Problem(
        path="--setting",
        code="account_setting_invalid",
        th=f"ค่า --setting {name} ของบัญชี {details.name} ({details.kind}) ไม่ถูกต้อง: {first['msg']}",
        en=f"--setting {name} of the account {details.name} ({details.kind}) is not valid: {first['msg']}",
    )


def sandbox_details(seller: int = 1) -> list[AccountDetails]:
    """Return what connects the four simulated accounts of a seller number."""
    return [
        AccountDetails(
            kind=account.kind,
            name=account.name,
            external_id=account.external_id,
            credentials=Credentials(dict(account.credentials)),
            settings=account.settings,
        )
        for account in sandbox_accounts(seller)
    ]


def _channel(kind: str | None) -> ChannelType:
    if kind is None or kind not in CHANNELS:
        raise CommandFailed(_unknown_kind(kind), Exit.USAGE)
    return CHANNELS[ChannelKind(kind)]


def _details(
    command: Command,
    channel: ChannelType,
    name: str | None,
    external_id: str,
    secrets: Sequence[str],
    settings: Sequence[str],
) -> AccountDetails:
    parsed = {key: _setting_value(value) for key, value in (_pair(text, "--setting") for text in settings)}
    names = _secret_names(channel, getattr(command.settings, channel.settings_key), parsed)
    return AccountDetails(
        kind=channel.kind,
        name=name or channel.kind,
        external_id=external_id,
        credentials=_credentials(names, dict(_pair(text, "--secret") for text in secrets)),
        settings=parsed,
    )


def _secret_names(channel: ChannelType, group: Any, settings: Mapping[str, Any]) -> tuple[str, ...]:
    if channel.credential_names_for is None:
        return channel.credential_names
    return channel.credential_names_for(group, settings)


def _credentials(names: Sequence[str], given: Mapping[str, str]) -> Credentials:
    values = {name: _secret_value(name, given.get(name)) for name in names}
    missing = [name for name, value in values.items() if not value]
    unknown = sorted(set(given) - set(names))
    if missing or unknown:
        raise CommandFailed(_wrong_secrets(names, missing, unknown), Exit.USAGE)
    return Credentials(values)


def _pair(text: str, option: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise CommandFailed(_not_a_pair(option, name), Exit.USAGE)
    return name, value


def _secret_value(name: str, given: str | None) -> str:
    """Read a secret from a file, a variable or the terminal; one typed into the command line would be kept by the shell."""
    if given is None:
        if not sys.stdin.isatty():
            return ""
        return str(typer.prompt(name, hide_input=True, default="", show_default=False))
    if given.startswith("@"):
        return Path(given[1:]).read_text(encoding="utf-8").strip()
    if given.startswith("$"):
        return os.environ.get(given[1:], "")
    raise CommandFailed(_plain_secret(name), Exit.USAGE)


def _setting_value(text: str) -> Any:
    if text.startswith("@"):
        text = Path(text[1:]).read_text(encoding="utf-8")
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="Account name.")], seller: Seller = None, as_json: Json = False
) -> None:
    """Ask the channel whether the account still works; one that was waiting flows again when it does."""
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as opened:
        stored = _account(opened, command.seller, name)
        adapter = opened.adapters.open(stored.account, stored.credentials)
        try:
            adapter.check()
        except (AuthExpired, AccountRestricted) as exc:
            _set_state(opened, stored, AccountState.NEEDS_REAUTH, exc)
            raise
        if stored.account.state is AccountState.NEEDS_REAUTH:
            _set_state(opened, stored, AccountState.ACTIVE)
    command.out.say(f"บัญชี {name} ใช้ได้", f"The account {name} works.")
    command.out.data({"name": name, "works": True})


@app.command()
def pause(name: Annotated[str, typer.Argument(help="Account name.")], seller: Seller = None) -> None:
    """Send nothing to an account until it is resumed; what is on sale there stays."""
    command = begin(seller=seller)
    with open_app(command.settings) as opened:
        _set_state(opened, _account(opened, command.seller, name), AccountState.PAUSED)
    command.out.say(f"พักบัญชี {name} แล้ว", f"The account {name} is paused.")


@app.command()
def resume(name: Annotated[str, typer.Argument(help="Account name.")], seller: Seller = None) -> None:
    """Let work flow to a paused account again."""
    command = begin(seller=seller)
    with open_app(command.settings) as opened:
        stored = _account(opened, command.seller, name)
        if stored.account.state is AccountState.NEEDS_REAUTH:
            raise CommandFailed(_reconnect_first(name), Exit.CHANNEL)
        _set_state(opened, stored, AccountState.ACTIVE)
    command.out.say(f"เปิดบัญชี {name} แล้ว", f"The account {name} is active again.")


def _account(opened: App, seller: str, name: str) -> StoredAccount:
    seller_id = known_seller(opened, seller)
    with opened.database.begin() as uow:
        found = [stored for stored in uow.accounts.of_seller(seller_id) if stored.account.name == name]
    if not found:
        raise CommandFailed(_unknown_account(name), Exit.BAD_INPUT)
    return found[0]


def _set_state(
    opened: App, stored: StoredAccount, state: AccountState, error: ChannelError | None = None
) -> None:
    with opened.database.begin() as uow:
        problem = None if error is None else error.problem
        uow.accounts.set_state(stored.account.id, state, problem)
        if state is AccountState.ACTIVE:
            uow.listings.wake_account(stored.account.id, now=opened.clock.now())
            uow.notify_due()


def _unknown_kind(kind: str | None) -> Problem:
    known = ", ".join(CHANNELS)
    return Problem(
        path="kind",
        code="kind_unknown",
        th=f"ไม่รู้จักช่องทาง {kind or '(ว่าง)'} ที่เชื่อมได้คือ {known}",
        en=f"there is no kind of channel {kind or '(none given)'}; the kinds are {known}",
    )


def _unknown_account(name: str) -> Problem:
    return Problem(
        path="name",
        code="account_unknown",
        th=f"ไม่มีบัญชีชื่อ {name} ดูชื่อทั้งหมดด้วย: syndicator channels list",
        en=f"there is no account {name}; see: syndicator channels list",
    )


def _reconnect_first(name: str) -> Problem:
    return Problem(
        path="name",
        code="account_needs_reauth",
        th=f"บัญชี {name} ต้องเชื่อมใหม่ก่อน: syndicator channels connect … --name {name}",
        en=f"the account {name} must be reconnected first: syndicator channels connect … --name {name}",
    )


def _wrong_secrets(names: Sequence[str], missing: Sequence[str], unknown: Sequence[str]) -> Problem:
    needed = ", ".join(names) or "–"
    return Problem(
        path="--secret",
        code="secrets_wrong",
        th=f"ช่องทางนี้ต้องใช้รหัสลับ: {needed}"
        + (f" ยังขาด {', '.join(missing)}" if missing else "")
        + (f" ไม่รู้จัก {', '.join(unknown)}" if unknown else ""),
        en=f"this channel needs the secrets: {needed}"
        + (f"; missing {', '.join(missing)}" if missing else "")
        + (f"; unknown {', '.join(unknown)}" if unknown else ""),
    )


def _not_a_pair(option: str, name: str) -> Problem:
    return Problem(
        path=option,
        code="not_a_pair",
        th=f"{option} ต้องอยู่ในรูป ชื่อ=ค่า (ได้รับ {name})",
        en=f"{option} must be NAME=VALUE (got {name})",
    )


def _plain_secret(name: str) -> Problem:
    return Problem(
        path="--secret",
        code="secret_on_command_line",
        th=f"อย่าพิมพ์รหัสลับ {name} ในคำสั่งโดยตรง ใช้ {name}=@ไฟล์ หรือ {name}=$ตัวแปร หรือเว้นไว้แล้วระบบจะถาม",
        en=f"do not type the secret {name} into the command line; use {name}=@FILE or {name}=$VARIABLE, or leave it out "
        "and be asked",
    )
