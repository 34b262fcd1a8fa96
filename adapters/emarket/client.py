import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from adapters.answers import code_of, id_of, json_of, said, wait_of
from adapters.base import Clock
from adapters.emarket.auth import OAuth, StaticKey
from adapters.emarket.errors import ClockSkewed, Refusal, classify, reconnect
from adapters.emarket.fields import at
from adapters.emarket.market import Envelope, Market, Op, OpName
from adapters.emarket.signing import signature
from adapters.errors import AuthExpired, ChannelError
from adapters.http import classify_transport
from schemas.channel import Credentials

_READS: Final = frozenset(
    {
        OpName.GET_BY_SKU,
        OpName.LIST_CHANGED,
        OpName.ORDERS,
        OpName.ORDER_DETAIL,
        OpName.POLL_IMAGE,
        OpName.CATEGORY_TREE,
        # Asking for pictures to be fetched changes nothing a buyer sees and may be repeated.
        OpName.UPLOAD_IMAGE,
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer; ``failed`` holds the rows of a batch that were refused."""

    body: Any
    failed: Sequence[Any] = ()


@dataclass(slots=True)
class _Call:
    """One request under construction."""

    op: Op
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    content: bytes = b""


class MarketClient:
    """Calls a market the way its file says: encoding, keys, token, signature, envelope, errors."""

    def __init__(self, http: httpx.Client, market: Market, credentials: Credentials, clock: Clock) -> None:
        self._http = http
        self._market = market
        self._credentials = credentials
        self._clock = clock
        self._skew = timedelta(0)

    def call(self, name: OpName, payload: Mapping[str, Any]) -> Answer:
        """Carry out one operation.

        A timestamp the market finds wrong is corrected from its ``Date`` header and the call repeated once.

        Raises:
            ChannelError: By the rules of the market file.
        """
        try:
            return self._call_once(name, payload)
        except ClockSkewed:
            if not self._skew:
                raise
            return self._call_once(name, payload)

    def refresh(self, oauth: OAuth) -> Any:
        """Trade the refresh token for a new pair and return the market's answer.

        A clock that the market finds wrong is corrected and the call repeated once: it was refused before anything was
        spent. Nothing else is repeated here.

        Raises:
            ChannelError: By the rules of the market file; ``OutcomeUnknown`` where the token may be spent.
        """
        try:
            return self._refresh_once(oauth)
        except ClockSkewed:
            if not self._skew:
                raise
            return self._refresh_once(oauth)

    def _refresh_once(self, oauth: OAuth) -> Any:
        asked = oauth.call
        op = Op(method=asked.method, path=oauth.token_url, encoding=asked.encoding)
        fields = {asked.refresh_param: self._secret("refresh_token")}
        call = self._prepare(op, fields, carry=None)
        return self._send(call, base_url=asked.base_url or self._market.base_url, mutating=True).body

    def refused_row(self, code: Any, message: Any) -> ChannelError:
        """Return the error of one refused row of a batch; what the row lacks is None."""
        refusal = Refusal(http=None, code=code_of(code), message=self._scrubbed(message))
        return classify(self._market, refusal, mutating=True)

    def _call_once(self, name: OpName, payload: Mapping[str, Any]) -> Answer:
        oauth = self._market.auth.oauth
        call = self._prepare(self._market.ops[name], payload, carry=oauth.carry if oauth else None)
        return self._send(call, base_url=self._market.base_url, mutating=name not in _READS)

    def _send(self, call: _Call, *, base_url: str | None, mutating: bool) -> Answer:
        try:
            response = self._http.request(
                call.op.method,
                f"{(base_url or '').rstrip('/')}{call.op.path}",
                params=call.params,
                headers=call.headers,
                content=call.content or None,
            )
        except httpx.TransportError as exc:
            raise classify_transport(exc, mutating=mutating) from exc
        except httpx.DecodingError as exc:
            garbled = Refusal(http=httpx.codes.OK, code=None, message="", is_readable=False)
            raise classify(self._market, garbled, mutating=mutating) from exc
        return self._read(call.op, response, mutating=mutating)

    def _prepare(self, op: Op, payload: Mapping[str, Any], *, carry: StaticKey | None) -> _Call:
        call = _Call(op)
        fields = dict(payload)
        for key in (*self._market.auth.keys, *([carry] if carry else [])):
            self._place(call, fields, key)
        if op.encoding == "query":
            call.params |= {name: str(value) for name, value in fields.items()}
        elif op.encoding == "form":
            call.form = {name: _as_text(value) for name, value in fields.items()}
            call.content = urlencode(call.form).encode()
            call.headers["Content-Type"] = "application/x-www-form-urlencoded"
        else:
            call.content = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
            call.headers["Content-Type"] = "application/json"
        self._sign(call)
        return call

    def _place(self, call: _Call, fields: dict[str, Any], key: StaticKey) -> None:
        value = key.format.format(value=self._secret(key.secret))
        if key.place == "header":
            call.headers[key.name] = value
        elif key.place == "query":
            call.params[key.name] = value
        else:
            fields[key.name] = value

    def _sign(self, call: _Call) -> None:
        signing = self._market.auth.signing
        if signing is None:
            return
        now = self._clock.now() + self._skew
        scale = 1000 if signing.timestamp_unit == "ms" else 1
        call.params[signing.timestamp_param] = str(int(now.timestamp() * scale))
        body = b"" if call.form else call.content
        signed = signature(
            signing,
            self._secret(signing.secret),
            path=call.op.path,
            params=call.params | call.form,
            body=body,
        )
        (call.headers if signing.place == "header" else call.params)[signing.name] = signed

    def _secret(self, name: str) -> str:
        value = self._credentials.get(name)
        if not value:
            raise AuthExpired(f"the account has no {name}", problem=reconnect(self._market))
        return value

    def _read(self, op: Op, response: httpx.Response, *, mutating: bool) -> Answer:
        body = json_of(response)
        envelope = self._market.envelope
        if envelope is not None and isinstance(body, Mapping):
            failed = _rows(body, envelope) if op.partial_success else ()
            is_ok = str(at(body, envelope.ok_path)) in envelope.ok_values
            # Only with a list of what failed can a refusal mean that the rest was done.
            if response.is_success and (is_ok or failed):
                return Answer(body, failed)
        error = classify(self._market, self._refusal(envelope, response, body), mutating=mutating)
        if isinstance(error, ClockSkewed):
            self._learn_skew(response)
        raise error

    def _refusal(self, envelope: Envelope | None, response: httpx.Response, body: Any) -> Refusal:
        code = at(body, envelope.code_path) if envelope else None
        message = at(body, envelope.message_path) if envelope else None
        if (
            envelope is not None
            and code_of(code) in envelope.summary_codes
            and (rows := _rows(body, envelope))
        ):
            code = at(rows[0], envelope.item_code_path) or code
            message = at(rows[0], envelope.item_message_path) or message
        return Refusal(
            http=response.status_code,
            code=code_of(code),
            message=self._scrubbed(message),
            is_readable=body is not None,
            retry_after=wait_of(response),
            request_id=None if envelope is None else id_of(at(body, envelope.request_id_path)),
        )

    def _scrubbed(self, message: Any) -> str:
        """Take the account's secrets out of a market's words."""
        return said(message, filter(None, map(self._credentials.get, self._market.secrets)))

    def _learn_skew(self, response: httpx.Response) -> None:
        try:
            told = parsedate_to_datetime(response.headers.get("date", ""))
        except ValueError:
            return
        self._skew = told.astimezone(UTC) - self._clock.now()


def _rows(body: Any, envelope: Envelope) -> Sequence[Any]:
    """Return the refused rows an answer lists."""
    rows = at(body, envelope.failed_items_path)
    return rows if isinstance(rows, list) else ()


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
