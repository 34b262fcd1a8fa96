"""Graph parameters: query, form, multipart and JSON bodies all mean the same; lists and objects may be JSON text."""

import json
import re
from typing import Any, Final

from adapters.testing.sandbox.exchange import Call, Incoming
from adapters.testing.sandbox.graph.errors import bad_parameter

_INDEXED: Final = re.compile(r"^(\w+)\[(\d+)\]$")
_TRUE: Final = {"true", "1"}
_FALSE: Final = {"false", "0"}


def gather(request: Incoming) -> dict[str, Any]:
    """Merge query and body into one mapping, the body winning; ``name[0]`` keys become a list under ``name``."""
    merged: dict[str, Any] = dict(request.query)
    if isinstance(request.body, dict):
        merged |= request.body
    indexed = [(match, merged[key]) for key in list(merged) if (match := _INDEXED.match(key))]
    for match, value in sorted(indexed, key=lambda pair: int(pair[0][2])):
        merged.pop(match[0])
        merged.setdefault(match[1], []).append(value)
    return merged


def text(call: Call, name: str) -> str | None:
    """Return a text parameter, None when it was not given."""
    value = call.params.get(name)
    return None if value is None else str(value)


def flag(call: Call, name: str, *, default: bool) -> bool:
    """Read a boolean.

    Raises:
        Refused: It is written otherwise than Graph reads it (``False`` is the facebook-sdk slip of meta.md §6.2).
    """
    value = call.params.get(name)
    if value is None:
        return default
    if isinstance(value, bool):
        return value
    if str(value) in _TRUE:
        return True
    if str(value) in _FALSE:
        return False
    raise bad_parameter(f"Param {name} must be a boolean")


def number(call: Call, name: str) -> int | None:
    """Read a whole number.

    Raises:
        Refused: It is none.
    """
    value = call.params.get(name)
    if value is None:
        return None
    try:
        return int(str(value))
    except ValueError:
        raise bad_parameter(f"Param {name} must be an integer") from None


def items(call: Call, name: str) -> list[Any] | None:
    """Read a list: JSON array, JSON text of one, indexed keys, or comma-separated ids.

    Raises:
        Refused: It is no list.
    """
    value = call.params.get(name)
    if value is None or isinstance(value, list):
        return value
    if str(value).lstrip().startswith("["):
        try:
            return list(json.loads(str(value)))
        except ValueError:
            raise bad_parameter(f"Param {name} must be an array") from None
    return [part.strip() for part in str(value).split(",") if part.strip()]


def record(value: Any, name: str) -> dict[str, Any]:
    """Read one object of a list: an object or its JSON text.

    Raises:
        Refused: It is no object, such as the bare word ``media_fbid`` (meta.md §6.2).
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, dict):
        raise bad_parameter(f"Param {name} must be an array of objects")
    return value
