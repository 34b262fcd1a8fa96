import csv
import hashlib
import io
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from pydantic import ValidationError

from adapters.base import AdapterContext, FeedingAdapter, FeedShrank, StockMode
from adapters.emarket.account import MarketAccountSettings
from adapters.emarket.feed import build_feed, row_of
from adapters.emarket.feed_adapter import FeedMarketAdapter
from adapters.emarket.fields import Column, FieldFile
from adapters.emarket.loading import LoadedMarket, load_market
from adapters.emarket.mapping import render
from adapters.emarket.market import Feed, MarketKind
from adapters.errors import Unsupported
from adapters.settings import EmarketSettings
from adapters.templates import JinjaTemplates
from schemas.channel import ChannelAccount, Credentials, Part, Verb
from schemas.ids import AccountId, ChannelKind, SellerId
from schemas.listing import Pending, Rendition
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
    Column(heading="image_link", product="image"),
    Column(heading="additional_image_link", product="more_images"),
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
    pictures = [f"https://media.example.test/{n}.jpg" for n in (1, 2, 3)]
    rows = [row_of(r, pictures, "https://shop.example.test/{sku}") for r in renditions]
    return build_feed(loaded, rows, previous_rows=previous_rows).data


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
    assert row["additional_image_link"] == "https://media.example.test/2.jpg,https://media.example.test/3.jpg"


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
    more = [element.text for element in item.findall("g:additional_image_link", names)]
    assert more == ["https://media.example.test/2.jpg", "https://media.example.test/3.jpg"]


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


def test_the_code_stands_in_the_link_as_an_address_wants_it() -> None:
    loaded = market()
    row = row_of(rendition(loaded, "A-1"), [], "https://shop.example.test/p?code={sku}&from={market}")
    assert row.link == "https://shop.example.test/p?code=A-1&from={market}"


def make_adapter(
    loaded: LoadedMarket, link: str | None = "https://shop.example.test/{sku}"
) -> FeedMarketAdapter:
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
    return FeedMarketAdapter(context, loaded, link=link)


def test_the_adapter_builds_the_file_and_refuses_to_publish_alone() -> None:
    loaded = market(min_interval_s=600)
    adapter = make_adapter(loaded)
    row = rendition(loaded)

    file = adapter.feed([row], previous_rows=1)

    assert isinstance(adapter, FeedingAdapter)
    assert adapter.feed_interval == timedelta(minutes=10)
    assert (file.filename, file.row_count) == ("feed-market.csv", 1)
    assert b"https://shop.example.test/P-1" in file.data
    assert file.sha256 == hashlib.sha256(file.data).hexdigest()
    with pytest.raises(Unsupported):
        adapter.publish(row)
    with pytest.raises(Unsupported):
        adapter.resume(row, Pending(progress={}, check_after=timedelta(0)))


@pytest.mark.parametrize(("absent", "leaves"), [("keeps", False), ("hides", True), ("deletes", True)])
def test_what_an_absent_row_does_is_the_market_s_word(absent: str, leaves: bool) -> None:
    assert make_adapter(market(absent_row=absent)).absent_leaves_sale is leaves


def test_every_part_can_change_and_a_row_can_go() -> None:
    capabilities = make_adapter(market()).capabilities
    assert capabilities.verbs == {Verb.PUBLISH, Verb.UPDATE, Verb.SET_STOCK, Verb.WITHDRAW}
    assert capabilities.editable == set(Part)
    assert not capabilities.visible_steps


@pytest.mark.parametrize(
    ("shown", "mode", "differing"),
    [
        ("available", StockMode.QUANTITY, [(3, 2), (3, 0)]),
        ("availability", StockMode.IN_OUT, [(3, 0)]),
        ("weight_g", StockMode.NONE, []),
    ],
)
def test_stock_makes_a_difference_only_where_the_file_shows_it(
    shown: str, mode: StockMode, differing: list[tuple[int, int]]
) -> None:
    loaded = replace(
        market(), fields=FieldFile(schema_version=1, columns=(Column(heading="stock", variant=shown),))
    )
    adapter = make_adapter(loaded)
    product = make_product()

    def stock_part(units: int) -> str:
        return adapter.render(product, make_offers(product, units), marker=make_marker(product)).parts[
            Part.STOCK
        ]

    assert adapter.capabilities.stock is mode
    differ = [pair for pair in [(3, 2), (3, 0)] if stock_part(pair[0]) != stock_part(pair[1])]
    assert differ == differing


def test_a_market_that_wants_links_says_so_when_nobody_gave_one() -> None:
    with pytest.raises(ValueError, match=r"feed-market wants the address of every product.*\{sku\}"):
        make_adapter(market(), link=None)
    assert make_adapter(market(link="https://all.example.test/{sku}"), link=None)


@pytest.mark.parametrize("link", ["https://shop.example.test/", "ftp://shop.example.test/{sku}", "{sku}"])
def test_an_account_s_link_is_an_address_with_a_place_for_the_code(link: str) -> None:
    with pytest.raises(ValidationError, match="link"):
        MarketAccountSettings.model_validate({"market": "google-products", "link": link})


def test_the_shipped_google_file_has_what_google_asks_for() -> None:
    loaded = load_market(EmarketSettings(), "google-products")
    adapter = make_adapter(loaded)
    product = make_product("UTT-1", variants=(make_variant("UTT-1-S"), make_variant("UTT-1-L")))
    rendition = adapter.render(product, make_offers(product), marker=make_marker(product))

    items = list(ET.fromstring(adapter.feed([rendition]).data).iter("item"))  # noqa: S314 - our own output
    names = {"g": "http://base.google.com/ns/1.0"}

    assert not adapter.validate(rendition, product)
    assert [item.findtext("g:id", namespaces=names) for item in items] == ["UTT-1-S", "UTT-1-L"]
    for item in items:
        assert item.findtext("g:item_group_id", namespaces=names) == "UTT-1"
        assert item.findtext("g:image_link", namespaces=names).startswith(
            "https://media.example.test/pictures/"
        )
        assert item.findtext("g:product_type", namespaces=names) == "อาหาร > ขนมและของว่าง > ผลไม้อบแห้ง"
        assert item.findtext("link") == "https://shop.example.test/UTT-1"
        assert item.findtext("g:identifier_exists", namespaces=names) == "no"
