"""One authenticated conversation with a Graph host, over the shared httpx client."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from adapters.answers import code_of, id_of, json_of, said, unlisted_problem
from adapters.errors import ChannelError, OutcomeUnknown, Transient
from adapters.http import classify_transport
from adapters.meta_graph.errors import TABLE, GraphFailure, classify, problem_from
from adapters.meta_graph.meanings import Effect
from adapters.meta_graph.sentences import SERVICE
from adapters.meta_graph.usage import regain_after

Files = Mapping[str, tuple[str, bytes, str]]
FIRST_FAILURE: Final = 400
_DIGITS: Final = re.compile(r"-?[0-9]{1,18}")


class Wire(BaseModel):
    """Base of the answers we read; what Meta adds later is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


WireModel = TypeVar("WireModel", bound=Wire)


class GraphSession:
    """Sends requests with one token and turns every answer into a dict or a typed error.

    The token travels in the ``Authorization`` header only, so that no address, log or exception can show it.
    Holds nothing that changes: safe for use from several threads.

    Args:
        host: Base address without a version and without a trailing slash.
        channel: The channel's name as a seller knows it.
        app_secret: When set, every call carries ``appsecret_proof`` (meta.md section 4.5).
    """

    def __init__(
        self,
        http: httpx.Client,
        *,
        host: str,
        version: str,
        token: str,
        channel: str,
        app_secret: SecretStr | None = None,
    ) -> None:
        self._http = http
        self._host = host.rstrip("/")
        self._version = version
        self._token = token
        self._proof = _proof(app_secret, token)
        self.channel = channel

    def get(self, path: str, **params: str) -> dict[str, Any]:
        """Read ``path`` (without version).

        Raises:
            ChannelError: As the error table says.
        """
        return self.exchange("GET", f"{self._version}/{path}", effect=Effect.READ, params=params)

    def post(self, path: str, *, effect: Effect, **fields: str) -> dict[str, Any]:
        """Write form fields to ``path``.

        Raises:
            ChannelError: As the error table says.
        """
        return self.exchange("POST", f"{self._version}/{path}", effect=effect, data=fields)

    def delete(self, path: str) -> dict[str, Any]:
        """Delete the object at ``path``.

        Raises:
            ChannelError: As the error table says.
        """
        return self.exchange("DELETE", f"{self._version}/{path}", effect=Effect.VISIBLE)

    def exchange(
        self,
        method: str,
        path: str,
        *,
        effect: Effect,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        files: Files | None = None,
    ) -> dict[str, Any]:
        """Send one request to ``path``, which begins with the version, and return the JSON object of the answer.

        Raises:
            ChannelError: The transport failed, the channel refused, or the answer is not a Graph answer.
        """
        query, form = dict(params or {}), dict(data or {})
        if self._proof:
            (form if method == "POST" else query)["appsecret_proof"] = self._proof
        try:
            response = self._http.request(
                method,
                f"{self._host}/{path}",
                params=query or None,
                data=form or None,
                files=files,
                headers={"Authorization": f"Bearer {self._token}"},
            )
        except httpx.TransportError as exc:
            raise classify_transport(exc, mutating=effect is Effect.VISIBLE) from exc
        except httpx.DecodingError as exc:
            raise self._unreadable(effect, "the answer could not be decoded", None) from exc
        return self._read(response, effect)

    def parse(self, model: type[WireModel], answer: Mapping[str, Any], effect: Effect) -> WireModel:
        """Read an answer into ``model``.

        Raises:
            ChannelError: A field we depend on is missing; at a visible write the effect may be there all the same.
        """
        try:
            return model.model_validate(answer)
        except ValidationError as exc:
            names = ", ".join(sorted({str(error["loc"][0]) for error in exc.errors() if error["loc"]}))
            raise self.odd_answer(effect, f"the answer lacks a usable {names}") from None

    def _read(self, response: httpx.Response, effect: Effect) -> dict[str, Any]:
        """Return the object of a success. A 500 whose JSON lacks ``error`` is a failure, not a success."""
        body = json_of(response)
        envelope = body.get("error") if isinstance(body, dict) else None
        if isinstance(envelope, dict):
            raise classify(self._failure(response, envelope), effect=effect, channel=self.channel)
        if response.status_code >= FIRST_FAILURE:
            raise classify(self._failure(response, {}), effect=effect, channel=self.channel)
        if body is None and response.is_success:
            raise self._unreadable(effect, "the answer is not a JSON object", response.status_code)
        if not isinstance(body, dict) or envelope is not None:
            raise self.odd_answer(effect, "the answer is not one of the Graph API", response.status_code)
        return body

    def odd_answer(self, effect: Effect, reason: str, status: int = httpx.codes.OK) -> ChannelError:
        """Return the error of an answer that can be read and yet is none that a table or a description lists."""
        kind = OutcomeUnknown if effect is Effect.VISIBLE else Transient
        return kind(
            f"{self.channel}: {reason}",
            problem=unlisted_problem(self.channel, self.channel, f"HTTP {status}"),
            http_status=status,
            unlisted_in=TABLE,
        )

    def _failure(self, response: httpx.Response, envelope: Mapping[str, Any]) -> GraphFailure:
        code = _integer(envelope.get("code"))
        return GraphFailure(
            http_status=response.status_code,
            code=code,
            odd_code=code_of(envelope.get("code")) if code is None else None,
            subcode=_integer(envelope.get("error_subcode")),
            message=self._scrubbed(envelope.get("message", "no error envelope")),
            trace_id=id_of(envelope.get("fbtrace_id")) or id_of(response.headers.get("x-fb-trace-id")),
            retry_after=regain_after(response.headers),
        )

    def _scrubbed(self, text: Any) -> str:
        """Take our secrets out of Meta's words: it quotes a malformed token in full."""
        return said(text, filter(None, (self._token, self._proof)))

    def _unreadable(self, effect: Effect, reason: str, status: int | None) -> ChannelError:
        kind = OutcomeUnknown if effect is Effect.VISIBLE else Transient
        return kind(
            f"{self.channel}: {reason}", problem=problem_from(SERVICE, self.channel), http_status=status
        )


def _proof(app_secret: SecretStr | None, token: str) -> str | None:
    """Return HMAC-SHA256 of the token, keyed by the app's secret, in lower-case hex."""
    if app_secret is None:
        return None
    return hmac.new(app_secret.get_secret_value().encode(), token.encode(), hashlib.sha256).hexdigest()


def _integer(value: Any) -> int | None:
    """Read a code that may come as a number or as digits; anything else is no code."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    digits = value.strip() if isinstance(value, str) else ""
    return int(digits) if _DIGITS.fullmatch(digits) else None
