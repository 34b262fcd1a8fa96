"""What the usage headers of the Graph API say about waiting, and about how much of a budget is used."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from adapters.pace import FULL, Usage, json_header
from schemas.pace import PaceScope

LONGEST: Final = timedelta(days=30)
"""Waits beyond this are no waits; the core believes less still."""
_PERCENTAGES: Final = ("call_count", "total_cputime", "total_time")
_MOST_DIGITS: Final = 7


def regain_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long the channel asks us to wait; None when it does not say.

    Units: ``estimated_time_to_regain_access`` of ``X-Business-Use-Case-Usage`` counts minutes, ``Retry-After``
    seconds. The longest wait named for any object counts.
    Source: docs/channels/meta.md section 4.3 (documented; ``Retry-After`` is assumed).
    """
    minutes = max(map(_minutes, _entries(headers)), default=0.0)
    if minutes > 0:
        return _capped(minutes)
    seconds = headers.get("retry-after", "").strip()
    is_sensible = seconds.isascii() and seconds.isdigit() and len(seconds) <= _MOST_DIGITS
    return min(timedelta(seconds=int(seconds)), LONGEST) if is_sensible else None


def usages(headers: Mapping[str, str]) -> Sequence[Usage]:
    """Read the per cent used: of our app, and of the account's own bucket. An absent header is no news, not zero.

    The fullest of the three counters decides, as any of them at 100 throttles. Objects of the header are buckets of
    the account we call for: a call carries one Page's or one user's token.
    Source: docs/channels/meta.md section 4.3, documented. ``X-Ad-Account-Usage`` is for ads only, which we do not call.
    """
    found = []
    app = json_header(headers.get("x-app-usage", ""))
    if isinstance(app, dict) and (percent := _percent(app)) > 0:
        found.append(Usage(scope=PaceScope.APP, percent=percent))
    for entry in _entries(headers):
        minutes = _minutes(entry)
        wait = _capped(minutes) if minutes > 0 else None
        percent = max(_percent(entry), FULL if wait else 0.0)
        if percent > 0:
            found.append(Usage(scope=PaceScope.ACCOUNT, percent=percent, regain_after=wait))
    return found


def _entries(headers: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Yield every entry of the business header; one of another shape has none."""
    usage = json_header(headers.get("x-business-use-case-usage", ""))
    for entries in usage.values() if isinstance(usage, dict) else ():
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                yield entry


def _percent(entry: Mapping[str, Any]) -> float:
    return max(_sensible(entry.get(name)) for name in _PERCENTAGES)


def _minutes(entry: Mapping[str, Any]) -> float:
    return _sensible(entry.get("estimated_time_to_regain_access"))


def _capped(minutes: float) -> timedelta:
    return timedelta(minutes=min(minutes, LONGEST / timedelta(minutes=1)))


def _sensible(value: Any) -> float:
    """Read a number that is one; anything else, endless ones too, is 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    try:
        number = float(value)
    except OverflowError:
        return 0.0
    return number if math.isfinite(number) else 0.0
