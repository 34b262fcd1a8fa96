"""Channel accounts: connected pages, shops and market accounts of a seller. Credentials go in and never come out."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Path, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from adapters.base import ChannelType
from adapters.errors import AccountRefused
from adapters.redaction import BLANK, KNOWN
from schemas.channel import AccountState, Credentials
from schemas.ids import ChannelKind, SellerId
from schemas.pace import BrakeReason
from schemas.problem import Problem
from syndicator.api import sentences
from syndicator.api.problems import ApiError
from syndicator.api.v1.calling import AppPart, SellerPart
from syndicator.api.v1.named import account_of
from syndicator.api.v1.routes import api_router
from syndicator.bootstrap import App
from syndicator.store.accounts import StoredAccount
from syndicator.usecases.connect_account import AccountDetails, connect_account
from syndicator.usecases.mind_account import ReconnectFirst, check_account, pause_account, resume_account

router = api_router("accounts")
_WORD: Final = re.compile(r"[a-z][a-z_]{0,31}")
"""What names of secrets and settings are made of. Anything else may be a secret in the wrong place, and is not repeated."""
AccountName = Annotated[str, Path(description="The account's name.", max_length=100)]


def _texts(value: object) -> object:
    """Refuse what is no text without naming it: the word beside it may be the secret."""
    if isinstance(value, dict) and not all(isinstance(one, str) for one in value.values()):
        raise ValueError("every credential is a text")
    return value


class Account(BaseModel):
    """A connected account.

    ``state``: active, paused (by a person), renewing (its credential is being refreshed) or needs_reauth (``problem`` says
    why; connect it again, or mend the cause at the channel and check it). ``braked_until``: the channel asked for a pause.
    """

    name: str
    channel: str
    external_id: str
    state: AccountState
    problem: Problem | None
    expires_at: datetime | None
    braked_until: datetime | None
    brake_reason: BrakeReason | None


class Accounts(BaseModel):
    """Every account of the seller."""

    data: tuple[Account, ...]


class NewAccount(BaseModel):
    """An account to connect, or to reconnect under its name. Which secrets and settings are needed depends on the channel."""

    model_config = ConfigDict(extra="forbid")

    channel: str = Field(max_length=64, description="Kind of channel.")
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    external_id: str = Field(default="", max_length=200)
    credentials: Annotated[dict[str, SecretStr], BeforeValidator(_texts)] = Field(
        default_factory=dict, max_length=20
    )
    settings: dict[str, Any] = Field(default_factory=dict, max_length=50)


class AccountCheck(BaseModel):
    """Whether the channel takes the account; ``problem`` says why not."""

    works: bool
    problem: Problem | None
    account: Account


@router.get("/sellers/{seller}/accounts")
def list_accounts(app: AppPart, seller: SellerPart) -> Accounts:
    """List the seller's accounts."""
    with app.database.begin() as uow:
        found = uow.accounts.of_seller(seller.id)
    return Accounts(data=tuple(_shown(app, one) for one in found))


@router.get("/sellers/{seller}/accounts/{account}")
def show_account(app: AppPart, seller: SellerPart, account: AccountName) -> Account:
    """Show an account."""
    return _shown(app, _stored(app, seller.id, account))


@router.post("/sellers/{seller}/accounts", status_code=HTTPStatus.CREATED)
def connect(
    app: AppPart, seller: SellerPart, wanted: NewAccount, request: Request, response: Response
) -> Account:
    """Connect an account; the channel is asked before anything is stored. Listings that waited for it go on."""
    KNOWN.learn([secret.get_secret_value() for secret in wanted.credentials.values()])
    channel = request.app.state.channels.get(ChannelKind(wanted.channel))
    if channel is None:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, _unknown_channel(request.app.state.channels))
    _refuse_other_channel(app, seller.id, wanted)
    try:
        details = _details(app, channel, wanted)
        connect_account(seller.id, details, database=app.database, adapters=app.adapters, clock=app.clock)
    except AccountRefused as exc:
        problem = exc.problem or sentences.channel_refused()
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, problem) from exc
    except ValidationError as exc:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, *_wrong_settings(exc)) from None
    except ValueError as exc:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, _unusable_settings()) from exc
    response.headers["Location"] = f"/v1/sellers/{seller.code}/accounts/{wanted.name}"
    return _shown(app, _stored(app, seller.id, wanted.name))


@router.post("/sellers/{seller}/accounts/{account}/check")
def check(app: AppPart, seller: SellerPart, account: AccountName) -> AccountCheck:
    """Ask the channel whether the account works; one that was waiting for that goes on when it does."""
    problem = None
    try:
        check_account(
            _stored(app, seller.id, account), database=app.database, adapters=app.adapters, clock=app.clock
        )
    except AccountRefused as exc:
        problem = exc.problem or sentences.channel_refused()
    except ValueError:
        problem = _unusable_settings()
    return AccountCheck(
        works=problem is None, problem=problem, account=_shown(app, _stored(app, seller.id, account))
    )


@router.post("/sellers/{seller}/accounts/{account}/pause")
def pause(app: AppPart, seller: SellerPart, account: AccountName) -> Account:
    """Send nothing to the account until it is resumed; what is on sale there stays."""
    pause_account(_stored(app, seller.id, account).account.id, database=app.database)
    return _shown(app, _stored(app, seller.id, account))


