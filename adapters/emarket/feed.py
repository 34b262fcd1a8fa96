"""Feed files: all current rows of an account in one file. Pure; whoever stores the file writes it atomically."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from adapters.emarket.fields import Column
from adapters.emarket.loading import LoadedMarket
from adapters.emarket.market import Feed
from adapters.emarket.sheet import Row, as_text, as_xlsx, rows_of
from schemas.listing import Rendition

_GOOGLE: Final = "http://base.google.com/ns/1.0"
_RSS_CORE: Final = frozenset({"title", "link", "description"})
"""Elements of plain RSS; all others are Google's. Source: docs/channels/emarkets.md section 7.1."""


class FeedShrank(ValueError):
    """The new file would have far fewer rows than the one before; a person must say that this is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFile:
    """A feed ready to be written: first to a temporary name, then renamed."""

    filename: str
    data: bytes
    row_count: int
    sha256: str


def build_feed(
    loaded: LoadedMarket,
    renditions: Sequence[Rendition],
    picture_urls: Sequence[Sequence[str]],
    *,
    previous_rows: int | None = None,
) -> FeedFile:
    """Build the file from every current listing of an account.

    Shape: ``picture_urls`` stands beside ``renditions``; ``previous_rows`` is the row count of the file now published.

    Raises:
        FeedShrank: The rows fell by more than the market file allows.
        ValueError: The market has no feed block.
    """
    feed = loaded.market.feed
    if feed is None:
        raise ValueError(f"market {loaded.market.id} has no feed block")
    columns = loaded.fields.columns
    rows = [
        row
        for rendition, urls in zip(renditions, picture_urls, strict=True)
        for row in _rows(columns, rendition, urls, feed)
    ]
    _refuse_sharp_fall(feed, len(rows), previous_rows)
    data = _written(feed, loaded.market.label_th, columns, rows)
    return FeedFile(
        filename=f"{loaded.market.id}.{feed.format.removeprefix('rss_')}",
        data=data,
        row_count=len(rows),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _rows(columns: Sequence[Column], rendition: Rendition, urls: Sequence[str], feed: Feed) -> list[Row]:
    link = None if feed.link is None else feed.link.format(sku=rendition.body["sku"])
    return rows_of(columns, rendition.body, images=urls, link=link)


def _refuse_sharp_fall(feed: Feed, count: int, previous: int | None) -> None:
    if previous and (previous - count) / previous > feed.max_drop_share:
        raise FeedShrank(
            f"the feed would fall from {previous} to {count} rows, more than {feed.max_drop_share:.0%}; "
            "it was not written"
        )


def _written(feed: Feed, title: str, columns: Sequence[Column], rows: Sequence[Row]) -> bytes:
    headings = [column.heading for column in columns]
    match feed.format:
        case "xlsx":
            return as_xlsx("สินค้า", headings, rows)
        case "rss_xml":
            return _rss(title, headings, rows)
        case _:
            delimiter = "\t" if feed.format == "tsv" else ","
            # Only what people open in a spreadsheet is defused: a machine would read the quote as part of the value.
            for_people = feed.ack == "human"
            return as_text(headings, rows, delimiter=delimiter, encoding=feed.encoding, for_people=for_people)


def _rss(title: str, headings: Row, rows: Sequence[Row]) -> bytes:
    ET.register_namespace("g", _GOOGLE)
    root = ET.Element("rss", {"version": "2.0"})
    channel = ET.SubElement(root, "channel")
    ET.SubElement(channel, "title").text = title
    for row in rows:
        item = ET.SubElement(channel, "item")
        for heading, text in zip(headings, row, strict=True):
            if text:
                name = heading if heading in _RSS_CORE else f"{{{_GOOGLE}}}{heading}"
                ET.SubElement(item, name).text = _xml_text(text)
    file = io.BytesIO()
    ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
    return file.getvalue()


def _xml_text(text: str) -> str:
    # XML 1.0 has no way to write these control characters.
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n\r")
