import csv
import io
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import openpyxl
import pytest

from adapters.base import AdapterContext
from adapters.emarket.feed import FeedShrank, build_feed
from adapters.emarket.feed_adapter import FeedMarketAdapter
from adapters.emarket.fields import Column, FieldFile
from adapters.emarket.loading import LoadedMarket, load_market
from adapters.emarket.mapping import render
from adapters.emarket.market import Feed, MarketKind
from adapters.settings import EmarketSettings
from adapters.templates import JinjaTemplates
from schemas.channel import ChannelAccount, Credentials
from schemas.ids import AccountId, ChannelKind, SellerId
from schemas.listing import Pending, Receipt, Rendition
from schemas.money import Money
from tests.support.factories import (
    DictPictures,
    FixedClock,
    make_marker,
    make_offers,
    make_product,
    make_variant,
)

COLUMNS = (
    Column(heading="id", variant="sku"),
    Column(heading="title", product="title"),
    Column(heading="description", product="description"),
    Column(heading="link", product="link"),
    Column(heading="image_link", product="images"),
    Column(heading="availability", variant="availability"),
    Column(heading="price", variant="price_thb"),
    Column(heading="sale_price", variant="sale_price_thb"),
    Column(heading="condition", value="new"),
    Column(heading="identifier_exists", variant="identifier_exists"),
)


def market(**feed: object) -> LoadedMarket:
    postmart = load_market(EmarketSettings(), "postmart")
    values = {
        "transport": "file",
        "format": "csv",
        "absent_row": "hides",
        "link": "https://shop.example.test/{sku}",
    }
    return replace(
        postmart,
        market=postmart.market.model_copy(
            update={"id": "feed-market", "kind": MarketKind.FEED, "feed": Feed.model_validate(values | feed)}
        ),
        fields=FieldFile(schema_version=1, columns=COLUMNS),
    )


def rendition(
    loaded: LoadedMarket, sku: str = "P-1", name: str = "กล้วยอบเนย", available: int = 3
) -> Rendition:
    product = make_product(
        sku, name=name, variants=(make_variant(sku, price=Money(4000), compare_at=Money(4500)),)
    )
    return render(product, make_offers(product, available), make_marker(product), loaded, JinjaTemplates())


def built(loaded: LoadedMarket, *renditions: Rendition, previous_rows: int | None = None) -> bytes:
    urls = [["https://media.example.test/1.jpg"] for _ in renditions]
    return build_feed(loaded, renditions, urls, previous_rows=previous_rows).data


@pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_text_feeds_are_read_back_by_the_standard_reader(form: str, delimiter: str) -> None:
    loaded = market(format=form)

    text = built(loaded, rendition(loaded, name='กล้วย, "อบ" เนย')).decode("utf-8")
    (row,) = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)

    assert row["title"] == 'กล้วย, "อบ" เนย'
    assert (row["id"], row["price"], row["sale_price"]) == ("P-1", "45.00 THB", "40.00 THB")
    assert (row["availability"], row["condition"], row["identifier_exists"]) == ("in_stock", "new", "no")
    assert row["link"] == "https://shop.example.test/P-1"
    assert row["image_link"] == "https://media.example.test/1.jpg"


def test_sold_out_goods_stay_in_the_file() -> None:
    loaded = market()
    assert b"out_of_stock" in built(loaded, rendition(loaded, available=0))


def test_a_byte_order_mark_is_written_only_when_asked_for() -> None:
    loaded, marked = market(), market(encoding="utf-8-sig")
    assert not built(loaded, rendition(loaded)).startswith(b"\xef\xbb\xbf")
    assert built(marked, rendition(marked)).startswith(b"\xef\xbb\xbf")


def test_formulas_are_defused_for_people_and_left_alone_for_machines() -> None:
    people, machines = market(ack="human"), market(ack="none")
    assert b"'=1+1" in built(people, rendition(people, name="=1+1"))
    assert b"'=1+1" not in built(machines, rendition(machines, name="=1+1"))


def test_rss_has_google_s_elements_and_drops_what_xml_cannot_hold() -> None:
    loaded = market(format="rss_xml")

    data = built(loaded, rendition(loaded, name="กล้วย <อบ> & เนย\x01"))
    root = ET.fromstring(data)  # noqa: S314 - our own output

    (item,) = root.iter("item")
    names = {"g": "http://base.google.com/ns/1.0"}
    assert item.findtext("title") == "กล้วย <อบ> & เนย"
    assert item.findtext("g:id", namespaces=names) == "P-1"
    assert item.findtext("g:price", namespaces=names) == "45.00 THB"


def test_the_workbook_has_all_rows() -> None:
    loaded = market(format="xlsx")
    book = openpyxl.load_workbook(io.BytesIO(built(loaded, rendition(loaded, "A"), rendition(loaded, "B"))))
    assert book.active is not None
    assert [row[0].value for row in book.active.iter_rows()] == ["id", "A", "B"]


@pytest.mark.parametrize(("before", "refused"), [(2, False), (None, False), (0, False), (3, True)])
def test_a_sharp_fall_in_rows_is_not_written(before: int | None, refused: bool) -> None:
    loaded = market(max_drop_share=0.3)
    rows = [rendition(loaded, "A"), rendition(loaded, "B")]
    if refused:
        with pytest.raises(FeedShrank, match="from 3 to 2 rows"):
            built(loaded, *rows, previous_rows=before)
    else:
        assert built(loaded, *rows, previous_rows=before)


def test_a_listing_counts_as_published_only_once_its_file_is_written() -> None:
    loaded = market(min_interval_s=600)
    account = ChannelAccount(id=AccountId(1), seller_id=SellerId(1), kind=ChannelKind("emarket"), name="feed")
    context = AdapterContext(
        account=account,
        credentials=Credentials({}),
        http=None,
        clock=FixedClock(),
        pictures=DictPictures(),
        templates=JinjaTemplates(),
        settings=EmarketSettings(),
    )
    adapter = FeedMarketAdapter(context, loaded)
    row = rendition(loaded)

    pending = adapter.publish(row)
    file = adapter.feed([row])
    receipt = adapter.resume(row, Pending(progress={"file": file.sha256}, check_after=timedelta(0)))

    assert isinstance(pending, Pending)
    assert pending.check_after == timedelta(minutes=10)
    assert adapter.resume(row, pending) == pending
    assert (file.filename, file.row_count) == ("feed-market.csv", 1)
    assert isinstance(receipt, Receipt)
    assert receipt.remote == {"file": file.sha256}
