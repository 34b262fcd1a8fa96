"""A product document of another system: the canonical product with its stock, judged by the rules of files.

A document is the JSON of ``schemas.product.Product`` in which a picture is named by an https address (``source``) or by the
SHA-256 of an uploaded original (``sha256``, then without ``source`` where that is not known), and an object ``stock`` beside
it: units by variant SKU.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from pydantic import ValidationError

from schemas.ids import Sku
from schemas.problem import Problem
from schemas.product import MAX_STOCK, DescriptionFormat, Media, Origin, Product, Variant
from syndicator.domain.invalid import invalid
from syndicator.intake.columns import Column
from syndicator.intake.findings import Findings
from syndicator.intake.row import Knowledge
from syndicator.intake.rules import address, choices, codes, content, numbers
from syndicator.intake.rules.soundness import inspect
from syndicator.intake.sentences import problem

UPLOADED: Final = "sha256:"
"""Begins the source of a picture that is named by nothing but its SHA-256."""
_SHA: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_DEPTH: Final = 8
"""No document is nested deeper; what is, is refused by the schema unseen."""
_MAX_SATANG: Final = 10**14 - 1
"""Twelve digits of baht, as in a file."""
_MAX_SIDE_MM: Final = 999_999
_PLACES: Final = {
    Column.PROVINCE_TH: "origin.province",
    Column.AMPHOE_TH: "origin.amphoe",
    Column.TAMBON_TH: "origin.tambon",
    Column.TAMBON_CODE: "origin.tambon_code",
    Column.POSTAL_CODE: "origin.postal_code",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDocument:
    """A document as read. ``product`` is None where there are problems; ``sku`` is the code it gives itself, if any."""

    sku: str | None
    product: Product | None
    stock: Mapping[Sku, int]
    problems: tuple[Problem, ...] = ()


def read_document(raw: Mapping[str, Any]) -> ReadDocument:
    """Read a document; all its problems are told at once, with paths such as ``variants[0].price``."""
    found: list[Problem] = []
    values = _sound(dict(raw), "", found, _DEPTH)
    stock = values.pop("stock", None)
    _name_pictures(values)
    sku = values["sku"] if isinstance(values.get("sku"), str) else None
    product = _product(values, found)
    units: Mapping[Sku, int] = {}
    if product is not None:
        product = _judged(product, found)
        units = _stock(stock, product, found)
    if found:
        return ReadDocument(sku=sku, product=None, stock={}, problems=tuple(_each_path_once(found)))
    return ReadDocument(sku=sku, product=product, stock=units)


def _sound(value: Any, path: str, found: list[Problem], depth: int) -> Any:
    """Return a copy with repaired, trimmed texts; what a text must not hold is reported."""
    if isinstance(value, str):
        return _sound_text(value, path, found)
    if not depth:
        return value
    if isinstance(value, dict):
        copy = {}
        for key, part in value.items():
            if _SURROGATE.search(key) or inspect(key).fault is not None:
                found.append(problem(path, "text_control_characters"))
                continue
            copy[key] = _sound(part, f"{path}.{key}" if path else key, found, depth - 1)
        return copy
    if isinstance(value, list):
        return [_sound(part, f"{path}[{at}]", found, depth - 1) for at, part in enumerate(value)]
    return value


def _sound_text(text: str, path: str, found: list[Problem]) -> str:
    if not text.isascii() and _SURROGATE.search(text):
        found.append(problem(path, "text_control_characters"))
        return ""
    cell = inspect(text)
    if cell.fault is not None:
        found.append(problem(path, cell.fault, suggestion=cell.suggestion, value=cell.text))
    return cell.text


def _name_pictures(values: dict[str, Any]) -> None:
    """Give every picture both names it has: pictures named by their hash alone get it as their source."""
    for media in _picture_lists(values):
        for one in media:
            if not isinstance(one, dict):
                continue
            sha, source = one.get("sha256"), one.get("source")
            if source is None and isinstance(sha, str):
                one["source"] = UPLOADED + sha
            elif sha is None and isinstance(source, str) and source.startswith(UPLOADED):
                one["sha256"] = source.removeprefix(UPLOADED)


def _picture_lists(values: Mapping[str, Any]) -> Iterator[list[Any]]:
    holders = [values]
    if isinstance(variants := values.get("variants"), list):
        holders += [one for one in variants if isinstance(one, dict)]
    if isinstance(overrides := values.get("overrides"), dict):
        holders += [one for one in overrides.values() if isinstance(one, dict)]
    for holder in holders:
        if isinstance(media := holder.get("media"), list):
            yield media


def _product(values: Mapping[str, Any], found: list[Problem]) -> Product | None:
    try:
        return Product.model_validate(values)
    except ValidationError as exc:
        found.extend(invalid(error) for error in exc.errors(include_url=False, include_input=False))
        return None


def _judged(product: Product, found: list[Problem]) -> Product:
    """Apply the rules of files to what the schema let through; return the product with its text cleaned."""
    knowledge = Knowledge.shipped()
    _judge_facts(product, knowledge, found)
    found.extend(_place_problems(product.origin))
    for at, variant in enumerate(product.variants):
        found.extend(_variant_problems(variant, f"variants[{at}]"))
    found.extend(_alike(product))
    found.extend(_override_problems(product))
    found.extend(_picture_problems(product))
    changes: dict[str, Any] = {}
    if product.description_format is DescriptionFormat.HTML:
        changes["description"], changes["description_format"] = _cleaned(product.description, found)
    elif "\r" in product.description:
        changes["description"] = product.description.replace("\r\n", "\n").replace("\r", "\n")
    media = {one.source: one for one in (*product.media, *(m for v in product.variants for m in v.media))}
    if len(media) != len(product.media):
        changes["media"] = tuple(media.values())
    return product.model_copy(update=changes) if changes else product


def _judge_facts(product: Product, knowledge: Knowledge, found: list[Problem]) -> None:
    texts = {
        Column.NAME_TH: product.name,
        Column.NAME_EN: product.name_en or "",
        Column.CATEGORY_CODE: product.category_code,
        Column.VAT_RATE: str(product.vat_rate),
        Column.TCPS_NO: product.claims.tcps_no or "",
        Column.LEAD_TIME_DAYS: _shortened(product.lead_time_days),
        Column.SHELF_LIFE_DAYS: (
            "" if product.shelf_life_days is None else _shortened(product.shelf_life_days)
        ),
    }
    findings = Findings(texts, _FACTS)
    content.name_th(findings)
    content.name(findings, Column.NAME_EN)
    choices.category(findings, knowledge.categories)
    choices.vat_rate(findings)
    codes.tcps_no(findings)
    numbers.days(findings, Column.LEAD_TIME_DAYS)
    numbers.days(findings, Column.SHELF_LIFE_DAYS)
    found.extend(findings.problems)
    if not product.producer.group:
        found.append(problem("producer.group", "required_missing"))
    if not product.description:
        found.append(problem("description", "required_missing"))


_FACTS: Final = {
    Column.NAME_TH: "name",
    Column.TCPS_NO: "claims.tcps_no",
}


@lru_cache(maxsize=4096)
def _place_problems(origin: Origin) -> tuple[Problem, ...]:
    """Judge a place once: it stands on many products of a seller."""
    texts = (origin.province, origin.amphoe, origin.tambon, origin.tambon_code, origin.postal_code)
    findings = Findings(dict(zip(_PLACES, texts, strict=True)), _PLACES)
    for column, text in zip(_PLACES, texts, strict=True):
        if not text:
            findings.add(column, "required_missing")
    address.origin(findings, Knowledge.shipped().places)
    return tuple(findings.problems)


def _variant_problems(variant: Variant, path: str) -> Iterator[Problem]:
    yield from _price_problems(variant.price.satang, f"{path}.price")
    if variant.compare_at is not None:
        yield from _price_problems(variant.compare_at.satang, f"{path}.compare_at")
        if variant.compare_at <= variant.price:
            was, now = variant.compare_at.baht(), variant.price.baht()
            yield problem(f"{path}.compare_at", "compare_at_not_higher", value=was, price=now)
    if variant.weight_g > numbers.MAX_WEIGHT_G:
        limit = numbers.MAX_WEIGHT_G
        yield problem(
            f"{path}.weight_g", "weight_out_of_range", value=_shortened(variant.weight_g), high=limit
        )
    if variant.parcel is not None:
        for name, side in variant.parcel.model_dump().items():
            if side > _MAX_SIDE_MM:
                yield problem(
                    f"{path}.parcel.{name}", "number_too_large", value=_shortened(side), high=_MAX_SIDE_MM
                )
    if variant.gtin is not None or variant.fda_no is not None:
        texts = {Column.GTIN: variant.gtin or "", Column.FDA_NO: variant.fda_no or ""}
        findings = Findings(texts, {Column.GTIN: f"{path}.gtin", Column.FDA_NO: f"{path}.fda_no"})
        codes.gtin(findings)
        codes.fda_no(findings)
        yield from findings.problems


def _price_problems(satang: int, path: str) -> Iterator[Problem]:
    if satang <= 0:
        yield problem(path, "price_not_positive", value=satang)
    elif satang > _MAX_SATANG:
        yield problem(path, "number_too_large", value=_shortened(satang), high=_MAX_SATANG)


def _alike(product: Product) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], int] = {}
    for at, variant in enumerate(product.variants):
        first = seen.setdefault(variant.options, at)
        if first != at:
            yield problem(f"variants[{at}].options", "variants_alike", first=f"variants[{first}]")
    if len(set(product.options)) < len(product.options):
        yield problem("options", "variant_option_name_duplicate", value=", ".join(product.options))


def _override_problems(product: Product) -> Iterator[Problem]:
    for key, override in product.overrides.items():
        for sku, price in override.prices.items():
            path = f"overrides.{key}.prices.{sku}"
            if sku not in product.skus:
                yield problem(path, "sku_not_of_product", value=sku)
            yield from _price_problems(price.satang, path)


def _picture_problems(product: Product) -> Iterator[Problem]:
    for path, media in pictures_of(product):
        if media.sha256 is not None:
            if not _SHA.fullmatch(media.sha256):
                yield problem(path, "picture_hash", value=media.sha256)
        elif not media.source.startswith("https://"):
            yield problem(path, "image_url_not_https", value=media.source)


def picture_unknown(path: str, sha256: str) -> Problem:
    """Say that the seller has uploaded no picture of that SHA-256."""
    return problem(path, "picture_unknown", value=sha256)


def pictures_of(product: Product) -> Iterator[tuple[str, Media]]:
    """Yield every picture a product names, with where it stands."""
    holders: list[tuple[str, Sequence[Media]]] = [("media", product.media)]
    holders += [(f"variants[{at}].media", variant.media) for at, variant in enumerate(product.variants)]
    holders += [(f"overrides.{key}.media", one.media or ()) for key, one in product.overrides.items()]
    for path, media in holders:
        for at, one in enumerate(media):
            yield f"{path}[{at}]", one


def _cleaned(text: str, found: list[Problem]) -> tuple[str, DescriptionFormat]:
    findings = Findings({Column.DESCRIPTION_TH: text}, {Column.DESCRIPTION_TH: "description"})
    cleaned = content.description(findings)
    found.extend(findings.problems)
    return cleaned or ("", DescriptionFormat.HTML)


def _stock(stock: Any, product: Product, found: list[Problem]) -> Mapping[Sku, int]:
    if stock is None:
        return {}
    if not isinstance(stock, dict):
        found.append(invalid({"type": "dict_type", "loc": ("stock",), "msg": ""}))
        return {}
    units: dict[Sku, int] = {}
    for sku, value in stock.items():
        path = f"stock.{sku}"
        if sku not in product.skus:
            found.append(problem(path, "sku_not_of_product", value=sku))
        elif not isinstance(value, int) or isinstance(value, bool):
            found.append(problem(path, "stock_not_integer", value=value))
        elif not 0 <= value <= MAX_STOCK:
            found.append(problem(path, "stock_out_of_range", value=_shortened(value)))
        else:
            units[Sku(sku)] = value
    return units


def _shortened(value: int) -> str:
    """Write a number of any size; thousands of digits cannot be, and say nothing."""
    return str(value) if abs(value) < 10**18 else "≥ 10^18"


def _each_path_once(found: Sequence[Problem]) -> Iterator[Problem]:
    """Say of each place the first thing that is wrong with it: what follows from it says nothing more."""
    seen: set[str] = set()
    for one in found:
        if not one.path or one.path not in seen:
            seen.add(one.path)
            yield one
