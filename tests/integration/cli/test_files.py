"""Files as sellers really send them: good, half good, and not a product file at all."""

import csv

import pytest
from PIL import Image

from schemas.listing import ListingState
from syndicator.intake.columns import COLUMNS
from tests.support.intake_files import BAD, DATA, GOOD, a_row, read_csv, write_csv, write_xlsx


@pytest.fixture
def photos(tmp_path):
    """The photos that ``a_row`` names."""
    folder = tmp_path / "photos"
    (folder / "images").mkdir(parents=True)
    for name in ("a-1.jpg", "a-2.jpg"):
        Image.new("RGB", (640, 640), "green").save(folder / "images" / name)
    return folder


def publish(cli, file, photos, *more):
    return cli.run("publish", file, "--photos", photos, "--no-wait", *more)


def stored(cli):
    return cli.json("listings")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("photo.csv", b"\x89PNG\r\n\x1a\n" + bytes(64), "photo.csv"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old.xls"),
        ("letter.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "letter.pdf"),
        ("empty.csv", b"", "empty.csv"),
        ("no-column.csv", b"sku,name_th\r\nA,B\r\n", "description_th"),
    ],
)
def test_a_file_that_is_no_product_file_is_refused_in_one_sentence(connected, tmp_path, name, content, words):
    file = tmp_path / name
    file.write_bytes(content)

    refused = publish(connected, file, tmp_path).told(3, words)

    assert len(refused.err.strip().splitlines()) == 2, "one sentence in Thai and one in English"
    assert stored(connected) == []
    assert not list(tmp_path.glob("*.failed.*"))


def test_a_header_without_a_column_names_the_column(connected, tmp_path):
    columns = [column for column in COLUMNS if column != "tambon_code"]
    file = write_csv(tmp_path / "short.csv", [a_row()], columns=columns)

    publish(connected, file, tmp_path).told(3, "tambon_code")

    assert stored(connected) == []


def test_a_file_of_too_many_rows_is_refused_whole(connected, tmp_path):
    file = tmp_path / "many.csv"
    row = ",".join(f'"{a_row()[column]}"' for column in COLUMNS[1:])
    with file.open("w", encoding="utf-8", newline="") as stream:
        stream.write(",".join(COLUMNS) + "\r\n")
        stream.writelines(f"S{number},{row}\r\n" for number in range(100_001))

    publish(connected, file, tmp_path).told(3, "100,000")

    assert stored(connected) == []


def test_a_file_or_a_folder_that_is_not_there_is_named(connected, tmp_path):
    publish(connected, tmp_path / "none.csv", tmp_path).told(3, "none.csv")
    publish(connected, tmp_path, tmp_path).told(3, tmp_path.name)


def test_a_missing_photo_holds_back_its_product_only(connected, photos, tmp_path):
    lost = a_row(sku="LOST-1", gtin="", image_files="images/nowhere.jpg")
    file = write_csv(tmp_path / "two.csv", [a_row(), lost])

    ran = publish(connected, file, photos, "--json")

    assert ran.told(3).json["products"] == 1
    [refused] = ran.json["refused_rows"]
    assert (refused["line"], refused["problems"][0]["path"]) == (3, "image_files")
    assert "images/nowhere.jpg" in refused["problems"][0]["th"]
    assert {listing["sku"] for listing in stored(connected)} == {"UTT-BNB-100"}
    assert [row["sku"] for row in read_csv(tmp_path / "two.failed.csv")] == ["LOST-1"]


def test_every_fault_of_the_bad_file_is_reported_on_its_column(connected, tmp_path):
    file = tmp_path / "bad-products.csv"
    file.write_bytes(BAD.read_bytes())
    expected = read_csv(BAD)

    ran = publish(connected, file, tmp_path, "--json").told(3)

    reported = {row["line"]: row["problems"] for row in ran.json["refused_rows"]}
    assert len(expected) == len(reported) == 25
    for line, row in enumerate(expected, start=2):
        columns = row["expected_error"].partition(":")[0]
        found = [(problem["path"], problem["code"]) for problem in reported[line]]
        assert (columns, row["fault_code"]) in found, (line, row["fault_code"], columns, found)
        assert all(problem["th"] and problem["en"] for problem in reported[line])
    assert ran.json["products"] == 0
    assert stored(connected) == []


