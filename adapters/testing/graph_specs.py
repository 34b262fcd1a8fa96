"""Requests against Meta's API specs: the edge exists, its parameters are known, their values plausible.

Meta's files leave things out (meta.md §0); what is missing there and used all the same is allowed below by name,
each with where it is documented.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

Entry = Mapping[str, Any]

_VERSION: Final = re.compile(r"^v\d+\.\d+$")
_INDEXED: Final = re.compile(r"^(\w+)\[\d+\]$")
_LIST: Final = re.compile(r"^list<(.+)>$")
_FIELD: Final = re.compile(r"\w+")

_NODE_SHAPES: Final = (
    (re.compile(r"^10\d{13}$"), "Page"),
    (re.compile(r"^10\d{13}_\d+$"), "PagePost"),
    (re.compile(r"^12\d{13}$"), "Photo"),
    (re.compile(r"^\d+_\d+$"), "Comment"),
    (re.compile(r"^17841\d{12}$"), "IGUser"),
    (re.compile(r"^1790\d{13}$"), "ShadowIGMediaBuilder"),
    (re.compile(r"^180[01]\d{13}$"), "IGMedia"),
    (re.compile(r"^1810\d{13}$"), "IGComment"),
)
"""What an id names, by the shapes the sandbox gives its ids."""

_EVERYWHERE: Final = {"access_token", "appsecret_proof", "fields"}
"""Parameters of every call (meta.md §1.1 read-after-write, §4.5)."""
_PAGING: Final = {"limit", "after", "before"}
"""Cursor paging of every list (meta.md §1.4); the specs name only some."""
_EXTRA_PARAMS: Final[Mapping[tuple[str, str, str], frozenset[str]]] = {
    ("Page", "POST", "photos"): frozenset({"source"}),  # Multipart upload: meta.md §0.
    ("IGUser", "POST", "media"): frozenset({"is_ai_generated"}),  # Newer than the specs: meta.md §2.2.
    ("IGUserForIGOnlyAPI", "POST", "media"): frozenset({"is_ai_generated"}),
}
_EXTRA_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "Page": frozenset({"tasks"}),  # Field of /me/accounts answers: meta.md §1.2.
}
_EDGE_SPELLINGS: Final = {("IGUserForIGOnlyAPI", "media_publish"): "mediapublish"}
"""Docs and clients write ``media_publish`` on both hosts: meta.md §0."""
_INSTAGRAM_ONLY: Final = {"IGUser": "IGUserForIGOnlyAPI", "IGMedia": "IGMediaForIGOnlyAPI"}
_RETURNS: Final = {
    "Media": "IGMediaForIGOnlyAPI",
    "IGGraphMedia": "IGMediaForIGOnlyAPI",
    "User": "IGUserForIGOnlyAPI",
}
_ACCOUNT_CALLS: Final[Mapping[str, frozenset[str]]] = {
    # User node, OAuth and token inspection are not among the files; meta.md §1.2, §2.1 describe them.
    "GET me/accounts": frozenset({"fields", "limit"}),
    "GET me/permissions": frozenset(),
    "GET debug_token": frozenset({"input_token"}),
    "GET oauth/access_token": frozenset({"grant_type", "client_id", "client_secret", "fb_exchange_token"}),
    "GET refresh_access_token": frozenset({"grant_type"}),
}


class GraphSpecs:
    """Meta's node files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        enums = json.loads((folder / "enum_types.subset.json").read_text(encoding="utf-8"))
        self._enums: dict[str, set[str]] = {enum["name"]: set(enum["values"]) for enum in enums}
        self._node = cache(self._read_node)

    def violations(self, entry: Entry) -> list[str]:
        """Return what is wrong with a request."""
        segments = [part for part in entry["path"].split("/") if part]
        if segments and _VERSION.match(segments[0]):
            segments = segments[1:]
        account_call = _ACCOUNT_CALLS.get(f"{entry['method']} {'/'.join(segments)}")
        if account_call is not None:
            names = set(_parameters(entry)) - account_call - _EVERYWHERE
            return [f"unknown parameter {name}" for name in sorted(names)]
        node = _node_of(segments, entry["mount"])
        if node is None:
            return ["no described node has such an id"]
        return self._check(node, "/".join(segments[1:]), entry)

    def _check(self, node: str, edge: str, entry: Entry) -> list[str]:
        operation = self._operation(node, entry["method"], edge)
        if operation is None:
            return [f"{node} has no {entry['method']} {edge or 'on the node itself'}"]
        return [
            *self._unknown_or_wrong(node, edge, operation, entry),
            *_missing(operation, entry),
            *self._unknown_fields(node, edge, operation, entry),
        ]

    def _operation(self, node: str, method: str, edge: str) -> dict[str, Any] | None:
        wanted = _EDGE_SPELLINGS.get((node, edge), edge)
        own = {"GET": "#get", "POST": "#update", "DELETE": "#delete"}.get(method, "")
        for api in self._node(node)["apis"]:
            if api["method"] == method and (api.get("endpoint") or api.get("name")) == (wanted or own):
                found: dict[str, Any] = api
                return found
        return None

    def _unknown_or_wrong(
        self, node: str, edge: str, operation: Mapping[str, Any], entry: Entry
    ) -> Iterator[str]:
        known = {param["name"]: param["type"] for param in operation["params"]}
        method = entry["method"]
        free = _EVERYWHERE | _EXTRA_PARAMS.get((node, method, edge), frozenset())
        free |= _PAGING if method == "GET" and edge else frozenset()
        for name, value in _parameters(entry).items():
            if name in known:
                yield from self._implausible(name, value, known[name])
            elif name not in free:
                yield f"unknown parameter {name}"

    def _implausible(self, name: str, value: Any, kind: str) -> Iterator[str]:
        if kind in self._enums:
            if str(value) not in self._enums[kind]:
                yield f"parameter {name}: {value!r} is not one of {sorted(self._enums[kind])}"
            return
        element = _LIST.match(kind)
        if element:
            yield from self._implausible_list(name, value, element[1])
        elif not _PLAUSIBLE.get(kind, _anything)(value):
            yield f"parameter {name}: {value!r} is no {kind}"

    def _implausible_list(self, name: str, value: Any, kind: str) -> Iterator[str]:
        values = _as_list(value)
        if values is None:
            yield f"parameter {name}: {value!r} is no list"
            return
        for one in values:
            yield from self._implausible(name, one, kind)

    def _unknown_fields(
        self, node: str, edge: str, operation: Mapping[str, Any], entry: Entry
    ) -> Iterator[str]:
        asked = _parameters(entry).get("fields")
        if not asked:
            return
        returned = self._returned(node, edge, operation)
        described = self._node(returned)
        known = {field["name"] for field in described["fields"]} | _EXTRA_FIELDS.get(returned, frozenset())
        known |= {api.get("endpoint") or "" for api in described["apis"]} | {"id", "post_id"}
        for field in _top_level(str(asked)):
            if field not in known:
                yield f"{returned} has no field {field}"

    def _returned(self, node: str, edge: str, operation: Mapping[str, Any]) -> str:
        if (node, edge, operation["method"]) == ("Page", "feed", "POST"):
            # The file says Page; what is created and read back is the post (meta.md §1.1).
            return "PagePost"
        named = _RETURNS.get(operation["return"], operation["return"])
        return named if (self._folder / f"{named}.json").exists() else node

    def _read_node(self, node: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self._folder / f"{node}.json").read_text(encoding="utf-8"))
        return content


