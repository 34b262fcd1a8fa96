"""A market that reads a file, on a running system: from the product file to what the market would fetch."""

from xml.etree import ElementTree as ET

import httpx
import pytest

from tests.support.stack import good_rows, wait_until

SKU = "LPN-SOP-100"
_NAMES = {"g": "http://base.google.com/ns/1.0"}


@pytest.fixture(scope="module")
def shop(stack):
    """A seller whose only account is on a market that reads a file, with one product in it."""
    seller = stack.seller(31)
    settings = ("--setting", "market=google-products", "--setting", "link=https://shop.example.test/p/{sku}")
    seller.cli.run("channels", "connect", "emarket", "--name", "google", *settings).told(0)
    assert seller.publish(good_rows(SKU))["settled"]
    return seller


def test_published_goods_stand_in_the_file_with_pictures_that_can_be_fetched(shop):
    (feed,) = shop.cli.json("feeds")["feeds"]
    answer = httpx.get(feed["address"], trust_env=False)
    (item,) = ET.fromstring(answer.content).iter("item")  # noqa: S314 - our own output

    assert answer.headers["content-type"] == "application/xml"
    assert feed["rows"] == 1
    assert item.findtext("g:id", namespaces=_NAMES) == SKU
    assert item.findtext("link") == f"https://shop.example.test/p/{SKU}"
    picture = httpx.get(item.findtext("g:image_link", namespaces=_NAMES), trust_env=False)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")


def test_a_change_soon_after_waits_for_the_next_file_and_says_so(shop):
    rows = good_rows(SKU)
    rows[0]["price_thb"] = "77"
    shop.publish(rows, "--no-wait")

    def scheduled():
        lanes = {queue["queue"]: queue for queue in shop.cli.json("queues")["queues"]}
        return lanes["price"]["scheduled"] >= 1

    wait_until(scheduled, what="the change waiting for its time")
    (feed,) = shop.cli.json("feeds")["feeds"]
    assert "77.00 THB" not in httpx.get(feed["address"], trust_env=False).text
    assert shop.states(SKU) == {"google": "working"}
