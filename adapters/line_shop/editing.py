"""Changes of an existing MyShop product: absolute, so repeating any of them is harmless."""

from collections.abc import Collection, Mapping
from typing import Any

from adapters.base import Change
from adapters.errors import Transient
from adapters.line_shop import wire
from adapters.line_shop.client import MyShopClient
from adapters.line_shop.reading import known_product
from adapters.line_shop.stock import for_sale
from adapters.line_shop.variants import sync_variants
from adapters.line_shop.wire import PictureUrl, RemoteProduct
from schemas.channel import Part


def read_product(client: MyShopClient, product_id: int, code: str) -> RemoteProduct:
    """Read a product that should exist; ``code`` is its product code, which never changes.

    A list may lag behind a new product, so "not in the list" proves nothing: writing the code it has already
    answers with the product, or with 404 when it is truly deleted.

    Raises:
        Gone: It was deleted in the shop.
    """
    return client.by_id(product_id) or client.edit(product_id, {"code": code})


def completed(client: MyShopClient, product: RemoteProduct) -> RemoteProduct:
    """Return the product with its variants: an answer may leave them out, then it is read again.

    Raises:
        Transient: It cannot be read yet.
    """
    if product.variants:
        return product
    again = client.by_id(product.id)
    if again is None:
        raise Transient(f"product {product.id} answers but cannot be read yet")
    return again


def edit_parts(client: MyShopClient, change: Change, url: PictureUrl) -> RemoteProduct:
    """Bring the changed parts of a live product to the rendition and return it as it then stands."""
    product_id, body, parts = int(change.ref.external_id), change.rendition.body, change.parts
    if Part.DETAILS in parts:
        add_and_drop_variants(client, read_product(client, product_id, body["code"]), body, url)
    if fields := _product_fields(body, parts, url):
        product = completed(client, client.edit(product_id, fields))
    else:
        product = _known_or_read(client, change)
    if Part.PICTURES in parts:
        product = _set_variant_pictures(client, product, body, url)
    if Part.PRICE in parts:
        product = _set_prices(client, product, body)
    if Part.STOCK in parts:
        product = write_stock(client, product, body)
    return completed(client, product)


def _known_or_read(client: MyShopClient, change: Change) -> RemoteProduct:
    """Return the product for calls that need variant ids only; what was kept of them spares a read."""
    known = known_product(change.ref)
    skus = change.rendition.body["prices_satang"]
    enough = change.parts == {Part.PRICE} and all(known.variant(sku) is not None for sku in skus)
    return known if enough else read_product(client, known.id, change.rendition.body["code"])


def bring_to(
    client: MyShopClient, product: RemoteProduct, body: Mapping[str, Any], url: PictureUrl
) -> RemoteProduct:
    """Make a hidden product of ours carry the whole rendition; prices and stock only where they differ."""
    add_and_drop_variants(client, product, body, url)
    fields = _product_fields(body, frozenset(Part), url)
    product = completed(client, client.edit(product.id, fields))
    if _prices_differ(product, body):
        product = completed(client, _set_prices(client, product, body))
    return write_stock(client, product, body)


def add_and_drop_variants(
    client: MyShopClient, product: RemoteProduct, body: Mapping[str, Any], url: PictureUrl
) -> None:
    """Bring the set of variants to the rendition.

    MyShop cannot delete one variant, so one that the seller dropped is sold out instead.
    """
    product = completed(client, sync_variants(client, product, body, url))
    wanted = {variant["sku"] for variant in body["variants"]}
    new_and_sold_out = {sku for sku in wanted if body["available"][sku] == 0}
    dropped = {variant.sku for variant in product.variants if variant.sku and variant.sku not in wanted}
    sell_out(client, product, new_and_sold_out | dropped)


def write_stock(client: MyShopClient, product: RemoteProduct, body: Mapping[str, Any]) -> RemoteProduct:
    """Set the pieces for sale of each SKU and return the product as it then stands.

    Pieces that the shop sold and the wanted figure does not count yet are taken off it: ``held`` of the body says which are
    counted. A SKU that the shop does not have yet is left out: its variant is created with its stock when the details are
    brought over. A figure that is already right costs no call.
    """
    known = body.get("held", {})
    for sku, wanted in body["available"].items():
        product = _set_available(client, product, sku, wanted, known.get(sku))
    return product


def sell_out(client: MyShopClient, product: RemoteProduct, skus: Collection[str]) -> RemoteProduct:
    """Leave nothing of these SKUs for sale and return the product as it then stands."""
    for sku in skus:
        product = _set_available(client, product, sku, 0, None)
    return product


def _set_available(
    client: MyShopClient, product: RemoteProduct, sku: str, wanted: int, known: int | None
) -> RemoteProduct:
    """Write one figure and read it back; a shipment or an order in between makes it wrong, so it is repeated once."""
    for tries_left in (2, 1, 0):
        variant = product.variant(sku)
        if variant is None:
            return product
        units = for_sale(wanted, held=variant.held, known=known)
        if variant.available == units:
            return product
        if tries_left:
            fields = {"onHandNumber": variant.on_hand_for(units)}
            product = completed(client, client.edit_variant(product.id, variant.id, fields))
    raise Transient(f"stock of {sku} moved twice while it was written; it is written again later")


def _product_fields(body: Mapping[str, Any], parts: frozenset[Part], url: PictureUrl) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if Part.TEXT in parts:
        fields |= wire.text_fields(body)
    if Part.DETAILS in parts:
        fields |= wire.detail_fields(body)
    if Part.PICTURES in parts:
        fields |= wire.picture_fields(body, url)
    return fields


def _set_prices(client: MyShopClient, product: RemoteProduct, body: Mapping[str, Any]) -> RemoteProduct:
    ids = {variant.sku: variant.id for variant in product.variants if variant.sku}
    return client.set_prices(product.id, wire.prices_request(body, ids))


def _prices_differ(product: RemoteProduct, body: Mapping[str, Any]) -> bool:
    if wire.satang(product.instant_discount or 0) != body["instant_discount_satang"]:
        return True
    shown = {v.sku: wire.satang(v.price) for v in product.variants if v.price is not None}
    return any(shown.get(sku) != price for sku, price in body["prices_satang"].items())


def _set_variant_pictures(
    client: MyShopClient, product: RemoteProduct, body: Mapping[str, Any], url: PictureUrl
) -> RemoteProduct:
    for sku, key in body["variant_pictures"].items():
        variant = product.variant(sku)
        if variant is not None:
            product = completed(client, client.edit_variant(product.id, variant.id, {"imageUrl": url(key)}))
    return product
