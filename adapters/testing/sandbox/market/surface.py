"""The market's dialect: signature, token, routes, pace. Source: emarkets.md §4 (signing), §14, §15 items 1, 2, 7."""

import hashlib
import hmac
import time
from typing import Final

from adapters.testing.sandbox import faults
from adapters.testing.sandbox.accounts import (
    EMARKET,
    EXPIRED,
    MARKET_APP_KEY,
    Token,
    TokenKind,
    market_id,
    market_secret,
    market_tokens,
    read_token,
)
from adapters.testing.sandbox.exchange import Answer, Call, Endpoint, Handler, Incoming, Refused
from adapters.testing.sandbox.market import batches, images, items, order_reading, reading
from adapters.testing.sandbox.market.envelope import failure, refused, success
from adapters.testing.sandbox.market.orders import release_unpaid

MAX_SKEW_S: Final = 7_200
_REFRESH_PATH: Final = "/auth/token/refresh"
_NOMINAL_TTL_S: Final = 14_400
_DAY_S: Final = 86_400


async def refresh(call: Call) -> Answer:
    """Trade a refresh token for a new pair; a second use of an old one revokes the shop."""
    token = _refresh_token(call)
    if token is None:
        raise refused("IllegalRefreshToken", "the refresh token is not known")
    state, shop = call.sandbox.market, market_id(token.seller)
    if shop in state.revoked or token.label != f"g{state.generations.get(shop, 0)}":
        state.revoked.add(shop)
        raise refused(
            "IllegalRefreshToken", "the refresh token was used before; the shop must authorise again"
        )
    state.generations[shop] = generation = state.generations.get(shop, 0) + 1
    state.issued_at[shop] = call.now
    call.sandbox.faults.expired.discard((EMARKET, shop))
    access, fresh = market_tokens(token.seller, generation)
    ttl = call.sandbox.options.market_token_ttl_s or _NOMINAL_TTL_S
    return success({"access_token": access, "refresh_token": fresh, "expires_in": int(ttl)})


ROUTES: Final[dict[tuple[str, str], Endpoint]] = {
    ("POST", "/product/create"): Endpoint("product.create", items.create),
    ("POST", "/product/update"): Endpoint("product.update", items.update),
    ("POST", "/product/stock"): Endpoint("product.stock", batches.set_stock),
    ("POST", "/product/price"): Endpoint("product.price", batches.set_price),
    ("POST", "/product/hide"): Endpoint("product.hide", batches.hide),
    ("POST", "/product/delete"): Endpoint("product.delete", items.delete),
    ("GET", "/product/by-sku"): Endpoint("product.by_sku", reading.by_sku),
    ("GET", "/products"): Endpoint("product.list", reading.list_changed),
    ("GET", "/orders"): Endpoint("order.list", order_reading.list_orders),
    ("POST", "/image/migrate"): Endpoint("image.migrate", images.migrate),
    ("GET", "/image/job"): Endpoint("image.job", images.job_status),
    ("GET", "/category/tree"): Endpoint("category.tree", reading.category_tree),
    ("POST", _REFRESH_PATH): Endpoint("token.refresh", refresh),
    ("GET", _REFRESH_PATH): Endpoint("token.refresh", refresh),
}


