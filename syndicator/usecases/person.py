"""Channels without an API: a person carries the pack there and brings the market's code back."""

from datetime import datetime, timedelta
from typing import cast

from adapters.base import ChannelAdapter, Pack, PackingAdapter
from adapters.errors import Rejected
from schemas.ids import SellerId, Sku
from schemas.listing import Pending, Receipt, Rendition
from schemas.problem import Problem
from syndicator.domain.listing import Listing
from syndicator.ports import Adapters
from syndicator.store.accounts import StoredAccount
from syndicator.store.engine import UnitOfWork
from syndicator.usecases.claiming import offers_of


def make_pack(
    uow: UnitOfWork, adapters: Adapters, stored: StoredAccount, seller_id: SellerId, sku: Sku
) -> Pack:
    """Build the pack of a stored product for an account.

    Raises:
        Rejected: The account's channel needs no person, the product is unknown, or it breaks the channel's rules.
        Transient: A picture is not ready yet.
    """
    adapter = adapters.open(stored.account, stored.credentials)
    if not isinstance(adapter, PackingAdapter):
        raise Rejected([_no_person_needed(stored)])
    rendition, _ = _render(uow, adapter, stored, seller_id, sku)
    return adapter.pack(rendition)


def record_code(
    uow: UnitOfWork,
    adapters: Adapters,
    stored: StoredAccount,
    seller_id: SellerId,
    sku: Sku,
    code: str,
    *,
    now: datetime,
) -> Receipt:
    """Record the code a person brought back; the listing is live from then on.

    Raises:
        Rejected: The code does not have the market's form, the product is unknown, or no person is needed.
    """
    adapter = adapters.open(stored.account, stored.credentials)
    if not isinstance(adapter, PackingAdapter):
        raise Rejected([_no_person_needed(stored)])
    rendition, listing = _render(uow, adapter, stored, seller_id, sku)
    pending = Pending(progress={"code": code}, check_after=timedelta(0))
    receipt = cast("ChannelAdapter", adapter).resume(rendition, pending)
    if isinstance(receipt, Pending):
        raise Rejected([_not_taken(code)])
    uow.listings.confirm(listing, receipt, rendition.parts, now=now)
    return receipt


def _render(
    uow: UnitOfWork, adapter: object, stored: StoredAccount, seller_id: SellerId, sku: Sku
) -> tuple[Rendition, Listing]:
    found = uow.products.by_sku(seller_id, [sku]).get(sku)
    listing = uow.listings.find(stored.account.id, sku)
    if found is None or listing is None:
        raise Rejected([_not_listed(sku, stored)])
    channel = cast("ChannelAdapter", adapter)
    product = found.product.for_channel(stored.account.name, stored.account.kind)
    stock = uow.showing.shown_of(stored.account.id, found.id)
    rendition = channel.render(product, offers_of(product, stock), marker=listing.marker(product))
    problems = channel.validate(rendition, product)
    if problems:
        raise Rejected(problems)
    return rendition, listing


def _no_person_needed(stored: StoredAccount) -> Problem:
    return Problem(
        path="--channel",
        code="no_person_needed",
        th=f"ช่องทาง {stored.account.name} ระบบลงประกาศให้เอง ไม่ต้องใช้ชุดลงสินค้า",
        en=f"the channel {stored.account.name} is listed on by the system itself; it needs no pack",
    )


def _not_listed(sku: Sku, stored: StoredAccount) -> Problem:
    return Problem(
        path="sku",
        code="sku_not_listed",
        th=f"ไม่พบสินค้ารหัส {sku} ในช่องทาง {stored.account.name} ส่งไฟล์สินค้าก่อนด้วย: syndicator publish",
        en=f"product {sku} is not listed on {stored.account.name}; send the file first with: syndicator publish",
    )


def _not_taken(code: str) -> Problem:
    return Problem(
        path="code",
        code="code_not_taken",
        th=f"ยังบันทึกรหัส {code} ไม่ได้ กรุณาตรวจแล้วลองใหม่",
        en=f"the code {code} was not taken; check it and try again",
    )
