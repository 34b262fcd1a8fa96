"""What connects an account, read from a command line; nothing that may be a secret is ever repeated."""

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import typer
from pydantic import ValidationError

from adapters.base import ChannelType
from adapters.redaction import BLANK
from adapters.registry import CHANNELS
from adapters.testing.sandbox.accounts import sandbox_accounts
from schemas.channel import Credentials
from schemas.ids import ChannelKind
from schemas.problem import Problem
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.options import Command
from syndicator.usecases.connect_account import AccountDetails

_NAME: Final = re.compile(r"[a-z][a-z_]{0,31}")
"""What names of secrets and settings are made of; keys and tokens have digits or signs in them."""


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


def channel_of(kind: str | None) -> ChannelType:
    """Return the kind of channel a person named.

    Raises:
        CommandFailed: There is no such kind.
    """
    if kind is None or kind not in CHANNELS:
        raise CommandFailed(_unknown_kind(kind), Exit.USAGE)
    return CHANNELS[ChannelKind(kind)]


def typed_details(
    command: Command,
    channel: ChannelType,
    name: str | None,
    external_id: str,
    secrets: Sequence[str],
    settings: Sequence[str],
) -> AccountDetails:
    """Return what connects an account, from the words of a command line; secrets are read from where these say.

    Raises:
        CommandFailed: A word is none, a secret is missing, unknown or typed out, or a setting does not fit.
        OSError: A file that was named cannot be read.
    """
    parsed = {key: _setting_value(value) for key, value in (_pair(text, "--setting") for text in settings)}
    try:
        names = _secret_names(channel, getattr(command.settings, channel.settings_key), parsed)
    except ValidationError as exc:
        raise CommandFailed(wrong_setting(name or channel.kind, channel.kind, exc), Exit.USAGE) from None
    return AccountDetails(
        kind=channel.kind,
        name=name or channel.kind,
        external_id=external_id,
        credentials=_credentials(
            names, channel.optional_credential_names, dict(_pair(text, "--secret") for text in secrets)
        ),
        settings=parsed,
        optional=channel.optional_credential_names,
    )


def _secret_names(channel: ChannelType, group: Any, settings: Mapping[str, Any]) -> tuple[str, ...]:
    if channel.credential_names_for is None:
        return channel.credential_names
    return channel.credential_names_for(group, settings)


def _credentials(names: Sequence[str], optional: Sequence[str], given: Mapping[str, str]) -> Credentials:
    """Read the needed secrets and the optional ones that were given; only the needed ones are asked for."""
    values = {name: _secret_value(name, given.get(name)) for name in names}
    missing = [name for name, value in values.items() if not value]
    unknown = sorted(set(given) - {*names, *optional})
    if missing or unknown:
        raise CommandFailed(
            _wrong_secrets(names, optional, missing, [shown_name(name) for name in unknown]), Exit.USAGE
        )
    return Credentials(
        values | {name: _secret_value(name, given[name]) for name in optional if name in given}
    )


def _pair(text: str, option: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise CommandFailed(_not_a_pair(option, shown_name(name)), Exit.USAGE)
    return name, value


def shown_name(typed: str) -> str:
    """Return a name as it may be repeated to the person: what looks like none may be a secret typed in its place."""
    return typed if _NAME.fullmatch(typed) else BLANK


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


def wrong_setting(account: str, kind: str, exc: ValidationError) -> Problem:
    """Say which setting of an account does not fit, and never repeat its value."""
    first = exc.errors(include_input=False, include_url=False)[0]
    name = ".".join(shown_name(part) if isinstance(part, str) else str(part) for part in first["loc"])
    return Problem(
        path="--setting",
        code="account_setting_invalid",
        th=f"ค่า --setting {name} ของบัญชี {account} ({kind}) ไม่ถูกต้อง: {first['msg']}",
        en=f"--setting {name} of the account {account} ({kind}) is not valid: {first['msg']}",
    )


def _unknown_kind(kind: str | None) -> Problem:
    known = ", ".join(CHANNELS)
    return Problem(
        path="kind",
        code="kind_unknown",
        th=f"ไม่รู้จักช่องทาง {kind or '(ว่าง)'} ที่เชื่อมได้คือ {known}",
        en=f"there is no kind of channel {kind or '(none given)'}; the kinds are {known}",
    )


def _wrong_secrets(
    names: Sequence[str], optional: Sequence[str], missing: Sequence[str], unknown: Sequence[str]
) -> Problem:
    needed = ", ".join(names) or "–"
    besides = ", ".join(optional)
    return Problem(
        path="--secret",
        code="secrets_wrong",
        th=f"ช่องทางนี้ต้องใช้รหัสลับ: {needed}"
        + (f" และใส่เพิ่มได้: {besides}" if besides else "")
        + (f" ยังขาด {', '.join(missing)}" if missing else "")
        + (f" ไม่รู้จัก {', '.join(unknown)}" if unknown else ""),
        en=f"this channel needs the secrets: {needed}"
        + (f"; it may also have: {besides}" if besides else "")
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
