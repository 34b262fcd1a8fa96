"""The main job: one file, four channels, and only what changed is sent again."""

import pytest

from tests.support.intake_files import COLUMNS, write_csv, write_xlsx
from tests.support.stack import about, good_rows, wait_until

RULE_BREAKERS = {"PLK-BFN-SET", "UTT-HNY", "CRI-CFE"}
"""Too heavy and too big, prices too far apart, option names too long: the market's own rules."""
HIDDEN = "BKK-BUD-300"


@pytest.fixture(scope="session")
def published(stack):
    """A seller whose whole shipped file is published, and the report of the first time."""
    seller = stack.seller(1)
    seller.connect()
    return seller, seller.publish(good_rows())


@pytest.fixture
def shop(published):
    return published[0]


@pytest.fixture
def first_report(published):
    return published[1]


def change(sku, **values):
    """Return the product's rows with values changed."""
    return [row | values for row in good_rows(sku)]


def test_every_product_is_live_where_no_rule_of_the_channel_forbids_it(first_report, stack):
    report = first_report
    assert (report["rows"], report["products"], report["created"]) == (60, 48, 48)
    assert (report["settled"], report["refused_rows"]) == (True, [])
    for account, counts in report["channels"].items():
        broken = RULE_BREAKERS if account == "market" else set()
        named = {needed["sku"] for needed in report["needs_you"] if needed["account"] == account}
        assert named == broken
        assert counts == {"live": 47 - len(broken), "working": 0, "needs_you": len(broken), "stopped": 1}
    for needed in report["needs_you"]:
        assert all(problem["th"] and problem["en"] for problem in needed["problems"])
    assert stack.channels.duplicates() == 0


def test_publishing_again_changes_nothing_whatever_the_file_format(shop, stack, tmp_path):
    rows = good_rows()
    shop.publish(rows)
    encodable = [row for row in rows if _in_thai_windows(row)]
    assert {row["sku"] for row in rows if row not in encodable} == {"NST-DOL-01", "PRI-CMP-200"}, (
        "emoji and zero-width spaces are not in Windows-874"
    )
    again = {
        "csv": shop.file(rows, "again.csv"),
        "bom": write_csv(tmp_path / "bom.csv", rows, encoding="utf-8-sig"),
        "xlsx": write_xlsx(
            tmp_path / "same.xlsx", [COLUMNS, *([row[c] or None for c in COLUMNS] for row in rows)]
        ),
        "windows-874": write_csv(tmp_path / "old.csv", encodable, encoding="cp874"),
    }
    before = stack.channels.now()

    reports = {name: shop.publish(file) for name, file in again.items()}

    products = {name: (r["unchanged"], r["created"], r["updated"]) for name, r in reports.items()}
    assert products == {
        "csv": (48, 0, 0),
        "bom": (48, 0, 0),
        "xlsx": (48, 0, 0),
        "windows-874": (46, 0, 0),
    }
    assert stack.channels.changes(before, of=shop.accounts) == []


def _in_thai_windows(row):
    try:
        "".join(row.values()).encode("cp874")
    except UnicodeEncodeError:
        return False
    return True


def test_a_new_price_is_sent_for_its_product_only(shop, stack):
    shop.publish(change("LPN-SOP-100"))
    before = stack.channels.now()

    report = shop.publish(change("LPN-SOP-100", price_thb="59"))

    assert (report["updated"], report["settled"]) == (1, True)
    changes = stack.channels.changes(before, of=shop.accounts)
    assert {entry["account"] for entry in changes} == set(shop.accounts)
    assert [entry for entry in changes if not about(entry, shop.listings("LPN-SOP-100"))] == []
    for account in (shop.shop, shop.market):
        [found] = [x for x in stack.channels.visible(account) if x["code"] == "LPN-SOP-100"]
        assert list(found["prices"].values()) == [5900]
    assert stack.channels.duplicates() == 0


def test_a_new_count_is_sent_only_where_buyers_see_numbers(shop, stack):
    shop.publish(change("NMA-SHM-250"))
    before = stack.channels.now()

    shop.publish(change("NMA-SHM-250", stock="33"))

    changes = stack.channels.changes(before, of=shop.accounts)
    assert {entry["account"] for entry in changes} == {shop.shop, shop.market}
    for account in (shop.shop, shop.market):
        [found] = [x for x in stack.channels.visible(account) if x["code"] == "NMA-SHM-250"]
        assert list(found["stock"].values()) == [33]


def test_new_words_reach_the_buyers(shop, stack):
    shop.publish(change("PRI-BLM-050"))
    ids = {listing["external_id"] for listing in shop.listings("PRI-BLM-050")}
    others = [x for x in stack.channels.visible(*shop.accounts) if x["id"] not in ids]

    shop.publish(change("PRI-BLM-050", description_th="ยาหม่องสูตรใหม่ หอมกว่าเดิม ใช้ทาแก้แมลงกัด"))

    for account in shop.accounts:
        assert any("หอมกว่าเดิม" in found["text"] for found in stack.channels.visible(account)), account
    untouched = [x for x in stack.channels.visible(*shop.accounts) if "หอมกว่าเดิม" not in x["text"]]
    assert untouched == others


def test_hiding_takes_a_product_down_and_showing_it_brings_the_same_shelf_back(shop, stack):
    sku = "BRM-YOL-024"
    shop.publish(change(sku))
    live = {listing["account"]: listing["external_id"] for listing in shop.listings(sku)}

    shop.publish(change(sku, status="hidden"))

    assert set(shop.states(sku).values()) == {"stopped"}, shop.listings(sku)
    ids = set(live.values())
    assert [x for x in stack.channels.visible(*shop.accounts) if x["id"] in ids] == []

    shop.publish(change(sku, status="active"))

    assert set(shop.states(sku).values()) == {"live"}
    again = {listing["account"]: listing["external_id"] for listing in shop.listings(sku)}
    assert again["line"] == live["line"], "LINE keeps a hidden product; it is shown again, not made twice"
    assert [x["id"] for x in stack.channels.listings(shop.shop) if x["code"] == sku] == [live["line"]]
    assert stack.channels.duplicates() == 0


def test_an_edit_published_to_one_channel_reaches_every_channel_that_lists_the_product(shop, stack):
    sku = "SNK-IDG-SCF"
    shop.publish(change(sku))

    shop.publish(change(sku, price_thb="595"), "--channels", "page")

    def prices():
        found = stack.channels.visible(shop.shop, shop.market)
        return [list(x["prices"].values()) for x in found if x["code"] == sku]

    wait_until(lambda: prices() == [[59500], [59500]], what="the new price on the shelves")
