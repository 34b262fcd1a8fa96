"""A person answers what a listing asks: it is there, it is not there, or what was asked for by hand is done.

The answer is written under the row's lock and only while nothing else moves the listing, so it meets neither a worker in
mid-call nor a newer wish that nobody has looked at yet. What follows is the planner's: it compares and goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from adapters.base import ChannelAdapter
from adapters.errors import Rejected
from schemas.channel import Part, Verb
from schemas.ids import ExternalId, SellerId, Sku
from schemas.listing import ListingRef, Receipt, RemoteListing, Rendition
from schemas.problem import Problem
from syndicator.domain.listing import Listing
from syndicator.domain.plan import Ask, StepKind, plan
from syndicator.ports import Adapters, Clock
from syndicator.store.accounts import StoredAccount
from syndicator.store.answers import Asked
from syndicator.store.engine import Database, UnitOfWork
from syndicator.usecases.claiming import offers_of
from syndicator.usecases.outcomes import NO_INTENT, forgotten

EDIT_BY_HAND = "listing.edit_by_hand"
WITHDRAW_BY_HAND = "listing.withdraw_by_hand"
PUBLISH_BY_HAND = "listing.publish_by_hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirming:
    """One answer about one listing, by ``by``, to be recorded.

    Raises (each of the three answers):
        Rejected: The listing does not ask that, or it is moving; the problems say what to do.
        ChannelError: The channel was asked for the code given and did not answer.
    """

    seller_id: SellerId
    stored: StoredAccount
    sku: Sku
    by: str
    database: Database
    adapters: Adapters
    clock: Clock

    def live(self, code: str) -> Receipt:
        """Adopt the listing that a person found on the channel, or listed there; it carries what was being sent.

        Where the channel can be asked for a listing, it is: a code that does not exist there is refused.

        Args:
            code: The channel's code of the listing, or its public address, whose last part is the code.
        """
        given = _read_code(code)
        with self.database.begin() as uow:
            asked, rendition, adapter = self._asked(uow)
        if asked.listing.external_id == given.external_id:
            return given
        _must_await_a_code(asked, rendition, adapter)
        receipt = self._looked_up(adapter, given, rendition, is_by_hand=asked.listing.intent is None)
        with self.database.begin() as uow:
            again, rendition, adapter = self._asked(uow)
            _must_await_a_code(again, rendition, adapter)
            if uow.answers.is_taken(self.stored.account.id, receipt.external_id):
                raise Rejected([_taken(receipt.external_id)])
            intent = again.listing.intent
            parts = rendition.parts if intent is None else intent.parts
            self._write(uow, again, _adopted(receipt, parts, self._now), "confirmed_live", code)
        return receipt

    def absent(self) -> None:
        """Record that the listing is not on the channel; what is wanted is published anew."""
        with self.database.begin() as uow:
            asked, rendition, adapter = self._asked(uow)
            step = plan(asked.listing, rendition, adapter.capabilities)
            if step.ask is not Ask.UNCONFIRMED:
                raise Rejected(
                    [_asks_itself(self.sku) if step.kind is StepKind.VERIFY else _not_asked(self.sku)]
                )
            self._write(uow, asked, {**NO_INTENT, "pending": None}, "confirmed_absent", "not there")

    def done(self) -> frozenset[Part]:
        """Record that the edit or the removal asked for was done by hand; return the parts that are now as wanted."""
        with self.database.begin() as uow:
            asked, rendition, _ = self._asked(uow)
            problem = next((p for p in asked.problems if p.code in {EDIT_BY_HAND, WITHDRAW_BY_HAND}), None)
            if problem is None:
                raise Rejected([_not_asked(self.sku)])
            if problem.code == WITHDRAW_BY_HAND:
                self._write(
                    uow, asked, {**NO_INTENT, **forgotten(asked.listing)}, "done_by_hand", "withdrawn"
                )
                return frozenset()
            parts = frozenset(Part(name) for name in problem.path.split(","))
            values = _edited(asked.listing, rendition, parts, self._now)
            self._write(uow, asked, values, "done_by_hand", problem.path)
            return parts

    @property
    def _now(self) -> datetime:
        return self.clock.now()

    def _asked(self, uow: UnitOfWork) -> tuple[Asked, Rendition, ChannelAdapter]:
        asked = uow.answers.lock(self.stored.account.id, self.sku)
        if asked is None:
            raise Rejected([_not_listed(self.sku, self.stored.account.name)])
        if asked.is_moving:
            raise Rejected([_moving(self.sku)])
        adapter = self.adapters.open(self.stored.account, self.stored.credentials)
        product = asked.product.for_channel(self.stored.account.name, self.stored.account.kind)
        stock = uow.showing.shown_of(self.stored.account.id, asked.listing.product_id)
        rendition = adapter.render(product, offers_of(product, stock), marker=asked.listing.marker(product))
        return asked, rendition, adapter

    def _looked_up(
        self, adapter: ChannelAdapter, given: Receipt, rendition: Rendition, *, is_by_hand: bool
    ) -> Receipt:
        """Ask the channel for the code where it can be asked; what it tells is kept beside the listing."""
        if Verb.FETCH not in adapter.capabilities.verbs:
            return given
        ref = ListingRef(external_id=given.external_id, marker=rendition.marker)
        seen = adapter.fetch(ref)
        if seen is None or not seen.visible or not (is_by_hand or _may_be_ours(seen, rendition)):
            raise Rejected([_no_such_listing(given.external_id, self.stored.account.name)])
        return Receipt(
            external_id=seen.external_id, permalink=seen.permalink or given.permalink, remote=seen.remote
        )

    def _write(
        self, uow: UnitOfWork, asked: Asked, values: Mapping[str, Any], outcome: str, said: str
    ) -> None:
        step = StepKind.VERIFY if asked.listing.intent is not None else StepKind.ASK
        uow.answers.write(
            asked.listing.id,
            values,
            step=step.value,
            outcome=outcome,
            said=f"{self.by}: {said}",
            now=self._now,
        )
        uow.notify_due()


def _read_code(code: str) -> Receipt:
    """Read a code, or an address that ends in one."""
    text = code.strip()
    is_address = text.lower().startswith(("https://", "http://"))
    last = urlsplit(text).path.rstrip("/").rpartition("/")[2] if is_address else text
    if not last:
        raise Rejected([_no_code(code)])
    return Receipt(external_id=ExternalId(last), permalink=text if is_address else None)


def _may_be_ours(seen: RemoteListing, rendition: Rendition) -> bool:
    """Say whether a listing that we published can be this one: where its text can be read, it carries the marker."""
    text = seen.seen.get("text")
    return not text or rendition.marker.token in text


def _must_await_a_code(asked: Asked, rendition: Rendition, adapter: ChannelAdapter) -> None:
    """Refuse a code for a listing that is known to be somewhere, or that nobody was asked about.

    An unresolved publish takes one whether or not the channel can be asked: a person who has it open is surer.
    """
    listing = asked.listing
    step = plan(listing, rendition, adapter.capabilities)
    is_unsure = listing.intent is not None and listing.intent.verb is Verb.PUBLISH
    if listing.external_id is not None or not (is_unsure or step.ask in {Ask.UNCONFIRMED, Ask.PUBLISH}):
        raise Rejected([_not_asked(rendition.marker.sku)])


def _adopted(receipt: Receipt, parts: Mapping[Part, str], now: datetime) -> dict[str, Any]:
    return {
        **NO_INTENT,
        "external_id": receipt.external_id,
        "permalink": receipt.permalink,
        "remote": dict(receipt.remote),
        "sent": {part.value: value for part, value in parts.items()},
        "sent_at": now,
        "pending": None,
    }


def _edited(listing: Listing, rendition: Rendition, parts: frozenset[Part], now: datetime) -> dict[str, Any]:
    done = {part: rendition.parts[part] for part in parts if part in rendition.parts}
    sent = {part.value: value for part, value in {**listing.sent, **done}.items()}
    return {**NO_INTENT, "sent": sent, "sent_at": now}


def _not_listed(sku: Sku, account: str) -> Problem:
    return Problem(
        path="sku",
        code="sku_not_listed",
        th=f"ไม่พบสินค้ารหัส {sku} ในช่องทาง {account}",
        en=f"product {sku} is not listed on {account}",
    )


def _moving(sku: Sku) -> Problem:
    return Problem(
        path="sku",
        code="confirm.moving",
        th=f"ระบบกำลังทำรายการ {sku} อยู่ (หรือเพิ่งมีการแก้ไขใหม่) รอสักครู่แล้วดูอีกครั้งด้วย: syndicator status",
        en=f"{sku} is being worked on, or was just changed; wait a moment and look again with: syndicator status",
    )


def _not_asked(sku: Sku) -> Problem:
    return Problem(
        path="sku",
        code="confirm.not_asked",
        th=f"รายการ {sku} ไม่ได้รอคำตอบนี้ ดูสิ่งที่ต้องทำด้วย: syndicator status",
        en=f"{sku} does not ask that; see what it asks with: syndicator status",
    )


def _asks_itself(sku: Sku) -> Problem:
    return Problem(
        path="sku",
        code="confirm.can_be_asked",
        th=f"ช่องทางนี้ถามได้ ระบบจะตรวจเองว่า {sku} ขึ้นแล้วหรือไม่ ให้สั่งทำต่อด้วย: syndicator dead replay",
        en=f"this channel can be asked, and the system looks for {sku} itself; let it with: syndicator dead replay",
    )


def _no_code(code: str) -> Problem:
    return Problem(
        path="--live",
        code="confirm.no_code",
        th=f"“{code}” ไม่ใช่รหัสหรือลิงก์ของประกาศ กรุณาตรวจแล้วใส่ใหม่",
        en=f"{code!r} is neither the code nor the address of a listing; check it and enter it again",
    )


def _taken(code: str) -> Problem:
    return Problem(
        path="--live",
        code="confirm.taken",
        th=f"ประกาศรหัส {code} เป็นของสินค้าอื่นในระบบอยู่แล้ว กรุณาตรวจรหัสแล้วใส่ใหม่",
        en=f"the listing {code} belongs to another product already; check the code and enter it again",
    )


def _no_such_listing(code: str, account: str) -> Problem:
    return Problem(
        path="--live",
        code="confirm.no_such_listing",
        th=f"ช่องทาง {account} ไม่มีประกาศรหัส {code} ที่ผู้ซื้อเห็น กรุณาตรวจรหัสแล้วใส่ใหม่",
        en=f"{account} has no listing {code} that buyers see; check the code and enter it again",
    )
