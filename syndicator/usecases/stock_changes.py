"""What every change of stock has in common: it is written to the ledger, and every channel hears of it at once."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from schemas.ids import ProductId, SellerId, Sku, VariantId
from syndicator.domain.stock import Level, Movement, MovementKind
from syndicator.store.engine import UnitOfWork
from syndicator.store.stock import StockedVariant


def tell_channels(uow: UnitOfWork, variant_ids: Iterable[VariantId], *, now: datetime) -> None:
    """Make every listing of the variants due in the stock lane, and wake the dispatcher when the transaction commits.

    The moment is kept as the beginning of the change, unless the channel has not yet been told of an earlier one: what
    is measured is how long a buyer could see an old figure. What was oversold and is there now is settled.
    """
    changed = list(variant_ids)
    uow.oversells.close_settled(changed, now=now)
    products = uow.stock.products_of(changed)
    if products and uow.pushes.want(products, now=now):
        uow.notify_stock()


def count_movement(
    variant: StockedVariant,
    units: int,
    *,
    source: str,
    reference: str,
    as_of: datetime,
    moved_since: int = 0,
    note: str | None = None,
) -> Movement:
    """Return the movement of a count: so many were on the shelf at ``as_of``, and what moved since moved besides.

    Orders that came in meanwhile change nothing: their units stood on the shelf and were counted.
    """
    on_hand = max(units + moved_since, 0)
    return Movement(
        variant_id=variant.id,
        kind=MovementKind.COUNT,
        source=source,
        reference=reference,
        on_hand=on_hand - variant.level.on_hand,
        happened_at=as_of,
        note=note,
    )


def take_submitted(
    uow: UnitOfWork, seller_id: SellerId, counts: Mapping[Sku, int], *, reference: str, now: datetime
) -> frozenset[ProductId]:
    """Take the figures of a product file as counts; return the products whose stock changed.

    A file is sent again for many reasons. A figure that is the same as in the file before says nothing new, so it undoes
    no sale made since; one that differs was counted.
    """
    variants = uow.stock.find(seller_id, counts)
    said = [one for one in variants.values() if one.submitted != counts[one.sku]]
    movements = [
        count_movement(one, counts[one.sku], source="import", reference=reference, as_of=now) for one in said
    ]
    recorded = {one.variant_id for one in uow.stock.record(movements, now=now)}
    uow.oversells.close_settled(recorded, now=now)
    uow.stock.note_submitted({one.id: counts[one.sku] for one in said if one.id in recorded}, now=now)
    return frozenset(one.product_id for one in said if one.id in recorded and _differs(one, counts[one.sku]))


def _differs(variant: StockedVariant, units: int) -> bool:
    before = variant.level
    after = Level(on_hand=units, promised=before.promised)
    return before.available != after.available or before.counted_at is None
