"""The toy shop's adapter with one promise broken in each, the way it is broken in real code."""

import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from adapters.base import AdapterContext, Change
from adapters.errors import ChannelError, Gone, OutcomeUnknown, Throttled, Transient
from adapters.limits import TextUnit
from schemas.channel import Part, Verb
from schemas.ids import ExternalId, Sku
from schemas.listing import ListingRef, Marker, Offer, Pending, Receipt, RemoteListing, Rendition
from schemas.problem import Problem
from schemas.product import Product
from tests.contract.kit.toy_channel.adapter import CAPABILITIES, MAX_TEXT, ToyAdapter


class RetriesALostPublish(ToyAdapter):
    def publish(self, rendition: Rendition) -> Receipt | Pending:
        try:
            return super().publish(rendition)
        except OutcomeUnknown:
            return super().publish(rendition)


class TakesALostPublishForAFailedOne(ToyAdapter):
    def publish(self, rendition: Rendition) -> Receipt | Pending:
        try:
            return super().publish(rendition)
        except OutcomeUnknown as error:
            raise Transient(error.message) from None


class PublishesTwice(ToyAdapter):
    def publish(self, rendition: Rendition) -> Receipt | Pending:
        super().publish(rendition)
        return super().publish(rendition)


class LetsTheTransportErrorOut(ToyAdapter):
    def _call(self, method: str, path: str, **request: Any) -> Any:
        try:
            return super()._call(method, path, **request)
        except ChannelError as error:
            if error.__cause__ is not None:
                raise error.__cause__ from None
            raise


class QuotesItsTokenInAnError(ToyAdapter):
    def _call(self, method: str, path: str, **request: Any) -> Any:
        try:
            return super()._call(method, path, **request)
        except OutcomeUnknown as error:
            raise OutcomeUnknown(f"{error.message} (sent with {self._token})") from None


class LogsItsToken(ToyAdapter):
    def _call(self, method: str, path: str, **request: Any) -> Any:
        logging.getLogger("toy").debug("calling %s with %s", path, self._token)
        return super()._call(method, path, **request)


class HasAClientOfItsOwn(ToyAdapter):
    def __init__(self, context: AdapterContext) -> None:
        super().__init__(context)
        # The transport underneath still reaches the toy shop; what is lost is the deadline and the record.
        self._http = httpx.Client(transport=context.http._transport._inner)


class CommentsAlthoughUndeclared(ToyAdapter):
    def comment(self, change: Change) -> Receipt:
        return self.update(replace(change, parts=frozenset({Part.TEXT})))


class DeclaresCommentsItDoesNotHave(ToyAdapter):
    capabilities = replace(CAPABILITIES, verbs=frozenset(Verb))


class DeclaresPicturesEditable(ToyAdapter):
    capabilities = replace(CAPABILITIES, editable=CAPABILITIES.editable | {Part.PICTURES}, fallbacks={})

    def update(self, change: Change) -> Receipt:
        return super().update(replace(change, parts=change.parts & CAPABILITIES.editable))


class DeclaresThatWithdrawnGoodsStay(ToyAdapter):
    capabilities = replace(CAPABILITIES, withdrawn_stays=True)


class SaysThatItBatches(ToyAdapter):
    capabilities = replace(CAPABILITIES, update_batch=20)


class ForgetsTheMarker(ToyAdapter):
    def render(self, product: Product, offers: Mapping[Sku, Offer], *, marker: Marker) -> Rendition:
        rendition = super().render(product, offers, marker=marker)
        text = rendition.body["text"].replace(marker.token, "")
        return replace(rendition, body={**rendition.body, "text": text})


class RendersByChance(ToyAdapter):
    def render(self, product: Product, offers: Mapping[Sku, Offer], *, marker: Marker) -> Rendition:
        rendition = super().render(product, offers, marker=marker)
        greeting = f"\n{random.random()}"
        return replace(rendition, body={**rendition.body, "text": rendition.body["text"] + greeting})


class TakesEverything(ToyAdapter):
    def validate(self, rendition: Rendition, product: Product) -> Sequence[Problem]:
        return []


class CountsInAnotherUnit(ToyAdapter):
    capabilities = replace(CAPABILITIES, max_text=replace(MAX_TEXT, unit=TextUnit.UTF16_UNITS))


class FindsEverything(ToyAdapter):
    def find_by_marker(
        self, marker: Marker, *, since: datetime, pending: Pending | None = None
    ) -> Sequence[RemoteListing]:
        return super().find_by_marker(replace(marker, token=""), since=since)


class AddsStockInsteadOfSettingIt(ToyAdapter):
    def set_stock(self, change: Change) -> Receipt:
        now = self.fetch(change.ref)
        wanted = change.rendition.body["stock"]
        summed = {sku: units + (now.seen["available"][sku] if now else 0) for sku, units in wanted.items()}
        body = {**change.rendition.body, "stock": summed}
        return super().set_stock(replace(change, rendition=replace(change.rendition, body=body)))


class ReadsPricesInBaht(ToyAdapter):
    def fetch(self, ref: ListingRef) -> RemoteListing | None:
        found = super().fetch(ref)
        if found is None:
            return None
        baht = {sku: satang // 100 for sku, satang in found.seen["prices"].items()}
        return replace(found, seen={**found.seen, "prices": baht})


class FailsToWithdrawTwice(ToyAdapter):
    def withdraw(self, ref: ListingRef) -> None:
        self._call("DELETE", f"/items/{ref.external_id}")


class TakesAThrottleForAFailure(ToyAdapter):
    def _call(self, method: str, path: str, **request: Any) -> Any:
        try:
            return super()._call(method, path, **request)
        except Throttled as error:
            raise Transient(error.message) from None


class ForgetsHowLongToWait(ToyAdapter):
    def _call(self, method: str, path: str, **request: Any) -> Any:
        try:
            return super()._call(method, path, **request)
        except Throttled as error:
            raise Throttled(error.message, retry_after=timedelta(seconds=1)) from None


class MakesWhatIsGoneAnew(ToyAdapter):
    def update(self, change: Change) -> Receipt:
        try:
            return super().update(change)
        except Gone:
            self.publish(change.rendition)
            return Receipt(external_id=ExternalId("?"))


class DoubtsAFailedRead(ToyAdapter):
    def fetch(self, ref: ListingRef) -> RemoteListing | None:
        try:
            return super().fetch(ref)
        except Transient as error:
            raise OutcomeUnknown(error.message) from None
