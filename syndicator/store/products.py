"""Products and their variants."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from schemas.ids import ProductId, SellerId, Sku
from schemas.product import Product
from syndicator.store.tables import Product as ProductTable
from syndicator.store.tables import Variant as VariantTable
from syndicator.store.tables import table

_PRODUCT = table(ProductTable)
_VARIANT = table(VariantTable)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProduct:
    """A product as stored."""

    id: ProductId
    product: Product
    fingerprint: str


class ProductRepository:
    """Reads and writes products. Call ``AccountRepository.lock_seller`` before writing."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def by_sku(self, seller_id: SellerId, skus: Iterable[Sku]) -> Mapping[Sku, StoredProduct]:
        """Return the seller's products of those codes."""
        rows = self._connection.execute(
            sa.select(_PRODUCT.c.id, _PRODUCT.c.sku, _PRODUCT.c.canonical, _PRODUCT.c.fingerprint).where(
                _PRODUCT.c.seller_id == seller_id, _PRODUCT.c.sku.in_(list(skus))
            )
        )
        return {
            Sku(row.sku): StoredProduct(
                id=ProductId(row.id),
                product=Product.model_validate(row.canonical),
                fingerprint=row.fingerprint,
            )
            for row in rows
        }

    def owner_of_variants(self, seller_id: SellerId, skus: Iterable[Sku]) -> Mapping[Sku, Sku]:
        """Return, for each variant SKU the seller already uses, the code of the product it belongs to."""
        rows = self._connection.execute(
            sa.select(_VARIANT.c.sku, _PRODUCT.c.sku)
            .join(_PRODUCT, _PRODUCT.c.id == _VARIANT.c.product_id)
            .where(_VARIANT.c.seller_id == seller_id, _VARIANT.c.sku.in_(list(skus)))
        )
        return {Sku(variant): Sku(product) for variant, product in rows}

    def save(
        self, seller_id: SellerId, products: Sequence[Product], *, now: datetime
    ) -> Mapping[Sku, ProductId]:
        """Insert or replace the products with their variants; return their ids by code."""
        if not products:
            return {}
        statement = insert(_PRODUCT)
        statement = statement.on_conflict_do_update(
            index_elements=["seller_id", "sku"],
            set_={
                "canonical": statement.excluded.canonical,
                "fingerprint": statement.excluded.fingerprint,
                "version": _PRODUCT.c.version + 1,
                "updated_at": now,
            },
        )
        rows = self._connection.execute(
            statement.returning(_PRODUCT.c.id, _PRODUCT.c.sku),
            [
                {
                    "seller_id": seller_id,
                    "sku": product.sku,
                    "canonical": product.model_dump(mode="json"),
                    "fingerprint": product.fingerprint,
                }
                for product in products
            ],
        )
        ids = {Sku(row.sku): ProductId(row.id) for row in rows}
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
                _VARIANT.c.product_id.in_(list(ids.values())),
                _VARIANT.c.sku.not_in([row["sku"] for row in wanted]),
            )
        )
        statement = insert(_VARIANT)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["seller_id", "sku"], set_={"position": statement.excluded.position}
            ),
            wanted,
        )
