"""Answers of channels that no error table explains: counted, so that somebody can add the row that is missing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from schemas.ids import ChannelKind, ListingId
from syndicator.store.attempts import AttemptEnd
from syndicator.store.tables import UnlistedAnswer as UnlistedTable
from syndicator.store.tables import table

_UNLISTED = table(UnlistedTable)
_KEY = ("kind", "unlisted_in", "vendor_code", "http_status")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlistedAnswer:
    """One answer nobody has listed.

    ``vendor_code`` is empty where it held no code, ``http_status`` 0 where it was one row of a batch. ``count`` counts
    attempts. ``outcome`` says what the last one was taken for.
    """

    kind: ChannelKind
    unlisted_in: str
    vendor_code: str
    http_status: int
    count: int
    outcome: str
    message: str
    request_id: str | None
    listing_id: ListingId | None
    first_seen_at: datetime
    last_seen_at: datetime


class UnlistedRepository:
    """Counts unlisted answers and ranks them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def note(self, kind: ChannelKind, ends: Mapping[ListingId, AttemptEnd], *, now: datetime) -> None:
        """Count the ends that no table explains; without one nothing is written."""
        news = [(id_, end) for id_, end in ends.items() if end.unlisted_in is not None]
        if not news:
            return
        counts = Counter(_key(kind, end) for _, end in news)
        last = {_key(kind, end): _row(kind, id_, end, now) for id_, end in news}
        # Workers that note the same answers at once must lock the rows in one order.
        rows = [last[key] | {"count": counts[key]} for key in sorted(counts)]
        statement = insert(_UNLISTED).values(rows)
        new = statement.excluded
        latest = ("outcome", "message", "request_id", "listing_id", "last_seen_at")
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=_KEY,
                set_={
                    "count": _UNLISTED.c["count"] + new["count"],
                    **{name: new[name] for name in latest},
                },
            )
        )

    def ranked(self, *, limit: int) -> Sequence[UnlistedAnswer]:
        """Return the answers seen most often first, among equals the latest first."""
        wanted = [column for column in _UNLISTED.c if column.name != "id"]
        rows = self._connection.execute(
            sa.select(*wanted)
            .order_by(_UNLISTED.c["count"].desc(), _UNLISTED.c.last_seen_at.desc(), _UNLISTED.c.id)
            .limit(limit)
        )
        return [UnlistedAnswer(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name of it


def _key(kind: ChannelKind, end: AttemptEnd) -> tuple[str, str, str, int]:
    return kind, end.unlisted_in or "", end.vendor_code or "", end.http_status or 0


def _row(kind: ChannelKind, listing_id: ListingId, end: AttemptEnd, now: datetime) -> dict[str, Any]:
    return dict(zip(_KEY, _key(kind, end), strict=True)) | {
        "outcome": end.outcome,
        "message": end.message or "",
        "request_id": end.request_id,
        "listing_id": listing_id,
        "first_seen_at": now,
        "last_seen_at": now,
    }
