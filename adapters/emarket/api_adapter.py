from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.base import AdapterContext, Capabilities, Change, Fallback, StockMode
from adapters.emarket.base_adapter import MarketAdapter
from adapters.emarket.batches import RowWriter, Written
from adapters.emarket.client import MarketClient
from adapters.emarket.declared import editable_parts, verbs_of
from adapters.emarket.errors import AlreadyDone, DuplicateSku
from adapters.emarket.fields import ApiFields, at
from adapters.emarket.images import Moving, PictureMover, picture_refused
from adapters.emarket.loading import LoadedMarket
from adapters.emarket.market import Capability, OpName
from adapters.emarket.payloads import product_payload
from adapters.emarket.reading import listings, receipt
from adapters.emarket.tokens import refresh, renewal_of
from adapters.emarket.units import units_by_sku
from adapters.errors import ChannelError, Gone, Locked, OutcomeUnknown, Rejected, Throttled, Transient
from adapters.refreshing import Refreshed, Renewal
from schemas.channel import Part, Verb
from schemas.ids import Sku
from schemas.listing import ListingRef, Marker, Pending, Receipt, RemoteListing, Rendition

_LOOKS_AT_PUBLISH: Final = 4
"""Looks before a publish is put aside as pending: a third of a second."""
_LOOKS_AT_UPDATE: Final = 15
"""An update cannot be put aside, so it waits up to five seconds."""
_CHECK_AFTER: Final = timedelta(seconds=1)
_PICTURE_TRIES: Final = 5
"""How often the market is asked for pictures it could not fetch; the waits between are 3, 9, 27 and 81 seconds."""
_ROW_PARTS: Final = frozenset({Part.PRICE, Part.STOCK})
_PROBE_SKU: Final = "SYNDICATOR-CHECK"


