"""The rival of the end-to-end bench: a plain script, as a competent person writes one for an afternoon's job.

Eight threads, one httpx client, Pillow; no database, no retry, no queue. It makes the calls of our adapters in their
order. Told by one line of JSON on standard input, then by an empty line for each part: publish, ``rounds`` times all
prices, ``rounds`` times all stock, and both once more. It answers each with its seconds.

    {"sandbox": "http://127.0.0.1:8099", "static": "http://127.0.0.1:8100", "folder": "...", "photos": "...",
     "pool": "threads", "maker": "by_channel", "rounds": 3, "shops": [{"file": "...", "accounts": {"line_shop": {...}, ...}}]}
"""

import csv
import hashlib
import hmac
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
from PIL import Image, ImageOps

THREADS = 8
VERSION = "v26.0"
POLL_S = 1.0
MARKET_POLL_S = 0.1
MARKET_BATCH = 20
PRICE_STEP = 1
STOCK_STEP = 1


@dataclass
class Goods:
    """One product and where it stands on the channels."""

    shop: "Shop"
    row: dict[str, str]
    price: int
    stock: int
    post: str = ""
    media: str = ""
    product: dict[str, Any] = field(default_factory=dict)


@dataclass
class Shop:
    file: str
    accounts: dict[str, dict[str, Any]]
    goods: list[Goods] = field(default_factory=list)


def upright(photo: str) -> Image.Image:
    with Image.open(photo) as opened:
        return ImageOps.exif_transpose(opened).convert("RGB")


def save_large(picture: Image.Image, path: Path) -> None:
    picture.thumbnail((2048, 2048))
    picture.save(path, "JPEG", quality=85)


def save_square(picture: Image.Image, path: Path) -> None:
    ImageOps.pad(picture, (1080, 1080), color="white").save(path, "JPEG", quality=85)


def pictures_by_channel(photo: str, folder: str) -> tuple[str, ...]:
    """Do what every channel's own function does by itself: open the photo, size it, save it."""
    names = tuple(f"{Path(photo).stem}-{channel}.jpg" for channel in ("page", "instagram", "line", "market"))
    save_large(upright(photo), Path(folder, names[0]))
    for name in names[1:]:
        save_square(upright(photo), Path(folder, name))
    return names


def pictures_shared(photo: str, folder: str) -> tuple[str, ...]:
    """Open the photo once; three channels take one and the same square."""
    page, square = f"{Path(photo).stem}-page.jpg", f"{Path(photo).stem}-square.jpg"
    picture = upright(photo)
    save_square(picture, Path(folder, square))
    save_large(picture, Path(folder, page))
    return page, square, square, square


MAKERS = {"by_channel": pictures_by_channel, "shared": pictures_shared}