def test_the_failed_rows_file_can_be_mended_and_sent_again(connected, photos, tmp_path):
    file = write_csv(tmp_path / "one.csv", [a_row(price_thb="45,00")])
    publish(connected, file, photos).told(3, "price_thb")

    failed = tmp_path / "one.failed.csv"
    rows = read_csv(failed)
    with failed.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerow(rows[0] | {"price_thb": "45"})

    assert publish(connected, failed, photos, "--json").told(0).json["created"] == 1


def test_the_same_goods_from_a_spreadsheet_or_an_old_csv_are_no_change(connected, photos, tmp_path):
    first = write_csv(tmp_path / "utf8.csv", [a_row()])
    assert publish(connected, first, photos, "--json").told(0).json["created"] == 1

    as_xlsx = write_xlsx(tmp_path / "same.xlsx", [COLUMNS, [a_row()[column] or None for column in COLUMNS]])
    with_mark = write_csv(tmp_path / "mark.csv", [a_row()], encoding="utf-8-sig")
    old = write_csv(tmp_path / "old.csv", [a_row()], encoding="cp874")

    for file in (as_xlsx, with_mark, old):
        answer = publish(connected, file, photos, "--json").told(0).json
        assert (answer["created"], answer["updated"], answer["unchanged"]) == (0, 0, 1), file


def test_a_dry_run_stores_nothing_and_calls_nobody(connected, photos, sandbox, tmp_path):
    file = write_csv(tmp_path / "one.csv", [a_row()])
    before = sandbox.control.summary()["calls"]

    plan = connected.run("publish", file, "--photos", photos, "--dry-run", "--json").told(0).json["plan"]

    assert {(step["account"], step["step"]) for step in plan} == {
        (name, "publish") for name in ("page", "ig", "line", "market")
    }
    assert sandbox.control.summary()["calls"] == before
    assert stored(connected) == []
    connected.run("publish", file, "--photos", photos, "--dry-run").told(0, "ลงประกาศใหม่")


def test_a_dry_run_for_nobody_makes_no_seller(cli, tmp_path):
    file = write_csv(tmp_path / "one.csv", [a_row()])

    cli.run("publish", file, "--dry-run", "--seller", "new").told(5, "ยังไม่ได้เชื่อมช่องทางขาย")

    cli.run("status", "--seller", "new").told(3, "ไม่มีผู้ขายชื่อ new")


def test_channels_can_be_chosen_by_account_or_kind_and_a_wrong_one_is_named(connected, photos, tmp_path):
    file = write_csv(tmp_path / "one.csv", [a_row()])

    publish(connected, file, photos, "--channels", "page,mysp").told(2, "mysp", "page (facebook_page)")
    publish(connected, file, photos, "--channels", "page,emarket").told(0)

    assert {listing["account"] for listing in stored(connected)} == {"page", "market"}


def test_the_seller_sees_the_bad_rows_at_full_width(connected, tmp_path):
    file = tmp_path / "bad-products.csv"
    file.write_bytes(BAD.read_bytes())

    shown = publish(connected, file, tmp_path).told(3, "แถวที่ยังไม่ได้รับ 25 แถว", "bad-products.failed.csv").out

    assert "│" not in shown.partition("รับแล้ว")[0], "a sentence is not squeezed into a table"
    assert "weight_g: น้ำหนัก “0.5 กก.” ต้องเป็นจำนวนเต็มหน่วยกรัม" in shown


def test_the_shipped_good_file_plans_every_product(connected, tmp_path):
    names = {name for row in read_csv(GOOD) for name in row["image_files"].split("|")}
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(tmp_path / name, "JPEG")

    answer = connected.run("publish", GOOD, "--photos", tmp_path, "--dry-run", "--json").told(0).json

    assert (answer["rows"], answer["products"], answer["refused_rows"]) == (60, 48, [])
    assert not list(DATA.glob("*.failed.*"))


def test_listings_wait_as_working_until_a_worker_runs(connected, photos, tmp_path):
    publish(connected, write_csv(tmp_path / "one.csv", [a_row()]), photos).told(0, "กำลังส่ง")

    assert {listing["state"] for listing in stored(connected)} == {ListingState.WORKING.value}
    connected.run("status", "UTT-BNB-100").told(0, "กำลังส่ง")
    connected.run("status", "NOPE").told(3, "ไม่พบสินค้ารหัส NOPE")
    connected.run("attempts", stored(connected)[0]["id"]).told(0)
