from collections.abc import Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from adapters.errors import AuthExpired
from adapters.http import classify_transport
from adapters.line_shop import limits, wire
from adapters.line_shop.errors import Operation, classify, has_error_inside, key_refused, unreadable
from adapters.line_shop.order_wire import ORDER, ORDERS, OrderListPage, RemoteOrder
from adapters.line_shop.wire import ProductPage, RemoteProduct

_T = TypeVar("_T")
_PREFIX: Final = "/myshop/v1"
_PRODUCTS: Final = "/products"
_ORDERS: Final = "/orders"
_MAX_PAGES: Final = 20
"""A search by our own SKUs never needs more; the bound keeps a misbehaving answer from going on for ever."""


class MyShopClient:
    """The calls of MyShop we make, one method each; every failure is a ``ChannelError``."""

    def __init__(self, http: httpx.Client, base_url: str, api_key: str | None) -> None:
        self._http = http
        self._root = base_url.rstrip("/") + _PREFIX
        self._api_key = api_key

    def create(self, body: dict[str, Any]) -> RemoteProduct:
        """POST /products: the new product is hidden."""
        return self._call(Operation.CREATE, "POST", _PRODUCTS, wire.PRODUCT, json=body)

    def ping(self) -> None:
        """Read one product, to see whether the key works."""
        self._call(Operation.READ, "GET", _PRODUCTS, wire.PAGE, params=[("perPage", 1)])

    def by_id(self, product_id: int) -> RemoteProduct | None:
        """Read one product; hidden ones are found too, deleted ones are simply absent."""
        page = self._call(
            Operation.READ, "GET", _PRODUCTS, wire.PAGE, params=[("ids", product_id), ("perPage", 1)]
        )
        return next((product for product in page.data if product.id == product_id), None)

    def by_skus(self, skus: Sequence[str]) -> list[RemoteProduct]:
        """Search by variant SKU, all pages. How exactly LINE matches is not published: the caller compares."""
        found: list[RemoteProduct] = []
        for number in range(1, _MAX_PAGES + 1):
            params: list[tuple[str, Any]] = [("skus", sku) for sku in skus]
            params += [("page", number), ("perPage", limits.PAGE_SIZE.value)]
            page = self._call(Operation.READ, "GET", _PRODUCTS, wire.PAGE, params=params)
            found += page.data
            if number >= page.total_page:
                break
        return found

    def page(self, number: int) -> ProductPage:
        """Read a page of all products, hidden ones too."""
        params = [("page", number), ("perPage", limits.PAGE_SIZE.value)]
        return self._call(Operation.READ, "GET", _PRODUCTS, wire.PAGE, params=params)

    def orders(self, changed_since: str, number: int) -> OrderListPage:
        """Read a page of the orders that changed at that moment or later, the longest unchanged first."""
        params: list[tuple[str, Any]] = [
            ("startAt", changed_since),
            ("sortBy", "UPDATED_AT"),
            ("orderBy", "ASC"),
        ]
        params += [("page", number), ("perPage", limits.PAGE_SIZE.value)]
        return self._call(Operation.READ, "GET", _ORDERS, ORDERS, params=params)

    def order(self, number: str) -> RemoteOrder:
        """Read one order with its lines.

        Raises:
            Transient: As any read; an answer that leaves the lines out is none.
        """
        order = self._call(Operation.READ, "GET", f"{_ORDERS}/{quote(number, safe='')}", ORDER)
        if order.items is None:
            raise unreadable(Operation.READ, None)
        return order

    def edit(self, product_id: int, fields: dict[str, Any]) -> RemoteProduct:
        """PATCH /products/{id}."""
        return self._call(Operation.EDIT, "PATCH", f"{_PRODUCTS}/{product_id}", wire.PRODUCT, json=fields)

    def set_prices(self, product_id: int, body: dict[str, Any]) -> RemoteProduct:
        """PATCH /products/{id}/prices."""
        return self._call(
            Operation.PRICES, "PATCH", f"{_PRODUCTS}/{product_id}/prices", wire.PRODUCT, json=body
        )

    def edit_variant(self, product_id: int, variant_id: int | None, fields: dict[str, Any]) -> RemoteProduct:
        """PATCH /products/{id}/variant; a product without options may have a variant without an id."""
        operation = Operation.STOCK if "onHandNumber" in fields else Operation.EDIT
        body = fields if variant_id is None else {"id": variant_id, **fields}
        return self._call(operation, "PATCH", f"{_PRODUCTS}/{product_id}/variant", wire.PRODUCT, json=body)

    def add_variants(self, product_id: int, body: dict[str, Any]) -> RemoteProduct:
        """POST /products/{id}/variants."""
        return self._call(
            Operation.EDIT, "POST", f"{_PRODUCTS}/{product_id}/variants", wire.PRODUCT, json=body
        )

    def show(self, product_id: int) -> RemoteProduct:
        """POST display-status/onsale: the one visible step; idempotent."""
        path = f"{_PRODUCTS}/{product_id}/display-status/onsale"
        return self._call(Operation.DISPLAY, "POST", path, wire.PRODUCT)

    def hide(self, product_id: int) -> None:
        """POST display-status/hide; idempotent."""
        self._call(Operation.DISPLAY, "POST", f"{_PRODUCTS}/{product_id}/display-status/hide", wire.PRODUCT)

    def delete(self, product_id: int) -> None:
        """DELETE /products/{id}."""
        self._send(Operation.DELETE, "DELETE", f"{_PRODUCTS}/{product_id}")

    def _call(
        self, operation: Operation, method: str, path: str, shape: TypeAdapter[_T], **request: Any
    ) -> _T:
        response = self._send(operation, method, path, **request)
        try:
            return shape.validate_json(response.content)
        except ValidationError:
            # The parser's error would quote the body, which may hold what must not be stored.
            raise unreadable(operation, response) from None

    def _send(self, operation: Operation, method: str, path: str, **request: Any) -> httpx.Response:
        if not self._api_key:
            raise AuthExpired("the account has no api_key", problem=key_refused())
        try:
            response = self._http.request(
                method, self._root + path, headers={"X-API-KEY": self._api_key}, **request
            )
        except httpx.TransportError as exc:
            raise classify_transport(exc, mutating=operation is not Operation.READ) from exc
        except httpx.DecodingError as exc:
            raise unreadable(operation, None) from exc
        if not response.is_success or has_error_inside(response):
            raise classify(operation, response, self._api_key)
        return response
