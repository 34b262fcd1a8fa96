"""Compare listings as their channel shows them with what was sent and what is wanted; record drift, and mend it.

Everything happens in one transaction of the caller's, which no call to a channel is part of.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from adapters.base import ChannelAdapter
from adapters.observing import ObservedAdapter
from schemas.ids import ExternalId, ListingId, Sku
from schemas.listing import RemoteListing, Rendition
from syndicator.domain.drift import (
    SEEN_GONE,
    Action,
    Before,
    DriftKind,
    DriftPolicies,
    Found,
    Policy,
    action_for,
    can_send_again,
    find_drift,
    mark_of,
    policy_for,
)
from syndicator.domain.drift_sentences import Place, drift_asked
from syndicator.domain.listing import MARKER
from syndicator.domain.stock_rule import Shown
from syndicator.store.accounts import StoredAccount
from syndicator.store.drifts import Handled, OpenDrift
from syndicator.store.engine import UnitOfWork
from syndicator.store.sweeps import OrdersRead, Sight, WholeListing
from syndicator.usecases.claiming import offers_of
from syndicator.usecases.mending import Mending, can_take_over, mend, record
from syndicator.usecases.sights import beside, doubt_of, is_fewer, sight_of, units_by_listing, units_of

log = structlog.get_logger()

CONFIRM_AFTER: Final = timedelta(minutes=1)
"""When a listing that was mended is looked at, to see that the channel took it."""
MOST_CONFIRMED: Final = 5
"""Mended listings of one page that are looked at by themselves, for each look is a call; the next sweep sees the others."""
LEASE_OF_ORDERS: Final = timedelta(minutes=1)
"""A reading of orders that runs already may have begun before the figure was seen; one that ends later did not."""
NEW_HERE: Final = timedelta(hours=1)
"""A listing of ours younger than this may just be on its way into our records."""
MOST_UNKNOWN_IDS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What comparing came to; a tally over many pages is their sum."""

    read: int = 0
    known: int = 0
    rendered: int = 0
    drift: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    unknown_ids: tuple[str, ...] = ()
    unknown: int = 0


