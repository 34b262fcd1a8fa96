"""What the handlers of the API are told of the request: who calls, for which seller, and the parts of the program."""

import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Path, Request

from schemas.problem import Problem
from syndicator.api import sentences
from syndicator.api.problems import ApiError
from syndicator.api.request_ids import request_id_of
from syndicator.api.v1.routes import IDEMPOTENCY_KEY
from syndicator.bootstrap import App
from syndicator.domain.access import Caller, Role
from syndicator.store.sellers import SellerReport

_FINGERPRINT_DIGITS = 16
SELLER_CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


def app_of(request: Request) -> App:
    """Return the program's parts."""
    app: App = request.app.state.app
    return app


def caller_of(request: Request) -> Caller:
    """Return who calls."""
    caller: Caller = request.state.caller
    return caller


def seller_of(
    request: Request, seller: Annotated[str, Path(description="The seller's code.", pattern=SELLER_CODE)]
) -> SellerReport:
    """Return the seller that the address names; that the key reaches them was seen to before."""
    del seller
    found: SellerReport = request.state.seller
    return found


def request_id(request: Request) -> str:
    """Return the id of the request."""
    return request_id_of(request.scope)


def write_reference(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias=IDEMPOTENCY_KEY,
            description="A name of your own for this write: sent again under it, it is not done again.",
        ),
    ] = None,
) -> str:
    """Return the name under which the write is kept: the caller's own with what it stood for, else one of its own.

    The request id will not do: a caller may send the same one with everything that belongs together. And what is kept of a
    write stays longer than its answer: a name that is used again for something else, days later, is another write.
    """
    caller = caller_of(request)
    if idempotency_key is None:
        return f"api:{caller.key_id}:{uuid.uuid4().hex}"
    fingerprint: str = request.state.fingerprint
    return f"api:{caller.key_id}:{idempotency_key}:{fingerprint[:_FINGERPRINT_DIGITS]}"


def required_write_reference(
    request: Request,
    idempotency_key: Annotated[
        str | None, Header(alias=IDEMPOTENCY_KEY, description="Required: a name of your own for this write.")
    ] = None,
) -> str:
    """Return it for a write that must not be done twice by a repeated request.

    Raises:
        ApiError: 400, there is none.
    """
    if idempotency_key is None:
        problem = Problem(
            path=IDEMPOTENCY_KEY,
            code="idempotency_key_required",
            th="รายการนี้ต้องแนบ Idempotency-Key เพื่อไม่ให้ทำซ้ำเมื่อส่งใหม่",
            en="this write needs an Idempotency-Key, so that a repeated request does not do it twice",
        )
        raise ApiError(HTTPStatus.BAD_REQUEST, problem)
    return write_reference(request, idempotency_key)


def only(*roles: Role) -> Callable[[Request], Caller]:
    """Return a dependency that lets keys of these roles through."""

    def check(request: Request) -> Caller:
        caller = caller_of(request)
        if caller.reach.role not in roles:
            raise ApiError(HTTPStatus.FORBIDDEN, sentences.role_needed(*roles))
        return caller

    return check


AppPart = Annotated[App, Depends(app_of)]
CallerPart = Annotated[Caller, Depends(caller_of)]
SellerPart = Annotated[SellerReport, Depends(seller_of)]
RequestId = Annotated[str, Depends(request_id)]
Reference = Annotated[str, Depends(write_reference)]
RequiredReference = Annotated[str, Depends(required_write_reference)]
