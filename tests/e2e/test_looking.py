"""What people and programs are told about a running system."""

import io
import json
import zipfile

import httpx
import pytest
from openpyxl import load_workbook

from tests.support.stack import good_rows

SKU = "LPN-SOP-100"


@pytest.fixture(scope="session")
def shop(stack):
    """A seller with one product on sale on all four channels."""
    seller = stack.seller(11)
    seller.connect()
    assert seller.publish(good_rows(SKU))["settled"]
    return seller


def test_status_says_where_the_goods_are_on_sale(shop):
    found = shop.cli.json("status")

    assert {name: counts["live"] for name, counts in found["channels"].items()} == {
        "page": 1,
        "ig": 1,
        "line": 1,
        "market": 1,
    }
    shop.cli.run("status").told(0, "ขายอยู่", "เพจเฟซบุ๊ก")


def test_status_of_one_product_shows_when_it_was_confirmed_and_where_to_look(shop):
    [page] = [listing for listing in shop.listings(SKU) if listing["account"] == "page"]

    assert page["confirmed_at"]
    shop.cli.run("status", SKU).told(0, "ขายอยู่", page["permalink"])


def test_listings_can_be_asked_for_by_state(shop):
    assert len(shop.cli.json("listings", "--state", "live")) == 4
    assert shop.cli.json("listings", "--state", "needs_you") == []


def test_attempts_tell_every_step_and_no_secret(shop):
    [line] = [listing for listing in shop.listings(SKU) if listing["account"] == "line"]

    steps = shop.cli.json("attempts", line["id"])

    assert [(step["step"], step["outcome"]) for step in steps][-1] == ("publish", "done")
    assert shop.account("line").credentials["api_key"] not in json.dumps(steps)
    shop.cli.run("attempts", line["id"]).told(0, "ลงประกาศใหม่")


def test_queues_are_healthy_while_everything_runs(shop):
    found = shop.cli.json("queues")

    assert found["healthy"] is True
    assert {process["role"] for process in found["processes"]} == {
        "worker",
        "stock worker",
        "media",
        "scheduler",
    }
    assert found["dead_letters"] == 0
    shop.cli.run("queues").told(0, "ระบบปกติ")


def test_doctor_asks_every_account(shop):
    found = shop.cli.json("doctor")

    assert all(one["fine"] for one in found), found
    assert {one["what"].rpartition(" ")[2] for one in found} >= {"page", "ig", "line", "market"}


def test_a_preview_is_what_the_channel_got(shop, stack):
    [shown] = shop.cli.json("preview", SKU, "--channel", "page")

    [post] = stack.channels.visible(shop.page)
    assert shown["step"] == "nothing", "what is there is what is wanted"
    assert post["text"] in json.dumps(shown["body"], ensure_ascii=False).replace("\\n", "\n")
    shop.cli.run("preview", SKU, "--channel", "ig").told(0, "ไม่ต้องทำอะไร")
    shop.cli.run("preview", "NOPE", "--channel", "ig").told(3, "NOPE")


def test_a_dry_run_plans_and_sends_nothing(shop, stack):
    before = stack.channels.now()
    dearer = [row | {"price_thb": "61"} for row in good_rows(SKU)]

    report = shop.publish(dearer, "--dry-run")

    steps = {step["account"]: step["step"] for step in report["plan"]}
    assert (steps["page"], steps["line"], steps["market"]) == ("update", "update", "update")
    assert stack.channels.calls(before, of=shop.accounts) == []
    assert {listing["state"] for listing in shop.listings(SKU)} == {"live"}


def picture_address(shop, stack):
    [shown] = shop.cli.json("preview", SKU, "--channel", "page")
    return f"{stack.api_url}/media/{shown['pictures'][0]}"


def test_pictures_are_served_whole_and_in_parts(shop, stack):
    address = picture_address(shop, stack)

    whole = httpx.get(address)
    from_the_start = httpx.get(address, headers={"Range": "bytes=0-"})
    part = httpx.get(address, headers={"Range": "bytes=10-19"})
    head = httpx.head(address)
    beyond = httpx.get(address, headers={"Range": "bytes=99999999-"})

    assert whole.status_code == 200
    assert whole.headers["content-type"] == "image/jpeg"
    assert whole.content.startswith(b"\xff\xd8")
    assert (from_the_start.status_code, from_the_start.content) == (200, whole.content)
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    assert (head.status_code, head.content, head.headers["content-length"]) == (
        200,
        b"",
        str(len(whole.content)),
    )
    assert beyond.status_code == 416


def test_originals_and_everything_else_are_not_served(shop, stack):
    address = picture_address(shop, stack)
    original = next((stack.var / "media" / "originals").rglob("*"))
    name = next(p for p in (stack.var / "media" / "originals").rglob("*") if p.is_file())

    assert original
    for path in (
        f"/media/{name.relative_to(stack.var / 'media')}",
        "/media/../secret.key",
        "/media/..%2fsecret.key",
        "/media/%2e%2e/%2e%2e/etc/passwd",
        "/media/",
    ):
        assert httpx.get(f"{stack.api_url}{path}").status_code in {404, 422}, path
    assert httpx.post(address).status_code == 405


def test_a_market_without_an_api_is_served_by_a_person_with_a_pack(stack, tmp_path):
    shop = stack.seller(12)
    shop.cli.run("channels", "connect", "emarket", "--name", "post", "--setting", "market=postmart").told(0)
    rows = good_rows("NMA-SHM-250")
    report = shop.publish(rows, "--channels", "post")
    [needed] = report["needs_you"]
    assert "pack" in json.dumps(needed["problems"], ensure_ascii=False)

    made = shop.cli.json("pack", "NMA-SHM-250", "--channel", "post", "--to", tmp_path)

    with zipfile.ZipFile(made["file"]) as pack:
        assert pack.testzip() is None
        names = pack.namelist()
        [sheet] = [name for name in names if name.endswith(".xlsx")]
        cells = [c for row in load_workbook(io.BytesIO(pack.read(sheet))).active.values for c in row]
    assert any("NMA-SHM-250" in str(cell) for cell in cells)
    assert len([name for name in names if name.endswith(".jpg")]) == rows[0]["image_files"].count("|") + 1

    shop.cli.run("record", "NMA-SHM-250", "12345", "--channel", "post").told(3, "13")
    recorded = shop.cli.json("record", "NMA-SHM-250", "1234567890123", "--channel", "post")

    assert recorded["external_id"] == "1234567890123"
    [listing] = [x for x in shop.listings("NMA-SHM-250") if x["account"] == "post"]
    assert (listing["state"], listing["permalink"]) == ("live", recorded["permalink"])
    assert recorded["permalink"].startswith("https://")


def test_a_pack_is_refused_where_the_system_lists_by_itself(shop):
    shop.cli.run("pack", SKU, "--channel", "page").told(3, "ไม่ต้องใช้ชุดลงสินค้า")