class Comparing:
    """Compares listings of one account, inside one transaction."""

    def __init__(
        self,
        uow: UnitOfWork,
        stored: StoredAccount,
        adapter: ChannelAdapter,
        *,
        label: str,
        now: datetime,
    ) -> None:
        self._uow = uow
        self._stored = stored
        self._adapter = adapter
        self._label = label
        self._now = now
        self._policies: DriftPolicies = uow.drifts.policies(stored.account.id)
        self._orders: OrdersRead | None = None

    def page(self, remotes: Sequence[RemoteListing], *, read_at: datetime) -> Compared:
        """Compare what a page held, which was asked for at ``read_at``; what did not change costs two statements in all."""
        shown = {remote.external_id: remote for remote in remotes}
        known = self._uow.sweeps.standing(self._stored.account.id, shown)
        news = [
            one.id
            for one in known.values()
            if one.is_at_rest and one.mark != mark_of(shown[one.external_id], beside(one))
        ]
        pairs = self._whole(news, shown, read_at) if news else []
        compared, sights = self._compare(pairs, read_at)
        seen_ids = {one.listing_id for one in sights}
        sights += [Sight(listing_id=one.id) for one in known.values() if one.id not in seen_ids]
        self._uow.sweeps.saw(sights, at=self._now)
        strangers = [remote for id_, remote in shown.items() if id_ not in known]
        unknown = [one.external_id for one in strangers if self._is_ours(one)]
        return Compared(
            read=len(remotes),
            known=len(known),
            rendered=len(pairs),
            drift=compared.drift,
            actions=compared.actions,
            unknown=len(unknown),
            unknown_ids=tuple(unknown[:MOST_UNKNOWN_IDS]),
        )

    def looked_at(self, found: Mapping[ListingId, RemoteListing | None], *, read_at: datetime) -> Compared:
        """Compare listings that were fetched one by one; None is one that the channel says does not exist."""
        wholes = self._lock_whole(found, read_at)
        remotes = [(one, found[one.listing.id]) for one in wholes]
        there = [(one, remote) for one, remote in remotes if remote is not None]
        gone = [one for one, remote in remotes if remote is None and self._is_deleted(one)]
        compared, sights = self._compare(there, read_at)
        self._uow.sweeps.saw(sights, at=self._now)
        for whole in gone:
            compared.drift[DriftKind.DELETED.value] += 1
            compared.actions[self._handle_gone(whole).value] += 1
        return compared

    def _whole(
        self, ids: Sequence[ListingId], shown: Mapping[ExternalId, RemoteListing], read_at: datetime
    ) -> list[tuple[WholeListing, RemoteListing]]:
        wholes = self._lock_whole(ids, read_at)
        return [
            (one, shown[one.listing.external_id])
            for one in wholes
            if one.listing.external_id is not None and one.listing.external_id in shown
        ]

    def _lock_whole(self, ids: Iterable[ListingId], read_at: datetime) -> Sequence[WholeListing]:
        ids = list(ids)
        if self._policies.stock is Policy.THEIRS:
            self._uow.sweeps.lock_variants(ids)
        return self._uow.sweeps.lock_whole(ids, read_at=read_at)

    def _compare(
        self, pairs: Sequence[tuple[WholeListing, RemoteListing]], read_at: datetime
    ) -> tuple[Compared, list[Sight]]:
        sights: list[Sight] = []
        compared = Compared(read=len(pairs), known=len(pairs), rendered=len(pairs))
        if not pairs:
            return compared, sights
        ids = [whole.listing.id for whole, _ in pairs]
        products = {whole.listing.product_id for whole, _ in pairs}
        stock = self._uow.showing.shown(self._stored.account.id, products)
        before = self._uow.drifts.open_of(ids)
        all_handled: list[Handled] = []
        mended = 0
        for whole, remote in pairs:
            shown = stock.get(whole.listing.product_id, {})
            try:
                rendition, found = self._find(whole, remote, shown)
            except Exception:
                # A fault in one rendition must not end the sweep of all the others.
                log.exception("sweep.not_compared", listing=whole.listing.id)
                continue
            found, doubt = self._without_orders(whole, remote, found, shown)
            handled = self._decide(whole, found, before.get(whole.listing.id, {}), shown, remote)
            is_due = False
            if handled or whole.listing.id in before:
                mending = self._mending(whole, rendition, handled, shown, remote)
                is_due = mend(self._uow, mending, now=self._now)
                mended += is_due
            all_handled += handled
            sight = sight_of(whole, remote, doubt, is_clean=not handled and doubt is None, now=self._now)
            if is_due and mended <= MOST_CONFIRMED:
                sight = replace(sight, look_at=self._now + CONFIRM_AFTER)
            sights.append(sight)
        record(self._uow, all_handled, before, now=self._now)
        self._uow.pushes.saw(units_by_listing(pairs), read_at=read_at, at=self._now)
        if mended:
            self._uow.notify_due()
        compared.drift.update(one.found.kind.value for one in all_handled)
        compared.actions.update(one.action.value for one in all_handled)
        return compared, sights

    def _find(
        self, whole: WholeListing, remote: RemoteListing, shown: Mapping[Sku, Shown]
    ) -> tuple[Rendition, Sequence[Found]]:
        rendition = self._render(whole, shown)
        if not isinstance(self._adapter, ObservedAdapter):
            raise TypeError(f"{self._adapter.kind} cannot be observed")
        differences = self._adapter.differences(rendition, remote)
        return rendition, find_drift(whole.listing, rendition, remote, differences)

    def _render(self, whole: WholeListing, shown: Mapping[Sku, Shown]) -> Rendition:
        account = self._stored.account
        product = whole.product.for_channel(account.name, account.kind)
        return self._adapter.render(product, offers_of(product, shown), marker=whole.listing.marker(product))

    def _without_orders(
        self,
        whole: WholeListing,
        remote: RemoteListing,
        found: Sequence[Found],
        shown: Mapping[Sku, Shown],
    ) -> tuple[Sequence[Found], Mapping[str, Any] | None]:
        """Leave out fewer units than were sent, while an order that nobody read yet may be the reason.

        Sending the old figure again would sell those units twice. So the orders are read first, and the listing is looked at
        again; what then still shows the same figure was changed by somebody's hand.
        """
        stock = next((one for one in found if one.kind is DriftKind.STOCK_EDITED), None)
        if stock is None or not is_fewer(remote, shown):
            return found, None
        orders = self._orders_read()
        if not orders.has_orders:
            return found, None
        doubt = doubt_of(whole, stock)
        since = None if doubt is None else datetime.fromisoformat(doubt["since"])
        if since is not None and orders.at is not None and orders.at > since:
            return found, None
        if since is None:
            since = self._now + (LEASE_OF_ORDERS if orders.is_reading else timedelta(0))
        self._uow.orders_work.ask([self._stored.account.id], now=self._now)
        others = [one for one in found if one is not stock]
        return others, {"seen": stock.seen, "since": since.isoformat()}

    def _orders_read(self) -> OrdersRead:
        if self._orders is None:
            self._orders = self._uow.sweeps.orders_read(self._stored.account.id, now=self._now)
        return self._orders

    def _decide(
        self,
        whole: WholeListing,
        found: Iterable[Found],
        before: Mapping[DriftKind, OpenDrift],
        shown: Mapping[Sku, Shown],
        remote: RemoteListing | None,
    ) -> list[Handled]:
        handled = []
        for one in found:
            policy = policy_for(one.kind, self._policies, self._adapter.capabilities)
            is_stock = one.kind is DriftKind.STOCK_EDITED
            if is_stock and policy is Policy.THEIRS and not self._may_take_over(shown, remote):
                policy = Policy.ASK
            action = action_for(one, policy, self._before(before.get(one.kind), whole))
            handled.append(Handled(listing_id=whole.listing.id, found=one, policy=policy, action=action))
        return handled

    def _before(self, drift: OpenDrift | None, whole: WholeListing) -> Before | None:
        """Return how the same drift stood; what was sent so lately that reading it back may lag proves nothing yet."""
        if drift is None:
            return None
        lag = self._adapter.capabilities.lookup_settles_after or timedelta(0)
        sent_at = whole.sent_at
        is_resent = sent_at is not None and sent_at >= drift.at and self._now >= sent_at + lag
        return Before(policy=drift.policy, action=drift.action, seen=drift.found.seen, is_resent=is_resent)

    def _may_take_over(self, shown: Mapping[Sku, Shown], remote: RemoteListing | None) -> bool:
        units = None if remote is None else units_of(remote.seen)
        return units is None or can_take_over(shown, units)

    def _mending(
        self,
        whole: WholeListing,
        rendition: Rendition,
        handled: Sequence[Handled],
        shown: Mapping[Sku, Shown],
        remote: RemoteListing | None,
    ) -> Mending:
        capabilities = self._adapter.capabilities
        place = Place(sku=whole.product.sku, account=self._stored.account.name, channel=self._label)
        questions = [
            drift_asked(
                one.found,
                place,
                self._now,
                can_send_again=can_send_again(one.found.kind, capabilities),
            )
            for one in handled
            if one.action is Action.ASKED
        ]
        return Mending(
            whole=whole,
            rendition=rendition,
            handled=handled,
            questions=questions,
            shown=shown,
            seen_units=None if remote is None else units_of(remote.seen),
            withdrawn_stays=capabilities.withdrawn_stays,
        )

    def _handle_gone(self, whole: WholeListing) -> Action:
        before = self._uow.drifts.open_of([whole.listing.id]).get(whole.listing.id, {})
        (one,) = self._decide(whole, [SEEN_GONE], before, {}, None)
        shown = self._uow.showing.shown_of(self._stored.account.id, whole.listing.product_id)
        mending = self._mending(whole, self._render(whole, shown), [one], shown, None)
        if mend(self._uow, mending, now=self._now):
            self._uow.notify_due()
        record(self._uow, [one], [whole.listing.id], now=self._now)
        return one.action

    def _is_deleted(self, whole: WholeListing) -> bool:
        """Say whether "not found" by now means deleted: two sweeps missed it, and it is older than look-ups lag."""
        settles = self._adapter.capabilities.lookup_settles_after
        swept_at = self._uow.sweeps.swept_at(self._stored.account.id)
        if whole.missing_since is None or swept_at is None or swept_at <= whole.missing_since:
            return False
        if settles is None:
            return False
        return whole.sent_at is None or self._now >= whole.sent_at + settles

    def _is_ours(self, remote: RemoteListing) -> bool:
        """Say whether buyers see a listing of ours that nobody here knows, and not only since a moment ago.

        A hidden one is what a withdrawal leaves behind.
        """
        if not remote.visible:
            return False
        is_new = remote.created_at is not None and self._now - remote.created_at < NEW_HERE
        return not is_new and MARKER.search(str(remote.seen.get("text") or "")) is not None
