"""MyShop's product calls. Source: line.md §1.5-§1.8, §5 items 2-6, 11, 12."""

from typing import Any, Final

from adapters.testing.sandbox.exchange import Answer, Call, Refused
from adapters.testing.sandbox.line import rules
from adapters.testing.sandbox.line.errors import bad_request, line_answer, not_found
from adapters.testing.sandbox.line.show import product_body
from adapters.testing.sandbox.line.state import MAX_STOCK, OptionLevel, Product, Variant
from adapters.testing.sandbox.options import DuplicateCodes
from adapters.testing.sandbox.pictures import Picture

_LICENCES: Final = ("fda", "fdaAds", "tisi")


def body_of(call: Call) -> dict[str, Any]:
    """Return the request's JSON object.

    Raises:
        Refused: It is none.
    """
    if not isinstance(call.request.body, dict):
        raise bad_request("the request body must be a JSON object")
    return call.request.body


async def create(call: Call) -> Answer:
    """Create a hidden product; it is seen by buyers only after display-status."""
    body = body_of(call)
    name, code = rules.required_text(body, "name"), rules.required_text(body, "code")
    levels, addresses = rules.option_levels(body)
    category = rules.category(body)
    check_variants(call, body, levels)
    pictures = await rules.pictures(call, body.get("imageUrls"))
    level_pictures = await option_pictures(call, addresses)
    _check_duplicate(call, body, code)
    product = Product(
        id=call.sandbox.line.next(),
        shop=call.account,
        name=name,
        code=code,
        category=category,
        pictures=pictures,
        picture_urls=[str(url) for url in body["imageUrls"]],
        variants=[new_variant(call, entry, levels, level_pictures) for entry in body["variants"]],
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


def check_variants(call: Call, body: dict[str, Any], levels: list[OptionLevel]) -> None:
    """Check the variants of a create or an addition.

    Raises:
        Refused: One is out of range, points outside the options, or stands twice.
    """
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


async def option_pictures(call: Call, addresses: list[str | None]) -> list[Picture | None]:
    """Fetch the pictures of the first option level's values, None where a value has none.

    Raises:
        Refused: One cannot be had.
    """
    if not call.sandbox.options.line_strict_pictures:
        return [None for _ in addresses]
    return [await rules.picture(call, url) if url else None for url in addresses]


def new_variant(
    call: Call, entry: dict[str, Any], levels: list[OptionLevel], level_pictures: list[Picture | None]
) -> Variant:
    """Make a variant, with ids of its own, from an entry that has been checked."""
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
        picture=level_pictures[indexes[0]] if indexes and level_pictures else None,
    )


def _licences(body: dict[str, Any]) -> dict[str, str]:
    given = body.get("licenses") or {}
    if not isinstance(given, dict):
        raise bad_request("licenses must be an object", field="licenses")
    return {name: str(given[name]) for name in _LICENCES if given.get(name)}


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
    product, body = find(call), body_of(call)
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


async def delete(call: Call) -> Answer:
    """Delete a product; a second time it is not found."""
    product = find(call)
    call.visible = product.displayed
    call.sandbox.line.remove(product)
    return Answer(204)
