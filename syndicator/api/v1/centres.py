"""Digital centres, whose keys reach every seller they help. Only admins make and see them."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field

from schemas.problem import Problem
from syndicator.api.problems import ApiError
from syndicator.api.v1.calling import SELLER_CODE, AppPart, only
from syndicator.api.v1.paging import Page, PagingPart
from syndicator.api.v1.routes import api_router
from syndicator.domain.access import Caller, Role

router = api_router("centres")
Admin = Annotated[Caller, Depends(only(Role.ADMIN))]


class NewCentre(BaseModel):
    """A centre to be made."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=SELLER_CODE)
    name: str = Field(min_length=1, max_length=200)


class Centre(BaseModel):
    """A digital centre."""

    code: str
    name: str
    created_at: datetime


@router.get("/centres")
def list_centres(app: AppPart, admin: Admin, paging: PagingPart) -> Page[Centre]:
    """List the centres."""
    del admin
    with app.database.begin() as uow:
        found = uow.sellers.centres(after=paging.after, limit=paging.asked)
    centres = [Centre(code=one.code, name=one.name, created_at=one.created_at) for one in found]
    return paging.page(centres, [one.id for one in found])


@router.post("/centres", status_code=HTTPStatus.CREATED)
def make_centre(app: AppPart, admin: Admin, wanted: NewCentre) -> Centre:
    """Make a centre."""
    del admin
    with app.database.begin() as uow:
        made = uow.sellers.add_centre(wanted.code, wanted.name)
        if made is None:
            raise ApiError(HTTPStatus.CONFLICT, _taken(wanted.code))
        (found,) = uow.sellers.centres(after=made - 1, limit=1)
    return Centre(code=found.code, name=found.name, created_at=found.created_at)


def _taken(code: str) -> Problem:
    return Problem(
        path="code",
        code="centre_taken",
        th=f"รหัสศูนย์ {code} มีผู้ใช้แล้ว กรุณาใช้รหัสอื่น",
        en=f"the centre code {code} is taken; use another one",
    )
