"""Listings: wishes in, claims and outcomes back."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from schemas.channel import Lane, Part
from schemas.ids import AccountId, LeaseToken, ListingId, ProductId, SellerId, Sku
from schemas.listing import ListingState, Receipt
from schemas.problem import Problem
from schemas.product import Product
from syndicator.domain.listing import Intent, Listing, Wanted
from syndicator.store.bulk import insert_rows, rows
from syndicator.store.listing_rows import KnownListing, listing_of, parts_json
from syndicator.store.listing_statements import BEGIN, REVIVE, record_statement
from syndicator.store.tables import Listing as ListingTable
from syndicator.store.tables import Product as ProductTable
from syndicator.store.tables import table

_LISTING = table(ListingTable)
_PRODUCT = table(ProductTable)


_INSERT = insert_rows(
    _LISTING,
    "seller_id",
    "product_id",
    "account_id",
    "wanted",
    "wished_at",
    "request_id",
    "lane",
    "due_at",
    "waits_for_media",
)
_LEASED = _LISTING.c.lease_token.is_not(None)
_NEW = _INSERT.excluded
_WANT = _INSERT.on_conflict_do_update(
    index_elements=["product_id", "account_id"],
    set_={
        "wanted": _NEW.wanted,
        "wish": _LISTING.c.wish + 1,
        "wished_at": _NEW.wished_at,
        "request_id": _NEW.request_id,
        "lane": sa.case(
            (_LISTING.c.due_at.is_not(None), sa.func.least(_LISTING.c.lane, _NEW.lane)), else_=_NEW.lane
        ),
        "due_at": sa.case((_LEASED, _LISTING.c.due_at), else_=_NEW.due_at),
        "waits_for_media": sa.case((_LEASED, _LISTING.c.waits_for_media), else_=_NEW.waits_for_media),
        "state": ListingState.WORKING.value,
        "problems": sa.literal([], type_=_LISTING.c.problems.type),
        "attempts": 0,
    },
).returning(_LISTING.c.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is wanted of one product on one account, and when to begin; patience with it counts from then.

    ``request_id`` names the request or message that brought it.
    """

    product_id: ProductId
    account_id: AccountId
    wanted: Wanted
    lane: Lane
    due_at: datetime
    waits_for_media: bool = False
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedListing:
    """A listing held under a fresh token, with its product. Stock and account are read beside it.

    ``deaths``: workers that ended while they planned its step, since its last outcome.
    """

    listing: Listing
    product: Product
    token: LeaseToken
    deaths: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What to write back for one claimed listing. Values not given stay as they are.

    ``due_in`` None takes the row off the due list, unless a newer wish has come meanwhile.
    """

    listing_id: ListingId
    wish: int
    state: ListingState
    due_in: timedelta | None
    problems: tuple[Problem, ...] = ()
    attempts: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_reached(self) -> bool:
        """Whether the channel now has what was wanted."""
        return self.due_in is None and self.state in {ListingState.LIVE, ListingState.STOPPED}


class ListingRepository:
    """Reads and writes listings."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def want(self, seller_id: SellerId, wishes: Sequence[Wish]) -> Sequence[ListingId]:
        """Record the wishes: new listings are made, known ones get the new wish and fall due.

        A listing that is being worked on keeps its lease; its worker's outcome sees the newer wish and leaves it due.
        """
        if not wishes:
            return []
        wanted = [
            {
                "seller_id": seller_id,
                "product_id": wish.product_id,
                "account_id": wish.account_id,
                "wanted": wish.wanted.value,
                "wished_at": wish.due_at,
                "request_id": wish.request_id,
                "lane": wish.lane.value,
                "due_at": wish.due_at,
                "waits_for_media": wish.waits_for_media,
            }
            for wish in wishes
        ]
        return [ListingId(value) for value in self._connection.scalars(_WANT, rows(wanted))]

    def known(self, product_ids: Iterable[ProductId]) -> Mapping[tuple[ProductId, AccountId], KnownListing]:
        """Return what is known of the listings of the products."""
        rows = self._connection.execute(
            sa.select(
                _LISTING.c.product_id,
                _LISTING.c.account_id,
                _LISTING.c.wanted,
                _LISTING.c.external_id.is_not(None).label("out"),
            ).where(_LISTING.c.product_id.in_(list(product_ids)))
        )
        return {
            (ProductId(row.product_id), AccountId(row.account_id)): KnownListing(
                wanted=Wanted(row.wanted), is_out=row.out
            )
            for row in rows
        }

    def find(self, account_id: AccountId, sku: Sku) -> Listing | None:
        """Return the listing of a product code on an account, or None."""
        row = self._connection.execute(
            sa.select(_LISTING)
            .join(_PRODUCT, _PRODUCT.c.id == _LISTING.c.product_id)
            .where(_LISTING.c.account_id == account_id, _PRODUCT.c.sku == sku)
        ).one_or_none()
        return None if row is None else listing_of(row)

    def suspect(self, token: LeaseToken) -> None:
        """Count a death before it happens: the worker may end while the step is still being planned.

        ``claim`` takes it back in the transaction that plans the step, so it stays only if that one never commits.
        """
        self._connection.execute(
            sa.update(_LISTING).where(_LISTING.c.lease_token == token).values(deaths=_LISTING.c.deaths + 1)
        )

    def claim(
        self, token: LeaseToken, *, until: datetime, is_suspect: bool = False
    ) -> Sequence[ClaimedListing]:
        """Take over the slice under ``token`` and hold it until ``until``.

        The rows get a fresh token, so a second delivery of the same message finds nothing. ``is_suspect`` says that
        ``suspect`` was called for the token before. Rows that are locked are waited for: passed over, they would rest
        under this lease until it runs out.
        """
        rows = self._connection.execute(
            sa.select(_LISTING, _PRODUCT.c.canonical)
            .join(_PRODUCT, _PRODUCT.c.id == _LISTING.c.product_id)
            .where(_LISTING.c.lease_token == token)
            .order_by(_LISTING.c.id)
            .with_for_update(of=_LISTING, key_share=True)
        ).all()
        fresh = LeaseToken(uuid.uuid4().hex)
        if rows:
            self._connection.execute(
                sa.update(_LISTING)
                .where(_LISTING.c.id.in_([row.id for row in rows]))
                .values(
                    lease_token=fresh,
                    due_at=until,
                    waits_for_media=False,
                    deaths=_LISTING.c.deaths - int(is_suspect),
                )
            )
        return [
            ClaimedListing(
                listing=listing_of(row),
                product=Product.model_validate(row.canonical),
                token=fresh,
                deaths=row.deaths - int(is_suspect),
            )
            for row in rows
        ]

    def count_lost(self, lost: Mapping[ListingId, int]) -> None:
        """Add the attempts that died with their workers to those spent."""
        if lost:
            self._connection.execute(
                sa.update(_LISTING)
                .where(_LISTING.c.id == sa.bindparam("listing"))
                .values(attempts=_LISTING.c.attempts + sa.bindparam("lost")),
                [{"listing": id_, "lost": count} for id_, count in lost.items()],
            )

    def begin(self, intents: Mapping[ListingId, Intent]) -> None:
        """Record the intents before their calls."""
        rows = [
            {
                "id": id_,
                "verb": intent.verb.value,
                "since": intent.since,
                "parts": parts_json(intent.parts),
                "unsure_at": intent.unsure_at,
            }
            for id_, intent in intents.items()
        ]
        if rows:
            given = {"intents": json.dumps(rows, default=datetime.isoformat), "ids": list(intents)}
            self._connection.execute(BEGIN, given)

    def doubt(self, listings: Sequence[Listing]) -> None:
        """Write what is still believed to have been sent, and end the intents whose outcome that answers for."""
        if listings:
            self._connection.execute(
                sa.update(_LISTING)
                .where(_LISTING.c.id == sa.bindparam("listing"))
                .values(
                    sent=sa.bindparam("still_sent", type_=_LISTING.c.sent.type),
                    intent_verb=None,
                    intent_at=None,
                    intent_parts=None,
                    unsure_at=None,
                ),
                [{"listing": one.id, "still_sent": parts_json(one.sent)} for one in listings],
            )

    def record(
        self, token: LeaseToken, outcomes: Sequence[Outcome], *, now: datetime
    ) -> frozenset[ListingId]:
        """Write the outcomes and end the lease; return the listings whose lease had already been lost."""
        if len(outcomes) > 1:
            # In the order in which whoever changes several listings locks them.
            self._connection.execute(
                sa.select(_LISTING.c.id)
                .where(_LISTING.c.lease_token == token)
                .order_by(_LISTING.c.id)
                .with_for_update(key_share=True)
            )
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for outcome in outcomes:
            alike.setdefault(tuple(sorted(outcome.values)), []).append(_outcome_row(outcome, now))
        held: set[int] = set()
        for columns, alike_rows in alike.items():
            given = {
                "token": token,
                "now": now,
                "outcomes": json.dumps(alike_rows, default=datetime.isoformat),
            }
            held.update(self._connection.scalars(record_statement(columns), given))
        return frozenset(outcome.listing_id for outcome in outcomes if outcome.listing_id not in held)

    def confirm(
        self, listing: Listing, receipt: Receipt, parts: Mapping[Part, str], *, now: datetime
    ) -> None:
        """Write down that a person carried the listing to the channel."""
        self._connection.execute(
            sa.update(_LISTING)
            .where(_LISTING.c.id == listing.id)
            .values(
                external_id=receipt.external_id,
                permalink=receipt.permalink,
                remote=dict(receipt.remote),
                sent=parts_json(parts),
                sent_at=now,
                pending=None,
                state=ListingState.LIVE.value,
                problems=[],
                attempts=0,
            )
        )

    def wake_for_media(self, product_ids: Sequence[ProductId], *, now: datetime) -> int:
        """Make due the listings of the products that only waited for pictures; return how many."""
        woken = self._connection.execute(
            sa.update(_LISTING)
            .where(
                _LISTING.c.product_id.in_(product_ids),
                _LISTING.c.waits_for_media,
                _LISTING.c.lease_token.is_(None),
            )
            .values(due_at=now, waits_for_media=False)
        )
        return woken.rowcount

    def wake_account(self, account_id: AccountId, *, now: datetime) -> int:
        """Make due the listings an account's trouble had held, after it was reconnected; return how many.

        Patience begins anew: the time an account stood still does not count against its listings.
        """
        woken = self._connection.execute(
            sa.update(_LISTING)
            .where(
                _LISTING.c.account_id == account_id,
                _LISTING.c.lease_token.is_(None),
                _LISTING.c.due_at.is_not(None),
            )
            .values(due_at=now, wished_at=now)
        )
        return woken.rowcount

    def lock_held(self, listing_ids: Iterable[ListingId]) -> frozenset[ListingId]:
        """Lock those of the listings that nothing moves by itself, neither due nor being worked on; return them."""
        held = self._connection.scalars(
            sa.select(_LISTING.c.id)
            .where(
                _LISTING.c.id.in_(list(listing_ids)),
                _LISTING.c.due_at.is_(None),
                _LISTING.c.lease_token.is_(None),
            )
            .order_by(_LISTING.c.id)
            .with_for_update()
        )
        return frozenset(ListingId(value) for value in held)

    def revive(self, due_at: Mapping[ListingId, datetime], *, lane: Lane) -> frozenset[ListingId]:
        """Make held listings due again, each at its time, with new patience; return those that were held.

        One that is due or being worked on already is left alone. A doubt about its last step stays on it.
        """
        if not due_at:
            return frozenset()
        revived = self._connection.scalars(
            REVIVE,
            {"ids": list(due_at), "dues": list(due_at.values()), "lane": lane.value},
        )
        return frozenset(ListingId(value) for value in revived)


def _outcome_row(outcome: Outcome, now: datetime) -> dict[str, Any]:
    return {
        "id": outcome.listing_id,
        "wish": outcome.wish,
        "due_at": None if outcome.due_in is None else now + outcome.due_in,
        "state": outcome.state.value,
        "problems": [problem.model_dump(mode="json") for problem in outcome.problems],
        "attempts": outcome.attempts,
        **outcome.values,
    }
