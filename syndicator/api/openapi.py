"""The description of the API as it is published: every operation with the refusals it may answer."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from schemas.product_document import ProductDocument
from syndicator.api.problems import MEDIA_TYPE, ProblemDocument

SUMMARY: Final = "Describe a product once, keep it true on every channel."
_REFUSALS: Final = {
    "400": "The request cannot be read.",
    "401": "There is no valid key.",
    "403": "The key may not do this.",
    "404": "There is nothing of that name within the key's reach.",
    "422": "The content is not valid; every problem is told at once.",
    "429": "Too many requests; Retry-After says when to go on.",
    "503": "Not ready for a moment; Retry-After says when to go on.",
}
_REFUSALS_OF_WRITES: Final = {
    "408": "The body did not come in time.",
    "409": "It does not fit the present state, or its Idempotency-Key was used.",
    "412": "What is stored is not what the request expects; nothing was stored.",
    "413": "The body is too large.",
    "415": "The Content-Type is not one that this address takes.",
}
_PROBLEM: Final = {"$ref": "#/components/schemas/ProblemDocument"}


def describe(api: FastAPI) -> None:
    """Let the application publish the complete description."""

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = _described(api)
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]


def _described(api: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=api.title, version=api.version, summary=SUMMARY, routes=api.routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for model in (ProblemDocument, ProductDocument):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operations in document.get("paths", {}).values():
        for method, operation in operations.items():
            _add_refusals(operation, is_write=method not in {"get", "head"})
    return document


def _add_refusals(operation: dict[str, Any], *, is_write: bool) -> None:
    refusals = _REFUSALS | (_REFUSALS_OF_WRITES if is_write else {})
    for status, why in refusals.items():
        operation["responses"][status] = {
            "description": why,
            "content": {MEDIA_TYPE: {"schema": _PROBLEM}},
        }
