"""Products and their variants."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.ids import ProductId, SellerId, Sku
from schemas.product import Product, Status
from syndicator.store.bulk import among, insert_rows, rows
from syndicator.store.tables import Product as ProductTable
from syndicator.store.tables import Variant as VariantTable
from syndicator.store.tables import table

_PRODUCT = table(ProductTable)
_VARIANT = table(VariantTable)
_INSERT = insert_rows(_PRODUCT, "seller_id", "sku", "canonical", "fingerprint", "updated_at")
_SAVE = _INSERT.on_conflict_do_update(
    index_elements=["seller_id", "sku"],
    set_={
        "canonical": _INSERT.excluded.canonical,
        "fingerprint": _INSERT.excluded.fingerprint,
        "version": _PRODUCT.c.version + 1,
        "updated_at": _INSERT.excluded.updated_at,
    },
).returning(_PRODUCT.c.id, _PRODUCT.c.sku)
_INSERT_VARIANTS = insert_rows(_VARIANT, "seller_id", "product_id", "sku", "position")
_SAVE_VARIANTS = _INSERT_VARIANTS.on_conflict_do_update(
    index_elements=["seller_id", "sku"], set_={"position": _INSERT_VARIANTS.excluded.position}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProduct:
    """A product as stored; ``version`` grows with every edit."""

    id: ProductId
    product: Product
    fingerprint: str
    version: int
    created_at: datetime
    updated_at: datetime


class ProductRepository:
    """Reads and writes products. Call ``AccountRepository.lock_seller`` before writing."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def by_sku(self, seller_id: SellerId, skus: Iterable[Sku]) -> Mapping[Sku, StoredProduct]:
        """Return the seller's products of those codes."""
        found = self._connection.execute(
            sa.select(_PRODUCT).where(_PRODUCT.c.seller_id == seller_id, among(_PRODUCT.c.sku, skus))
        )
        return {Sku(row.sku): _stored(row) for row in found}

    def page(
        self, seller_id: SellerId, *, status: Status | None, after: ProductId, limit: int
    ) -> Sequence[StoredProduct]:
        """Return the seller's products after that id, in the order they were made."""
        wanted = sa.select(_PRODUCT).where(_PRODUCT.c.seller_id == seller_id, _PRODUCT.c.id > after)
        if status is not None:
            wanted = wanted.where(_PRODUCT.c.canonical["status"].astext == status.value)
        found = self._connection.execute(wanted.order_by(_PRODUCT.c.id).limit(limit))
        return [_stored(row) for row in found]

    def owner_of_variants(self, seller_id: SellerId, skus: Iterable[Sku]) -> Mapping[Sku, Sku]:
        """Return, for each variant SKU the seller already uses, the code of the product it belongs to."""
        found = self._connection.execute(
            sa.select(_VARIANT.c.sku, _PRODUCT.c.sku)
            .join(_PRODUCT, _PRODUCT.c.id == _VARIANT.c.product_id)
            .where(_VARIANT.c.seller_id == seller_id, among(_VARIANT.c.sku, skus))
        )
        return {Sku(variant): Sku(product) for variant, product in found}

    def save(
        self, seller_id: SellerId, products: Sequence[Product], *, now: datetime
    ) -> Mapping[Sku, ProductId]:
        """Insert or replace the products with their variants; return their ids by code."""
        if not products:
            return {}
        saved = self._connection.execute(
            _SAVE,
            rows(
                [
                    {
                        "seller_id": seller_id,
                        "sku": product.sku,
                        "canonical": product.model_dump(mode="json"),
                        "fingerprint": product.fingerprint,
                        "updated_at": now,
                    }
                    for product in products
                ]
            ),
        )
        ids = {Sku(row.sku): ProductId(row.id) for row in saved}
        self._save_variants(seller_id, products, ids)
        return ids

    def _save_variants(
        self, seller_id: SellerId, products: Sequence[Product], ids: Mapping[Sku, ProductId]
    ) -> None:
        wanted = [
            {"seller_id": seller_id, "product_id": ids[product.sku], "sku": variant.sku, "position": position}
            for product in products
            for position, variant in enumerate(product.variants)
        ]
        self._connection.execute(
            sa.delete(_VARIANT).where(
                among(_VARIANT.c.product_id, ids.values()),
                sa.not_(among(_VARIANT.c.sku, [row["sku"] for row in wanted])),
            )
        )
        self._connection.execute(_SAVE_VARIANTS, rows(wanted))


def _stored(row: sa.Row[Any]) -> StoredProduct:
    return StoredProduct(
        id=ProductId(row.id),
        product=Product.model_validate(row.canonical),
        fingerprint=row.fingerprint,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
