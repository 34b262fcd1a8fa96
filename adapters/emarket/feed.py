"""Feed files: all current rows of an account in one file. Pure; whoever stores the file writes it atomically."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote
from xml.etree import ElementTree as ET

from adapters.base import FeedFile, FeedShrank
from adapters.emarket.loading import LoadedMarket
from adapters.emarket.market import Feed
from adapters.emarket.sheet import Row, as_text, as_xlsx, lists_of
from adapters.emarket.values import product_values
from schemas.listing import Rendition

_GOOGLE: Final = "http://base.google.com/ns/1.0"
_RSS_CORE: Final = frozenset({"title", "link", "description"})
"""Elements of plain RSS; all others are Google's. Source: docs/channels/emarkets.md section 7.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """One listing for the file: its payload and the addresses the market gets its pictures and its page from."""

    body: Mapping[str, Any]
    images: Sequence[str]
    link: str | None


def build_feed(
    loaded: LoadedMarket, rows: Sequence[FeedRow], *, previous_rows: int | None = None
) -> FeedFile:
    """Build the file from every current listing of an account.

    Shape: one line for each variant, in the order given; ``previous_rows`` counts the lines of the file now published.

    Raises:
        FeedShrank: The lines fell by more than the market file allows.
        ValueError: The market has no feed block.
    """
    feed = loaded.market.feed
    if feed is None:
        raise ValueError(f"market {loaded.market.id} has no feed block")
    columns = loaded.fields.columns
    lines = [
        line
        for row in rows
        for line in lists_of(columns, product_values(row.body, images=row.images, link=row.link), row.body)
    ]
    _refuse_sharp_fall(feed, len(lines), previous_rows)
    data = _written(feed, loaded.market.label_th, [column.heading for column in columns], lines)
    return FeedFile(
        filename=f"{loaded.market.id}.{feed.format.removeprefix('rss_')}",
        data=data,
        row_count=len(lines),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def row_of(rendition: Rendition, images: Sequence[str], link: str | None) -> FeedRow:
    """Return a listing's row; ``{sku}`` in ``link`` becomes the product's code."""
    code = quote(rendition.body["sku"], safe="")
    return FeedRow(
        body=rendition.body, images=images, link=None if link is None else link.replace("{sku}", code)
    )


def _refuse_sharp_fall(feed: Feed, count: int, previous: int | None) -> None:
    if previous and (previous - count) / previous > feed.max_drop_share:
        raise FeedShrank(before=previous, now=count)


def _written(feed: Feed, title: str, headings: Row, lines: Sequence[Sequence[Row]]) -> bytes:
    match feed.format:
        case "xlsx":
            return as_xlsx("สินค้า", headings, _joined(lines, ", "))
        case "rss_xml":
            return _rss(title, headings, lines)
        case _:
            delimiter = "\t" if feed.format == "tsv" else ","
            # Only what people open in a spreadsheet is defused: a machine would read the quote as part of the value.
            for_people = feed.ack == "human"
            rows = _joined(lines, ", " if for_people else ",")
            return as_text(headings, rows, delimiter=delimiter, encoding=feed.encoding, for_people=for_people)


def _joined(lines: Sequence[Sequence[Row]], separator: str) -> list[Row]:
    return [[separator.join(cell) for cell in line] for line in lines]


def _rss(title: str, headings: Row, lines: Sequence[Sequence[Row]]) -> bytes:
    ET.register_namespace("g", _GOOGLE)
    root = ET.Element("rss", {"version": "2.0"})
    channel = ET.SubElement(root, "channel")
    ET.SubElement(channel, "title").text = title
    for line in lines:
        item = ET.SubElement(channel, "item")
        for heading, texts in zip(headings, line, strict=True):
            name = heading if heading in _RSS_CORE else f"{{{_GOOGLE}}}{heading}"
            # A repeated field is an element for each value. Source: Google's help on additional_image_link.
            for text in filter(None, texts):
                ET.SubElement(item, name).text = _xml_text(text)
    file = io.BytesIO()
    ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
    return file.getvalue()


def _xml_text(text: str) -> str:
    # XML 1.0 has no way to write these control characters.
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n\r")
