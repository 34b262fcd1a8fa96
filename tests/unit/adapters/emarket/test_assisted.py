"""The pack read as a person would read it, and the code brought back."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import openpyxl
import pytest

from adapters.base import AdapterContext, Change, Fallback, PackingAdapter
from adapters.emarket import EMARKET
from adapters.errors import Rejected, Transient, Unsupported
from adapters.settings import EmarketSettings
from adapters.templates import JinjaTemplates
from schemas.channel import ChannelAccount, Credentials, Part, Verb
from schemas.ids import AccountId, ChannelKind, SellerId
from schemas.listing import ListingRef, Pending, Receipt, Rendition
from schemas.product import Parcel, Product
from tests.support.factories import (
    NOON,
    DictPictures,
    FixedClock,
    make_marker,
    make_offers,
    make_product,
    make_variant,
)

KIND = ChannelKind("emarket")


class Postmart:
    def __init__(self, http: Any = None) -> None:
        self.pictures = DictPictures()
        account = ChannelAccount(
            id=AccountId(1),
            seller_id=SellerId(1),
            kind=KIND,
            name="postmart",
            settings={"market": "postmart"},
        )
        self.adapter: Any = EMARKET.make(
            AdapterContext(
                account=account,
                credentials=Credentials({}),
                http=http,
                clock=FixedClock(),
                pictures=self.pictures,
                templates=JinjaTemplates(),
                settings=EmarketSettings(),
            )
        )

    def render(self, product: Product | None = None) -> Rendition:
        product = product or make_product()
        rendition: Rendition = self.adapter.render(product, make_offers(product), marker=make_marker(product))
        self.pictures.files.update(dict.fromkeys(rendition.pictures, b"\xff\xd8 picture"))
        return rendition

    def opened(self, product: Product | None = None) -> zipfile.ZipFile:
        return zipfile.ZipFile(io.BytesIO(self.adapter.pack(self.render(product)).data))


@pytest.fixture
def postmart() -> Postmart:
    return Postmart()


def read(pack: zipfile.ZipFile, name: str) -> str:
    return pack.read(name).decode("utf-8-sig")


def sheet(pack: zipfile.ZipFile, name: str = "UTT-BNB-100.xlsx") -> list[dict[str, Any]]:
    active = openpyxl.load_workbook(io.BytesIO(pack.read(name))).active
    assert active is not None
    headings, *rows = [[cell.value for cell in row] for row in active.iter_rows()]
    return [dict(zip(headings, row, strict=True)) for row in rows]


def test_a_publish_waits_for_a_person_and_names_the_pack(postmart: Postmart) -> None:
    rendition = postmart.render()

    pending = postmart.adapter.publish(rendition)

    assert pending.needs_person
    assert pending.progress == {"pack": "postmart-UTT-BNB-100.zip", "fingerprint": rendition.fingerprint}
    assert isinstance(postmart.adapter, PackingAdapter)
    assert postmart.adapter.pack(rendition).filename == pending.progress["pack"]


def test_the_pack_holds_sheet_texts_pictures_and_checklist(postmart: Postmart) -> None:
    with postmart.opened() as pack:
        assert pack.testzip() is None
        assert pack.namelist() == [
            "README.th.txt",
            "UTT-BNB-100.xlsx",
            "title.th.txt",
            "description.th.txt",
            "missing-papers.th.txt",
            "pictures/01.jpg",
        ]
        assert read(pack, "title.th.txt") == "กล้วยอบเนยบ้านสวนริมน่าน"
        assert read(pack, "description.th.txt").endswith("\r\nรหัส SY7K3M2Q9")
        assert pack.read("pictures/01.jpg").startswith(b"\xff\xd8")
        assert "รหัสสินค้า 13 หลัก" in read(pack, "README.th.txt")


def test_the_sheet_has_a_row_for_each_variant_and_keeps_codes_as_text(postmart: Postmart) -> None:
    variants = (
        make_variant("00471", options=("เล็ก",), parcel=Parcel(length_mm=180, width_mm=120, height_mm=50)),
        make_variant("2E05", options=("ใหญ่",), fda_no="99-2-00167-2-0001"),
    )
    product = make_product("00471", options=("ขนาด",), variants=variants)

    with postmart.opened(product) as pack:
        rows = sheet(pack, "00471.xlsx")

    assert [row["รหัสตัวเลือก (SKU)"] for row in rows] == ["00471", "2E05"]
    assert rows[0]["ราคาขาย (บาท)"] == "45.00"
    assert (rows[0]["ยาว (ซม.)"], rows[0]["กว้าง (ซม.)"], rows[0]["สูง (ซม.)"]) == ("18", "12", "5")
    assert rows[1]["เลข อย."] == "99-2-00167-2-0001"
    assert rows[0]["แหล่งผลิต"] == "ต.คุ้งตะเภา อ.เมืองอุตรดิตถ์ จ.อุตรดิตถ์"
    assert rows[0]["ไฟล์รูป"] == "01.jpg"


@pytest.mark.parametrize("name", ["=1+1", "+66 กล้วย", "-ลด-", "@กล้วย"])
def test_a_formula_in_a_name_is_text_in_the_sheet(postmart: Postmart, name: str) -> None:
    with postmart.opened(make_product(name=name)) as pack:
        book = openpyxl.load_workbook(io.BytesIO(pack.read("UTT-BNB-100.xlsx")))
        assert book.active is not None
        cells = [cell for row in book.active.iter_rows() for cell in row]

    assert f"'{name}" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}


def test_only_missing_papers_are_listed(postmart: Postmart) -> None:
    complete = make_variant(
        fda_no="99-2-00167-2-0001", parcel=Parcel(length_mm=180, width_mm=120, height_mm=50)
    )
    with postmart.opened() as lacking, postmart.opened(make_product(variants=(complete,))) as full:
        missing, left = read(lacking, "missing-papers.th.txt"), read(full, "missing-papers.th.txt")

    assert "เลขสารบบอาหาร" in missing
    assert "ขนาดกล่องพัสดุ" in missing
    assert "เลขสารบบอาหาร" not in left
    assert "ขนาดกล่องพัสดุ" not in left
    assert "บัตรประชาชน" in left


def test_goods_that_are_no_food_need_no_food_number(postmart: Postmart) -> None:
    product = make_product(otop_category="textile", category_code="textile.fabric")
    with postmart.opened(product) as pack:
        assert "เลขสารบบอาหาร" not in read(pack, "missing-papers.th.txt")


def test_a_picture_that_is_not_stored_yet_is_waited_for(postmart: Postmart) -> None:
    rendition = postmart.render()
    postmart.pictures.files.clear()
    with pytest.raises(Transient):
        postmart.adapter.pack(rendition)


def test_the_code_a_person_brought_back_is_the_receipt(postmart: Postmart) -> None:
    pending = Pending(progress={"code": " 1013460000816 "}, check_after=timedelta(0))

    receipt = postmart.adapter.resume(postmart.render(), pending)

    assert receipt == Receipt(
        external_id="1013460000816", permalink="https://thailandpostmart.com/product/1013460000816/"
    )


@pytest.mark.parametrize("code", ["", "101346000081", "10134600008160", "๑๐๑๓๔๖๐๐๐๐๘๑๖", "101346000081x"])
def test_another_form_of_code_is_refused_with_what_is_expected(postmart: Postmart, code: str) -> None:
    pending = Pending(progress={"code": code}, check_after=timedelta(0))

    with pytest.raises(Rejected) as caught:
        postmart.adapter.resume(postmart.render(), pending)

    assert "13 หลัก" in caught.value.problems[0].th


def test_without_a_code_it_keeps_waiting(postmart: Postmart) -> None:
    rendition = postmart.render()
    pending = postmart.adapter.publish(rendition)
    assert postmart.adapter.resume(rendition, pending) == pending


def test_every_other_change_asks_a_person_and_no_verb_is_pretended(postmart: Postmart) -> None:
    capabilities = postmart.adapter.capabilities
    rendition = postmart.render()
    ref = ListingRef(external_id="1", marker=rendition.marker)
    change = Change(ref=ref, rendition=rendition, parts=frozenset(Part))

    assert set(capabilities.fallbacks.values()) == {Fallback.ASK}
    assert capabilities.verbs == {Verb.PUBLISH}
    for call in (
        lambda: postmart.adapter.update(change),
        lambda: postmart.adapter.set_stock(change),
        lambda: postmart.adapter.comment(change),
        lambda: postmart.adapter.withdraw(ref),
        lambda: postmart.adapter.fetch(ref),
        lambda: postmart.adapter.find_by_marker(rendition.marker, since=NOON),
    ):
        with pytest.raises(Unsupported):
            call()
    postmart.adapter.check()
