"""The MyShop dialect: key, routes, pace, headers. Source: line.md §1.1-§1.3, §5 items 1 and 13."""

import uuid
from typing import Final

from adapters.testing.sandbox import faults
from adapters.testing.sandbox.accounts import EXPIRED, LINE_SHOP, TokenKind, read_token, shop_id
from adapters.testing.sandbox.exchange import Answer, Call, Endpoint, Handler, Refused
from adapters.testing.sandbox.line import inventory, order_reading, products, reading, variants
from adapters.testing.sandbox.line.errors import line_answer, not_found

_PREFIX: Final = ["myshop", "v1"]
ROUTES: Final[dict[tuple[str, str], Endpoint]] = {
    ("GET", "products"): Endpoint("product.list", reading.list_products),
    ("POST", "products"): Endpoint("product.create", products.create),
    ("PATCH", "products/*"): Endpoint("product.update", products.update),
    ("DELETE", "products/*"): Endpoint("product.delete", products.delete),
    ("PATCH", "products/*/prices"): Endpoint("product.prices", variants.set_prices),
    ("POST", "products/*/display-status/*"): Endpoint("product.display", products.set_display),
    ("POST", "products/*/variants"): Endpoint("product.add_variants", variants.add_variants),
    ("PATCH", "products/*/variant"): Endpoint("product.variant", variants.update_variant),
    ("POST", "products/*/delete-variant-option"): Endpoint("product.delete_option", variants.delete_option),
    ("PUT", "inventory/*/adjust"): Endpoint("inventory.adjust", inventory.adjust),
    ("PUT", "inventory/*/increase"): Endpoint("inventory.increase", inventory.increase),
    ("PUT", "inventory/*/decrease"): Endpoint("inventory.decrease", inventory.decrease),
    ("GET", "orders"): Endpoint("order.list", order_reading.list_orders),
    ("GET", "orders/*"): Endpoint("order.get", order_reading.read_order),
}


class LineSurface:
    """developers-oaplus.line.biz."""

    channel: str = LINE_SHOP

    def open(self, call: Call) -> Handler:
        """Recognise key and path.

        Raises:
            Refused: 401, 404 or 429.
        """
        call.mutating = call.request.method != "GET"
        token = read_token(call.request.headers.get("x-api-key", ""))
        if token is None or token.kind is not TokenKind.LINE:
            raise Refused(line_answer("UNAUTHORIZED", "invalid api key"))
        call.account = shop_id(token.seller)
        if token.label == EXPIRED:
            raise Refused(line_answer("UNAUTHORIZED", "the api key was revoked"))
        endpoint = _route(call)
        call.operation = endpoint.operation
        self._spend(call)
        return endpoint.handler

    def _spend(self, call: Call) -> None:
        rates = call.sandbox.options.rates
        key = f"line/{call.account}/{call.operation}"
        for limit, seconds, unit in (
            (rates.line_per_second, 1, "second"),
            (rates.line_per_minute, 60, "minute"),
        ):
            if limit is None:
                continue
            window = call.sandbox.pace.count(key, seconds, call.now)
            call.params[f"_{unit}"] = (limit, max(0, limit - window.calls))
            if window.calls > limit:
                raise Refused(self.throttled(call, seconds))

    def error(self, _call: Call, effect: faults.Error) -> Answer:
        """Word an ordered error in MyShop's envelope."""
        if effect.body is not None:
            return Answer(effect.status, effect.body, error="ordered")
        return line_answer(str(effect.code or "BAD_REQUEST"), effect.message, status=effect.status)

    def throttled(self, call: Call, _seconds: float) -> Answer:
        """Refuse for pace as a stock Kong gateway does: no envelope, no Retry-After."""
        if call.sandbox.options.line_enveloped_429:
            return line_answer("BAD_REQUEST", "API rate limit exceeded", status=429)
        return Answer(429, {"message": "API rate limit exceeded"}, error="429")

    def expired(self, _call: Call) -> Answer:
        """Refuse a revoked key."""
        return line_answer("UNAUTHORIZED", "the api key was revoked")

    def server_error(self, _call: Call) -> Answer:
        """Answer 500 INTERNAL_ERROR."""
        return line_answer("INTERNAL_ERROR", "internal error")

    def dress(self, call: Call, answer: Answer) -> None:
        """Add the request id, and what is left of the pace where it is limited."""
        answer.headers["x-line-oap-request-id"] = str(uuid.uuid4())
        for unit in ("second", "minute"):
            if f"_{unit}" in call.params:
                limit, left = call.params[f"_{unit}"]
                answer.headers[f"x-ratelimit-limit-{unit}"] = str(limit)
                answer.headers[f"x-ratelimit-remaining-{unit}"] = str(left)


def _route(call: Call) -> Endpoint:
    segments = [part for part in call.request.path.split("/") if part]
    if segments[:2] != _PREFIX:
        raise not_found("path")
    rest = segments[2:]
    shape = "/".join("*" if n in {1, 3} else part for n, part in enumerate(rest))
    endpoint = ROUTES.get((call.request.method, shape))
    if endpoint is None:
        raise not_found("path")
    if len(rest) > 1:
        call.params["id"] = rest[1]
    if endpoint.operation == "product.display":
        call.params["status"] = rest[-1]
    return endpoint
