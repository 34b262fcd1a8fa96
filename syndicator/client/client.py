"""The door of the client: one seller's products, jobs, listings, orders and stock."""

import json
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx

from schemas.product import Product
from syndicator.client.calls import ATTEMPTS, TIMEOUT, Calls, Params
from syndicator.client.errors import StillWorking
from syndicator.client.models import Job, JobLine, Listing, Order, StoredProduct
from syndicator.client.stock import Stock

Goods = Product | Mapping[str, Any]
"""A product: the canonical model, or a document of the same form as a mapping, with stock by SKU where it is given."""
WAIT: Final = timedelta(minutes=5)
FIRST_LOOK_S: Final = 0.2
LONGEST_LOOK_S: Final = 3.0
IN_MEMORY: Final = 4 * 1024 * 1024
"""Bytes of a submission that are kept in memory; a longer one goes over a temporary file."""
NDJSON: Final = "application/x-ndjson"


class Client:
    """Publishes products of one seller and reads what became of them. Not safe for use from several threads at once.

    Use it as a context manager, or call ``close``. Every method raises ``ApiProblem`` where the API refuses, and
    ``NotReached`` where no answer came.

    Args:
        url: Where the API is: ``https://syndicator.example.org``.
        key: Made with ``syndicator api-keys create``; kept out of every message of this client.
        seller: Code of the seller.
        timeout: Of each attempt of each call.
        attempts: How often a call is tried in all.
        transport: Carries the requests; None means the network.
        sleep: Waits between attempts and looks.
    """

    def __init__(
        self,
        url: str,
        key: str,
        seller: str,
        *,
        timeout: httpx.Timeout = TIMEOUT,
        attempts: int = ATTEMPTS,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._calls = Calls(url, key, timeout=timeout, attempts=attempts, transport=transport, sleep=sleep)
        self._path = f"/sellers/{quote(seller, safe='')}"
        self.stock = Stock(self._calls, f"{self._path}/stock")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._calls.close()

    def upload(self, photo: Path | bytes) -> str:
        """Store a picture of the seller and return its SHA-256, by which products name it: ``{"sha256": …}``."""
        content = photo if isinstance(photo, bytes) else photo.read_bytes()
        files = {"file": ("photo", content)}
        answer = self._calls.write("POST", f"{self._path}/media", files=files)
        return str(answer.json()["sha256"])

    def publish(
        self, product: Goods, accounts: Sequence[str] | None = None, *, idempotency_key: str | None = None
    ) -> Job:
        """Put one product on sale, or keep one true that is on sale; return the job that follows it.

        Args:
            product: The whole product; the same again changes nothing.
            accounts: Names of the accounts a new product is listed on; None means all of the seller's.
            idempotency_key: Your own name for this call; sent again under it, nothing is done twice.
        """
        document = _document(product)
        answer = self._calls.write(
            "PUT",
            f"{self._path}/products/{quote(str(document['sku']), safe='')}",
            document,
            idempotency_key=idempotency_key,
            params=_accounts(accounts),
        )
        return self.job(answer.headers["Syndicator-Job"])

    def publish_many(
        self,
        products: Iterable[Goods],
        accounts: Sequence[str] | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Job:
        """Put many products on sale in one request, up to 100,000; return the job that follows them.

        A connection that is cut off is taken up again under the same key, where the API stopped. What is not sound is a
        line of the job with its problems; the others go on. ``products`` is read once, before anything is sent.
        """
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            for product in products:
                file.write(json.dumps(_document(product), ensure_ascii=False).encode() + b"\n")
            answer = self._calls.stream(
                f"{self._path}/imports",
                file,
                NDJSON,
                idempotency_key=idempotency_key or uuid.uuid4().hex,
                params=_accounts(accounts),
            )
        return Job.model_validate_json(answer.content)

    def job(self, job_id: str) -> Job:
        """Return how far a job is."""
        return self._calls.get(f"{self._path}/jobs/{quote(job_id, safe='')}", Job)

    def wait(self, job: Job, timeout: timedelta | float = WAIT) -> Job:
        """Wait until nothing of the job moves by itself any more: every listing is live, stopped, or waits for a person.

        Args:
            job: As ``publish`` returned it.
            timeout: Seconds, or a duration.

        Raises:
            StillWorking: It is not done in that time; it goes on by itself.
        """
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        end, pause = time.monotonic() + seconds, FIRST_LOOK_S
        while not (job := self.job(job.id)).is_settled:
            if time.monotonic() + pause > end:
                raise StillWorking(job)
            self._calls.sleep(pause)
            pause = min(LONGEST_LOOK_S, 1.5 * pause)
        return job

    def lines(self, job: Job) -> Iterator[JobLine]:
        """Yield every product of a job with what became of it when it was taken in."""
        return self._calls.every(f"{self._path}/jobs/{job.id}/lines", JobLine)

    def jobs(self) -> Iterator[Job]:
        """Yield the seller's jobs."""
        return self._calls.every(f"{self._path}/jobs", Job)

    def products(self) -> Iterator[StoredProduct]:
        """Yield the seller's products."""
        return self._calls.every(f"{self._path}/products", StoredProduct)

    def product(self, sku: str) -> StoredProduct:
        """Return one product."""
        return self._calls.get(f"{self._path}/products/{quote(sku, safe='')}", StoredProduct)

    def listings(
        self, *, sku: str | None = None, account: str | None = None, state: str | None = None
    ) -> Iterator[Listing]:
        """Yield where the seller's products are on sale; ``state``: live, working, needs_you or stopped."""
        return self._calls.every(
            f"{self._path}/listings", Listing, {"sku": sku, "account": account, "state": state}
        )

    def orders(self) -> Iterator[Order]:
        """Yield what buyers ordered, without anything about the buyers."""
        return self._calls.every(f"{self._path}/orders", Order)


def _document(product: Goods) -> Mapping[str, Any]:
    return product.model_dump(mode="json") if isinstance(product, Product) else product


def _accounts(names: Sequence[str] | None) -> Params:
    return {"accounts": None if names is None else tuple(names)}
