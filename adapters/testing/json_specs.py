"""Requests against an OpenAPI description (MyShop) and against the market's own JSON schema."""

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator

Entry = Mapping[str, Any]
_PLACEHOLDER: Final = re.compile(r"\{[^}]+\}")


class OpenApiSpecs:
    """One OpenAPI 3.0 document. Objects with named properties are closed: an extra property is a violation."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = closed(document)
        self._paths = [
            (re.compile(_PLACEHOLDER.sub("([^/]+)", path) + "$"), path) for path in self._document["paths"]
        ]

    def violations(self, entry: Entry) -> list[str]:
        """Return what is wrong with a request."""
        operation = self._operation(entry)
        if operation is None:
            return ["the description has no such call"]
        return [*self._query(operation, entry), *self._path(operation), *self._body(operation, entry)]

    def _operation(self, entry: Entry) -> dict[str, Any] | None:
        for pattern, path in self._paths:
            if pattern.match(entry["path"]):
                operation: dict[str, Any] | None = self._document["paths"][path].get(entry["method"].lower())
                if operation is not None:
                    return operation | {"_values": pattern.match(entry["path"]), "_path": path}
        return None

    def _query(self, operation: Mapping[str, Any], entry: Entry) -> Iterator[str]:
        known = {
            one["name"]: one["schema"] for one in operation.get("parameters", []) if one["in"] == "query"
        }
        for name, value in entry["query"].items():
            if name not in known:
                yield f"unknown query parameter {name}"
            else:
                yield from self._invalid(_typed(value, known[name]), known[name], f"query parameter {name}")

    def _path(self, operation: Mapping[str, Any]) -> Iterator[str]:
        names = [name.strip("{}") for name in _PLACEHOLDER.findall(operation["_path"])]
        schemas = {
            one["name"]: one["schema"] for one in operation.get("parameters", []) if one["in"] == "path"
        }
        for name, value in zip(names, operation["_values"].groups(), strict=True):
            if name in schemas:
                yield from self._invalid(
                    _typed(value, schemas[name]), schemas[name], f"path parameter {name}"
                )

    def _body(self, operation: Mapping[str, Any], entry: Entry) -> Iterator[str]:
        described = operation.get("requestBody")
        if described is None:
            if entry["body"] is not None:
                yield "a body is sent where none is described"
            return
        if entry["body"] is None:
            yield "the described body is missing"
            return
        yield from self._invalid(entry["body"], described["content"]["application/json"]["schema"], "body")

    def _invalid(self, value: Any, schema: Mapping[str, Any], where: str) -> Iterator[str]:
        whole = {**schema, "components": self._document["components"]}
        for error in Draft202012Validator(whole).iter_errors(value):
            yield f"{where} {error.json_path}: {error.message}"


class MarketSpecs:
    """The market's own description: calls, query names, body schemas."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def violations(self, entry: Entry) -> list[str]:
        """Return what is wrong with a request."""
        operation = self._document["operations"].get(f"{entry['method']} {entry['path']}")
        if operation is None:
            return ["the description has no such call"]
        known = {*operation["query"], *self._document["signing_query"]}
        unknown = [f"unknown query parameter {name}" for name in entry["query"] if name not in known]
        return [*unknown, *self._body(operation, entry)]

    def _body(self, operation: Mapping[str, Any], entry: Entry) -> Iterator[str]:
        schema = operation.get("body")
        if schema is None:
            if entry["body"] is not None:
                yield "a body is sent where none is described"
            return
        whole = {**schema, "definitions": self._document["definitions"]}
        for error in Draft202012Validator(whole).iter_errors(entry["body"]):
            yield f"body {error.json_path}: {error.message}"


def _typed(value: Any, schema: Mapping[str, Any]) -> Any:
    """Read the text of a query or path as the described type; what cannot be read stays text and fails there."""
    if schema.get("type") == "array":
        values = value if isinstance(value, list) else [value]
        return [_typed(one, schema.get("items", {})) for one in values]
    if schema.get("type") == "integer" and str(value).isdecimal():
        return int(value)
    return value


def closed(node: Any) -> Any:
    """Return a copy of a description in which an object schema takes no property it does not name."""
    if isinstance(node, list):
        return [closed(one) for one in node]
    if not isinstance(node, dict):
        return copy.copy(node)
    result = {name: closed(value) for name, value in node.items()}
    if result.get("type") == "object" and isinstance(result.get("properties"), dict):
        result.setdefault("additionalProperties", False)
    return result
