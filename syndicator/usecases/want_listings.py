"""Put one product on sale on some accounts, or take it off some: the wish of a person for single listings."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from adapters.errors import Rejected
from schemas.channel import Lane
from schemas.ids import AccountId, ListingId, ProductId, SellerId, Sku
from schemas.problem import Problem
from schemas.product import Product, Status
from syndicator.domain.listing import Wanted
from syndicator.ports import Adapters, Clock
from syndicator.store.engine import Database, UnitOfWork
from syndicator.usecases.listing_targets import Target, shown_pictures, targets_of, wish_for

_LANE: Final = Lane.CONTENT


def publish_product(
    seller_id: SellerId,
    sku: Sku,
    account_ids: Sequence[AccountId] | None,
    *,
    database: Database,
    adapters: Adapters,
    clock: Clock,
    request_id: str | None = None,
) -> Sequence[ListingId]:
    """Want the product live on the accounts, None means all of the seller's; return its listings there.

    A listing that was withdrawn by hand is put on sale again by this. One that is live already costs no call.

    Raises:
        LookupError: The seller has no such product.
        Rejected: The product is hidden, so it is on sale nowhere.

    Effects: rows only. The dispatcher is woken when the transaction commits.
    """
    with database.begin() as uow:
        uow.accounts.lock_seller(seller_id)
        stored = _product(uow, seller_id, sku)
        if stored[1].status is not Status.ACTIVE:
            raise Rejected([_is_hidden(sku)])
        targets = [one for one in targets_of(uow, seller_id, account_ids, adapters) if one.is_chosen]
        _want_pictures(uow, stored[1], targets, clock)
        return _want(uow, seller_id, *stored, targets, Wanted.LIVE, clock, request_id)


def withdraw_product(
    seller_id: SellerId,
    sku: Sku,
    account_ids: Sequence[AccountId] | None,
    *,
    database: Database,
    adapters: Adapters,
    clock: Clock,
    request_id: str | None = None,
) -> Sequence[ListingId]:
    """Want the product off the accounts, None means all where it is listed; return its listings there.

    It stays off through later edits of the product (see ``submit_products``) until it is published again.

    Raises:
        LookupError: The seller has no such product.

    Effects: rows only. The dispatcher is woken when the transaction commits.
    """
    with database.begin() as uow:
        uow.accounts.lock_seller(seller_id)
        product_id, product = _product(uow, seller_id, sku)
        listed = {account_id for _, account_id in uow.listings.known([product_id])}
        targets = [
            one
            for one in targets_of(uow, seller_id, account_ids, adapters)
            if one.is_chosen and one.account.id in listed
        ]
        return _want(uow, seller_id, product_id, product, targets, Wanted.WITHDRAWN, clock, request_id)


def _product(uow: UnitOfWork, seller_id: SellerId, sku: Sku) -> tuple[ProductId, Product]:
    found = uow.products.by_sku(seller_id, [sku]).get(sku)
    if found is None:
        raise LookupError(f"no product {sku}")
    return found.id, found.product


def _want(
    uow: UnitOfWork,
    seller_id: SellerId,
    product_id: ProductId,
    product: Product,
    targets: Sequence[Target],
    wanted: Wanted,
    clock: Clock,
    request_id: str | None,
) -> Sequence[ListingId]:
    now, known = clock.now(), uow.listings.known([product_id])
    waits = wanted is Wanted.LIVE and product_id in uow.media.waiting_products([product_id])
    wishes = []
    for target in targets:
        wish = wish_for(
            product,
            product_id,
            target.account,
            lane=_LANE,
            known=known.get((product_id, target.account.id)),
            waits=waits,
            now=now,
        )
        wish = replace(wish, request_id=request_id)
        wishes.append(wish if wanted is Wanted.LIVE else replace(wish, wanted=wanted, due_at=now))
    uow.notify_due()
    return uow.listings.want(seller_id, wishes)


def _want_pictures(uow: UnitOfWork, product: Product, targets: Sequence[Target], clock: Clock) -> None:
    wanted = [
        (sha, target.capabilities.picture)
        for target in targets
        if target.capabilities is not None
        for sha in shown_pictures(product, target.account, target.capabilities)
    ]
    media = uow.media.ids({sha: None for sha, _ in wanted})
    uow.media.want(((media[sha], sha, spec) for sha, spec in wanted), now=clock.now())


def _is_hidden(sku: Sku) -> Problem:
    return Problem(
        path="status",
        code="product_hidden",
        th=f"สินค้า {sku} ถูกซ่อนอยู่ จึงขายที่ใดไม่ได้ เปลี่ยนสถานะเป็น active ก่อน แล้วสั่งขายใหม่",
        en=f"the product {sku} is hidden, so it is on sale nowhere; make its status active first",
    )
