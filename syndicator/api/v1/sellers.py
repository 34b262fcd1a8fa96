"""Who the key is, and the sellers within its reach."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from schemas.ids import CentreId, SellerId
from schemas.problem import Problem
from syndicator.api import sentences
from syndicator.api.problems import ApiError
from syndicator.api.v1.calling import SELLER_CODE, AppPart, CallerPart, SellerPart, only
from syndicator.api.v1.paging import Page, PagingPart
from syndicator.api.v1.routes import api_router
from syndicator.domain.access import Caller, Reach, Rights, Role
from syndicator.store.engine import UnitOfWork
from syndicator.store.sellers import SellerReport

router = api_router("sellers")
CentreOrAdmin = Annotated[Caller, Depends(only(Role.CENTRE, Role.ADMIN))]


class Me(BaseModel):
    """The key that asks, and how far it reaches."""

    name: str
    role: Role
    rights: Rights
    requests_per_minute: int


class Seller(BaseModel):
    """A seller. ``centre`` is the code of the digital centre that helps them, null where none does."""

    code: str
    name: str
    centre: str | None
    created_at: datetime


class NewSeller(BaseModel):
    """A seller to be made. A centre's key makes sellers of its own centre, whether it names it or not."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=SELLER_CODE)
    name: str = Field(min_length=1, max_length=200)
    centre: str | None = Field(default=None, max_length=64)


class SellerChange(BaseModel):
    """What of a seller can be changed."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)


@router.get("/me")
def me(app: AppPart, caller: CallerPart) -> Me:
    """Say who the key is."""
    return Me(
        name=caller.name,
        role=caller.reach.role,
        rights=caller.rights,
        requests_per_minute=caller.requests_per_minute or app.settings.api.requests_per_minute,
    )


@router.get("/sellers")
def list_sellers(app: AppPart, caller: CallerPart, paging: PagingPart) -> Page[Seller]:
    """List the sellers within the key's reach."""
    with app.database.begin() as uow:
        found = uow.sellers.within(caller.reach, after=SellerId(paging.after), limit=paging.asked)
    return paging.page([_shown(one) for one in found], [one.id for one in found])


@router.post("/sellers", status_code=HTTPStatus.CREATED)
def make_seller(app: AppPart, caller: CentreOrAdmin, wanted: NewSeller, response: Response) -> Seller:
    """Make a seller."""
    with app.database.begin() as uow:
        made = uow.sellers.add(wanted.code, wanted.name, _centre_id(uow, caller.reach, wanted.centre))
        if made is None:
            raise ApiError(HTTPStatus.CONFLICT, _taken(wanted.code))
        found = uow.sellers.find(wanted.code, caller.reach)
    if found is None:
        raise RuntimeError("a seller that was just made is not found")
    response.headers["Location"] = f"/v1/sellers/{found.code}"
    return _shown(found)


@router.get("/sellers/{seller}")
def show_seller(seller: SellerPart) -> Seller:
    """Show a seller."""
    return _shown(seller)


@router.patch("/sellers/{seller}")
def change_seller(app: AppPart, seller: SellerPart, change: SellerChange) -> Seller:
    """Give a seller another name."""
    with app.database.begin() as uow:
        uow.sellers.rename(seller.id, change.name)
    return _shown(seller).model_copy(update={"name": change.name})


def _centre_id(uow: UnitOfWork, reach: Reach, code: str | None) -> CentreId | None:
    if code is None:
        return reach.centre_id
    found = uow.sellers.centre(code)
    if found is None or (reach.role is Role.CENTRE and found != reach.centre_id):
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, sentences.centre_unknown(code))
    return found


def _shown(one: SellerReport) -> Seller:
    return Seller(code=one.code, name=one.name, centre=one.centre, created_at=one.created_at)


def _taken(code: str) -> Problem:
    return Problem(
        path="code",
        code="seller_taken",
        th=f"รหัสผู้ขาย {code} มีผู้ใช้แล้ว กรุณาใช้รหัสอื่น",
        en=f"the seller code {code} is taken; use another one",
    )