def _node_of(segments: list[str], mount: str) -> str | None:
    name = segments[0] if segments else ""
    is_instagram_host = mount == "/graph-instagram"
    if name == "me":
        return "IGUserForIGOnlyAPI" if is_instagram_host else "Page"
    node = next((node for shape, node in _NODE_SHAPES if shape.match(name)), None)
    return _INSTAGRAM_ONLY.get(node, node) if node and is_instagram_host else node


def _parameters(entry: Entry) -> dict[str, Any]:
    """Merge query, body and file names; ``name[0]`` keys become a list."""
    body = entry["body"] if isinstance(entry["body"], Mapping) else {}
    merged: dict[str, Any] = {}
    for name, value in {**entry["query"], **body, **entry.get("files", {})}.items():
        indexed = _INDEXED.match(name)
        if indexed:
            merged.setdefault(indexed[1], []).append(value)
        else:
            merged[name] = value
    return merged


def _missing(operation: Mapping[str, Any], entry: Entry) -> Iterator[str]:
    given = _parameters(entry)
    for param in operation["params"]:
        if param.get("required") and param["name"] not in given and param["name"] not in _EVERYWHERE:
            yield f"required parameter {param['name']} is missing"


def _top_level(fields: str) -> Iterator[str]:
    """Yield the names outside braces and parentheses."""
    depth, name = 0, ""
    for letter in fields + ",":
        depth += (letter in "{(") - (letter in "})")
        if letter == "," and depth == 0:
            yield from _FIELD.findall(name)[:1]
            name = ""
        else:
            name += letter


def _as_list(value: Any) -> list[Any] | None:
    if isinstance(value, list):
        return value
    if str(value).startswith("["):
        parsed = _json(value)
        return parsed if isinstance(parsed, list) else None
    return str(value).split(",")


def _json(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None


def _anything(_value: Any) -> bool:
    return True


def _is_object(value: Any) -> bool:
    return isinstance(_json(value), dict)


def _is_whole(value: Any) -> bool:
    return not isinstance(value, bool) and str(value).isdecimal()


_PLAUSIBLE: Final[Mapping[str, Callable[[Any], bool]]] = {
    "bool": lambda value: str(value) in {"true", "false", "1", "0"} or isinstance(value, bool),
    "unsigned int": _is_whole,
    "int": lambda value: _is_whole(str(value).removeprefix("-")),
    "string": lambda value: isinstance(value, str | int) and not isinstance(value, bool),
    "Object": _is_object,
    "map": _is_object,
}
