"""Bare clients that speak to the sandbox as a careful person with curl would; they know nothing of our adapters."""

import io
import json
import time
from dataclasses import dataclass
from typing import Any

import httpx
from PIL import Image

from adapters.testing.sandbox.accounts import SandboxAccount
from adapters.testing.sandbox.market.surface import sign
from adapters.testing.sandbox.server import SandboxServer


def picture(size: tuple[int, int] = (1080, 1080), kind: str = "JPEG", shade: int = 90) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (shade, 120, 60)).save(out, kind)
    return out.getvalue()


@dataclass
class Graph:
    """One Page or Instagram account."""

    base: str
    account: SandboxAccount
    http: httpx.Client

    @property
    def id(self) -> str:
        return self.account.external_id

    @property
    def bearer(self) -> dict[str, str]:
        token = next(iter(self.account.credentials.values()))
        return {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(f"{self.base}/v26.0/{path}", params=params, headers=self.bearer)

    def post(self, path: str, files: Any = None, **data: Any) -> httpx.Response:
        return self.http.post(f"{self.base}/v26.0/{path}", data=data, files=files, headers=self.bearer)

    def delete(self, path: str) -> httpx.Response:
        return self.http.delete(f"{self.base}/v26.0/{path}", headers=self.bearer)

    def upload(self, data: bytes | None = None) -> str:
        files = {"source": ("photo.jpg", data or picture(), "image/jpeg")}
        return str(self.post(f"{self.id}/photos", files=files, published="false").json()["id"])

    def publish(self, message: str, *photos: str) -> httpx.Response:
        extra = {"attached_media": json.dumps([{"media_fbid": photo} for photo in photos])} if photos else {}
        return self.post(f"{self.id}/feed", message=message, **extra)

    def container(self, url: str, **data: Any) -> httpx.Response:
        return self.post(f"{self.id}/media", image_url=url, **data)

    def finished(self, container: str) -> str:
        for _ in range(5):
            state = self.get(container, fields="status_code").json()["status_code"]
            if state != "IN_PROGRESS":
                return str(state)
        return "IN_PROGRESS"

    def publish_media(self, url: str, caption: str = "") -> str:
        container = self.container(url, caption=caption).json()["id"]
        assert self.finished(container) == "FINISHED"
        return str(self.post(f"{self.id}/media_publish", creation_id=container).json()["id"])


@dataclass
class Line:
    """One MyShop shop."""

    base: str
    account: SandboxAccount
    http: httpx.Client

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> httpx.Response:
        headers = {"X-API-KEY": self.account.credentials["api_key"]}
        url = f"{self.base}/myshop/v1/{path}"
        return self.http.request(method, url, json=body, params=params, headers=headers)

    def create(self, url: str, **changes: Any) -> httpx.Response:
        return self.call("POST", "products", line_product(url, **changes))


def line_product(url: str, **changes: Any) -> dict[str, Any]:
    variant = {"sku": "P-1", "price": 45.5, "weight": 0.13, "onHandNumber": 7}
    body = {"name": "กล้วยอบเนย", "code": "P-1", "categoryId": 102, "imageUrls": [url], "variants": [variant]}
    return body | changes


@dataclass
class Market:
    """One shop of the API e-market."""

    base: str
    account: SandboxAccount
    http: httpx.Client

    def call(self, method: str, path: str, body: Any = None, **params: str) -> dict[str, Any]:
        raw = json.dumps(body).encode() if body is not None else b""
        query = params | {
            "app_key": self.account.credentials["app_key"],
            "timestamp": str(int(time.time() * 1000)),
            "access_token": self.account.credentials["access_token"],
        }
        query["sign"] = sign(path, query, raw)
        return self.send(method, path, raw, query).json()

    def send(self, method: str, path: str, raw: bytes, query: dict[str, str]) -> httpx.Response:
        headers = {"Content-Type": "application/json"} if raw else {}
        return self.http.request(method, self.base + path, params=query, content=raw, headers=headers)

    def hosted(self, *urls: str) -> list[dict[str, Any]]:
        batch = self.call("POST", "/image/migrate", {"urls": list(urls)})["data"]["batch_id"]
        for _ in range(400):
            job = self.call("GET", "/image/job", batch_id=batch)["data"]
            if job["done"]:
                return list(job["images"])
            time.sleep(0.01)
        raise AssertionError("the picture job never ended")

    def create(self, url: str, **changes: Any) -> dict[str, Any]:
        address = self.hosted(url)[0]["hosted_url"]
        return self.call("POST", "/product/create", market_item(address, **changes))


def market_item(address: str, **changes: Any) -> dict[str, Any]:
    body = {
        "sku": "P-1",
        "title": "กล้วยอบเนยบ้านสวน",
        "description": "กล้วยน้ำว้าสุกงอมอบกับเนยสด",
        "category_id": 7002,
        "images": [address],
        "options": [],
        "variants": [market_variant()],
        "status": "active",
    }
    return body | changes


def market_variant(sku: str = "P-1", **changes: Any) -> dict[str, Any]:
    plain = {
        "sku": sku,
        "option_values": [],
        "price": "45.00",
        "stock": 7,
        "weight_g": 130,
        "parcel_cm": None,
    }
    return plain | changes


@dataclass
class Clients:
    """All four channels of one seller."""

    page: Graph
    instagram: Graph
    line: Line
    market: Market


def clients_of(server: SandboxServer, accounts: tuple[SandboxAccount, ...], http: httpx.Client) -> Clients:
    page, instagram, line, market = accounts
    host = server.graph_url if instagram.settings["login"] == "facebook" else server.instagram_url
    return Clients(
        page=Graph(server.graph_url, page, http),
        instagram=Graph(host, instagram, http),
        line=Line(server.line_url, line, http),
        market=Market(server.market_url, market, http),
    )
