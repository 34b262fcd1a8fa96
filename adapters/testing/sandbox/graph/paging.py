"""Field selection and cursor paging of Graph answers."""

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Final, TypeVar

from adapters.testing.sandbox.exchange import Call
from adapters.testing.sandbox.graph import params
from adapters.testing.sandbox.graph.errors import bad_parameter

Field = Callable[[], Any]
Numbered = TypeVar("Numbered")
_WORD: Final = re.compile(r"\w+")
_DEFAULT_LIMIT: Final = 25
_MAX_LIMIT: Final = 100
"""Source: meta.md §1.4; above it ``/feed`` answers code 100."""


def wanted_fields(call: Call, default: tuple[str, ...]) -> list[str]:
    """Return the names in ``fields=``; what stands in braces or after a dot belongs to the name before it."""
    asked = params.text(call, "fields")
    if not asked:
        return list(default)
    names, name, depth = [], "", 0
    for letter in asked + ",":
        depth += (letter in "{(") - (letter in "})")
        if letter == "," and depth == 0:
            names += _WORD.findall(name)[:1]
            name = ""
        else:
            name += letter
    return [*dict.fromkeys(["id", *names])]


def select(fields: Iterable[str], available: Mapping[str, Field]) -> dict[str, Any]:
    """Return the asked fields that have a value; an unknown one is left out, as Graph leaves out empty ones."""
    values = {name: available[name]() for name in fields if name in available}
    return {name: value for name, value in values.items() if value is not None}


def read_limit(call: Call) -> int:
    """Return ``limit``.

    Raises:
        Refused: It is above 100 or below 1.
    """
    limit = params.number(call, "limit")
    if limit is None:
        return _DEFAULT_LIMIT
    if not 1 <= limit <= _MAX_LIMIT:
        raise bad_parameter(f"Param limit must be between 1 and {_MAX_LIMIT}")
    return limit


def page_of(
    call: Call,
    newest_first: Iterable[Numbered],
    number: Callable[[Numbered], int],
    show: Callable[[Numbered], dict[str, Any]],
) -> dict[str, Any]:
    """Return one page of a list that runs from the newest (highest number) to the oldest.

    Shape: ``{"data": [...], "paging": {"cursors": {"before", "after"}, "next"?}}``; ``next`` carries no token.
    """
    limit = read_limit(call)
    after = _read_cursor(call)
    below = (thing for thing in newest_first if after is None or number(thing) < after)
    found = list(islice(below, limit + 1))
    shown = found[:limit]
    if call.sandbox.options.shuffle_lists:
        call.sandbox.random.shuffle(shown)
    answer: dict[str, Any] = {"data": [show(thing) for thing in shown]}
    if shown:
        numbers = [number(thing) for thing in found[:limit]]
        cursors = {"before": _cursor(numbers[0]), "after": _cursor(numbers[-1])}
        answer["paging"] = {"cursors": cursors}
        if len(found) > limit:
            answer["paging"]["next"] = _next_address(call, limit, cursors["after"])
    return answer


def _cursor(n: int) -> str:
    return base64.urlsafe_b64encode(f"c{n}".encode()).decode().rstrip("=")


def _read_cursor(call: Call) -> int | None:
    text = params.text(call, "after")
    if not text:
        return None
    try:
        return int(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[1:])
    except ValueError:
        raise bad_parameter("Invalid cursor") from None


def _next_address(call: Call, limit: int, after: str) -> str:
    mount = "graph-instagram" if call.params.get("_host") == "instagram" else "graph"
    asked = params.text(call, "fields")
    fields = f"&fields={asked}" if asked else ""
    return f"{call.request.origin}/{mount}{call.request.path}?limit={limit}&after={after}{fields}"
