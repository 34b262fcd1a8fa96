"""The control API under ``/_sandbox/``: for benches, demos and tests in another process. Loopback only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.testing.sandbox.faults import Fault
from adapters.testing.sandbox.sandbox import Sandbox
from adapters.testing.sandbox.summary import listings, summary

_FAULT = TypeAdapter(Fault)
_DEFAULT_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class _Asked:
    """One control request as read."""

    sandbox: Sandbox
    query: QueryParams
    body: Any


Act = Callable[[_Asked], Any]


def _health(asked: _Asked) -> Any:
    return {"status": "ok", "calls": asked.sandbox.journal.total}


def _summary(asked: _Asked) -> Any:
    return summary(asked.sandbox)


def _journal(asked: _Asked) -> Any:
    after = int(asked.query.get("after", 0))
    limit = int(asked.query.get("limit", _DEFAULT_LIMIT))
    journal = asked.sandbox.journal
    return {"entries": list(journal.after(after, limit)), "total": journal.total}


def _listings(asked: _Asked) -> Any:
    found = listings(asked.sandbox, asked.query.get("channel"), asked.query.get("account"))
    return {"listings": [listing.body() for listing in found]}


def _reset(asked: _Asked) -> Any:
    asked.sandbox.reset()
    return {"status": "empty"}


def _show_faults(asked: _Asked) -> Any:
    return {"faults": [_FAULT.dump_python(fault, mode="json") for fault in asked.sandbox.faults.standing()]}


def _add_faults(asked: _Asked) -> Any:
    orders = asked.body if isinstance(asked.body, list) else [asked.body]
    for fault in [_FAULT.validate_python(order, extra="forbid") for order in orders]:
        asked.sandbox.faults.add(fault)
    return {"faults": len(asked.sandbox.faults.standing())}


def _clear_faults(asked: _Asked) -> Any:
    asked.sandbox.faults.clear()
    return {"faults": 0}


def _clock(asked: _Asked) -> Any:
    asked.sandbox.clock.advance(float(asked.body["advance_s"]))
    asked.sandbox.changed()
    return {"now": asked.sandbox.clock.now()}


_ACTS: tuple[tuple[str, str, Act], ...] = (
    ("GET", "/health", _health),
    ("GET", "/summary", _summary),
    ("GET", "/journal", _journal),
    ("GET", "/listings", _listings),
    ("POST", "/reset", _reset),
    ("GET", "/faults", _show_faults),
    ("POST", "/faults", _add_faults),
    ("DELETE", "/faults", _clear_faults),
    ("POST", "/clock", _clock),
)


def control_routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of the control API, paths below ``/_sandbox``.

    ``POST /faults`` takes one order or a list, as ``faults.Fault`` with ``effect.kind``; ``POST /clock`` takes
    ``{"advance_s": seconds}``. What cannot be read is answered with 400 and the reason.
    """
    return [Route(path, _endpoint(sandbox, act), methods=[method]) for method, path, act in _ACTS]


def _endpoint(sandbox: Sandbox, act: Act) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            body = await request.json() if await request.body() else None
            return JSONResponse(act(_Asked(sandbox, request.query_params, body)))
        except ValidationError as exc:
            return JSONResponse({"error": exc.errors(include_url=False, include_context=False)}, 400)
        except (ValueError, KeyError, TypeError) as exc:
            return JSONResponse({"error": f"{type(exc).__name__}: {exc}"}, 400)

    return endpoint
