"""MyShop's product calls. Source: line.md §1.5-§1.8, §5 items 2-6, 11, 12."""

import math
from typing import Any, Final

from adapters.testing.sandbox.exchange import Answer, Call, Refused
from adapters.testing.sandbox.line import rules
from adapters.testing.sandbox.line.errors import bad_request, line_answer, not_found
from adapters.testing.sandbox.line.show import product_body
from adapters.testing.sandbox.line.state import MAX_STOCK, OptionLevel, Product, Variant
from adapters.testing.sandbox.options import DuplicateCodes
from adapters.testing.sandbox.pictures import Picture

MAX_PER_PAGE: Final = 100
DEFAULT_PER_PAGE: Final = 25
_LICENCES: Final = ("fda", "fdaAds", "tisi")


def _body(call: Call) -> dict[str, Any]:
    if not isinstance(call.request.body, dict):
        raise bad_request("the request body must be a JSON object")
    return call.request.body


async def create(call: Call) -> Answer:
    """Create a hidden product; it is seen by buyers only after display-status."""
    body = _body(call)
    name, code = rules.required_text(body, "name"), rules.required_text(body, "code")
    levels, addresses = rules.option_levels(body)
    category = rules.category(body)
    _check_variants(call, body, levels)
    pictures = await rules.pictures(call, body.get("imageUrls"))
    option_pictures = await _option_pictures(call, addresses)
    _check_duplicate(call, body, code)
    product = Product(
        id=call.sandbox.line.next(),
        shop=call.account,
        name=name,
        code=code,
        category=category,
        pictures=pictures,
        picture_urls=[str(url) for url in body["imageUrls"]],
        variants=[_variant(call, entry, levels, option_pictures) for entry in body["variants"]],
        created=call.now,
        searchable_at=call.searchable_at,
        brand=rules.optional_text(body, "brand"),
        description=rules.optional_text(body, "description"),
        discount=rules.discount(body.get("instantDiscount", 0)),
        options=levels,
        licences=_licences(body),
    )
    call.sandbox.line.add(product)
    return Answer(201, product_body(call, product))


def _check_variants(call: Call, body: dict[str, Any], levels: list[OptionLevel]) -> None:
    entries = body.get("variants")
    if not isinstance(entries, list) or not entries:
        raise bad_request("variants takes at least one", field="variants")
    if not levels and len(entries) > 1:
        raise bad_request("several variants need variantOptions", field="variants")
    lowest = 0 if call.sandbox.options.line_zero_stock_on_create else 1
    for entry in entries:
        if not isinstance(entry, dict):
            raise bad_request("a variant must be an object", field="variants")
        rules.price(entry.get("price"))
        rules.weight(entry.get("weight"))
        rules.whole(entry.get("onHandNumber"), "onHandNumber", lowest, MAX_STOCK)
        _check_indexes(entry.get("options") or [], levels)
    seen = [tuple(entry.get("options") or ()) for entry in entries]
    if len(set(seen)) != len(seen):
        raise bad_request("two variants have the same options", field="variants")


def _check_indexes(indexes: Any, levels: list[OptionLevel]) -> None:
    if not isinstance(indexes, list) or len(indexes) != len(levels):
        raise bad_request("options takes one index per option level", field="options")
    for index, level in zip(indexes, levels, strict=True):
        rules.whole(index, "options", 0, len(level.values) - 1)


def _check_duplicate(call: Call, body: dict[str, Any], code: str) -> None:
    mode = call.sandbox.options.duplicate_codes
    if mode is DuplicateCodes.ACCEPT:
        return
    skus = {entry.get("sku") for entry in body["variants"]} - {None, ""}
    state = call.sandbox.line
    has_code = any(product.code == code for product in state.by_shop.get(call.account, {}).values())
    if not has_code and not any(state.by_sku.get((call.account, sku)) for sku in skus):
        return
    answer = "DATA_CONFLICT" if mode is DuplicateCodes.CONFLICT else "BAD_REQUEST"
    raise Refused(line_answer(answer, "product code or sku already exists", {"code": code}))


async def _option_pictures(call: Call, addresses: list[str | None]) -> list[Picture | None]:
    if not call.sandbox.options.line_strict_pictures:
        return [None for _ in addresses]
    return [await rules.picture(call, url) if url else None for url in addresses]


def _variant(
    call: Call, entry: dict[str, Any], levels: list[OptionLevel], option_pictures: list[Picture | None]
) -> Variant:
    indexes = entry.get("options") or []
    state = call.sandbox.line
    return Variant(
        id=state.next(),
        inventory=state.next(),
        price=rules.price(entry["price"]),
        weight=rules.weight(entry["weight"]),
        on_hand=entry["onHandNumber"],
        sku=rules.optional_text(entry, "sku"),
        barcode=rules.optional_text(entry, "barcode"),
        options=[(level.name, level.values[n]) for level, n in zip(levels, indexes, strict=True)],
        picture=option_pictures[indexes[0]] if indexes and option_pictures else None,
    )


def _licences(body: dict[str, Any]) -> dict[str, str]:
    given = body.get("licenses") or {}
    if not isinstance(given, dict):
        raise bad_request("licenses must be an object", field="licenses")
    return {name: str(given[name]) for name in _LICENCES if given.get(name)}


