"""From a product to the post of a Page, and the rules such a post must keep. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.base import Templates
from adapters.facebook_page.limits import MAX_HASHTAGS, MAX_PICTURES, MAX_TEXT, PICTURE
from adapters.meta_graph.observing import passage_differences
from adapters.meta_graph.pictures import Shown, shown_pictures
from adapters.meta_graph.wording import (
    fit,
    lasting_text,
    length,
    offer_fingerprints,
    text_fingerprint,
    wording,
)
from adapters.observing import Difference
from schemas.channel import Part
from schemas.ids import ChannelKind, Sku
from schemas.listing import Marker, Offer, Rendition, fingerprint
from schemas.problem import Problem
from schemas.product import Product

KIND: Final = ChannelKind("facebook_page")
TEMPLATE: Final = "facebook_page/post.th.j2"


def render(product: Product, offers: Mapping[Sku, Offer], marker: Marker, templates: Templates) -> Rendition:
    """Make the post.

    Shape: ``body`` holds ``message``, ``pictures`` (keys), ``alts`` beside them, and ``lasting``, the message without price and
    availability; "" where it had to be shortened.

    Raises:
        KeyError: A variant has no offer.
    """
    words = wording(product, offers, marker, max_hashtags=MAX_HASHTAGS.value)
    shown = shown_pictures(product, PICTURE, MAX_PICTURES.value)
    message = fit(words, templates, TEMPLATE, MAX_TEXT)
    return Rendition(
        channel=KIND,
        marker=marker,
        body={
            "message": message.text,
            "pictures": list(shown.keys),
            "alts": list(shown.alts),
            "lasting": lasting_text(words, templates, TEMPLATE, message),
        },
        parts={
            Part.TEXT: text_fingerprint(words, templates, TEMPLATE),
            Part.PICTURES: fingerprint(list(shown.keys)),
            **offer_fingerprints(product, offers),
        },
        pictures=shown.keys,
        notes=_notes(shown, is_shortened=message.is_shortened),
    )


def differences(rendition: Rendition, seen: str) -> Mapping[Part, Difference]:
    """Compare a post as read back with how it should read, and tell which part the difference belongs to.

    Text, price and availability stand in one message; one that had to be shortened is not compared. Pictures are not: they
    come back under other addresses.
    """
    whole, lasting = str(rendition.body["message"]), str(rendition.body["lasting"])
    return passage_differences(whole, lasting, seen) if lasting else {}


def _notes(shown: Shown, *, is_shortened: bool) -> tuple[str, ...]:
    notes = []
    if shown.left_out:
        notes.append(f"ใช้รูปได้สูงสุด {MAX_PICTURES.value} รูป อีก {shown.left_out} รูปไม่ได้ลงในโพสต์")
    if is_shortened:
        notes.append(f"ข้อความถูกย่อให้ไม่เกิน {MAX_TEXT.value:,} ตัวอักษรตามที่ Facebook รับได้")
    return tuple(notes)


def validate(rendition: Rendition) -> Sequence[Problem]:
    """Return every rule of the channel the post breaks."""
    size = length(rendition.body["message"], MAX_TEXT)
    problems = []
    if size > MAX_TEXT.value:
        problems.append(_too_long(size))
    if len(rendition.pictures) > MAX_PICTURES.value:
        problems.append(_too_many_pictures(len(rendition.pictures)))
    return problems


def _too_long(size: int) -> Problem:
    return Problem(
        path="name",
        code="text_too_long",
        th=f"ข้อความโพสต์ยาว {size:,} ตัวอักษร เกินที่ Facebook รับได้ {MAX_TEXT.value:,} ตัวอักษร กรุณาย่อชื่อสินค้าหรือลดจำนวนแบบ",
        en=f"The post has {size:,} characters, Facebook takes {MAX_TEXT.value:,}; shorten the name or use fewer variants.",
    )


def _too_many_pictures(number: int) -> Problem:
    return Problem(
        path="image_files",
        code="pictures_too_many",
        th=f"มี {number} รูป โพสต์หนึ่งลงได้ไม่เกิน {MAX_PICTURES.value} รูป กรุณาลดจำนวนรูป",
        en=f"There are {number} pictures, a post takes {MAX_PICTURES.value}; use fewer.",
    )
