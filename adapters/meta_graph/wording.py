"""The words of a Meta listing: what the templates are given, and how a text is made to fit.

Pure: same product, offers and marker, same text. The description gives way first, so that price, origin, hashtags
and the marker always survive.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from adapters.base import Templates
from adapters.limits import Limit, TextUnit
from adapters.text import count, cut, hashtag, plain
from schemas.channel import Part
from schemas.ids import Sku
from schemas.listing import Marker, Offer, fingerprint
from schemas.product import Certification, Product, Variant

BANGKOK: Final = "กรุงเทพมหานคร"
CERTIFICATION_WORDS: Final[Mapping[Certification, str]] = {
    Certification.HALAL: "ฮาลาล",
    Certification.ORGANIC: "เกษตรอินทรีย์",
    Certification.GAP: "GAP",
    Certification.GHP: "GHP",
    Certification.GI: "สิ่งบ่งชี้ทางภูมิศาสตร์ (GI)",
}
WORTHWHILE_DESCRIPTION: Final = 160
"""Units of description for whose sake the list of variants, then hashtags, give way. House rule."""
HASHTAG: Final = re.compile(r"#[^\s#]")
MENTION: Final = re.compile(r"@\w")
PRICE_WORDS: Final = re.compile(r"฿[\d,.]+(?:–฿[\d,.]+)?(?: \(จาก ฿[\d,.]+\))?")
"""Whatever ``offer_words`` and ``price_words`` write of a price."""
_GAP: Final = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferLine:
    """Price and availability of one variant as a buyer reads it; ``price`` is written out."""

    label: str
    price: str
    is_sold_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferWords:
    """What the listing says of price and availability; ``lines`` is empty for a product of one variant."""

    price: str
    lines: tuple[OfferLine, ...]
    is_sold_out: bool
    sold_out_labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Everything a template may say. ``offer`` is None where the text without price is wanted."""

    name: str
    name_en: str | None
    description: str
    origin: str
    producer: str
    otop_star: int | None
    numbers: tuple[str, ...]
    certifications: tuple[str, ...]
    lead_time_days: int
    shelf_life_days: int | None
    hashtags: tuple[str, ...]
    marker: str
    offer: OfferWords | None

    def rendered(self, templates: Templates, template: str) -> str:
        """Render the template and leave at most one empty line in a row."""
        context = {name: getattr(self, name) for name in self.__slots__}
        return _GAP.sub("\n\n", templates.render(template, **context))


def wording(product: Product, offers: Mapping[Sku, Offer], marker: Marker, *, max_hashtags: int) -> Wording:
    """Gather what a listing says of a product.

    ``max_hashtags`` counts the ones the seller wrote into the name or the description too.
    """
    description = plain(product.description, product.description_format)
    written = len(HASHTAG.findall(f"{product.name} {product.name_en or ''} {description}"))
    tags = tuple(dict.fromkeys(filter(None, map(hashtag, product.tags))))
    return Wording(
        name=product.name,
        name_en=product.name_en,
        description=description,
        origin=origin_line(product),
        producer=product.producer.group,
        otop_star=product.claims.otop_star,
        numbers=_numbers(product),
        certifications=tuple(CERTIFICATION_WORDS[c] for c in product.claims.certifications),
        lead_time_days=product.lead_time_days,
        shelf_life_days=product.shelf_life_days,
        hashtags=tags[: max(0, max_hashtags - written)],
        marker=marker.token,
        offer=offer_words(product, offers),
    )


def origin_line(product: Product) -> str:
    """Write the place of origin down to the tambon, with the words Bangkok uses for its own."""
    place = product.origin
    if place.province == BANGKOK:
        # Official lists name Bangkok's districts with the word in front, sellers often without.
        tambon, amphoe = place.tambon.removeprefix("แขวง"), place.amphoe.removeprefix("เขต")
        return f"แขวง{tambon} เขต{amphoe} {place.province}"
    return f"ต.{place.tambon} อ.{place.amphoe} จ.{place.province}"


def _numbers(product: Product) -> tuple[str, ...]:
    """List the claimed numbers: the มผช. standard, then each อย. serial once."""
    serials = dict.fromkeys(v.fda_no for v in product.variants if v.fda_no)
    standard = (product.claims.tcps_no,) if product.claims.tcps_no else ()
    return (*standard, *(f"อย. {serial}" for serial in serials))


