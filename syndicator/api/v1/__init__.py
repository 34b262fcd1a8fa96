"""The HTTP API for other systems, version 1: one module for each kind of thing, one class of routes for all."""

from typing import Final

from fastapi import APIRouter

from syndicator.api.v1 import (
    accounts,
    audit,
    centres,
    exports,
    imports,
    jobs,
    keys,
    listings,
    media,
    orders,
    products,
    sellers,
    stock,
    webhooks,
)

_PARTS: Final = (
    *(sellers, centres, keys, accounts, media, products, listings),
    *(stock, orders, jobs, imports, exports, webhooks, audit),
)


def router() -> APIRouter:
    """Return every route of the API."""
    whole = APIRouter()
    for part in _PARTS:
        whole.include_router(part.router)
    return whole