async def list_products(call: Call) -> Answer:
    """List or look up products, hidden ones too; unknown ids and SKUs are simply absent."""
    per_page = _query_number(call, "perPage", DEFAULT_PER_PAGE, MAX_PER_PAGE)
    page = _query_number(call, "page", 1, 1_000_000)
    now = call.now
    found = [product for product in _asked(call) if product.searchable_at <= now]
    shown = found[(page - 1) * per_page : page * per_page]
    body = {
        "currentPage": page,
        "perPage": per_page,
        "totalPage": math.ceil(len(found) / per_page),
        "totalRow": len(found),
        "data": [product_body(call, product) for product in shown],
    }
    return Answer(200, body)


def _asked(call: Call) -> list[Product]:
    state, request = call.sandbox.line, call.request
    own = state.by_shop.get(call.account, {})
    ids, skus = request.every("ids"), request.every("skus")
    if ids and not all(number.isdecimal() for number in ids):
        raise bad_request("ids must be integers", field="ids")
    found = [own[int(number)] for number in dict.fromkeys(ids) if int(number) in own] if ids else None
    if not skus:
        return list(own.values()) if found is None else found
    by_sku: dict[int, Product] = {}
    for sku in skus:
        by_sku |= state.by_sku.get((call.account, sku), {})
    return [by_sku[number] for number in sorted(by_sku) if found is None or by_sku[number] in found]


def _query_number(call: Call, name: str, default: int, highest: int) -> int:
    text = call.request.first(name)
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= highest:
        raise bad_request(f"{name} must be from 1 to {highest}", field=name)
    return int(text)


def find(call: Call) -> Product:
    """Return the shop's product the path names.

    Raises:
        Refused: Unknown, or another shop's.
    """
    text = call.params["id"]
    product = call.sandbox.line.products.get(int(text)) if text.isdecimal() else None
    if product is None:
        raise not_found("product")
    if product.shop != call.account and call.sandbox.options.line_foreign_is_forbidden:
        raise Refused(line_answer("PERMISSION_DENIED", "the product belongs to another shop"))
    if product.shop != call.account:
        raise not_found("product")
    return product


async def update(call: Call) -> Answer:
    """Change texts, category, pictures, or the words of options; never price, stock, weight or SKU."""
    product, body = find(call), _body(call)
    pictures = await rules.pictures(call, body["imageUrls"]) if "imageUrls" in body else None
    changes: dict[str, Any] = {}
    for name in ("name", "code"):
        if name in body:
            changes[name] = rules.required_text(body, name)
    for name in ("brand", "description"):
        if name in body:
            changes[name] = rules.optional_text(body, name)
    if "categoryId" in body:
        changes["category"] = rules.category(body)
    if "licenses" in body:
        changes["licences"] = _licences(body)
    renames = _renames(product, body.get("variantOptions") or {})
    if pictures is not None:
        changes |= {"pictures": pictures, "picture_urls": [str(url) for url in body["imageUrls"]]}
    for name, value in changes.items():
        setattr(product, name, value)
    for level, new_name, new_values in renames:
        _rename(product, level, new_name, new_values)
    call.visible = product.displayed
    return Answer(200, product_body(call, product))


def _renames(product: Product, given: dict[str, Any]) -> list[tuple[OptionLevel, str, dict[str, str]]]:
    renames = []
    for name, level in zip(("option1", "option2"), product.options, strict=False):
        entry = given.get(name)
        if not entry:
            continue
        values = {
            str(pair.get("currentValue")): str(pair.get("newValue")) for pair in entry.get("data") or []
        }
        if set(values) - set(level.values):
            raise bad_request("currentValue is not an option value", field=name)
        renames.append((level, str(entry.get("name") or level.name), values))
    return renames


def _rename(product: Product, level: OptionLevel, new_name: str, new_values: dict[str, str]) -> None:
    for variant in product.variants:
        variant.options = [
            (new_name, new_values.get(value, value)) if name == level.name else (name, value)
            for name, value in variant.options
        ]
    level.name = new_name
    level.values = [new_values.get(value, value) for value in level.values]


async def set_display(call: Call) -> Answer:
    """Show the product to buyers, or hide it."""
    product = find(call)
    if call.params["status"] not in {"onsale", "hide"}:
        raise bad_request("status must be onsale or hide")
    call.visible = True
    product.displayed = call.params["status"] == "onsale"
    return Answer(200, product_body(call, product))


async def set_prices(call: Call) -> Answer:
    """Set variant prices and the product-wide discount; refused during a promotion."""
    product, body = find(call), _body(call)
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


async def delete(call: Call) -> Answer:
    """Delete a product; a second time it is not found."""
    product = find(call)
    call.visible = product.displayed
    call.sandbox.line.remove(product)
    return Answer(204)


async def update_variant(call: Call) -> Answer:
    """Change one variant; ``onHandNumber`` counts reserved and ready-to-ship units too."""
    product, body = find(call), _body(call)
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
    product, body = find(call), _body(call)
    levels, addresses = rules.option_levels(body)
    if [level.name for level in levels] != [level.name for level in product.options]:
        raise bad_request("variantOptions must name the product's own options", field="variantOptions")
    _check_variants(call, body, levels)
    pictures = await _option_pictures(call, addresses)
    added = [_variant(call, entry, levels, pictures) for entry in body["variants"]]
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
    product, body = find(call), _body(call)
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
