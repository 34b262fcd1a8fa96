"""MyShop product -> what the core keeps of it."""

from typing import Any

from adapters.line_shop import wire
from adapters.line_shop.wire import RemoteProduct, RemoteVariant
from schemas.ids import ExternalId, Sku
from schemas.listing import ListingRef, Receipt, RemoteListing


def remote_of(product: RemoteProduct) -> dict[str, Any]:
    """Return the JSON kept beside a listing: product id, and variant and inventory id of every SKU.

    The same mapping is what ``resume`` takes as progress.
    """
    return {
        "product_id": product.id,
        "variants": {
            variant.sku: {"id": variant.id, "inventory_id": variant.inventory_id}
            for variant in product.variants
            if variant.sku
        },
    }


def known_product(ref: ListingRef) -> RemoteProduct:
    """Return what was kept of a product: ids and SKUs, no prices and no stock."""
    variants = tuple(
        RemoteVariant(id=ids.get("id"), inventory_id=ids.get("inventory_id"), sku=sku)
        for sku, ids in ref.remote.get("variants", {}).items()
    )
    return RemoteProduct(id=int(ref.external_id), variants=variants)


def receipt_of(product: RemoteProduct) -> Receipt:
    """Return the receipt with the pieces the shop said it sells; MyShop tells no public address of a product."""
    return Receipt(
        external_id=ExternalId(str(product.id)), remote=remote_of(product), shows=_for_sale(product) or None
    )


def listing_of(product: RemoteProduct) -> RemoteListing:
    """Return the product as a buyer sees it. Units in ``seen``: satang after the discount, free-to-sell pieces."""
    discount = wire.satang(product.instant_discount or 0)
    sold_by_sku = [variant for variant in product.variants if variant.sku]
    return RemoteListing(
        external_id=ExternalId(str(product.id)),
        visible=product.is_display,
        seen={
            "name": product.name,
            "text": product.description,
            "prices": {
                variant.sku: wire.satang(variant.price) - discount
                for variant in sold_by_sku
                if variant.price is not None
            },
            "available": _for_sale(product),
            "held": {variant.sku: variant.held for variant in sold_by_sku},
        },
        remote=remote_of(product),
    )


def _for_sale(product: RemoteProduct) -> dict[Sku, int]:
    """Return the pieces for sale by SKU, as far as the shop said."""
    return {
        Sku(variant.sku): variant.available
        for variant in product.variants
        if variant.sku and variant.available is not None
    }
