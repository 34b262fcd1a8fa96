"""Dead letters as people see and decide them: grouped by cause, closed one by one with who, when and what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from schemas.ids import AccountId, ListingId
from schemas.product import Product
from syndicator.store.feeds import ListedProduct
from syndicator.store.listing_rows import listing_of
from syndicator.store.tables import ChannelAccount as AccountTable
from syndicator.store.tables import DeadLetter as DeadLetterTable
from syndicator.store.tables import Listing as ListingTable
from syndicator.store.tables import Product as ProductTable
from syndicator.store.tables import Seller as SellerTable
from syndicator.store.tables import table

_DEAD = table(DeadLetterTable)
_LISTING = table(ListingTable)
_ACCOUNT = table(AccountTable)
_PRODUCT = table(ProductTable)
_SELLER = table(SellerTable)
_REPLAY_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('dead-letter/replay', 0))")


class Resolution(StrEnum):
    """How a dead letter was closed."""

    REPLAYED = "replayed"
    DISCARDED = "discarded"
    SUPERSEDED = "superseded"
    """By a success, a newer letter, or work that goes on by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadFilter:
    """Which letters; what is None narrows nothing. ``channel`` is the name or the kind of an account."""

    letter_id: int | None = None
    fingerprint: str | None = None
    seller: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadGroup:
    """The letters that wait for a person for one and the same cause.

    Attributes:
        count: Listings, or messages.
        sellers: How many sellers they belong to; 0 for messages.
        channels: Kinds of channels, sorted.
        example: Number and detail of the newest letter.
    """

    fingerprint: str
    cause: str
    where: str
    is_notice: bool
    count: int
    sellers: int
    channels: tuple[str, ...]
    since: datetime
    last: datetime
    example_id: int
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One dead letter with whose it is; listing, seller and account are None for a message."""

    id: int
    fingerprint: str
    cause: str
    where: str
    detail: str
    is_notice: bool
    at: datetime
    listing_id: ListingId | None
    account_id: AccountId | None
    seller: str | None
    account: str | None
    channel: str | None
    sku: str | None
    message: Mapping[str, Any] | None
    closed_at: datetime | None
    resolution: str | None
    resolved_by: str | None
    reason: str | None
    replay_at: datetime | None

    @property
    def error(self) -> str:
        """Name of the error's class."""
        return self.cause.partition(" ")[0]


