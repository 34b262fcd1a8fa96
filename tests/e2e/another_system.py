"""Another system: a process that knows what docs/ says and nothing else of ours.

It submits one product in each of three ways (HTTP API, Redis message, Python client), follows each job until nothing moves any
more, and takes the signed webhooks. It reads where everything is as one JSON object on standard input, and writes what
it saw as one on standard output.
"""

import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import redis
from standardwebhooks import Webhook

from syndicator.client import Client

PATIENCE_S = 50.0
Follow = Callable[[], dict[str, Any]]
"""Waits until nothing of a submission moves any more, and returns what the job says."""


class Receiver:
    """An address of this system: keeps what came, verified by the library of Standard Webhooks."""

    def __init__(self) -> None:
        self.secret = ""
        self.events: list[dict[str, Any]] = []
        received = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.take(body, {name.lower(): value for name, value in self.headers.items()})
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/events"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, body: bytes, headers: Mapping[str, str]) -> None:
        self.events.append(Webhook(self.secret).verify(body, dict(headers)))

    def told(self) -> set[tuple[str, str]]:
        return {(one["data"]["sku"], one["data"]["account"]) for one in self.events}


class System:
    """The calls of this system."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.told = told
        self.seller = told["seller"]
        self.http = httpx.Client(
            base_url=f"{told['url']}/v1/sellers/{self.seller}",
            headers={"Authorization": f"Bearer {told['key']}"},
            timeout=30,
        )
        self.client = Client(told["url"], told["key"], self.seller)
        self.receiver = Receiver()

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        if method != "GET":
            options["headers"] = {"Idempotency-Key": uuid.uuid4().hex}
        answer = self.http.request(method, path, **options)
        assert answer.is_success, answer.text
        return answer

    def subscribe(self) -> None:
        wanted = {"url": self.receiver.url, "events": ["listing.live"]}
        self.receiver.secret = self.ask("POST", "/webhooks", json=wanted).json()["secret"]

    def upload(self) -> str:
        with Path(self.told["photo"]).open("rb") as photo:
            return str(self.ask("POST", "/media", files={"file": photo}).json()["sha256"])

    def product(self, sku: str, photo: str) -> dict[str, Any]:
        product = json.loads(json.dumps(self.told["product"]).replace(self.told["product"]["sku"], sku))
        return product | {"media": [{"sha256": photo}]}

    def over_http(self, product: Mapping[str, Any]) -> Follow:
        answer = self.ask("PUT", f"/products/{product['sku']}", json=product)
        return lambda: self.settled(answer.headers["Syndicator-Job"])

    def over_redis(self, product: Mapping[str, Any]) -> Follow:
        document = {
            "schema_version": 1,
            "seller": self.seller,
            "reference": f"run-{product['sku']}",
            "products": [product],
        }
        id_ = str(uuid.uuid4())
        message = {
            "queue_name": "submit",
            "actor_name": "listing.submit",
            "args": [document],
            "kwargs": {},
            "options": {"redis_message_id": id_},
            "message_id": id_,
            "message_timestamp": int(time.time() * 1000),
        }
        with (
            redis.Redis.from_url(self.told["redis_url"]) as client,
            client.pipeline(transaction=True) as pipe,
        ):
            pipe.hset("dramatiq:submit.msgs", id_, json.dumps(message, ensure_ascii=False))
            pipe.rpush("dramatiq:submit", id_)
            pipe.execute()
        return lambda: self.settled(self.until(lambda: self.job_of(document["reference"])))

    def over_client(self, product: Mapping[str, Any]) -> Follow:
        job = self.client.publish_many([product])

        def follow() -> dict[str, Any]:
            done = self.client.wait(job, timeout=PATIENCE_S)
            return {"created": done.created, "listings": dict(done.listings)}

        return follow

    def job_of(self, reference: str) -> str | None:
        jobs = self.ask("GET", "/jobs").json()["data"]
        return next((str(one["id"]) for one in jobs if one["reference"] == reference), None)

    def settled(self, job_id: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            job: dict[str, Any] = self.ask("GET", f"/jobs/{job_id}").json()
            return job if job["is_settled"] else None

        job = self.until(look)
        return {"created": job["created"], "listings": job["listings"]}

    def until(self, look: Callable[[], Any]) -> Any:
        end = time.monotonic() + PATIENCE_S
        while not (found := look()):
            assert time.monotonic() < end, "it did not come true"
            time.sleep(0.1)
        return found

    def live(self, sku: str) -> dict[str, str | None]:
        listings = self.ask("GET", "/listings", params={"sku": sku, "state": "live"}).json()["data"]
        return {one["account"]: one["permalink"] for one in listings}


def main() -> None:
    told = json.load(sys.stdin)
    system = System(told)
    system.subscribe()
    photo = system.upload()
    ways = {"http": system.over_http, "redis": system.over_redis, "client": system.over_client}
    skus = {way: f"E2E-{way.upper()}" for way in ways}
    sent = {way: submit(system.product(skus[way], photo)) for way, submit in ways.items()}
    jobs = {way: follow() for way, follow in sent.items()}
    seen = {way: {"sku": sku, "job": jobs[way], "live": system.live(sku)} for way, sku in skus.items()}
    expected = {(one["sku"], account) for one in seen.values() for account in one["live"]}
    system.until(lambda: system.receiver.told() >= expected)
    json.dump({"ways": seen, "events": system.receiver.events}, sys.stdout)


if __name__ == "__main__":
    main()
