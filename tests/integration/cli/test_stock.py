"""``syndicator stock``, as typed."""

import pytest
from PIL import Image

from tests.support.intake_files import A_ROW, a_row, write_csv

SKU = A_ROW["sku"]


@pytest.fixture
def stocked(connected, tmp_path):
    """A seller with one product of 120 units, wanted on four accounts."""
    folder = tmp_path / "photos"
    (folder / "images").mkdir(parents=True)
    for name in ("a-1.jpg", "a-2.jpg"):
        Image.new("RGB", (640, 640), "green").save(folder / "images" / name)
    file = write_csv(tmp_path / "goods.csv", [a_row()])
    connected.run("publish", file, "--photos", folder, "--no-wait").told(0)
    return connected


def level(cli):
    (one,) = cli.json("stock", "show")["stock"]
    return one["on_hand"], one["held"], one["owed"], one["available"]


def test_what_is_on_the_shelf_is_shown_and_what_every_channel_shows(stocked):
    stocked.run("stock", "show").told(0, SKU, "120", "บนชั้น")

    shown = stocked.json("stock", "show", SKU)

    assert [one["available"] for one in shown["stock"]] == [120]
    assert {one["account"]: one["shows"] for one in shown["channels"]} == dict.fromkeys(
        ("page", "ig", "line", "market"), 120
    )


def test_stock_is_set_counted_and_adjusted(stocked):
    stocked.run("stock", "set", f"{SKU}=50").told(0, "120", "50")
    assert level(stocked) == (50, 0, 0, 50)

    stocked.run("stock", "adjust", f"{SKU}=-3", "--reason", "sale").told(0, "47")
    stocked.run("stock", "count", f"{SKU}=40", "--note", "นับสิ้นเดือน").told(0, "40")
    assert level(stocked) == (40, 0, 0, 40)

    told = stocked.run("stock", "history", SKU).told(0, "ขายหน้าร้าน", "นับ", "นับสิ้นเดือน")
    assert told.out.index("นับสิ้นเดือน") < told.out.index("ขายหน้าร้าน"), "newest first"
    assert [one["kind"] for one in stocked.json("stock", "history", SKU)] == [
        "count",
        "sale",
        "count",
        "count",
    ]


def test_an_entry_named_twice_changes_nothing_again(stocked):
    for _ in range(2):
        told = stocked.run("stock", "adjust", f"{SKU}=-3", "--reference", "stall-1").told(0)

    assert "บันทึกไว้ก่อนแล้ว" in told.out
    assert level(stocked) == (117, 0, 0, 117)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("set", "NOBODY=3"), 3, "ไม่พบสินค้ารหัส NOBODY"),
        (("set", f"{SKU}=-1"), 3, "เป็นไปไม่ได้"),
        (("set", SKU), 2, "รหัส=จำนวน"),
        (("set", f"{SKU}=twelve"), 2, "รหัส=จำนวน"),
        (("set", f"{SKU}=1", f"{SKU}=2"), 2, "สองครั้ง"),
        (("adjust", f"{SKU}=-121"), 3, "มีอยู่ 120 ชิ้น"),
        (("adjust", f"{SKU}=0"), 3, "ใส่เช่น +5"),
        (("count", f"{SKU}=3", "--began", "2999-01-01"), 3, "ยังมาไม่ถึง"),
        (("history", "NOBODY"), 3, "ไม่พบสินค้ารหัส NOBODY"),
        (("show", "NOBODY"), 3, "ไม่พบสินค้ารหัส NOBODY"),
        (("rules", "--buffer", "2"), 2, "--account"),
        (("rules", "--account", "nobody", "--buffer", "2"), 2, "ไม่มีบัญชีชื่อ nobody"),
        (("rules", "--account", "page", "--buffer", "lots"), 2, "ใช้ไม่ได้"),
    ],
)
def test_what_cannot_be_is_one_clear_sentence_and_changes_nothing(stocked, words, code, sentence):
    stocked.run("stock", *words).told(code, sentence)

    assert level(stocked) == (120, 0, 0, 120)


def test_a_stock_file_is_taken_and_what_is_wrong_comes_back(stocked, tmp_path):
    file = tmp_path / "stock.csv"
    file.write_text(f"รหัสสินค้า,จำนวน\n{SKU},77\nNOBODY,3\nB-1,สิบ\n", encoding="utf-8")

    told = stocked.run("stock", "import", file).told(3, "NOBODY", "แถว 4")

    assert level(stocked) == (77, 0, 0, 77)
    failed = tmp_path / "stock.failed.csv"
    assert failed.name in told.out
    assert [line.split(",")[0] for line in failed.read_text("utf-8-sig").splitlines()] == [
        "sku",
        "NOBODY",
        "B-1",
    ]


def test_a_rule_can_be_tried_before_it_holds(stocked):
    tried = stocked.json("stock", "rules", "--account", "line", "--buffer", "20", "--cap", "50", "--dry-run")

    assert [
        (one["account"], one["shows"], one["would_show"], one["because"]) for one in tried["figures"]
    ] == [("line", 120, 50, ["buffer", "cap"])]
    assert not tried["changed"]
    shows = {one["account"]: one["shows"] for one in stocked.json("stock", "show", SKU)["channels"]}
    assert shows["line"] == 120

    stocked.run("stock", "rules", "--account", "line", "--buffer", "20", "--cap", "50").told(0, "50")
    shows = {one["account"]: one["shows"] for one in stocked.json("stock", "show", SKU)["channels"]}
    assert (shows["line"], shows["market"]) == (50, 120)

    stocked.run("stock", "rules", "--account", "line", "--buffer", "0", "--cap", "none").told(0)
    shows = {one["account"]: one["shows"] for one in stocked.json("stock", "show", SKU)["channels"]}
    assert shows["line"] == 120


def test_the_last_units_are_sold_on_one_account(stocked):
    stocked.run("stock", "rules", "--account", "market", "--last-units", "5").told(0, "market")
    stocked.run("stock", "set", f"{SKU}=4").told(0)

    shows = {one["account"]: one["shows"] for one in stocked.json("stock", "show", SKU)["channels"]}

    assert shows == {"page": 0, "ig": 0, "line": 0, "market": 4}
    stocked.run("stock", "rules", "--last-units", "none").told(0)
    assert stocked.json("stock", "show", SKU)["channels"][0]["shows"] == 4


def test_nothing_measured_yet_is_said(stocked):
    stocked.run("stock", "delays").told(0, "ยังไม่มีการเปลี่ยนสต็อก")
    assert stocked.json("stock", "delays") == []


def test_a_buffer_that_sizes_itself_says_where_it_comes_from(stocked):
    stocked.run("stock", "rules", "--account", "line", "--buffer", "auto").told(0, "auto")

    stocked.run("stock", "rules", "--sku", SKU).told(0, f"line {SKU}: 0", "ยังไม่เคยวัด")
    (buffer,) = stocked.json("stock", "rules", "--sku", SKU)["buffers"]

    assert (buffer["account"], buffer["units"]) == ("line", 0)
    assert "has not been measured" in buffer["en"]