class MarketSurface:
    """The API e-market ``sandbox-emarket``."""

    channel: str = EMARKET

    def open(self, call: Call) -> Handler:
        """Verify signature, clock and token, and find the operation.

        Raises:
            Refused: With the market's code; HTTP stays 200.
        """
        call.mutating = call.request.method != "GET"
        endpoint = ROUTES.get((call.request.method, call.request.path))
        if endpoint is None:
            raise refused("InvalidApiPath", f"no such call: {call.request.path}")
        call.operation = endpoint.operation
        _check_signature(call.request)
        if call.request.path == _REFRESH_PATH:
            call.opens_by_access_token = False
            token = _refresh_token(call)
            call.account = market_id(token.seller) if token else ""
        else:
            _recognise(call)
            self._spend(call)
            release_unpaid(call.sandbox)
        return endpoint.handler

    def _spend(self, call: Call) -> None:
        rates = call.sandbox.options.rates
        for limit, seconds in ((rates.market_per_second, 1), (rates.market_per_day, _DAY_S)):
            if limit is None:
                continue
            if call.sandbox.pace.count(f"market/{call.account}", seconds, call.now).calls > limit:
                raise Refused(self.throttled(call, seconds))

    def error(self, _call: Call, effect: faults.Error) -> Answer:
        """Word an ordered error in the envelope."""
        if effect.body is not None:
            return Answer(effect.status, effect.body, error="ordered")
        return failure(str(effect.code or "500"), effect.message, status=effect.status)

    def throttled(self, _call: Call, seconds: float) -> Answer:
        """Refuse for pace: ``ApiCallLimit`` inside HTTP 200."""
        return failure(
            "ApiCallLimit", f"the call frequency exceeds the limit, banned for {max(1, round(seconds))} s"
        )

    def expired(self, _call: Call) -> Answer:
        """Refuse an expired access token."""
        return failure("IllegalAccessToken", "the access token is invalid or expired")

    def server_error(self, _call: Call) -> Answer:
        """HTTP 500 with an envelope that says nothing."""
        return failure("500", "system error", status=500)

    def dress(self, _call: Call, _answer: Answer) -> None:
        """Add nothing: what the market says stands in the body."""


def _check_signature(request: Incoming) -> None:
    given = dict(request.query)
    if given.get("app_key") != MARKET_APP_KEY:
        raise refused("InvalidAppKey", "the app key is not known")
    stamp = given.get("timestamp", "")
    # The real clock, not the sandbox's: a test that moves the latter must not break every signature.
    if not stamp.isdecimal() or abs(int(stamp) / 1000 - time.time()) > MAX_SKEW_S:
        raise refused("InvalidTimestamp", "timestamp must be milliseconds, at most 7200 s off")
    expected = sign(request.path, given, request.raw_body)
    if not hmac.compare_digest(given.get("sign", "").encode(), expected.encode()):
        raise refused("IncompleteSignature", "the signature does not fit path, parameters and body")


def sign(path: str, parameters: dict[str, str], body: bytes = b"", *, secret: str | None = None) -> str:
    """Return the signature the market expects.

    Shape: upper-case hex HMAC-SHA256 over path, then name and value of every parameter but ``sign`` in ASCII
    order of names, then the raw body; the key is the sandbox application's own unless ``secret`` is given.
    Source: emarkets.md §4, with the vendor's own vector.
    """
    joined = "".join(f"{name}{parameters[name]}" for name in sorted(parameters) if name != "sign")
    message = path.encode() + joined.encode() + body
    key = market_secret() if secret is None else secret
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest().upper()


def _refresh_token(call: Call) -> Token | None:
    body = call.request.body if isinstance(call.request.body, dict) else {}
    token = read_token(str(call.request.first("refresh_token") or body.get("refresh_token") or ""))
    return token if token is not None and token.kind is TokenKind.MARKET_REFRESH else None


def _recognise(call: Call) -> None:
    token = read_token(call.request.first("access_token") or "")
    if token is None or token.kind is not TokenKind.MARKET:
        raise refused("IllegalAccessToken", "the access token is not known")
    call.account = shop = market_id(token.seller)
    state = call.sandbox.market
    ttl = call.sandbox.options.market_token_ttl_s
    too_old = ttl is not None and call.now - state.issued_at.setdefault(shop, call.now) >= ttl
    is_current = token.label == f"g{state.generations.get(shop, 0)}"
    if token.label == EXPIRED or not is_current or too_old or shop in state.revoked:
        raise refused("IllegalAccessToken", "the access token is invalid or expired")
