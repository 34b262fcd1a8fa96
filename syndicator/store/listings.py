"""Listings: wishes in, claims and outcomes back."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from schemas.channel import Lane, Part, Verb
from schemas.ids import AccountId, ExternalId, LeaseToken, ListingId, ProductId, SellerId, Sku
from schemas.listing import ListingState, Pending, Receipt
from schemas.problem import Problem
from schemas.product import Product
from syndicator.domain.listing import Intent, Listing, Wanted
from syndicator.store.tables import Listing as ListingTable
from syndicator.store.tables import Product as ProductTable
from syndicator.store.tables import table

_LISTING = table(ListingTable)
_PRODUCT = table(ProductTable)


_BEGIN = sa.text("""
UPDATE listing
   SET intent_verb = begun.verb, intent_at = begun.since, intent_parts = begun.parts, unsure_at = begun.unsure_at
  FROM jsonb_to_recordset(CAST(:intents AS jsonb))
       AS begun(id bigint, verb text, since timestamptz, parts jsonb, unsure_at timestamptz)
 WHERE listing.id = begun.id
""")

_REVIVE = sa.text("""
UPDATE listing
   SET due_at = revived.due, wished_at = revived.due, lane = :lane, state = 'working', problems = '[]',
       attempts = 0, starts = 0, deaths = 0, waits_for_media = false
  FROM unnest(CAST(:ids AS bigint[]), CAST(:dues AS timestamptz[])) AS revived(id, due)
 WHERE listing.id = revived.id AND listing.due_at IS NULL AND listing.lease_token IS NULL
RETURNING listing.id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is wanted of one product on one account, and when to begin; patience with it counts from then."""

    product_id: ProductId
    account_id: AccountId
    wanted: Wanted
    lane: Lane
    due_at: datetime
    waits_for_media: bool = False


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
        statement = insert(_LISTING)
        leased = _LISTING.c.lease_token.is_not(None)
        new = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=["product_id", "account_id"],
            set_={
                "wanted": new.wanted,
                "wish": _LISTING.c.wish + 1,
                "wished_at": new.wished_at,
                "lane": sa.case(
                    (_LISTING.c.due_at.is_not(None), sa.func.least(_LISTING.c.lane, new.lane)), else_=new.lane
                ),
                "due_at": sa.case((leased, _LISTING.c.due_at), else_=new.due_at),
                "waits_for_media": sa.case((leased, _LISTING.c.waits_for_media), else_=new.waits_for_media),
                "state": ListingState.WORKING.value,
                "problems": sa.literal([], type_=_LISTING.c.problems.type),
                "attempts": 0,
            },
        )
        rows = [
            {
                "seller_id": seller_id,
                "product_id": wish.product_id,
                "account_id": wish.account_id,
                "wanted": wish.wanted.value,
                "wished_at": wish.due_at,
                "lane": wish.lane.value,
                "due_at": wish.due_at,
                "waits_for_media": wish.waits_for_media,
            }
            for wish in wishes
        ]
        return [
            ListingId(value) for value in self._connection.scalars(statement.returning(_LISTING.c.id), rows)
        ]

    def known(self, product_ids: Iterable[ProductId]) -> Mapping[tuple[ProductId, AccountId], bool]:
        """Return the listings of the products, each with whether it is known to be on its channel."""
        rows = self._connection.execute(
            sa.select(
                _LISTING.c.product_id, _LISTING.c.account_id, _LISTING.c.external_id.is_not(None).label("out")
            ).where(_LISTING.c.product_id.in_(list(product_ids)))
        )
        return {(ProductId(row.product_id), AccountId(row.account_id)): row.out for row in rows}

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
        ``suspect`` was called for the token before.
        """
        rows = self._connection.execute(
            sa.select(_LISTING, _PRODUCT.c.canonical)
            .join(_PRODUCT, _PRODUCT.c.id == _LISTING.c.product_id)
            .where(_LISTING.c.lease_token == token)
            .order_by(_LISTING.c.id)
            .with_for_update(of=_LISTING, skip_locked=True)
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
                "parts": _parts(intent.parts),
                "unsure_at": intent.unsure_at,
            }
            for id_, intent in intents.items()
        ]
        if rows:
            self._connection.execute(_BEGIN, {"intents": json.dumps(rows, default=datetime.isoformat)})

    def record(
        self, token: LeaseToken, outcomes: Sequence[Outcome], *, now: datetime
    ) -> frozenset[ListingId]:
        """Write the outcomes and end the lease; return the listings whose lease had already been lost."""
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for outcome in outcomes:
            alike.setdefault(tuple(sorted(outcome.values)), []).append(_outcome_row(outcome, now))
        held: set[int] = set()
        for columns, rows in alike.items():
            given = {"token": token, "now": now, "outcomes": json.dumps(rows, default=datetime.isoformat)}
            held.update(self._connection.scalars(_record_statement(columns), given))
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
                sent=_parts(parts),
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
            _REVIVE,
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