class ApiMarketAdapter(MarketAdapter):
    """A market with an API, called as its file says. Pictures first, then one visible create."""

    def __init__(self, context: AdapterContext, loaded: LoadedMarket, fields: ApiFields) -> None:
        super().__init__(context, loaded)
        self._fields = fields
        self._client = MarketClient(context.http, loaded.market, context.credentials, context.clock)
        self._mover = PictureMover(self._client, loaded.market, fields, context.pictures.url)
        self._rows = RowWriter(self._client, loaded.market, fields, self._find)

    @property
    def capabilities(self) -> Capabilities:
        """What the market file declares."""
        can, ops = self.market.capabilities, self.market.ops
        editable = editable_parts(self.market)
        batches = [ops[name].batch_max for name in (OpName.STOCK, OpName.PRICE) if name in ops]
        return Capabilities(
            verbs=verbs_of(self.market),
            editable=editable,
            fallbacks=dict.fromkeys(frozenset(Part) - editable, Fallback.ASK),
            stock=StockMode.QUANTITY if Capability.STOCK in can else StockMode.NONE,
            picture=self._picture,
            max_pictures=self._max_pictures,
            max_text=self._max_text,
            option_levels=self.market.variants.tiers_max,
            lookup_settles_after=timedelta(seconds=self.market.lookup_settles_s),
            update_batch=min(batches, default=1),
            withdrawn_stays=Capability.HIDE in can,
        )

    @property
    def renewal(self) -> Renewal | None:
        """How the market file says the tokens are refreshed; None where it says nothing of refreshing."""
        return renewal_of(self.market)

    def refresh(self) -> Refreshed:
        """Trade the refresh token for a new pair, once.

        Raises:
            ChannelError: ``OutcomeUnknown`` where the refresh token may be spent, also where the answer lacks a token.
        """
        return refresh(self._client, self.market, self._context.credentials, self._context.clock)

    def check(self) -> None:
        """Look for a product that does not exist: an answer proves that keys, token and signature work."""
        self._find(_PROBE_SKU)

    def publish(self, rendition: Rendition) -> Receipt | Pending:
        """Have the pictures fetched, then create the listing; pending while the pictures take longer."""
        return self._carry_on(rendition, self._mover.begin(rendition.pictures, Moving()))

    def resume(self, rendition: Rendition, pending: Pending) -> Receipt | Pending:
        """Carry on with the pictures, or finish a listing that exists already.

        ``pending.progress`` is what ``publish`` gave, or the ``remote`` of a listing that is adopted or was withdrawn
        before: it is brought to the rendition and shown. One under review is left alone; one that was deleted
        meanwhile is made anew.
        """
        if "item_id" in pending.progress:
            return self._adopt(rendition, pending)
        return self._carry_on(rendition, Moving.from_json(pending.progress))

    def update(self, change: Change) -> Receipt:
        """Bring the changed parts to the rendition: content by update, price and stock by their own calls.

        A promotion that locks the content keeps neither price nor stock from being written.
        """
        content = change.parts - _ROW_PARTS
        answer = self._receipt_of(change)
        locked: Locked | None = None
        if content:
            try:
                answer = self._update_content(change, content)
            except Locked as exc:
                locked = exc
        if rows := self._row_parts(change):
            answer = replace(answer, shows=self._write_rows(replace(change, parts=rows)))
        if locked is not None:
            raise locked
        return answer

    def set_stock(self, change: Change) -> Receipt:
        """Write absolute free-to-sell figures."""
        if Verb.SET_STOCK not in verbs_of(self.market):
            raise self._unsupported(Verb.SET_STOCK, change.ref.external_id)
        shows = self._write_rows(replace(change, parts=frozenset({Part.STOCK})))
        return replace(self._receipt_of(change), shows=shows)

    def update_many(self, changes: Sequence[Change]) -> Sequence[Receipt | ChannelError]:
        """Write price and stock of several listings in few calls; other parts are updated one listing at a time.

        Raises:
            ChannelError: One and the same failure met every listing.
        """
        # Details may bring variants that the market does not know yet, so such a listing is updated before its rows.
        plain = [change for change in changes if Part.DETAILS not in change.parts]
        written = self._rows.write(plain)
        first = written[0].error if written else None
        if (
            first is not None
            and len(plain) == len(changes) > 1
            and all(one.error is first for one in written)
        ):
            raise first
        rows = iter(written)
        return [
            self._tried(change) if Part.DETAILS in change.parts else self._content_of(change, next(rows))
            for change in changes
        ]

    def withdraw(self, ref: ListingRef) -> None:
        """Hide the listing, or delete it where the market cannot hide. Hidden or gone already is success."""
        item = {self._fields.item_id: str(ref.external_id)}
        try:
            if Capability.HIDE in self.market.capabilities:
                rows = self._fields.hide_rows
                self._raise_refused(
                    self._client.call(OpName.HIDE, item if rows is None else {rows: [item]}).failed
                )
            elif Capability.DELETE in self.market.capabilities:
                self._client.call(OpName.DELETE, item)
            else:
                raise self._unsupported(Verb.WITHDRAW, ref.external_id)
        except (Gone, AlreadyDone):
            return

    def fetch(self, ref: ListingRef) -> RemoteListing | None:
        """Read the listing by our code."""
        found = self._find(ref.marker.sku)
        return next((listing for listing in found if listing.external_id == ref.external_id), None)

    def find_by_marker(
        self, marker: Marker, *, since: datetime, pending: Pending | None = None
    ) -> Sequence[RemoteListing]:
        """Find listings by our code, which markets keep unique; neither ``since`` nor ``pending`` narrows it."""
        del since, pending
        return self._find(marker.sku)

    def _carry_on(self, rendition: Rendition, moving: Moving) -> Receipt | Pending:
        self._mover.watch(moving, rendition.pictures, _LOOKS_AT_PUBLISH)
        if not moving.is_done:
            return Pending(progress=moving.as_json(), check_after=_CHECK_AFTER)
        if moving.missing(rendition.pictures):
            return self._move_again(rendition, moving)
        return self._create(rendition, moving.hosted)

    def _move_again(self, rendition: Rendition, moving: Moving) -> Pending:
        """Ask for what is missing: the market could not fetch it, or the rendition was edited meanwhile."""
        if moving.tries >= _PICTURE_TRIES:
            raise Rejected([picture_refused(self.market, "cannot be fetched")])
        wait = _CHECK_AFTER * 3**moving.tries
        return Pending(progress=self._mover.begin(rendition.pictures, moving).as_json(), check_after=wait)

    def _create(self, rendition: Rendition, hosted: Mapping[str, str]) -> Receipt:
        try:
            answer = self._client.call(OpName.CREATE, product_payload(rendition.body, self._fields, hosted))
        except DuplicateSku:
            # The code is taken, most likely by our own earlier attempt or by a listing withdrawn before.
            found = self._find(rendition.marker.sku)
            if not found:
                raise
            return self._bring_to(rendition, receipt(str(found[0].external_id), found[0].permalink, hosted))
        item_id = at(answer.body, self._fields.reads.created_item_id)
        if item_id is None:
            raise OutcomeUnknown(f"market {self.market.id} created a listing but did not say its id")
        reads = self._fields.reads
        units = units_by_sku(at(answer.body, reads.created_variants), reads, self.market.id)
        shows = {Sku(sku): one.available for sku, one in units.items()} or None
        return receipt(str(item_id), at(answer.body, reads.created_url), hosted, shows)

    def _adopt(self, rendition: Rendition, pending: Pending) -> Receipt | Pending:
        hosted = pending.progress.get("hosted", {})
        found = next(iter(self._find(rendition.marker.sku)), None)
        if found is not None and self._is_waiting(found):
            waiting = receipt(str(found.external_id), found.permalink, hosted)
            return replace(waiting, may_be_outdated=True)
        # A search may lag behind a new listing, so "not found" proves nothing; an update by id does.
        item_id = str(pending.progress["item_id"]) if found is None else str(found.external_id)
        url = pending.progress.get("url") if found is None else found.permalink
        try:
            return self._bring_to(rendition, receipt(item_id, url, hosted))
        except Gone:
            return self.publish(rendition)

    def _is_waiting(self, listing: RemoteListing) -> bool:
        return listing.seen["status"] in self._fields.statuses.waiting

    def _bring_to(self, rendition: Rendition, known: Receipt) -> Receipt:
        """Make a listing of ours carry the whole rendition and show it."""
        ref = ListingRef(external_id=known.external_id, marker=rendition.marker, remote=known.remote)
        return self.update(Change(ref=ref, rendition=rendition, parts=frozenset(Part)))

    def _content_of(self, change: Change, written: Written) -> Receipt | ChannelError:
        """Update what is left of a listing whose rows were written."""
        if written.error is not None:
            return written.error
        content = replace(change, parts=change.parts - _ROW_PARTS)
        answer = self._tried(content) if content.parts else self._receipt_of(change)
        return replace(answer, shows=written.shows) if isinstance(answer, Receipt) else answer

    def _tried(self, change: Change) -> Receipt | ChannelError:
        try:
            return self.update(change)
        except ChannelError as exc:
            return exc

    def _row_parts(self, change: Change) -> frozenset[Part]:
        """Return the parts that are written row by row; content that carries stock with it must be put right behind it."""
        can, parts = self.market.capabilities, change.parts & _ROW_PARTS
        is_whole = Capability.PARTIAL_UPDATE not in can and bool(change.parts - _ROW_PARTS)
        carries_stock = Part.DETAILS in change.parts or is_whole
        needs_row = carries_stock and {Capability.STOCK, Capability.RESERVED_STOCK} <= can
        return parts | {Part.STOCK} if needs_row else parts

    def _update_content(self, change: Change, content: frozenset[Part]) -> Receipt:
        is_partial = Capability.PARTIAL_UPDATE in self.market.capabilities
        parts = content if is_partial else frozenset(Part)
        hosted = dict(change.ref.remote.get("hosted", {}))
        if Part.PICTURES in parts:
            hosted = self._moved(change.rendition, hosted)
        payload = product_payload(
            change.rendition.body, self._fields, hosted, item_id=str(change.ref.external_id), parts=parts
        )
        self._client.call(OpName.UPDATE, payload)
        return receipt(str(change.ref.external_id), change.ref.remote.get("url"), hosted)

    def _moved(self, rendition: Rendition, known: Mapping[str, str]) -> dict[str, str]:
        moving = self._mover.begin(rendition.pictures, Moving(dict(known)))
        self._mover.watch(moving, rendition.pictures, _LOOKS_AT_UPDATE)
        if not moving.is_done:
            raise Throttled(f"market {self.market.id} is still fetching pictures", retry_after=_CHECK_AFTER)
        if moving.missing(rendition.pictures):
            raise Transient(f"market {self.market.id} could not fetch every picture; nothing was changed")
        return moving.hosted

    def _write_rows(self, change: Change) -> Mapping[Sku, int] | None:
        written = self._rows.write([change])[0]
        if written.error is not None:
            raise written.error
        return written.shows

    def _receipt_of(self, change: Change) -> Receipt:
        remote = change.ref.remote
        return receipt(str(change.ref.external_id), remote.get("url"), remote.get("hosted", {}))

    def _find(self, sku: str) -> list[RemoteListing]:
        try:
            answer = self._client.call(OpName.GET_BY_SKU, {self._fields.sku_query: sku})
        except Gone:
            return []
        return listings(answer.body, self._fields, sku, self.market.id)

    def _raise_refused(self, failed: Sequence[Any]) -> None:
        reads = self._fields.reads
        for row in failed:
            raise self._client.refused_row(at(row, reads.failed_code), at(row, reads.failed_message))
