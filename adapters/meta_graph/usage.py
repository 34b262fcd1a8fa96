"""What the usage headers of the Graph API say about waiting."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any


def regain_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long the channel asks us to wait; None when it does not say.

    Units: ``estimated_time_to_regain_access`` of ``X-Business-Use-Case-Usage`` counts minutes, ``Retry-After``
    seconds. The longest wait named for any object counts.
    Source: docs/channels/meta.md section 4.3 (documented; ``Retry-After`` is assumed).
    """
    minutes = max(_minutes(headers.get("x-business-use-case-usage", "")), default=0)
    if minutes > 0:
        return timedelta(minutes=minutes)
    seconds = headers.get("retry-after", "")
    return timedelta(seconds=int(seconds)) if seconds.isascii() and seconds.isdigit() else None


def _minutes(header: str) -> Iterator[float]:
    """Yield every wait the header names; a header of another shape names none."""
    try:
        usage: Any = json.loads(header)
    except ValueError:
        return
    if not isinstance(usage, dict):
        return
    for entries in usage.values():
        for entry in entries if isinstance(entries, list) else []:
            wait = entry.get("estimated_time_to_regain_access") if isinstance(entry, dict) else None
            if isinstance(wait, int | float):
                yield wait
