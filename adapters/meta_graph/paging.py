"""Paging by hand with ``after`` cursors, bounded, for lists whose order Meta does not promise."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from adapters.errors import Transient
from adapters.meta_graph.session import Wire
from schemas.listing import Marker

CLOCK_SKEW: Final = timedelta(minutes=2)
"""How much earlier than our attempt the channel may have dated its effect. Source: meta.md section 1.4, assumed."""
PAGES_AT_LEAST: Final = 2
"""Pages read however old the first one is: newest-first is usual but not promised."""
PAGES_AT_MOST: Final = 50

Entry = TypeVar("Entry")


class Cursors(Wire):
    """Where a page ends."""

    after: str | None = None


class Paging(Wire):
    """How a list goes on; ``next`` is looked at only for being there."""

    cursors: Cursors = Cursors()
    next: str | None = None

    @property
    def following(self) -> str | None:
        """Cursor of the next page; None on the last one."""
        return self.cursors.after if self.next else None


def entries_since(
    read: Callable[[str | None], tuple[Sequence[Entry], str | None]],
    when: Callable[[Entry], datetime],
    since: datetime,
) -> Iterator[Entry]:
    """Yield the entries of a list made after ``since``, less the clock skew.

    ``read`` takes a cursor and returns a page and the next cursor; a page may be empty and have a next one.

    Raises:
        Transient: The list did not end within the bound, so "not found" would prove nothing.
        ChannelError: As ``read`` raises it.
    """
    horizon = since - CLOCK_SKEW
    cursor: str | None = None
    for number in range(1, PAGES_AT_MOST + 1):
        entries, cursor = read(cursor)
        yield from (entry for entry in entries if when(entry) >= horizon)
        is_old = bool(entries) and all(when(entry) < horizon for entry in entries)
        if cursor is None or (is_old and number >= PAGES_AT_LEAST):
            return
    raise Transient(
        f"more than {PAGES_AT_MOST} pages of listings are newer than the attempt; look again later"
    )


def carries(text: str | None, marker: Marker) -> bool:
    """Say whether a text holds the marker's token as a word of its own."""
    return bool(text) and re.search(rf"(?<![0-9A-Za-z]){marker.token}(?![0-9A-Za-z])", text or "") is not None