class DeadLetterRepository:
    """Reads and closes dead letters; ``AttemptRepository`` writes them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def groups(self, chosen: DeadFilter) -> Sequence[DeadGroup]:
        """Return the causes that wait for a person, the largest first."""
        where = sa.func.coalesce(_DEAD.c.actor, _DEAD.c.step, "")
        newest = sa.func.max(_DEAD.c.id)
        grouped = (
            sa.select(
                _DEAD.c.fingerprint,
                sa.func.min(_DEAD.c.cause).label("cause"),
                sa.func.min(where).label("where"),
                sa.func.bool_or(_DEAD.c.is_notice).label("is_notice"),
                # A listing has one open letter of a cause; a message is nobody's and counts for itself.
                sa.func.count().label("count"),
                sa.func.count(_LISTING.c.seller_id.distinct()).label("sellers"),
                sa.func.array_agg(_ACCOUNT.c.kind.distinct())
                .filter(_ACCOUNT.c.kind.is_not(None))
                .label("channels"),
                sa.func.min(_DEAD.c.at).label("since"),
                sa.func.max(_DEAD.c.at).label("last"),
                newest.label("example_id"),
            )
            .select_from(_joined())
            .where(_DEAD.c.closed_at.is_(None), *_conditions(chosen))
            .group_by(_DEAD.c.fingerprint)
            .cte("grouped")
        )
        rows = self._connection.execute(
            sa.select(grouped, _DEAD.c.detail)
            .join(_DEAD, _DEAD.c.id == grouped.c.example_id)
            .order_by(grouped.c.count.desc(), grouped.c.last.desc())
        )
        return [_group(row) for row in rows]

    def letters(self, chosen: DeadFilter, *, limit: int, with_closed: bool = False) -> Sequence[Letter]:
        """Return letters, newest first; closed ones only where asked for."""
        statement = _letters().where(*_conditions(chosen))
        if not with_closed:
            statement = statement.where(_DEAD.c.closed_at.is_(None))
        rows = self._connection.execute(statement.order_by(_DEAD.c.id.desc()).limit(limit))
        return [_letter(row) for row in rows]

    def open_ids(self, chosen: DeadFilter) -> Sequence[int]:
        """Return the numbers of the open letters, accounts in turn, so that a replay stampedes none of them."""
        turn = sa.func.row_number().over(partition_by=_LISTING.c.account_id, order_by=_DEAD.c.id)
        statement = (
            sa.select(_DEAD.c.id)
            .select_from(_joined())
            .where(_DEAD.c.closed_at.is_(None), *_conditions(chosen))
            .order_by(turn, _DEAD.c.id)
        )
        return list(self._connection.scalars(statement))

    def lock(self, letter_ids: Sequence[int]) -> Sequence[Letter]:
        """Lock those of the letters that are still open, and return them in the order given."""
        rows = self._connection.execute(
            _letters()
            .where(_DEAD.c.id.in_(letter_ids), _DEAD.c.closed_at.is_(None))
            .with_for_update(of=_DEAD)
        )
        found = {row.id: _letter(row) for row in rows}
        return [found[letter_id] for letter_id in letter_ids if letter_id in found]

    def close(
        self,
        letter_ids: Sequence[int],
        resolution: Resolution,
        *,
        by: str,
        reason: str | None,
        now: datetime,
        replay_at: Mapping[int, datetime] | None = None,
    ) -> int:
        """Close open letters with who decided what, and when; return how many."""
        due = replay_at or {}
        rows = [
            {"letter": letter_id, "due": due.get(letter_id), "reason": reason, "by": by, "now": now}
            for letter_id in letter_ids
        ]
        if not rows:
            return 0
        return self._connection.execute(
            sa.update(_DEAD)
            .where(_DEAD.c.id == sa.bindparam("letter"), _DEAD.c.closed_at.is_(None))
            .values(
                closed_at=sa.bindparam("now"),
                resolution=resolution.value,
                resolved_by=sa.bindparam("by"),
                reason=sa.bindparam("reason"),
                replay_at=sa.bindparam("due", type_=_DEAD.c.replay_at.type),
            ),
            rows,
        ).rowcount

    def replays_end(self) -> datetime | None:
        """Take the only right to replay until the transaction ends; return when the last listing replayed falls due."""
        self._connection.execute(_REPLAY_LOCK)
        last: datetime | None = self._connection.scalar(
            sa.select(sa.func.max(_DEAD.c.replay_at)).where(_DEAD.c.replay_at.is_not(None))
        )
        return last

    def listed(self, listing_ids: Sequence[ListingId]) -> Mapping[ListingId, ListedProduct]:
        """Return the listings of letters with their products."""
        rows = self._connection.execute(
            sa.select(_LISTING, _PRODUCT.c.canonical)
            .join(_PRODUCT, _PRODUCT.c.id == _LISTING.c.product_id)
            .where(_LISTING.c.id.in_(listing_ids))
        )
        return {
            ListingId(row.id): ListedProduct(
                listing=listing_of(row), product=Product.model_validate(row.canonical)
            )
            for row in rows
        }


def _joined() -> sa.FromClause:
    return (
        _DEAD.outerjoin(_LISTING, _LISTING.c.id == _DEAD.c.listing_id)
        .outerjoin(_ACCOUNT, _ACCOUNT.c.id == _LISTING.c.account_id)
        .outerjoin(_SELLER, _SELLER.c.id == _LISTING.c.seller_id)
        .outerjoin(_PRODUCT, _PRODUCT.c.id == _LISTING.c.product_id)
    )


def _letters() -> sa.Select[Any]:
    return sa.select(
        _DEAD,
        _LISTING.c.account_id,
        _SELLER.c.code.label("seller_code"),
        _ACCOUNT.c.name.label("account_name"),
        _ACCOUNT.c.kind,
        _PRODUCT.c.sku,
    ).select_from(_joined())


def _conditions(chosen: DeadFilter) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if chosen.letter_id is not None:
        wanted.append(_DEAD.c.id == chosen.letter_id)
    if chosen.fingerprint is not None:
        wanted.append(_DEAD.c.fingerprint == chosen.fingerprint)
    if chosen.seller is not None:
        wanted.append(_SELLER.c.code == chosen.seller)
    if chosen.channel is not None:
        wanted.append(sa.or_(_ACCOUNT.c.name == chosen.channel, _ACCOUNT.c.kind == chosen.channel))
    return wanted


def _group(row: sa.Row[Any]) -> DeadGroup:
    return DeadGroup(
        fingerprint=row.fingerprint,
        cause=row.cause,
        where=row.where,
        is_notice=row.is_notice,
        count=row._mapping["count"],  # noqa: SLF001 - "count" is also a method of a row
        sellers=row.sellers,
        channels=tuple(sorted(row.channels or ())),
        since=row.since,
        last=row.last,
        example_id=row.example_id,
        example=row.detail,
    )


def _letter(row: sa.Row[Any]) -> Letter:
    return Letter(
        id=row.id,
        fingerprint=row.fingerprint,
        cause=row.cause,
        where=row.actor or row.step or "",
        detail=row.detail,
        is_notice=row.is_notice,
        at=row.at,
        listing_id=None if row.listing_id is None else ListingId(row.listing_id),
        account_id=None if row.account_id is None else AccountId(row.account_id),
        seller=row.seller_code,
        account=row.account_name,
        channel=row.kind,
        sku=row.sku,
        message=row.message,
        closed_at=row.closed_at,
        resolution=row.resolution,
        resolved_by=row.resolved_by,
        reason=row.reason,
        replay_at=row.replay_at,
    )
