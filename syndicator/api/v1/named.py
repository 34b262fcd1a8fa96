"""Things of a seller that an address or a body names by a word of the seller's own; what is another's is not there."""

from collections.abc import Sequence
from http import HTTPStatus

from schemas.ids import AccountId, SellerId, Sku
from schemas.problem import Problem
from syndicator.api.problems import ApiError
from syndicator.store.accounts import StoredAccount
from syndicator.store.engine import UnitOfWork


def account_of(uow: UnitOfWork, seller_id: SellerId, name: str) -> StoredAccount:
    """Return the seller's account of that name.

    Raises:
        ApiError: 404, the seller has none.
    """
    found = next((one for one in uow.accounts.of_seller(seller_id) if one.account.name == name), None)
    if found is None:
        raise ApiError(HTTPStatus.NOT_FOUND, account_unknown(name))
    return found


def accounts_of(
    uow: UnitOfWork, seller_id: SellerId, names: Sequence[str] | None
) -> Sequence[AccountId] | None:
    """Return the ids of the seller's accounts of those names; None stays None.

    Raises:
        ApiError: 422, the seller has none of a name; every such name is told.
    """
    if names is None:
        return None
    known = {one.account.name: one.account.id for one in uow.accounts.of_seller(seller_id)}
    unknown = [account_unknown(name, "accounts") for name in names if name not in known]
    if unknown:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, *unknown)
    return [known[name] for name in names]


def account_unknown(name: str, path: str = "account") -> Problem:
    """Say that the seller has no account of that name."""
    return Problem(
        path=path,
        code="account_not_found",
        th=f"ไม่มีบัญชีชื่อ {name} ตรวจชื่อจากรายการบัญชีของผู้ขาย",
        en=f"there is no account {name}; look the names up in the seller's accounts",
    )


def product_unknown(sku: Sku) -> ApiError:
    """Return the refusal for a code that the seller has no product of."""
    problem = Problem(
        path="sku",
        code="product_not_found",
        th=f"ไม่พบสินค้ารหัส {sku} ของผู้ขายนี้",
        en=f"this seller has no product {sku}",
    )
    return ApiError(HTTPStatus.NOT_FOUND, problem)
