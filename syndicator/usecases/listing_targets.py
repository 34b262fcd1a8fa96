"""Where a seller's products are listed, and how a wish for one listing is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from adapters.base import Capabilities
from schemas.channel import ChannelAccount, Lane
from schemas.ids import AccountId, ProductId, SellerId, Sha256
from schemas.product import Product, Status
from syndicator.domain.listing import Wanted, begins_at
from syndicator.ports import Adapters
from syndicator.store.engine import UnitOfWork
from syndicator.store.listing_rows import KnownListing
from syndicator.store.listings import Wish
from syndicator.usecases.outcomes import LOOK_AGAIN_FOR_MEDIA


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An account of the seller.

    ``is_chosen``: new products are listed there too; what is listed already is kept true on every account.
    ``capabilities`` is None where the account cannot be opened now; its pictures are wanted when it can.
    """

    account: ChannelAccount
    capabilities: Capabilities | None
    is_chosen: bool


def targets_of(
    uow: UnitOfWork, seller_id: SellerId, account_ids: Sequence[AccountId] | None, adapters: Adapters
) -> Sequence[Target]:
    """Return every account of the seller; ``account_ids`` are the chosen ones, None means all."""
    return [
        Target(
            account=stored.account,
            capabilities=_capabilities(adapters, stored.account),
            is_chosen=account_ids is None or stored.account.id in account_ids,
        )
        for stored in uow.accounts.of_seller(seller_id)
    ]


def wish_for(
    product: Product,
    product_id: ProductId,
    account: ChannelAccount,
    *,
    lane: Lane,
    known: KnownListing | None,
    waits: bool,
    now: datetime,
) -> Wish:
    """Return the wish for a product on an account, as the product's status says.

    A listing that buyers see already is kept true at once; only a publish waits for its day. ``waits``: pictures of the
    product are not ready yet.
    """
    is_out = known is not None and known.is_out
    is_wanted = product.status is Status.ACTIVE
    begins = max(now, begins_at(product)) if is_wanted and not is_out else now
    return Wish(
        product_id=product_id,
        account_id=account.id,
        wanted=Wanted.LIVE if is_wanted else Wanted.WITHDRAWN,
        lane=lane,
        due_at=begins + (LOOK_AGAIN_FOR_MEDIA if waits else timedelta(0)),
        waits_for_media=waits,
    )


def shown_pictures(product: Product, account: ChannelAccount, capabilities: Capabilities) -> Iterator[Sha256]:
    """Yield the pictures that the account shows."""
    shown = product.for_channel(account.name, account.kind)
    yield from islice(shown.pictures(), capabilities.max_pictures.value)


def _capabilities(adapters: Adapters, account: ChannelAccount) -> Capabilities | None:
    """One account that cannot be opened (a broken market file) must not hold back the goods of the others."""
    try:
        return adapters.capabilities(account)
    except (KeyError, ValueError):
        return None