@router.post("/sellers/{seller}/accounts/{account}/resume")
def resume(app: AppPart, seller: SellerPart, account: AccountName) -> Account:
    """Let work flow to a paused account again."""
    stored = _stored(app, seller.id, account)
    try:
        resume_account(stored, database=app.database, clock=app.clock)
    except ReconnectFirst as exc:
        raise ApiError(HTTPStatus.CONFLICT, stored.problem or _reconnect_first(account)) from exc
    return _shown(app, _stored(app, seller.id, account))


def _stored(app: App, seller_id: SellerId, name: str) -> StoredAccount:
    with app.database.begin() as uow:
        return account_of(uow, seller_id, name)


def _refuse_other_channel(app: App, seller_id: SellerId, wanted: NewAccount) -> None:
    """Its listings are on the channel it was connected to; another channel needs another name."""
    with app.database.begin() as uow:
        stored = uow.accounts.of_seller(seller_id)
    if any(one.account.name == wanted.name and one.account.kind != wanted.channel for one in stored):
        raise ApiError(HTTPStatus.CONFLICT, _name_taken(wanted.name))


def _shown(app: App, stored: StoredAccount) -> Account:
    is_braked = stored.not_before is not None and stored.not_before > app.clock.now()
    return Account(
        name=stored.account.name,
        channel=stored.account.kind,
        external_id=stored.account.external_id,
        state=stored.account.state,
        problem=stored.problem,
        expires_at=stored.expires_at,
        braked_until=stored.not_before if is_braked else None,
        brake_reason=stored.brake_reason if is_braked else None,
    )


def _details(app: App, channel: ChannelType, wanted: NewAccount) -> AccountDetails:
    given = {name: secret.get_secret_value() for name, secret in wanted.credentials.items()}
    needed = (
        channel.credential_names
        if channel.credential_names_for is None
        else channel.credential_names_for(getattr(app.settings, channel.settings_key, None), wanted.settings)
    )
    known = {*needed, *channel.optional_credential_names}
    problems = [_missing(name) for name in needed if not given.get(name)]
    problems += [_unknown_secret(name, sorted(known)) for name in given if name not in known]
    if problems:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, *problems)
    return AccountDetails(
        kind=channel.kind,
        name=wanted.name,
        external_id=wanted.external_id,
        credentials=Credentials(given),
        settings=wanted.settings,
        optional=channel.optional_credential_names,
    )


def _name_taken(name: str) -> Problem:
    return Problem(
        path="name",
        code="account_taken",
        th=f"ชื่อบัญชี {name} ใช้กับช่องทางอื่นอยู่แล้ว กรุณาใช้ชื่ออื่น",
        en=f"the name {name} is taken by an account on another channel; use another one",
    )


def _word(text: str) -> str:
    return text if _WORD.fullmatch(text) else BLANK


def _missing(name: str) -> Problem:
    return Problem(
        path=f"credentials.{name}",
        code="credential_missing",
        th=f"ช่องทางนี้ต้องใช้รหัสลับ {name}",
        en=f"this channel needs the credential {name}",
    )


def _unknown_secret(name: str, known: Sequence[str]) -> Problem:
    return Problem(
        path="credentials",
        code="credential_unknown",
        th=f"ช่องทางนี้ไม่ใช้รหัสลับ {_word(name)} ที่ใช้คือ {', '.join(known) or '–'}",
        en=f"this channel has no credential {_word(name)}; it has: {', '.join(known) or '–'}",
    )


def _wrong_settings(exc: ValidationError) -> list[Problem]:
    """Say which settings do not fit, and never repeat a value: it may be a secret in the wrong place."""
    found = []
    for error in exc.errors(include_input=False, include_url=False):
        name = ".".join(_word(part) if isinstance(part, str) else str(part) for part in error["loc"])
        found.append(
            Problem(
                path=f"settings.{name}" if name else "settings",
                code="account_setting_invalid",
                th=f"ค่าตั้ง {name} ของบัญชีนี้ไม่ถูกต้อง: {error['msg']}",
                en=f"the setting {name} of this account is not valid: {error['msg']}",
            )
        )
    return found


def _unusable_settings() -> Problem:
    return Problem(
        path="settings",
        code="account_not_opened",
        th="เปิดบัญชีนี้ไม่ได้ เพราะค่าตั้งของบัญชีหรือของช่องทางไม่ถูกต้อง กรุณาตรวจแล้วเชื่อมใหม่",
        en="this account cannot be opened: a setting of it or of its channel is wrong; check them and connect it again",
    )


def _unknown_channel(channels: Mapping[ChannelKind, ChannelType]) -> Problem:
    return Problem(
        path="channel",
        code="channel_unknown",
        th=f"ไม่รู้จักช่องทางนี้ ที่เชื่อมได้คือ {', '.join(channels)}",
        en=f"there is no such channel; those that can be connected are {', '.join(channels)}",
    )


def _reconnect_first(name: str) -> Problem:
    return Problem(
        path="account",
        code="account_needs_reauth",
        th=f"บัญชี {name} ต้องเชื่อมใหม่ก่อน หรือแก้ที่ช่องทางแล้วสั่งตรวจบัญชี",
        en=f"the account {name} must be connected again first, or checked once the cause is mended at the channel",
    )