@cache
def _record_statement(columns: tuple[str, ...]) -> sa.TextClause:
    """Return the one statement for all outcomes that write the same columns.

    Building and sending one for each outcome took a quarter of a worker's processor time in a run of price changes.

    Raises:
        KeyError: A column that ``listing`` does not have.
    """
    more = "".join(f", {name} = o.{name}" for name in (_LISTING.c[column].name for column in columns))
    return sa.text(f"""
UPDATE listing AS l
   SET lease_token = NULL,
       starts = 0,
       deaths = 0,
       due_at = CASE WHEN l.wish = o.wish THEN o.due_at ELSE :now END,
       state = CASE WHEN l.wish = o.wish THEN o.state ELSE '{ListingState.WORKING.value}' END,
       problems = o.problems,
       attempts = CASE WHEN l.wish = o.wish THEN o.attempts ELSE 0 END{more}
  FROM jsonb_populate_recordset(CAST(NULL AS listing), CAST(:outcomes AS jsonb)) AS o
 WHERE l.id = o.id AND l.lease_token = :token
RETURNING l.id
""")  # noqa: S608 - the names are those of our own table


def _parts(parts: Mapping[Part, str]) -> dict[str, str]:
    return {part.value: value for part, value in parts.items()}


def pending_json(
    pending: Pending, begun_at: datetime | None, parts: Mapping[Part, str] | None = None
) -> dict[str, Any]:
    """Write a Pending as the row keeps it, with when its publish began; None for what a withdrawal left hidden.

    ``parts`` are the fingerprints of what the publish carries, where that is known.
    """
    return {
        "progress": dict(pending.progress),
        "check_after_s": pending.check_after.total_seconds(),
        "needs_person": pending.needs_person,
        "begun_at": None if begun_at is None else begun_at.isoformat(),
        "parts": _parts(parts or {}),
    }


def _begun_at(value: dict[str, Any] | None) -> datetime | None:
    text = None if value is None else value.get("begun_at")
    return None if text is None else datetime.fromisoformat(text)


def _pending(value: dict[str, Any] | None) -> Pending | None:
    if value is None:
        return None
    return Pending(
        progress=value["progress"],
        check_after=timedelta(seconds=value["check_after_s"]),
        needs_person=value["needs_person"],
    )


def listing_of(row: sa.Row[Any]) -> Listing:
    """Return the listing a row of its table holds."""
    intent = None
    if row.intent_verb is not None:
        intent = Intent(
            verb=Verb(row.intent_verb),
            since=row.intent_at,
            parts={Part(k): v for k, v in (row.intent_parts or {}).items()},
            unsure_at=row.unsure_at,
        )
    return Listing(
        id=ListingId(row.id),
        seller_id=SellerId(row.seller_id),
        product_id=ProductId(row.product_id),
        account_id=AccountId(row.account_id),
        wanted=Wanted(row.wanted),
        wish=row.wish,
        wished_at=row.wished_at,
        publication=row.publication,
        external_id=None if row.external_id is None else ExternalId(row.external_id),
        remote=row.remote,
        sent={Part(k): v for k, v in row.sent.items()},
        pending=_pending(row.pending),
        intent=intent,
        attempts=row.attempts,
        begun_at=_begun_at(row.pending),
        begun_parts={Part(k): v for k, v in (row.pending or {}).get("parts", {}).items()},
    )