def offer_words(product: Product, offers: Mapping[Sku, Offer]) -> OfferWords:
    """Write price and availability: a range over the variants, then a line for each where there are several."""
    prices = sorted((offers[sku].price for sku in product.skus), key=lambda money: money.satang)
    low, high = prices[0].display(), prices[-1].display()
    several = len(product.variants) > 1
    headline = (low if low == high else f"{low}–{high}") if several else price_words(offers[product.skus[0]])
    lines = tuple(_line(variant, offers[variant.sku]) for variant in product.variants) if several else ()
    return OfferWords(
        price=headline,
        lines=lines,
        is_sold_out=all(offers[sku].available <= 0 for sku in product.skus),
        sold_out_labels=tuple(line.label for line in lines if line.is_sold_out),
    )


def price_words(offer: Offer) -> str:
    """Write one price.

    Shape: "฿1,290", or "฿1,290 (จาก ฿1,590)" when a list price is higher.
    Units: satang in; baht out, decimals only when satang remain.
    """
    if offer.compare_at is None or offer.compare_at <= offer.price:
        return offer.price.display()
    return f"{offer.price.display()} (จาก {offer.compare_at.display()})"


def _line(variant: Variant, offer: Offer) -> OfferLine:
    return OfferLine(
        label=" / ".join(variant.options) or variant.sku,
        price=price_words(offer),
        is_sold_out=offer.available <= 0,
    )


@dataclass(frozen=True, slots=True)
class FittedText:
    """A listing text; ``is_shortened`` says that something of the wording had to give way."""

    text: str
    is_shortened: bool


def fit(words: Wording, templates: Templates, template: str, limit: Limit) -> FittedText:
    """Render a listing text that does not exceed ``limit`` wherever that is possible.

    The description is cut at a word. Where less than a worthwhile description would remain, the list of variants
    gives way to the price range, then the hashtags go. A text that is too long even so is returned as it is, for
    ``validate`` to report.
    """
    whole = words.rendered(templates, template)
    if length(whole, limit) <= limit.value:
        return FittedText(whole, is_shortened=False)
    tried = _lean_forms(words)
    rooms = [limit.value - _frame(form, templates, template, limit) for form in tried]
    wanted = min(length(words.description, limit), WORTHWHILE_DESCRIPTION)
    chosen = next((i for i, room in enumerate(rooms) if room >= wanted), len(tried) - 1)
    form, room = tried[chosen], rooms[chosen]
    description = cut(words.description, room, TextUnit(limit.unit)) if room > 0 else ""
    return FittedText(replace(form, description=description).rendered(templates, template), is_shortened=True)


def lasting_text(words: Wording, templates: Templates, template: str, fitted: FittedText) -> str:
    """Return the text without price and availability, to compare it with what the channel shows.

    Empty where it was shortened: how depends on the very passage that is left out.
    """
    return "" if fitted.is_shortened else replace(words, offer=None).rendered(templates, template)


def _lean_forms(words: Wording) -> Sequence[Wording]:
    """List the wording and its shorter forms, longest first."""
    if words.offer is None or not words.offer.lines:
        return (words, replace(words, hashtags=()))
    ranged = replace(words, offer=replace(words.offer, lines=()))
    return (words, ranged, replace(ranged, hashtags=()))


def _frame(form: Wording, templates: Templates, template: str, limit: Limit) -> int:
    """Count what the text takes without its description."""
    framed = replace(form, description="-").rendered(templates, template)
    return length(framed, limit) - 1


def length(text: str, limit: Limit) -> int:
    """Count a text in the unit of its limit."""
    return count(text, TextUnit(limit.unit))


def text_fingerprint(words: Wording, templates: Templates, template: str) -> str:
    """Hash everything a buyer reads except price and availability; the variants' names are part of it."""
    labels = [line.label for line in words.offer.lines] if words.offer else []
    return fingerprint([replace(words, offer=None).rendered(templates, template), labels])


def offer_fingerprints(product: Product, offers: Mapping[Sku, Offer]) -> dict[Part, str]:
    """Hash the prices, and for each variant whether it is sold out."""

    def satang(offer: Offer) -> list[Any]:
        return [offer.sku, offer.price.satang, offer.compare_at.satang if offer.compare_at else None]

    return {
        Part.PRICE: fingerprint([satang(offers[sku]) for sku in product.skus]),
        Part.STOCK: fingerprint([[sku, offers[sku].available > 0] for sku in product.skus]),
    }