class Script:
    def __init__(self, job: dict[str, Any], http: httpx.Client, pictures: Executor) -> None:
        self.job = job
        self.http = http
        self.pictures = pictures

    # -- publish

    def publish(self, goods: Goods) -> None:
        photos = [str(Path(self.job["photos"], name)) for name in goods.row["image_files"].split("|")]
        make, folder = MAKERS[self.job["maker"]], self.job["folder"]
        made = list(self.pictures.map(make, photos, [folder] * len(photos)))
        page, instagram, line, market = zip(*made, strict=True)
        self.post_page(goods, [Path(folder, name).read_bytes() for name in page])
        self.post_instagram(goods, self.urls(instagram))
        self.create_line(goods, self.urls(line))
        self.create_market(goods, self.urls(market))

    def urls(self, names: Sequence[str]) -> list[str]:
        return [f"{self.job['static']}/{name}" for name in names]

    def post_page(self, goods: Goods, pictures: list[bytes]) -> None:
        page = goods.shop.accounts["facebook_page"]["external_id"]
        photos = [
            self.graph(
                goods,
                "facebook_page",
                "POST",
                f"{page}/photos",
                data={"published": "false", "alt_text_custom": goods.row["name_th"]},
                files={"source": ("picture.jpg", picture, "image/jpeg")},
            )["id"]
            for picture in pictures
        ]
        media = json.dumps([{"media_fbid": photo} for photo in photos])
        answer = self.graph(
            goods,
            "facebook_page",
            "POST",
            f"{page}/feed",
            params={"fields": "id,permalink_url"},
            data={"message": caption(goods), "attached_media": media},
        )
        goods.post = answer["id"]

    def post_instagram(self, goods: Goods, urls: list[str]) -> None:
        user = goods.shop.accounts["instagram"]["external_id"]

        def container(**fields: str) -> str:
            return str(self.graph(goods, "instagram", "POST", f"{user}/media", data=fields)["id"])

        alt = goods.row["name_th"]
        children = [container(image_url=url, is_carousel_item="true", alt_text=alt) for url in urls]
        carousel = container(media_type="CAROUSEL", children=",".join(children), caption=caption(goods))
        status = {"fields": "status_code,status"}
        while self.graph(goods, "instagram", "GET", carousel, params=status)["status_code"] != "FINISHED":
            time.sleep(POLL_S)
        limit = {"fields": "quota_usage,config"}
        self.graph(goods, "instagram", "GET", f"{user}/content_publishing_limit", params=limit)
        published = self.graph(
            goods, "instagram", "POST", f"{user}/media_publish", data={"creation_id": carousel}
        )
        goods.media = published["id"]
        fields = {"fields": "id,caption,timestamp,permalink,media_type"}
        self.graph(goods, "instagram", "GET", goods.media, params=fields)

    def create_line(self, goods: Goods, urls: list[str]) -> None:
        row, settings = goods.row, goods.shop.accounts["line_shop"]["settings"]
        body = {
            "name": row["name_th"],
            "brand": row["producer_group_th"],
            "description": f"<p>{row['description_th']}</p>",
            "code": row["sku"],
            "categoryId": settings["categories"][row["category_code"]],
            "imageUrls": urls,
            "variants": [
                {
                    "sku": row["sku"],
                    "price": goods.price,
                    "weight": max(1, -(-int(row["weight_g"]) // 10)) / 100,
                    "onHandNumber": goods.stock,
                }
            ],
        }
        goods.product = self.line(goods, "POST", "", json=body)
        self.line(goods, "POST", f"/{goods.product['id']}/display-status/onsale")

    def create_market(self, goods: Goods, urls: list[str]) -> None:
        row = goods.row
        batch = self.market(goods.shop, "POST", "/image/migrate", {"urls": urls})["data"]["batch_id"]
        while not (job := self.market(goods.shop, "GET", "/image/job", {"batch_id": batch})["data"])["done"]:
            time.sleep(MARKET_POLL_S)
        body = {
            "sku": row["sku"],
            "title": row["name_th"],
            "description": row["description_th"],
            "category_id": self.job["market_categories"][row["category_code"]],
            "images": [image["hosted_url"] for image in job["images"]],
            "options": [],
            "brand": row["producer_group_th"],
            "status": "active",
            "variants": [
                {
                    "sku": row["sku"],
                    "option_values": [],
                    "price": f"{goods.price}.00",
                    "stock": goods.stock,
                    "weight_g": int(row["weight_g"]),
                }
            ],
        }
        self.market(goods.shop, "POST", "/product/create", body)

    # -- price and stock

    def reprice(self, goods: Goods) -> None:
        self.graph(goods, "facebook_page", "POST", goods.post, data={"message": caption(goods)})
        fields = {"fields": "id,text,timestamp", "limit": "100"}
        said = self.graph(goods, "instagram", "GET", f"{goods.media}/comments", params=fields)["data"]
        text = f"อัปเดตราคา ฿{goods.price}\nรหัส {goods.row['sku']}"
        if not any(comment["text"] == text for comment in said):
            self.graph(goods, "instagram", "POST", f"{goods.media}/comments", data={"message": text})
        variant = goods.product["variants"][0]["id"]
        body = {"instantDiscount": 0, "variants": [{"id": variant, "price": goods.price}]}
        self.line(goods, "PATCH", f"/{goods.product['id']}/prices", json=body)

    def restock(self, goods: Goods) -> None:
        page = self.line(goods, "GET", "", params={"ids": goods.product["id"], "perPage": 1})
        variant = page["data"][0]["variants"][0]
        on_hand = goods.stock + variant["reservedNumber"] + variant["readyToShipNumber"]
        body = {"id": variant["id"], "onHandNumber": on_hand}
        self.line(goods, "PATCH", f"/{goods.product['id']}/variant", json=body)

    def market_rows(self, batch: list[Goods], path: str) -> None:
        rows = [
            {"sku": goods.row["sku"], "price": f"{goods.price}.00"}
            if path.endswith("price")
            else {"sku": goods.row["sku"], "sellable": goods.stock}
            for goods in batch
        ]
        self.market(batch[0].shop, "POST", path, {"items": rows})

    # -- the wire

    def graph(self, goods: Goods, kind: str, method: str, path: str, **request: Any) -> dict[str, Any]:
        credentials = goods.shop.accounts[kind]["credentials"]
        token = credentials["page_token" if kind == "facebook_page" else "access_token"]
        url = f"{self.job['sandbox']}/graph/{VERSION}/{path}"
        return self.send(method, url, headers={"Authorization": f"Bearer {token}"}, **request)

    def line(self, goods: Goods, method: str, path: str, **request: Any) -> dict[str, Any]:
        key = goods.shop.accounts["line_shop"]["credentials"]["api_key"]
        url = f"{self.job['sandbox']}/line-shop/myshop/v1/products{path}"
        return self.send(method, url, headers={"X-API-KEY": key}, **request)

    def market(self, shop: Shop, method: str, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        secrets = shop.accounts["emarket"]["credentials"]
        params = {
            "app_key": secrets["app_key"],
            "access_token": secrets["access_token"],
            "timestamp": str(int(time.time() * 1000)),
        }
        content = b""
        if method == "GET":
            params |= {name: str(value) for name, value in fields.items()}
        else:
            content = json.dumps(fields, ensure_ascii=False).encode()
        signed = path + "".join(f"{name}{params[name]}" for name in sorted(params))
        secret = secrets["app_secret"].encode()
        params["sign"] = hmac.new(secret, signed.encode() + content, hashlib.sha256).hexdigest().upper()
        answer = self.send(
            method,
            f"{self.job['sandbox']}/market/api{path}",
            params=params,
            content=content or None,
            headers={"Content-Type": "application/json"} if content else {},
        )
        if answer["code"] != "0":
            raise RuntimeError(f"{path}: {answer}")
        return answer

    def send(self, method: str, url: str, **request: Any) -> dict[str, Any]:
        response = self.http.request(method, url, **request)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer


def caption(goods: Goods) -> str:
    row = goods.row
    tags = " ".join(f"#{tag}" for tag in row["tags"].split("|"))
    return (
        f"{row['name_th']}\n{row['name_en']}\n\n{row['description_th']}\n\nราคา ฿{goods.price}\n"
        f"มีสินค้า เตรียมส่งภายใน {row['lead_time_days']} วัน\n\n"
        f"แหล่งผลิต ต.{row['tambon_th']} อ.{row['amphoe_th']} จ.{row['province_th']}\n"
        f"ผลิตโดย {row['producer_group_th']}\n\nสั่งซื้อทางกล่องข้อความ แจ้งรหัสท้ายโพสต์ได้เลย\n\n{tags}\nรหัส {row['sku']}"
    )


def read_shops(job: dict[str, Any]) -> list[Shop]:
    shops = []
    for told in job["shops"]:
        shop = Shop(told["file"], told["accounts"])
        with Path(shop.file).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                shop.goods.append(Goods(shop, row, int(float(row["price_thb"])), int(row["stock"])))
        shops.append(shop)
    return shops


def batches(every: list[Goods]) -> Iterator[list[Goods]]:
    for _, own in groupby(every, key=lambda goods: goods.shop.file):
        left = list(own)
        for start in range(0, len(left), MARKET_BATCH):
            yield left[start : start + MARKET_BATCH]


def change_all(script: Script, threads: Executor, every: list[Goods], what: str) -> None:
    for goods in every:
        if what == "price":
            goods.price += PRICE_STEP
        else:
            goods.stock += STOCK_STEP
    rows = [threads.submit(script.market_rows, batch, f"/product/{what}") for batch in batches(every)]
    list(threads.map(script.reprice if what == "price" else script.restock, every))
    for row in rows:
        row.result()


def run(job: dict[str, Any], script: Script, threads: Executor) -> None:
    shops: list[Shop] = []

    def publish() -> None:
        shops.extend(read_shops(job))
        list(threads.map(script.publish, [goods for shop in shops for goods in shop.goods]))

    part("publish", publish)
    every = [goods for shop in shops for goods in shop.goods]
    for name in ("price", "stock", "price", "stock"):
        for _ in range(job["rounds"]):
            part(name, partial(change_all, script, threads, every, name))


def part(name: str, action: Callable[[], object]) -> None:
    """Wait for the word, do one part, say that it is done: who measures looks at the processes in between."""
    sys.stdin.readline()
    began = time.perf_counter()
    action()
    print(json.dumps({"part": name, "seconds": time.perf_counter() - began}), flush=True)  # noqa: T201 - the answer


def picture_pool(kind: str) -> Executor:
    """Pictures in threads (Pillow lets go of the interpreter while it works) or in processes, started beforehand."""
    count = os.cpu_count() or 1
    if kind == "threads":
        return ThreadPoolExecutor(count)
    pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))
    list(pool.map(time.sleep, [0.5] * count))
    return pool


def main() -> None:
    job = json.loads(sys.stdin.readline())
    with (
        httpx.Client(timeout=60, trust_env=False) as http,
        picture_pool(job["pool"]) as pictures,
        ThreadPoolExecutor(THREADS) as threads,
    ):
        run(job, Script(job, http, pictures), threads)


if __name__ == "__main__":
    main()
