"""MyShop's calls on variants: prices, one variant's details, more and fewer of them. Source: line.md §1.7, §1.8."""

from typing import Any

from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.line import rules
from adapters.testing.sandbox.line.errors import bad_request, not_found
from adapters.testing.sandbox.line.products import body_of, check_variants, find, new_variant, option_pictures
from adapters.testing.sandbox.line.show import product_body
from adapters.testing.sandbox.line.state import MAX_STOCK, Product, Variant


async def set_prices(call: Call) -> Answer:
    """Set variant prices and the product-wide discount; refused during a promotion."""
    product, body = find(call), body_of(call)
    if product.locked:
        raise bad_request("price cannot be updated while the product is in a promotion", reason="PROMOTION")
    entries = body.get("variants")
    if "instantDiscount" not in body or not isinstance(entries, list):
        raise bad_request("instantDiscount and variants are required")
    discount = rules.discount(body["instantDiscount"])
    prices = [(_variant_of(product, entry.get("id")), rules.price(entry.get("price"))) for entry in entries]
    if any(price < 1 or discount >= price for _, price in prices):
        raise bad_request("price must be at least 1 and more than the discount", field="price")
    for variant, price in prices:
        variant.price = price
    product.discount = discount
    call.visible = product.displayed
    return Answer(200, product_body(call, product))


def _variant_of(product: Product, variant_id: Any) -> Variant:
    if variant_id is None and not product.options:
        return product.variants[0]
    found = next((variant for variant in product.variants if variant.id == variant_id), None)
    if found is None:
        raise not_found("variant")
    return found


async def update_variant(call: Call) -> Answer:
    """Change one variant; ``onHandNumber`` counts reserved and ready-to-ship units too."""
    product, body = find(call), body_of(call)
    variant = _variant_of(product, body.get("id"))
    price = rules.price(body["price"]) if "price" in body else variant.price
    weight = rules.weight(body["weight"]) if "weight" in body else variant.weight
    on_hand = variant.on_hand
    if "onHandNumber" in body:
        on_hand = rules.whole(body["onHandNumber"], "onHandNumber", 0, MAX_STOCK)
        if on_hand < variant.reserved + variant.ready:
            raise bad_request("onHandNumber is below reserved and ready to ship units", field="onHandNumber")
    if "price" in body and price != variant.price and product.locked:
        raise bad_request("price cannot be updated while the product is in a promotion", reason="PROMOTION")
    picture = await rules.picture(call, str(body["imageUrl"])) if body.get("imageUrl") else variant.picture
    variant.price, variant.weight, variant.on_hand, variant.picture = price, weight, on_hand, picture
    variant.barcode = rules.optional_text(body, "barcode", variant.barcode)
    if "sku" in body:
        call.sandbox.line.rename_sku(product, variant, rules.optional_text(body, "sku"))
    call.visible = product.displayed
    return Answer(200, product_body(call, product))


async def add_variants(call: Call) -> Answer:
    """Add variants; ``variantOptions`` has the shape of create and may name new values."""
    product, body = find(call), body_of(call)
    levels, addresses = rules.option_levels(body)
    if [level.name for level in levels] != [level.name for level in product.options]:
        raise bad_request("variantOptions must name the product's own options", field="variantOptions")
    check_variants(call, body, levels)
    pictures = await option_pictures(call, addresses)
    added = [new_variant(call, entry, levels, pictures) for entry in body["variants"]]
    taken = {tuple(variant.options) for variant in product.variants}
    if any(tuple(variant.options) in taken for variant in added):
        raise bad_request("a variant with these options exists", field="variants")
    for level, own in zip(levels, product.options, strict=True):
        own.values += [value for value in level.values if value not in own.values]
    call.sandbox.line.replace_variants(product, product.variants + added)
    call.visible = product.displayed
    return Answer(200, product_body(call, product))


async def delete_option(call: Call) -> Answer:
    """Remove one option value and every variant that carries it."""
    product, body = find(call), body_of(call)
    wanted = (rules.required_text(body, "name"), rules.required_text(body, "value"))
    level = next((level for level in product.options if level.name == wanted[0]), None)
    if level is None or wanted[1] not in level.values:
        raise not_found("option value")
    kept = [variant for variant in product.variants if wanted not in variant.options]
    if not kept:
        raise bad_request("the last option value cannot be removed", field="value")
    level.values.remove(wanted[1])
    call.sandbox.line.replace_variants(product, kept)
    call.visible = product.displayed
    return Answer(204)
