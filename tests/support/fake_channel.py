"""A channel in memory that implements the adapter port, keeps what buyers would see, and takes fault orders.

It copies no vendor: one visible call per publish, look-ups that lag behind, steps that stop half-way. What a test
wants to go wrong it orders beforehand, verb by verb.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from adapters.base import Capabilities, Change, ChannelType, Clock, Fallback, Pack, StockMode
from adapters.errors import (
    AuthExpired,
    ChannelError,
    Gone,
    Locked,
    OutcomeUnknown,
    PictureUnread,
    Rejected,
    Throttled,
    Transient,
    Unsupported,
)
from adapters.limits import Grade, Limit, TextUnit
from adapters.pace import Payer
from adapters.refreshing import Refreshed, Renewal
from schemas.channel import AccountTrouble, ChannelAccount, Credentials, Part, Verb
from schemas.ids import ChannelKind, ExternalId, Sku
from schemas.listing import (
    ListingRef,
    Marker,
    Offer,
    Pending,
    Receipt,
    RemoteListing,
    Rendition,
    fingerprint,
)
from schemas.media import PictureSpec
from schemas.pace import PaceScope
from schemas.problem import Problem
from schemas.product import Product

KIND = ChannelKind("fake")
FORBIDDEN = "ต้องห้าม"
"""A product whose name holds this word breaks a rule of the channel."""
BROKEN = "พัง"
"""A product whose name holds this word makes ``render`` crash."""
DEADLY = "ดับ"
"""A product whose name holds this word ends the process that renders it."""
SPEC = PictureSpec(max_width=100, max_height=100, max_bytes=50_000)
RETRY_AFTER = timedelta(seconds=90)


class WorkerKilled(BaseException):
    """Stands for kill -9 in mid-call: nothing behind it runs."""


class Fault(StrEnum):
    """What a call can be ordered to do instead of succeeding."""

    LOST_BEFORE = "lost_before"
    """The answer is lost and nothing was done."""
    LOST_AFTER = "lost_after"
    """The answer is lost and everything was done."""
    KILLED_BEFORE = "killed_before"
    KILLED_AFTER = "killed_after"
    PENDING_AFTER = "pending_after"
    """The visible call took effect, yet the adapter can only say "pending"."""
    UNLISTED_BEFORE = "unlisted_before"
    """An answer that no table lists, and nothing was done."""
    UNLISTED_AFTER = "unlisted_after"
    """An answer that no table lists, and everything was done."""
    TRANSIENT = "transient"
    THROTTLED = "throttled"
    APP_THROTTLED = "app_throttled"
    THROTTLED_WITHOUT_A_WORD = "throttled_without_a_word"
    THROTTLED_FOR_A_MONTH = "throttled_for_a_month"
    LOCKED = "locked"
    REJECTED = "rejected"
    PICTURE_UNREAD = "picture_unread"
    AUTH_EXPIRED = "auth_expired"
    GONE = "gone"
    BUG = "bug"


def unlisted() -> ChannelError:
    return OutcomeUnknown(
        "fake answered 418: access_token=TOPSECRET is odd " + "x" * 5_000,
        problem=refusal("unlisted_answer"),
        vendor_code="NEW-1",
        http_status=418,
        request_id="call-7",
        unlisted_in="fake/table.py",
    )


ERRORS: Mapping[Fault, Callable[[], BaseException]] = {
    Fault.LOST_BEFORE: lambda: OutcomeUnknown("the answer was lost"),
    Fault.LOST_AFTER: lambda: OutcomeUnknown("the answer was lost"),
    Fault.KILLED_BEFORE: WorkerKilled,
    Fault.KILLED_AFTER: WorkerKilled,
    Fault.UNLISTED_BEFORE: unlisted,
    Fault.UNLISTED_AFTER: unlisted,
    Fault.TRANSIENT: lambda: Transient("the server is busy", vendor_code="2", http_status=503),
    Fault.APP_THROTTLED: lambda: Throttled(
        "the app calls too often", retry_after=RETRY_AFTER, scope=PaceScope.APP
    ),
    Fault.THROTTLED_WITHOUT_A_WORD: lambda: Throttled("too many calls"),
    Fault.THROTTLED_FOR_A_MONTH: lambda: Throttled("too many calls", retry_after=timedelta(days=30)),
    Fault.THROTTLED: lambda: Throttled("too many calls", retry_after=RETRY_AFTER),
    Fault.LOCKED: lambda: Locked("in a promotion", retry_after=RETRY_AFTER),
    Fault.REJECTED: lambda: Rejected([refusal()]),
    Fault.PICTURE_UNREAD: lambda: PictureUnread([refusal()]),
    Fault.AUTH_EXPIRED: lambda: AuthExpired("access_token=TOPSECRET expired", problem=refusal("auth")),
    Fault.GONE: lambda: Gone("no such listing"),
    Fault.BUG: lambda: RuntimeError("a bug in mid-call"),
}


def error_of(fault: Fault) -> BaseException:
    make = ERRORS[fault]
    return make()


AFTER_EFFECT = frozenset({Fault.LOST_AFTER, Fault.KILLED_AFTER, Fault.PENDING_AFTER, Fault.UNLISTED_AFTER})


BROKEN_CHANNEL = frozenset({Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.TRANSIENT})
"""Faults of the channel itself, whatever was asked of it."""


def refusal(code: str = "text_refused") -> Problem:
    return Problem(path="name", code=code, th="ช่องทางไม่รับข้อความนี้", en="the channel refuses this text")


def limit(value: int) -> Limit:
    return Limit(value, TextUnit.CODE_POINTS, source="made up", read="2026-11-22", grade=Grade.ASSUMED)


def capabilities(**changes: object) -> Capabilities:
    """Everything can be done; a test takes away what it is about."""
    values: dict[str, object] = {
        "verbs": frozenset(Verb),
        "editable": frozenset(Part),
        "stock": StockMode.QUANTITY,
        "picture": SPEC,
        "max_pictures": limit(4),
        "max_text": limit(500),
        "lookup_settles_after": timedelta(seconds=60),
    }
    return Capabilities(**(values | changes))  # type: ignore[arg-type]


POST = capabilities(
    verbs=frozenset({Verb.PUBLISH, Verb.UPDATE, Verb.WITHDRAW, Verb.FETCH, Verb.FIND}),
    editable=frozenset({Part.TEXT, Part.PRICE, Part.STOCK}),
    fallbacks={Part.PICTURES: Fallback.REPUBLISH},
    stock=StockMode.IN_OUT,
)
"""A post that can be edited, but for its pictures."""
GRAM = capabilities(
    verbs=frozenset({Verb.PUBLISH, Verb.COMMENT, Verb.WITHDRAW, Verb.FETCH, Verb.FIND}),
    editable=frozenset(),
    fallbacks={Part.TEXT: Fallback.REPUBLISH, Part.PRICE: Fallback.COMMENT, Part.STOCK: Fallback.COMMENT},
    stock=StockMode.IN_OUT,
)
"""A post that cannot be edited: comments and new posts instead."""
SHOP = capabilities(withdrawn_stays=True)
"""A shop whose products are made hidden, shown last, and stay hidden when withdrawn."""
MARKET = capabilities(update_batch=5)
"""A market that takes price and stock of several listings in one call."""
ASSISTED = capabilities(
    verbs=frozenset({Verb.PUBLISH}),
    editable=frozenset(),
    fallbacks={Part.PRICE: Fallback.ASK},
    stock=StockMode.NONE,
    visible_steps=False,
    lookup_settles_after=None,
)
"""A market without an API: a person carries the listing there."""


@dataclass(slots=True)
class FakeListing:
    """What the channel holds of one listing."""

    external_id: ExternalId
    marker: Marker
    parts: dict[Part, str]
    created_at: datetime
    findable_at: datetime
    visible: bool = True
    comments: list[dict[Part, str]] = field(default_factory=list)


@dataclass(slots=True)
class FakeChannel:
    """One account on the channel: its listings, its journal and the faults ordered.

    Attributes:
        looks_until_ready: How often a publish answers "pending" before its visible step.
        makes_hidden: Whether a publish makes a hidden listing before it shows it.
        deaths_before_show: How many workers die between making a hidden listing and showing it.
        lag: How long a new listing cannot be found.
        meanwhile: Happens once, in the middle of the next call.
        born: Listings ever made; ids are not used again.
        endpoint: What fails together with this channel.
        heard: Hears of every call how it ended, as the transport would tell it: (endpoint, whether it was broken).
        renewal: How its credential is renewed; None for one that does not expire.
        life: How long a refreshed credential lives.
        refreshes: The refresh tokens sent, in order; only ``r<generation>`` works.
        refresh_faults: What goes wrong with the next refreshes.
        adapter: Makes another adapter than the usual one.
    """

    clock: Clock
    can: Capabilities = POST
    looks_until_ready: int = 0
    makes_hidden: bool = False
    deaths_before_show: int = 0
    lag: timedelta = timedelta(0)
    meanwhile: Callable[[], object] | None = None
    born: int = 0
    endpoint: str = KIND
    heard: Callable[[str, bool], object] = lambda endpoint, is_broken: None
    renewal: Renewal | None = None
    life: timedelta = timedelta(hours=4)
    generation: int = 0
    refreshes: list[str] = field(default_factory=list)
    refresh_faults: deque[Fault] = field(default_factory=deque)
    listings: dict[ExternalId, FakeListing] = field(default_factory=dict)
    calls: list[tuple[Verb, str]] = field(default_factory=list)
    faults: dict[Verb, deque[Fault]] = field(default_factory=dict)
    most_visible: dict[Sku, int] = field(default_factory=dict)
    adapter: Callable[[Any], "FakeAdapter"] | None = None

    def order(self, verb: Verb, *faults: Fault) -> None:
        """Make the next calls of ``verb`` go wrong, one fault each."""
        self.faults.setdefault(verb, deque()).extend(faults)

    def refresh(self, token: str) -> Refreshed:
        """Trade a refresh token, which works once, under the next fault ordered for refreshes."""
        self.refreshes.append(token)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        fault = self.refresh_faults.popleft() if self.refresh_faults else None
        if fault is not None and fault not in AFTER_EFFECT:
            raise error_of(fault)
        if token != f"r{self.generation}":
            trouble = AccountTrouble.REVOKED
            raise AuthExpired(
                "refresh_token=TOPSECRET was used", trouble=trouble, problem=refusal("reconnect")
            )
        self.generation += 1
        if fault is not None:
            raise error_of(fault)
        secrets = {"token": f"t{self.generation}", "refresh_token": f"r{self.generation}"}
        return Refreshed(credentials=Credentials(secrets), expires_at=self.clock.now() + self.life)

    def visible(self, sku: str) -> list[FakeListing]:
        return [one for one in self.listings.values() if one.visible and one.marker.sku == sku]

    def count(self, verb: Verb) -> int:
        return sum(called is verb for called, _ in self.calls)

    def act(self, verb: Verb, sku: str, effect: Callable[[], Receipt | Pending | None]) -> object:
        """Run one mutating call under the next fault ordered for its verb."""
        self.calls.append((verb, sku))
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        fault = self._next_fault(verb)
        self.heard(self.endpoint, fault in BROKEN_CHANNEL)
        if fault is None:
            return effect()
        if fault in AFTER_EFFECT:
            answer = effect()
            if fault is Fault.PENDING_AFTER:
                if not isinstance(answer, Receipt):
                    return answer
                return Pending(progress={"product": answer.external_id}, check_after=timedelta(seconds=3))
        raise error_of(fault)

    def read(self, verb: Verb, sku: str) -> None:
        """Note a reading call and let it go wrong if ordered."""
        self.calls.append((verb, sku))
        fault = self._next_fault(verb)
        self.heard(self.endpoint, fault in BROKEN_CHANNEL)
        if fault is not None:
            raise error_of(fault)

    def add(self, rendition: Rendition, *, visible: bool) -> FakeListing:
        """Make a listing."""
        now = self.clock.now()
        made = FakeListing(
            external_id=ExternalId(str(1000 + self.born)),
            marker=rendition.marker,
            parts=dict(rendition.parts),
            created_at=now,
            findable_at=now + self.lag,
            visible=visible,
        )
        self.born += 1
        self.listings[made.external_id] = made
        self.note(made.marker.sku)
        return made

    def note(self, sku: Sku) -> None:
        """Remember the most listings of a product that buyers ever saw at once."""
        self.most_visible[sku] = max(self.most_visible.get(sku, 0), len(self.visible(sku)))

    def _next_fault(self, verb: Verb) -> Fault | None:
        queued = self.faults.get(verb)
        return queued.popleft() if queued else None


class FakeAdapter:
    """The port on a ``FakeChannel``."""

    kind: ClassVar[ChannelKind] = KIND

    def __init__(self, channel: FakeChannel) -> None:
        self._channel = channel

    @property
    def capabilities(self) -> Capabilities:
        return self._channel.can

    def render(self, product: Product, offers: Mapping[Sku, Offer], *, marker: Marker) -> Rendition:
        if BROKEN in product.name:
            raise ZeroDivisionError("a bug in rendering")
        if DEADLY in product.name:
            raise WorkerKilled
        pictures = list(product.pictures())[: self.capabilities.max_pictures.value]
        units = {sku: offer.available for sku, offer in offers.items()}
        if self.capabilities.stock is StockMode.IN_OUT:
            units = {sku: min(1, available) for sku, available in units.items()}
        parts = {
            Part.TEXT: fingerprint([product.name, product.description]),
            Part.PRICE: fingerprint({sku: offer.price.satang for sku, offer in offers.items()}),
            Part.PICTURES: fingerprint(pictures),
        }
        if self.capabilities.stock is not StockMode.NONE:
            parts[Part.STOCK] = fingerprint(units)
        return Rendition(
            channel=KIND,
            marker=marker,
            body={"sku": product.sku, "name": product.name, "units": units},
            parts=parts,
            pictures=tuple(SPEC.key_for(sha) for sha in pictures),
        )

    def validate(self, rendition: Rendition, product: Product) -> Sequence[Problem]:
        return [refusal()] if FORBIDDEN in product.name else []

    def check(self) -> None:
        self._channel.read(Verb.FETCH, "")

    def publish(self, rendition: Rendition) -> Receipt | Pending:
        self._must(Verb.PUBLISH)
        return self._channel.act(  # type: ignore[return-value]
            Verb.PUBLISH, rendition.marker.sku, lambda: self._publish(rendition)
        )

    def _publish(self, rendition: Rendition) -> Receipt | Pending:
        channel = self._channel
        if not channel.can.visible_steps:
            return Pending(
                progress={"pack": rendition.body["sku"]},
                check_after=timedelta(0),
                needs_person=True,
                problems=(refusal("carry_it"),),
            )
        if channel.looks_until_ready:
            return Pending(
                progress={"looks": channel.looks_until_ready - 1}, check_after=timedelta(seconds=3)
            )
        return self._show_new(rendition)

    def _show_new(self, rendition: Rendition) -> Receipt:
        if not self._channel.makes_hidden:
            return receipt(self._channel.add(rendition, visible=True))
        return receipt(self._show(self._channel.add(rendition, visible=False), rendition))

    def _show(self, listing: FakeListing, rendition: Rendition) -> FakeListing:
        if self._channel.deaths_before_show:
            self._channel.deaths_before_show -= 1
            raise WorkerKilled
        listing.parts = dict(rendition.parts)
        listing.marker = rendition.marker
        listing.visible = True
        # Shops give no date of showing; a search by our code would find it whatever its age.
        listing.created_at = self._channel.clock.now()
        self._channel.note(listing.marker.sku)
        return listing

    def resume(self, rendition: Rendition, pending: Pending) -> Receipt | Pending:
        self._must(Verb.PUBLISH)
        return self._channel.act(  # type: ignore[return-value]
            Verb.PUBLISH, rendition.marker.sku, lambda: self._resume(rendition, pending)
        )

    def _resume(self, rendition: Rendition, pending: Pending) -> Receipt | Pending:
        if "code" in pending.progress:
            return Receipt(external_id=ExternalId(pending.progress["code"]))
        if (product := pending.progress.get("product")) is not None:
            known = self._channel.listings.get(product)
            if known is None:
                return self._publish(rendition)
            if known.visible:
                return replace(receipt(known), may_be_outdated=known.parts != dict(rendition.parts))
            return receipt(self._show(known, rendition))
        if pending.progress["looks"] > 0:
            return Pending(
                progress={"looks": pending.progress["looks"] - 1}, check_after=timedelta(seconds=3)
            )
        return self._show_new(rendition)

    def update(self, change: Change) -> Receipt:
        self._must(Verb.UPDATE)
        return self._changed(Verb.UPDATE, change)

    def set_stock(self, change: Change) -> Receipt:
        self._must(Verb.SET_STOCK)
        return self._changed(Verb.SET_STOCK, change)

    def update_many(self, changes: Sequence[Change]) -> Sequence[Receipt | ChannelError]:
        """One call for all: an ordered ``UPDATE`` fault meets the call, a ``SET_STOCK`` fault one item each."""
        answers: list[Receipt | ChannelError] = []

        def write() -> None:
            for change in changes:
                try:
                    answers.append(self._changed(Verb.SET_STOCK, change))
                except ChannelError as exc:
                    answers.append(exc)

        self._channel.act(Verb.UPDATE, f"{len(changes)} together", write)
        return answers

    def comment(self, change: Change) -> Receipt:
        self._must(Verb.COMMENT)
        said = {part: change.rendition.parts[part] for part in change.parts}

        def say() -> Receipt:
            listing = self._known(change.ref)
            if said not in listing.comments:
                listing.comments.append(said)
            listing.parts |= said
            return receipt(listing)

        return self._channel.act(Verb.COMMENT, change.ref.marker.sku, say)  # type: ignore[return-value]

    def withdraw(self, ref: ListingRef) -> None:
        self._must(Verb.WITHDRAW)

        def take_down() -> None:
            if self.capabilities.withdrawn_stays and ref.external_id in self._channel.listings:
                self._channel.listings[ref.external_id].visible = False
            else:
                self._channel.listings.pop(ref.external_id, None)

        self._channel.act(Verb.WITHDRAW, ref.marker.sku, take_down)

    def fetch(self, ref: ListingRef) -> RemoteListing | None:
        self._channel.read(Verb.FETCH, ref.marker.sku)
        listing = self._channel.listings.get(ref.external_id)
        return None if listing is None else remote(listing)

    def find_by_marker(
        self, marker: Marker, *, since: datetime, pending: Pending | None = None
    ) -> Sequence[RemoteListing]:
        self._must(Verb.FIND)
        self._channel.read(Verb.FIND, marker.sku)
        now = self._channel.clock.now()
        return [
            remote(one)
            for one in self._channel.listings.values()
            if one.marker.token == marker.token and one.created_at >= since and one.findable_at <= now
        ]

    def _changed(self, verb: Verb, change: Change) -> Receipt:
        def write() -> Receipt:
            listing = self._known(change.ref)
            self._apply(listing, change)
            return receipt(listing)

        return self._channel.act(verb, change.ref.marker.sku, write)  # type: ignore[return-value]

    def _apply(self, listing: FakeListing, change: Change) -> None:
        """Let a change take effect on the channel."""
        listing.parts |= {part: change.rendition.parts[part] for part in change.parts}

    def _known(self, ref: ListingRef) -> FakeListing:
        try:
            return self._channel.listings[ref.external_id]
        except KeyError:
            raise Gone(f"no listing {ref.external_id}") from None

    def _must(self, verb: Verb) -> None:
        if verb not in self.capabilities.verbs:
            raise Unsupported(f"{KIND} has no {verb}")


class FakeRefreshingAdapter(FakeAdapter):
    """The variant whose credential expires."""

    def __init__(self, channel: FakeChannel, credentials: Credentials) -> None:
        super().__init__(channel)
        self._credentials = credentials

    @property
    def renewal(self) -> Renewal | None:
        return self._channel.renewal

    def refresh(self) -> Refreshed:
        return self._channel.refresh(self._credentials["refresh_token"])


class FakeShopAdapter(FakeAdapter):
    """The variant whose publish can leave a hidden listing behind; a discard meets the faults ordered for withdrawing."""

    def discard(self, ref: ListingRef) -> bool:
        found = self._channel.listings.get(ref.external_id)
        if found is not None and (found.visible or found.marker.token != ref.marker.token):
            return False
        self._channel.act(
            Verb.WITHDRAW, ref.marker.sku, lambda: self._channel.listings.pop(ref.external_id, None) and None
        )
        return True


class FakePackingAdapter(FakeAdapter):
    """The assisted variant: a person works from its pack."""

    def pack(self, rendition: Rendition) -> Pack:
        return Pack(filename=f"{rendition.body['sku']}.zip", data=b"PK")


def receipt(listing: FakeListing) -> Receipt:
    return Receipt(
        external_id=listing.external_id,
        permalink=f"https://fake.example.test/{listing.external_id}",
        remote={"product": listing.external_id},
    )


def remote(listing: FakeListing) -> RemoteListing:
    proof = receipt(listing)
    return RemoteListing(
        external_id=proof.external_id,
        permalink=proof.permalink,
        visible=listing.visible,
        created_at=listing.created_at,
        remote=proof.remote,
    )


class FakeAdapters:
    """Makes the adapter of an account by the account's name; implements ``syndicator.ports.Adapters``."""

    def __init__(self, channels: Mapping[str, FakeChannel] | None = None) -> None:
        self.channels = dict(channels or {})

    def open(self, account: ChannelAccount, credentials: Credentials) -> FakeAdapter:
        channel = self.channels[account.name]
        if channel.adapter is not None:
            return channel.adapter(channel)
        if channel.renewal is not None:
            return FakeRefreshingAdapter(channel, credentials)
        if channel.makes_hidden:
            return FakeShopAdapter(channel)
        return FakeAdapter(channel) if channel.can.visible_steps else FakePackingAdapter(channel)

    def capabilities(self, account: ChannelAccount) -> Capabilities:
        return self.channels[account.name].can

    def label(self, account: ChannelAccount) -> str:
        return f"ร้าน {account.name}"

    def kinds(self) -> Sequence[ChannelKind]:
        return (KIND,)

    def payer(self, account: ChannelAccount) -> Payer:
        endpoint = self.channels[account.name].endpoint
        return Payer(
            endpoint=endpoint,
            app=endpoint,
            app_endpoints=(endpoint,),
            account=f"{endpoint}/{account.name}",
        )


def without(base: Capabilities, *verbs: Verb) -> Capabilities:
    """Return the capabilities with those verbs taken away."""
    return replace(base, verbs=base.verbs - set(verbs))


def _made_elsewhere(context: object) -> FakeAdapter:
    raise AssertionError("FakeAdapters makes the adapters of a fake channel")


FAKE = ChannelType(
    kind=KIND,
    label_th="ช่องทางจำลอง",
    label_en="Fake channel",
    credential_names=("token",),
    optional_credential_names=("webhook_secret",),
    settings_key="fake",
    make=_made_elsewhere,
)
"""The fake as a row of the registry."""
