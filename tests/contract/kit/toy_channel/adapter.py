"""The toy shop's adapter: one shelf, an item for each product, found again by the marker in its text."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx

from adapters.answers import json_of, said, wait_of
from adapters.base import AdapterContext, Capabilities, Change, Fallback, StockMode
from adapters.errors import AuthExpired, ChannelError, Gone, OutcomeUnknown, Throttled, Transient, Unsupported
from adapters.http import classify_transport
from adapters.limits import Grade, Limit, TextUnit
from adapters.listing_text import fit
from schemas.channel import Part, Verb
from schemas.ids import ChannelKind, ExternalId, Sku
from schemas.listing import ListingRef, Marker, Offer, Pending, Receipt, RemoteListing, Rendition, fingerprint
from schemas.media import PictureSpec
from schemas.problem import Problem
from schemas.product import Product

SOURCE = {"source": "the toy shop's manual, page 1", "read": "2026-11-22", "grade": Grade.DOCUMENTED}
MAX_TEXT = Limit(2_000, TextUnit.CODE_POINTS, **SOURCE)
MAX_PICTURES = Limit(4, "pictures", **SOURCE)
CAPABILITIES = Capabilities(
    verbs=frozenset(set(Verb) - {Verb.COMMENT}),
    editable=frozenset({Part.TEXT, Part.PRICE, Part.STOCK}),
    fallbacks={Part.PICTURES: Fallback.REPUBLISH},
    stock=StockMode.QUANTITY,
    picture=PictureSpec(max_width=1080, max_height=1080, max_bytes=900_000),
    max_pictures=MAX_PICTURES,
    max_text=MAX_TEXT,
    lookup_settles_after=timedelta(seconds=30),
)
KEYS = {Part.TEXT: "text", Part.PRICE: "prices", Part.STOCK: "stock"}


class ToyAdapter:
    kind: ClassVar[ChannelKind] = ChannelKind("toy")
    capabilities = CAPABILITIES

    def __init__(self, context: AdapterContext) -> None:
        self._http, self._url = context.http, context.pictures.url
        self._token = context.credentials["token"]

    def render(self, product: Product, offers: Mapping[Sku, Offer], *, marker: Marker) -> Rendition:
        pictures = tuple(CAPABILITIES.picture.key_for(sha) for sha in product.pictures())
        text = fit(lambda said: f"{product.name}\n{said}\n{marker.token}", product.description, MAX_TEXT)
        body: dict[str, Any] = {
            "text": text,
            "pictures": list(pictures[: MAX_PICTURES.value]),
            "prices": {sku: offers[sku].price.satang for sku in product.skus},
            "stock": {sku: offers[sku].available for sku in product.skus},
        }
        shortened = product.description not in text or len(pictures) > MAX_PICTURES.value
        return Rendition(
            channel=self.kind,
            marker=marker,
            body=body,
            parts={
                part: fingerprint(body[part.value if part is Part.PICTURES else KEYS[part]]) for part in PARTS
            },
            pictures=pictures[: MAX_PICTURES.value],
            notes=("ข้อความหรือรูปบางส่วนไม่ได้ลง",) if shortened else (),
        )

    def validate(self, rendition: Rendition, product: Product) -> Sequence[Problem]:
        found = []
        if len(rendition.body["text"]) > MAX_TEXT.value:
            found.append(
                Problem(path="description", code="text_too_long", th="ข้อความยาวเกินไป", en="Too long.")
            )
        if len(rendition.body["pictures"]) > MAX_PICTURES.value:
            found.append(Problem(path="image_files", code="too_many", th="รูปมากเกินไป", en="Too many."))
        return found

    def check(self) -> None:
        self._call("GET", "/items", params={"marker": "none"})

    def publish(self, rendition: Rendition) -> Receipt | Pending:
        pictures = [self._url(key) for key in rendition.pictures]
        item = self._call("POST", "/items", json={**rendition.body, "pictures": pictures})
        return Receipt(external_id=ExternalId(item["id"]), remote={"id": item["id"]})

    def resume(self, rendition: Rendition, pending: Pending) -> Receipt | Pending:
        raise Unsupported("a toy publish is one call")

    def update(self, change: Change) -> Receipt:
        if not change.parts <= CAPABILITIES.editable:
            raise Unsupported("a toy item keeps its pictures")
        fields = {KEYS[part]: change.rendition.body[KEYS[part]] for part in change.parts}
        self._call("PATCH", f"/items/{change.ref.external_id}", json=fields)
        return Receipt(external_id=change.ref.external_id, remote=change.ref.remote)

    def set_stock(self, change: Change) -> Receipt:
        return self.update(Change(ref=change.ref, rendition=change.rendition, parts=frozenset({Part.STOCK})))

    def comment(self, change: Change) -> Receipt:
        raise Unsupported("the toy shop has no comments")

    def withdraw(self, ref: ListingRef) -> None:
        try:
            self._call("DELETE", f"/items/{ref.external_id}")
        except Gone:
            return

    def fetch(self, ref: ListingRef) -> RemoteListing | None:
        try:
            return remote(self._call("GET", f"/items/{ref.external_id}"))
        except Gone:
            return None

    def find_by_marker(
        self, marker: Marker, *, since: datetime, pending: Pending | None = None
    ) -> Sequence[RemoteListing]:
        return [
            remote(item) for item in self._call("GET", "/items", params={"marker": marker.token})["items"]
        ]

    def _call(self, method: str, path: str, **request: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            answer = self._http.request(method, f"https://toy.example.test{path}", headers=headers, **request)
        except httpx.TransportError as exc:
            raise classify_transport(exc, mutating=method != "GET") from exc
        body = json_of(answer) if answer.status_code != httpx.codes.NO_CONTENT else {}
        if answer.is_success and body is not None:
            return body
        words = said((body or {}).get("error"), [self._token])
        raise failure(answer, words, mutating=method != "GET")


PARTS = (*KEYS, Part.PICTURES)
REFUSALS: Mapping[int, type[ChannelError]] = {401: AuthExpired, 404: Gone}


def failure(answer: httpx.Response, words: str, *, mutating: bool) -> ChannelError:
    message = f"the toy shop answered {answer.status_code}: {words or 'nothing readable'}"
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return Throttled(message, retry_after=wait_of(answer))
    unknown: Callable[[str], ChannelError] = OutcomeUnknown if mutating else Transient
    return REFUSALS.get(answer.status_code, unknown)(message)


def remote(item: Mapping[str, Any]) -> RemoteListing:
    return RemoteListing(
        external_id=ExternalId(item["id"]),
        visible=True,
        seen={"text": item["text"], "prices": item["prices"], "available": item["stock"]},
        remote={"id": item["id"]},
    )
