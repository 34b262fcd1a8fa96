import httpx
import pytest

from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.sandbox.server import SandboxServer
from tests.contract.sandbox.clients import Clients, line_product, market_variant


def page_text(server: SandboxServer, http: httpx.Client, path: str) -> str:
    response = http.get(server.url + path)
    assert response.status_code == 200
    assert "http://" not in response.text.replace(server.url, "")
    return response.text


def test_feed_shows_text_pictures_and_comments(server: SandboxServer, clients: Clients, http: httpx.Client):
    post = clients.page.publish(
        "กล้วยอบเนย <b>ไม่ใช่ HTML</b>", *[clients.page.upload() for _ in range(7)]
    ).json()["id"]
    clients.page.post(f"{post}/comments", message="ของหมดแล้วค่ะ")

    text = page_text(server, http, f"/page/{clients.page.id}")

    assert "กล้วยอบเนย &lt;b&gt;" in text
    assert "ของหมดแล้วค่ะ" in text
    assert "+2" in text
    assert text.count("/_pictures/") == 5


def test_pictures_on_the_pages_are_small(
    server: SandboxServer, clients: Clients, control: SandboxControl, http
):
    clients.page.publish("ภาพ", clients.page.upload())
    sha = control.visible()[0].pictures[0]

    small = http.get(f"{server.url}/_pictures/{sha}.jpg")

    assert small.headers["content-type"] == "image/jpeg"
    assert len(small.content) < 20_000
    assert http.get(f"{server.url}/_pictures/{'0' * 64}.jpg").status_code == 404


def test_grid_shows_captions(server: SandboxServer, clients: Clients, square: str, http: httpx.Client):
    clients.instagram.publish_media(square, "ผ้าขาวม้าทอมือ")

    assert "ผ้าขาวม้าทอมือ" in page_text(server, http, f"/ig/{clients.instagram.id}")


def test_line_shelf_shows_displayed_goods_only(server: SandboxServer, clients: Clients, square: str, http):
    shown = clients.line.create(square, name="ขายอยู่", description="<p>ดี</p><script>x()</script>").json()
    clients.line.create(square, name="ยังซ่อน")
    clients.line.call("POST", f"products/{shown['id']}/display-status/onsale")

    text = page_text(server, http, "/shop/shop1")

    assert "ขายอยู่" in text
    assert "<p>ดี</p>" in text
    assert "ยังซ่อน" not in text
    assert "<script>" not in text
    assert "฿45.50" in text


def test_line_shelf_shows_what_buyers_ordered(
    server: SandboxServer, clients: Clients, control: SandboxControl, square: str, http
):
    shown = clients.line.create(square).json()
    clients.line.call("POST", f"products/{shown['id']}/display-status/onsale")
    assert "มีคนสั่งไว้" not in page_text(server, http, "/shop/shop1")

    control.buy("line_shop", "shop1", "P-1", 3)

    text = page_text(server, http, "/shop/shop1")
    assert "มีคนสั่งไว้ 3 ชิ้น" in text
    assert "เหลือ 4 ชิ้น" in text


def test_market_shelf_shows_range_options_and_sold_out(
    server: SandboxServer, clients: Clients, square: str, http
):
    options = [{"name": "ขนาด", "values": ["เล็ก", "ใหญ่"]}]
    variants = [
        market_variant("P-S", option_values=["เล็ก"], price="1200.00", stock=0),
        market_variant("P-L", option_values=["ใหญ่"], price="1290.50", stock=3),
    ]
    clients.market.create(square, options=options, variants=variants)
    clients.market.create(square, sku="P-0", variants=[market_variant("P-0", stock=0)])

    text = page_text(server, http, "/market/shop/market1")

    assert "฿1,200 – ฿1,290.50" in text
    assert 'chip out">เล็ก' in text
    assert text.count("สินค้าหมด") == 1


def test_long_shelf_is_paged(server: SandboxServer, clients: Clients, square: str, http: httpx.Client):
    for n in range(25):
        product = clients.line.call("POST", "products", line_product(square, name=f"ชิ้นที่ {n} จบ")).json()
        clients.line.call("POST", f"products/{product['id']}/display-status/onsale")

    first, second = (page_text(server, http, f"/shop/shop1?p={n}") for n in (1, 2))

    assert "ชิ้นที่ 24 จบ" in first
    assert "ชิ้นที่ 0 จบ" not in first
    assert "ชิ้นที่ 0 จบ" in second
    assert "หน้า 1 จาก 2" in first


def test_index_counts_by_channel(server: SandboxServer, clients: Clients, square: str, http: httpx.Client):
    clients.page.publish("หนึ่ง")
    clients.line.create(square)

    text = page_text(server, http, "/")

    assert f"/page/{clients.page.id}" in text
    assert "แสดงอยู่ 1 รายการ" in text
    assert "ซ่อนอยู่ 1 รายการ" in text
    assert "ยังไม่มีสินค้าในช่องทางนี้" in text


@pytest.mark.parametrize(
    "path", ["/page/1", "/ig/1", "/shop/none", "/market/shop/none", "/market", "/shop/shop1?p=x"]
)
def test_empty_and_unknown_pages_say_so(server: SandboxServer, control: SandboxControl, http, path: str):
    assert "ยังไม่มี" in page_text(server, http, path)
