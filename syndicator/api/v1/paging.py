"""Lists in pages: a cursor that tells nothing and stays true while rows are added."""

import base64
import binascii
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict

from schemas.problem import Problem
from syndicator.api.problems import ApiError

_T = TypeVar("_T")
MOST: Final = 200
USUAL: Final = 50
_DIGITS: Final = 18
"""More than an id can have; counted before a text is taken for a number."""
MOST_ID: Final = 10**_DIGITS - 1
"""No id is greater; the database counts no further than some nine times that."""


class Page(BaseModel, Generic[_T]):
    """One page of a list. ``next_cursor`` is null on the last one."""

    model_config = ConfigDict(frozen=True)

    data: tuple[_T, ...]
    next_cursor: str | None


class Paging(BaseModel):
    """Where a page begins and how long it is at most."""

    model_config = ConfigDict(frozen=True)

    after: int
    """Id of the last thing of the page before; 0 for the first."""
    limit: int

    @property
    def asked(self) -> int:
        """How many to read: one more than is shown tells whether there is a next page."""
        return self.limit + 1

    @property
    def before(self) -> int | None:
        """Where a list that begins with its newest goes on: the same id, read downwards; None for the first page."""
        return self.after or None

    def page(self, found: Sequence[_T], ids: Sequence[int]) -> Page[_T]:
        """Return the page out of what was read, at most ``asked``, with the id of each."""
        has_more = len(found) > self.limit
        cursor = _cursor(ids[self.limit - 1]) if has_more else None
        return Page[_T](data=tuple(found[: self.limit]), next_cursor=cursor)


def paging(
    cursor: Annotated[
        str | None, Query(max_length=64, description="`next_cursor` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="Longest page.")] = USUAL,
) -> Paging:
    """Read where a page begins.

    Raises:
        ApiError: 400, the cursor is none of ours.
    """
    return Paging(after=0 if cursor is None else _after(cursor), limit=limit)


PagingPart = Annotated[Paging, Depends(paging)]


def _cursor(id_: int) -> str:
    return base64.urlsafe_b64encode(f"i{id_}".encode()).decode().rstrip("=")


def _after(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError) as exc:
        raise _unknown() from exc
    digits = text[1:]
    if not (text.startswith("i") and digits.isdecimal() and len(digits) <= _DIGITS):
        raise _unknown()
    return int(digits)


def _unknown() -> ApiError:
    problem = Problem(
        path="cursor",
        code="cursor_invalid",
        th="cursor ไม่ถูกต้อง ใช้ค่า next_cursor จากหน้าก่อน หรือเริ่มใหม่โดยไม่ใส่",
        en="the cursor is none of ours; use next_cursor of the page before, or leave it out",
    )
    return ApiError(HTTPStatus.BAD_REQUEST, problem)
