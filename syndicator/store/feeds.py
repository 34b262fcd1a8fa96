"""The files that some channels read: what was last written of each, and the goods that belong into the next one."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from schemas.ids import AccountId, LeaseToken, ListingId
from schemas.product import Product
from syndicator.domain.listing import Listing, Wanted
from syndicator.store.listing_rows import listing_of
from syndicator.store.tables import ChannelAccount as AccountTable
from syndicator.store.tables import Listing as ListingTable
from syndicator.store.tables import Product as ProductTable
from syndicator.store.tables import table

_ACCOUNT = table(AccountTable)
_LISTING = table(ListingTable)
_PRODUCT = table(ProductTable)
_TOKEN_LENGTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFeed:
    """The file of an account as last written.

    Attributes:
        secret: Random text, made once for an account; the file's address follows from it.
        filename: Last part of the address; None before the first file.
        rows: Rows of the file; 0 before the first.
        sha256: Of its bytes; None before the first file.
        written_at: When it was written; None before the first file.
        may_shrink: An operator said that the next file may have far fewer rows.
    """

    secret: str
    filename: str | None = None
    rows: int = 0
    sha256: str | None = None
    written_at: datetime | None = None
    may_shrink: bool = False

    def rest(self, interval: timedelta, now: datetime) -> timedelta:
        """Return how long the next file must still wait; nothing when it may be written now."""
        if self.written_at is None:
            return timedelta(0)
        return max(timedelta(0), self.written_at + interval - now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProduct:
    """A listing with its product."""

    listing: Listing
    product: Product


def new_feed() -> WrittenFeed:
    """Return the state of an account that has no file yet."""
    return WrittenFeed(secret=secrets.token_hex(16))


def feed_key(account_id: AccountId, secret: str, filename: str) -> str:
    """Return where the file is stored, which is also its address below the public one; nobody can guess it."""
    token = hmac.new(secret.encode(), f"feed/{account_id}".encode(), hashlib.sha256).hexdigest()
    return f"feeds/{account_id}/{token[:_TOKEN_LENGTH]}/{filename}"


class FeedRepository:
    """Reads and writes what is known of the files, and reads the listings that go into them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def of_accounts(self, account_ids: Sequence[AccountId]) -> Mapping[AccountId, WrittenFeed]:
        """Return what was last written, for the accounts that have had a file."""
        rows = self._connection.execute(
            sa.select(_ACCOUNT.c.id, _ACCOUNT.c.feed).where(
                _ACCOUNT.c.id.in_(account_ids), _ACCOUNT.c.feed.is_not(None)
            )
        )
        return {AccountId(row.id): _feed(row.feed) for row in rows}

    def record(self, account_id: AccountId, feed: WrittenFeed) -> None:
        """Write down what was written."""
        written_at = None if feed.written_at is None else feed.written_at.isoformat()
        value = {
            "secret": feed.secret,
            "filename": feed.filename,
            "rows": feed.rows,
            "sha256": feed.sha256,
            "written_at": written_at,
            "may_shrink": feed.may_shrink,
        }
        self._connection.execute(sa.update(_ACCOUNT).where(_ACCOUNT.c.id == account_id).values(feed=value))

    def let_shrink(self, account_id: AccountId) -> None:
        """Allow the account's next file to have far fewer rows; nothing changes where there is no file."""
        allowed = sa.literal({"may_shrink": True}, type_=_ACCOUNT.c.feed.type)
        self._connection.execute(
            sa.update(_ACCOUNT)
            .where(_ACCOUNT.c.id == account_id, _ACCOUNT.c.feed.is_not(None))
            .values(feed=_ACCOUNT.c.feed.op("||")(allowed))
        )

    def join_due(
        self, account_id: AccountId, *, token: LeaseToken, now: datetime, until: datetime, most: int
    ) -> int:
        """Put the account's other due listings under the lease ``token``; return how many: one file carries them all.

        Listings that another worker holds stay where they are.
        """
        due = (
            sa.select(_LISTING.c.id)
            .where(
                _LISTING.c.account_id == account_id,
                _LISTING.c.due_at <= now,
                _LISTING.c.lease_token.is_(None),
            )
            .order_by(_LISTING.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        joined = self._connection.execute(
            sa.update(_LISTING)
            .where(_LISTING.c.id.in_(due.scalar_subquery()))
            .values(lease_token=token, due_at=until, waits_for_media=False)
        )
        return joined.rowcount

    def page(
        self, account_id: AccountId, beginning: Sequence[ListingId], *, after: ListingId, most: int
    ) -> Sequence[ListedProduct]:
        """Return the next listings wanted live, by id: those already in the file, and those ``beginning`` now.

        A listing that has not begun its own publish stays out, so that whatever is in the file is known to be there.
        """
        rows = self._connection.execute(
            sa.select(_LISTING, _PRODUCT.c.canonical)
            .join(_PRODUCT, _PRODUCT.c.id == _LISTING.c.product_id)
            .where(
                _LISTING.c.account_id == account_id,
                _LISTING.c.wanted == Wanted.LIVE.value,
                sa.or_(_LISTING.c.external_id.is_not(None), _LISTING.c.id.in_(beginning)),
                _LISTING.c.id > after,
            )
            .order_by(_LISTING.c.id)
            .limit(most)
        )
        return [
            ListedProduct(listing=listing_of(row), product=Product.model_validate(row.canonical))
            for row in rows
        ]


def _feed(value: dict[str, Any]) -> WrittenFeed:
    written_at = value["written_at"]
    return WrittenFeed(
        **{**value, "written_at": None if written_at is None else datetime.fromisoformat(written_at)}
    )
