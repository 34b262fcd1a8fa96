"""From a product to an Instagram post, and the rules such a post must keep. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from adapters.base import Templates
from adapters.instagram.limits import (
    MAX_ALT,
    MAX_CAPTION,
    MAX_COMMENT,
    MAX_HASHTAGS,
    MAX_MENTIONS,
    MAX_PICTURES,
    PICTURE,
)
from adapters.limits import Limit, TextUnit
from adapters.meta_graph.observing import around_difference
from adapters.meta_graph.pictures import Shown, shown_pictures
from adapters.meta_graph.wording import (
    HASHTAG,
    MENTION,
    fit,
    lasting_text,
    length,
    offer_fingerprints,
    text_fingerprint,
    wording,
)
from adapters.observing import Difference
from adapters.text import cut
from schemas.channel import Part
from schemas.ids import ChannelKind, Sku
from schemas.listing import Marker, Offer, Rendition, fingerprint
from schemas.problem import Problem
from schemas.product import Product

KIND: Final = ChannelKind("instagram")
TEMPLATE: Final = "instagram/post.th.j2"
CHANGE_TEMPLATE: Final = "instagram/change.th.j2"


def render(product: Product, offers: Mapping[Sku, Offer], marker: Marker, templates: Templates) -> Rendition:
    """Make the post.

    Shape: ``body`` holds ``caption``, ``pictures`` (keys), ``alts`` beside them, ``offer``, the words a comment uses when
    price or availability change, and ``lasting``, the caption without these; "" where the caption had to be shortened.

    Raises:
        KeyError: A variant has no offer.
    """
    words = wording(product, offers, marker, max_hashtags=MAX_HASHTAGS.value)
    shown = shown_pictures(product, PICTURE, MAX_PICTURES.value)
    caption = fit(words, templates, TEMPLATE, MAX_CAPTION)
    alts = [cut(alt, MAX_ALT.value, TextUnit(MAX_ALT.unit)) for alt in shown.alts]
    return Rendition(
        channel=KIND,
        marker=marker,
        body={
            "caption": caption.text,
            "pictures": list(shown.keys),
            "alts": alts,
            "offer": asdict(words.offer) if words.offer else {},
            "lasting": lasting_text(words, templates, TEMPLATE, caption),
        },
        parts={
            Part.TEXT: text_fingerprint(words, templates, TEMPLATE),
            Part.PICTURES: fingerprint(list(shown.keys)),
            **offer_fingerprints(product, offers),
        },
        pictures=shown.keys,
        notes=_notes(shown, is_shortened=caption.is_shortened),
    )


def change_text(rendition: Rendition, parts: frozenset[Part], templates: Templates) -> str:
    """Write the comment that says a change of price or availability; it ends with the marker.

    The list of variants gives way to the range, and then the names of sold-out variants are cut, where the
    comment would be too long.
    """
    offer: dict[str, Any] = dict(rendition.body["offer"])
    short = offer | {"lines": []}
    shortest = short | {"sold_out_labels": ["โปรดสอบถาม"] if offer["sold_out_labels"] else []}
    for words in (offer, short, shortest):
        text = templates.render(
            CHANGE_TEMPLATE,
            offer=words,
            marker=rendition.marker.token,
            says_price=Part.PRICE in parts,
            says_stock=Part.STOCK in parts,
        )
        if length(text, MAX_COMMENT) <= MAX_COMMENT.value:
            break
    return text


def differences(rendition: Rendition, seen: str) -> Mapping[Part, Difference]:
    """Compare a caption as read back with the one that was published.

    Price and availability stand there as they were on that day, so anything may stand in their place. How a caption was
    shortened depends on their length, so a shortened one is not compared. The at sign is lost on the way back (meta.md
    section 2.5).
    """
    whole, lasting = (str(rendition.body[name]).replace("@", "") for name in ("caption", "lasting"))
    found = around_difference(whole, lasting, seen.replace("@", "")) if lasting else None
    return {} if found is None else {Part.TEXT: found}


def _notes(shown: Shown, *, is_shortened: bool) -> tuple[str, ...]:
    notes = []
    if shown.left_out:
        notes.append(f"ใช้รูปได้สูงสุด {MAX_PICTURES.value} รูป อีก {shown.left_out} รูปไม่ได้ลงในโพสต์")
    if is_shortened:
        notes.append(f"แคปชันถูกย่อให้ไม่เกิน {MAX_CAPTION.value:,} ตัวอักษรตามที่ Instagram รับได้")
    return tuple(notes)


def validate(rendition: Rendition) -> Sequence[Problem]:
    """Return every rule of the channel the post breaks."""
    caption: str = rendition.body["caption"]
    found = (
        _excess("text_too_long", "name", "ตัวอักษร", length(caption, MAX_CAPTION), MAX_CAPTION),
        _excess("hashtags_too_many", "description", "แฮชแท็ก", len(HASHTAG.findall(caption)), MAX_HASHTAGS),
        _excess(
            "mentions_too_many", "description", "ชื่อที่ขึ้นต้นด้วย @", len(MENTION.findall(caption)), MAX_MENTIONS
        ),
        _excess("pictures_too_many", "image_files", "รูป", len(rendition.pictures), MAX_PICTURES),
        None if rendition.pictures else _no_picture(),
    )
    return [problem for problem in found if problem is not None]


def _excess(code: str, path: str, unit_th: str, number: int, limit: Limit) -> Problem | None:
    if number <= limit.value:
        return None
    return Problem(
        path=path,
        code=code,
        th=f"โพสต์ Instagram มี {number:,} {unit_th} เกินที่รับได้ {limit.value:,} {unit_th} กรุณาลดลง",
        en=f"The Instagram post has {number:,} {limit.unit}, {limit.value:,} are taken; please use fewer.",
    )


def _no_picture() -> Problem:
    return Problem(
        path="image_files",
        code="pictures_missing",
        th="Instagram ลงโพสต์ที่ไม่มีรูปไม่ได้ กรุณาเพิ่มรูปสินค้าอย่างน้อย 1 รูป",
        en="Instagram takes no post without a picture; add at least one.",
    )
