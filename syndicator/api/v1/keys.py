"""API keys made through the API: a key makes keys that reach no further than itself."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from schemas.problem import Problem
from syndicator.api import sentences
from syndicator.api.problems import ApiError
from syndicator.api.v1.calling import AppPart, CallerPart
from syndicator.api.v1.paging import Page, PagingPart
from syndicator.api.v1.routes import api_router
from syndicator.bootstrap import App
from syndicator.domain.access import ApiKeyText, Caller, Reach, Rights, Role
from syndicator.store.api_keys import ApiKeyReport
from syndicator.store.engine import UnitOfWork

router = api_router("keys", shown_once=("key",))


class Key(BaseModel):
    """A key. ``last_used_at`` is true to the minute."""

    id: str
    name: str
    role: Role
    rights: Rights
    seller: str | None
    centre: str | None
    requests_per_minute: int
    made_by: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class MadeKey(BaseModel):
    """A new key: ``key`` is shown this once. It is null in an answer repeated under an Idempotency-Key."""

    id: str
    key: str | None


class NewKey(BaseModel):
    """A key to be made. ``seller`` is named for a seller's key and ``centre`` for a centre's, and neither for an admin's."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, description="What it is for, in your words.")
    role: Role = Role.SELLER
    rights: Rights = Rights.WRITE
    seller: str | None = Field(default=None, max_length=64)
    centre: str | None = Field(default=None, max_length=64)
    requests_per_minute: int | None = Field(default=None, ge=1, le=1_000_000)


@router.get("/keys")
def list_keys(app: AppPart, caller: CallerPart, paging: PagingPart) -> Page[Key]:
    """List the keys that reach no further than the one that asks; their secrets cannot be shown again."""
    with app.database.begin() as uow:
        found = uow.api_keys.within(caller.reach, after=paging.after, limit=paging.asked)
    return paging.page([_shown(app, one) for one in found], [one.id for one in found])


@router.post("/keys", status_code=HTTPStatus.CREATED)
def make_key(app: AppPart, caller: CallerPart, wanted: NewKey) -> MadeKey:
    """Make a key. Keep it well: only a hash of it is stored."""
    key = ApiKeyText.make()
    with app.database.begin() as uow:
        uow.api_keys.add(
            key,
            _reach(uow, caller, wanted),
            rights=wanted.rights,
            name=wanted.name,
            made_by=f"key {caller.name}",
            requests_per_minute=_pace(app, caller, wanted),
        )
    return MadeKey(id=key.public_id, key=key.text)


@router.delete("/keys/{key_id}", status_code=HTTPStatus.NO_CONTENT)
def revoke_key(
    app: AppPart,
    caller: CallerPart,
    key_id: Annotated[str, Path(description="The key's id.", max_length=64)],
) -> None:
    """End a key at once, also the one that asks. A key that was ended already stays so."""
    with app.database.begin() as uow:
        reach = uow.api_keys.reach_of(key_id)
        if reach is None or not _covers(uow, caller, reach):
            raise ApiError(HTTPStatus.NOT_FOUND, _unknown(key_id))
        uow.api_keys.revoke(key_id, now=app.clock.now())


def _reach(uow: UnitOfWork, caller: Caller, wanted: NewKey) -> Reach:
    """Return how far the new key is to reach.

    Raises:
        ApiError: 422, it names what its role does not, or what the caller does not reach; 403, the role goes further.
    """
    given = (wanted.seller is not None, wanted.centre is not None)
    if given != (wanted.role is Role.SELLER, wanted.role is Role.CENTRE):
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, _reach_needed())
    match wanted.role:
        case Role.ADMIN:
            reach = Reach(role=Role.ADMIN)
        case Role.CENTRE:
            centre = uow.sellers.centre(wanted.centre or "")
            reach = caller.reach if centre is None else Reach(role=Role.CENTRE, centre_id=centre)
            if centre is None or not _covers(uow, caller, reach):
                raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, sentences.centre_unknown(wanted.centre or ""))
        case Role.SELLER:
            seller = uow.sellers.find(wanted.seller or "", caller.reach)
            if seller is None:
                raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, sentences.seller_unknown(wanted.seller or ""))
            reach = Reach(role=Role.SELLER, seller_id=seller.id)
    if not _covers(uow, caller, reach):
        raise ApiError(HTTPStatus.FORBIDDEN, sentences.role_needed(Role.ADMIN))
    return reach


def _covers(uow: UnitOfWork, caller: Caller, reach: Reach) -> bool:
    centre = None if reach.seller_id is None else uow.sellers.centre_of(reach.seller_id)
    return caller.reach.covers_reach(reach, centre)


def _pace(app: App, caller: Caller, wanted: NewKey) -> int | None:
    """A key of less reach than an admin's hands out no more pace than it has."""
    own = caller.requests_per_minute or app.settings.api.requests_per_minute
    if caller.reach.role is Role.ADMIN:
        return wanted.requests_per_minute
    if wanted.requests_per_minute is not None and wanted.requests_per_minute > own:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, _too_fast(own))
    return wanted.requests_per_minute or caller.requests_per_minute


def _shown(app: App, one: ApiKeyReport) -> Key:
    return Key(
        id=one.public_id,
        name=one.name,
        role=one.role,
        rights=one.rights,
        seller=one.seller,
        centre=one.centre,
        requests_per_minute=one.requests_per_minute or app.settings.api.requests_per_minute,
        made_by=one.made_by,
        created_at=one.created_at,
        last_used_at=one.last_used_at,
        revoked_at=one.revoked_at,
    )


def _reach_needed() -> Problem:
    return Problem(
        path="role",
        code="key_reach",
        th="คีย์ของผู้ขายต้องระบุ seller คีย์ของศูนย์ต้องระบุ centre คีย์ของผู้ดูแลไม่ระบุทั้งสองอย่าง",
        en="a seller's key names its seller, a centre's its centre, an admin's neither",
    )


def _too_fast(limit: int) -> Problem:
    return Problem(
        path="requests_per_minute",
        code="key_too_fast",
        th=f"คีย์ใหม่เรียกได้ไม่เกิน {limit} ครั้งต่อนาที เท่ากับคีย์ที่สร้าง",
        en=f"the new key may make at most {limit} requests a minute, as many as the one that makes it",
    )


def _unknown(key_id: str) -> Problem:
    return Problem(
        path="key_id",
        code="key_not_found",
        th=f"ไม่พบคีย์ {key_id} ในขอบเขตของคีย์นี้",
        en=f"there is no key {key_id} within the reach of this key",
    )
