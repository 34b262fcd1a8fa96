"""How far the orders of an account have been read: a window of time, moved on so that nothing slips between two pages. Pure.

An order that changes while pages are read moves to where its new time belongs. Where a page comes sorted by time, oldest first, the
next one therefore begins at the last time seen and not at an offset: what moved behind it comes again, and nothing moves before it.
Where only an offset leads on, pages overlap, and the window is begun anew if the last order of the page before is not met again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from adapters.emarket.market import Page
from schemas.orders import ChannelOrder

RESOLUTION: Final = timedelta(seconds=1)
"""Markets tell times in whole seconds, and not all of them say whether the ends of a window belong to it."""
_REPEATED_SHARE: Final = 5
"""Where only offsets lead on, a fifth of a page is read again: so many orders may leave the window between two pages."""
_MOST_RESTARTS: Final = 20
"""A market that gives another order each time cannot be read better by beginning again."""


class WindowTooFull(Exception):
    """More orders changed in one moment than the market's ceiling lets anybody read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where the next page begins.

    Attributes:
        after: Changes from here on.
        before: The end of the window that is being read; None where the next window is not open yet.
        offset: Orders of the window to skip.
        newest: The newest change seen since the last poll ended; times of the market's clock.
        last: The order that ended the page before and must come again, where an offset led on.
        restarts: How often the window was begun anew.
    """

    after: datetime
    before: datetime | None = None
    offset: int = 0
    newest: datetime | None = None
    last: str | None = None
    restarts: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return what ``from_json`` reads."""
        return {
            "after": self.after.isoformat(),
            "before": None if self.before is None else self.before.isoformat(),
            "offset": self.offset,
            "newest": None if self.newest is None else self.newest.isoformat(),
            "last": self.last,
            "restarts": self.restarts,
        }

    @classmethod
    def from_json(cls, cursor: Mapping[str, Any]) -> "Position":
        """Read what ``as_json`` wrote."""
        before, newest = cursor.get("before"), cursor.get("newest")
        return cls(
            after=datetime.fromisoformat(cursor["after"]),
            before=None if before is None else datetime.fromisoformat(before),
            offset=int(cursor.get("offset", 0)),
            newest=None if newest is None else datetime.fromisoformat(newest),
            last=cursor.get("last"),
            restarts=int(cursor.get("restarts", 0)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """How the market lets time and pages be chosen; ``overlap`` is how far a poll looks back."""

    page: Page
    overlap: timedelta
    oldest_first: bool

    def opened(self, position: Position, now: datetime) -> Position:
        """Give a position the end of its window: as far as the market allows, a little ahead of our clock at most.

        The market's clock may be ahead of ours by as much as the overlap.
        """
        if position.before is not None:
            return position
        latest = max(now + self.overlap, position.after + RESOLUTION)
        most = self.page.max_window_s
        before = latest if most is None else min(latest, position.after + timedelta(seconds=most))
        return replace(position, before=before)

    def following(
        self, position: Position, orders: Sequence[ChannelOrder], now: datetime
    ) -> tuple[Position, bool]:
        """Return where it goes on behind a page, and whether more waits now.

        Raises:
            WindowTooFull: The offset has reached its ceiling in a window that cannot be made smaller.
        """
        times = [order.updated_at for order in orders]
        seen = replace(
            position, newest=max([*times, *([position.newest] if position.newest else [])], default=None)
        )
        if self._has_slipped(seen, orders):
            return replace(seen, offset=0, last=None, restarts=seen.restarts + 1), True
        if len(orders) >= self.page.size:
            return self._next_page(seen, orders), True
        return self._next_window(seen, now)

    def _has_slipped(self, seen: Position, orders: Sequence[ChannelOrder]) -> bool:
        """Say whether orders may have moved from this page to the one before after that was read."""
        is_met = seen.last is None or any(order.reference == seen.last for order in orders)
        return not is_met and seen.restarts < _MOST_RESTARTS

    def _next_page(self, seen: Position, orders: Sequence[ChannelOrder]) -> Position:
        times = [order.updated_at for order in orders]
        last = times[-1] - RESOLUTION
        is_sorted = self.oldest_first and all(earlier <= later for earlier, later in pairwise(times))
        if is_sorted and last > seen.after:
            return replace(seen, after=last, offset=0, last=None)
        # A page of one order cannot overlap.
        repeated = 0 if self.page.size == 1 else max(1, self.page.size // _REPEATED_SHARE)
        offset = seen.offset + self.page.size - repeated
        ceiling = self.page.max_offset
        if ceiling is None or offset <= ceiling:
            return replace(seen, offset=offset, last=orders[-1].reference if repeated else None)
        return self._halved(seen)

    def _halved(self, seen: Position) -> Position:
        """Split the window and begin its first half anew, whatever order the orders come in."""
        end = seen.before or seen.after
        # What has not happened yet fills nothing.
        end = min(end, seen.newest or end)
        half = (end - seen.after) / 2
        if half < RESOLUTION:
            raise WindowTooFull
        return replace(seen, before=seen.after + half, offset=0, last=None)

    def _next_window(self, seen: Position, now: datetime) -> tuple[Position, bool]:
        end = seen.before or now
        if end >= now:
            # From here the market's own times lead on: its clock need not be ours.
            after = seen.after if seen.newest is None else seen.newest - self.overlap
            return Position(after=after), False
        # Only near the present may a list still lag.
        back = RESOLUTION if end <= now - self.overlap else self.overlap
        back = min(back, (end - seen.after) / 2)
        return Position(after=end - back, newest=seen.newest), True
