"""``syndicator feeds``, as typed."""

import httpx
import psycopg
import pytest

from syndicator.store.feeds import feed_key

MARKET = ("--setting", "market=google-products", "--setting", "link=https://shop.example.test/p/{sku}")
WRITTEN = (
    '{"secret": "s", "filename": "google-products.xml", "rows": 12, "sha256": "ab",'
    ' "written_at": "2026-11-22T05:00:00+00:00", "may_shrink": false}'
)


@pytest.fixture
def market(connected):
    """A seller with one account that feeds a market, beside four that do not."""
    connected.run("channels", "connect", "emarket", "--name", "google", *MARKET).told(0)
    return connected


@pytest.fixture
def written(market, database_url):
    """The same with a file that was written once."""
    with psycopg.connect(
        database_url.replace("postgresql+psycopg", "postgresql"), autocommit=True
    ) as connection:
        connection.execute("UPDATE channel_account SET feed = %s WHERE name = 'google'", [WRITTEN])
        row = connection.execute("SELECT id FROM channel_account WHERE name = 'google'").fetchone()
    return market, row[0]


def test_a_market_that_wants_links_is_not_connected_without_one(connected):
    refused = connected.run("channels", "connect", "emarket", "--name", "google", *MARKET[:2])

    assert refused.code != 0
    assert "link=" in refused.err
    assert "google" not in {a["name"] for a in connected.json("channels", "list")["accounts"]}


def test_only_accounts_that_feed_a_market_are_listed(market):
    (feed,) = market.json("feeds")["feeds"]

    assert (feed["account"], feed["rows"], feed["address"], feed["written_at"]) == (
        "google",
        None,
        None,
        None,
    )
    market.run("feeds").told(0, "google: ยังไม่ได้เขียนไฟล์")


def test_a_seller_without_such_accounts_is_told_so(connected):
    connected.run("feeds").told(0, "ไม่มีบัญชีที่ตลาดอ่านไฟล์ของเรา")
    assert connected.json("feeds") == {"feeds": []}


def test_the_address_rows_and_time_of_a_file_are_shown(written):
    market, account_id = written
    (feed,) = market.json("feeds")["feeds"]

    address = httpx.URL(feed["address"])
    assert address.path == f"/media/{feed_key(account_id, 's', 'google-products.xml')}"
    assert (feed["rows"], feed["written_at"]) == (12, "2026-11-22T05:00:00+00:00")
    market.run("feeds").told(0, feed["address"], "12")


def test_a_file_is_allowed_to_shrink(written):
    market, _ = written
    market.run("feeds", "--let-shrink", "google").told(0, "google")

    (feed,) = market.json("feeds")["feeds"]
    assert feed["may_shrink"] is True


@pytest.mark.parametrize("name", ["google", "page", "nobody"])
def test_what_has_no_file_cannot_shrink(market, name):
    market.run("feeds", "--let-shrink", name).told(3, name, "syndicator feeds")
