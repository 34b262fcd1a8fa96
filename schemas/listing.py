"""One product on one channel account: what is wanted there, what was sent, what came back."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from schemas.channel import Part
from schemas.ids import ChannelKind, ExternalId, PictureKey, Sku
from schemas.money import Money
from schemas.problem import Problem


def fingerprint(value: Any) -> str:
    """Return a short stable hash of a JSON-able value: equal values, equal text."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class ListingState(StrEnum):
    """The four plain states a person sees."""

    LIVE = "live"
    WORKING = "working"
    NEEDS_YOU = "needs_you"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Price and availability of one variant for sale on one account.

    ``available`` is free-to-sell units. ``held`` is units in open orders of this very account that the ledger knows: a
    channel that shows more held units than these has sold some that we have not heard of yet.
    """

    sku: Sku
    price: Money
    compare_at: Money | None
    available: int
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What makes our listing findable on the channel.

    Attributes:
        token: Short visible tag of ASCII letters and digits, the same in every attempt of one publication.
        sku: The product's code; channels with a seller-code field carry it there.
        skus: The variants' SKUs; channels that search by SKU are asked for these.
    """

    token: str
    sku: Sku
    skus: tuple[Sku, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """The payload made for one listing: pure, deterministic, JSON only.

    Attributes:
        body: Everything the adapter sends, in the adapter's own shape. Pictures stand in it by key, not by
            address, so moving the media host changes no fingerprint.
        parts: Fingerprint of each part; the planner compares these with what was sent before.
        pictures: Keys of the sized pictures the body uses, in order; publishing waits until they exist.
        notes: What the channel could not carry and how it was carried instead, for the preview.
    """

    channel: ChannelKind
    marker: Marker
    body: Mapping[str, Any]
    parts: Mapping[Part, str]
    pictures: tuple[PictureKey, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Hash over all parts."""
        return fingerprint({part.value: value for part, value in self.parts.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingRef:
    """A listing that exists on the channel: its id and what the adapter asked us to keep beside it."""

    external_id: ExternalId
    marker: Marker
    remote: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Proof that a step took effect.

    ``remote`` is JSON the adapter needs later (variant ids, photo ids); it replaces what was kept before.
    ``may_be_outdated`` says that the step had taken effect before this call, perhaps with a rendition older than the one
    given now: what differs from the one it began with is brought to it by the next step.
    ``shows`` is the free-to-sell units by SKU that the channel itself reported after the step, where it does.
    """

    external_id: ExternalId
    permalink: str | None = None
    remote: Mapping[str, Any] = field(default_factory=dict)
    may_be_outdated: bool = False
    shows: Mapping[Sku, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A publish that has begun and needs another look; the token is stored before the next step runs.

    ``progress`` is JSON the adapter's ``resume`` reads. ``needs_person`` says that nothing but a person moves
    it on (assisted markets): the listing then asks for one, with ``problems`` saying what to do, and is not polled.
    """

    progress: Mapping[str, Any]
    check_after: timedelta
    needs_person: bool = False
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteListing:
    """A listing as the channel shows it.

    ``visible`` is what a buyer sees; ``seen`` holds what could be read (prices in satang and available units
    by SKU, text), for drift; ``remote`` is what a Receipt would have carried, so that a find can be adopted.
    """

    external_id: ExternalId
    permalink: str | None = None
    visible: bool
    created_at: datetime | None = None
    seen: Mapping[str, Any] = field(default_factory=dict)
    remote: Mapping[str, Any] = field(default_factory=dict)
