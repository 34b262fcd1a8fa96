"""Bringing the variants of a MyShop product to what the seller has: new ones, renamed values, weights, barcodes."""

from collections.abc import Mapping
from typing import Any

from adapters.errors import Rejected
from adapters.line_shop import wire
from adapters.line_shop.client import MyShopClient
from adapters.line_shop.wire import PictureUrl, RemoteProduct, RemoteVariant
from schemas.problem import Problem


def sync_variants(
    client: MyShopClient, product: RemoteProduct, body: Mapping[str, Any], url: PictureUrl
) -> RemoteProduct:
    """Add the variants the shop lacks and bring option values, weights and barcodes to the rendition.

    Raises:
        Rejected: The option names changed, or values were swapped; MyShop cannot change either in place.
    """
    if [option["name"] for option in body["options"]] != _option_names(product):
        raise Rejected([_options_changed()])
    renames = _renames(product, body)
    if any(renames):
        product = client.edit(product.id, {"variantOptions": _rename_request(body, renames)})
    missing = {variant["sku"] for variant in body["variants"] if product.variant(variant["sku"]) is None}
    if missing and product.variants:
        product = client.add_variants(product.id, wire.new_variants_request(body, missing, url))
    return _sync_measures(client, product, body)


def _option_names(product: RemoteProduct) -> list[str]:
    first = product.variants[0] if product.variants else RemoteVariant()
    return [option.name for option in first.options]


def _renames(product: RemoteProduct, body: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return, per option level, shop value -> our value where they differ."""
    renames: list[dict[str, str]] = [{} for _ in body["options"]]
    for variant in body["variants"]:
        remote = product.variant(variant["sku"])
        if remote is None:
            continue
        for level, (shown, wanted) in enumerate(zip(remote.options, variant["options"], strict=True)):
            if shown.value != wanted and renames[level].setdefault(shown.value, wanted) != wanted:
                raise Rejected([_options_changed()])
    for level, names in enumerate(renames):
        shown_values = {v.options[level].value for v in product.variants if level < len(v.options)}
        if shown_values & set(names.values()):
            raise Rejected([_options_changed()])
    return renames


def _rename_request(body: Mapping[str, Any], renames: list[dict[str, str]]) -> dict[str, Any]:
    return {
        f"option{level + 1}": {
            "name": body["options"][level]["name"],
            "data": [{"currentValue": old, "newValue": new} for old, new in names.items()],
        }
        for level, names in enumerate(renames)
        if names
    }


def _sync_measures(client: MyShopClient, product: RemoteProduct, body: Mapping[str, Any]) -> RemoteProduct:
    for variant in body["variants"]:
        remote = product.variant(variant["sku"])
        if remote is not None and (fields := _changed_measures(remote, variant)):
            product = client.edit_variant(product.id, remote.id, fields)
    return product


def _changed_measures(remote: RemoteVariant, variant: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    weight = wire.kilograms(variant["weight_g"])
    if remote.weight != weight:
        fields["weight"] = weight
    if variant["barcode"] and remote.barcode != variant["barcode"]:
        fields["barcode"] = variant["barcode"]
    return fields


def _options_changed() -> Problem:
    return Problem(
        path="options",
        code="line_options_changed",
        th="LINE เปลี่ยนโครงสร้างตัวเลือกของสินค้าที่ลงขายแล้วไม่ได้ กรุณาหยุดขายสินค้านี้ใน LINE แล้วลงขายใหม่ หรือใช้ตัวเลือกแบบเดิม",
        en="LINE cannot change the option structure of a listed product; withdraw it from LINE and publish it anew, "
        "or keep the old options.",
    )
