"""The control API under ``/_sandbox/``: for benches, demos and tests in another process. Loopback only."""

from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.testing.sandbox.faults import Fault
from adapters.testing.sandbox.sandbox import Sandbox
from adapters.testing.sandbox.summary import listings, summary

_FAULT = TypeAdapter(Fault)
_DEFAULT_LIMIT = 1_000
Act = Callable[[Sandbox, Request, Any], Any]


def _health(sandbox: Sandbox, request: Request, body: Any) -> Any:
    return {"status": "ok", "calls": sandbox.journal.total}


def _summary(sandbox: Sandbox, request: Request, body: Any) -> Any:
    return summary(sandbox)


def _journal(sandbox: Sandbox, request: Request, body: Any) -> Any:
    after = int(request.query_params.get("after", 0))
    limit = int(request.query_params.get("limit", _DEFAULT_LIMIT))
    return {"entries": list(sandbox.journal.after(after, limit)), "total": sandbox.journal.total}


def _listings(sandbox: Sandbox, request: Request, body: Any) -> Any:
    asked = request.query_params
    found = listings(sandbox, asked.get("channel"), asked.get("account"))
    return {"listings": [listing.body() for listing in found]}


def _reset(sandbox: Sandbox, request: Request, body: Any) -> Any:
    sandbox.reset()
    return {"status": "empty"}


def _show_faults(sandbox: Sandbox, request: Request, body: Any) -> Any:
    return {"faults": [_FAULT.dump_python(fault, mode="json") for fault in sandbox.faults.standing()]}


def _add_faults(sandbox: Sandbox, request: Request, body: Any) -> Any:
    orders = body if isinstance(body, list) else [body]
    for fault in [_FAULT.validate_python(order, extra="forbid") for order in orders]:
        sandbox.faults.add(fault)
    return {"faults": len(sandbox.faults.standing())}


def _clear_faults(sandbox: Sandbox, request: Request, body: Any) -> Any:
    sandbox.faults.clear()
    return {"faults": 0}


def _clock(sandbox: Sandbox, request: Request, body: Any) -> Any:
    sandbox.clock.advance(float(body["advance_s"]))
    sandbox.changed()
    return {"now": sandbox.clock.now()}


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
            return JSONResponse(act(sandbox, request, body))
        except ValidationError as exc:
            return JSONResponse({"error": exc.errors(include_url=False, include_context=False)}, 400)
        except (ValueError, KeyError, TypeError) as exc:
            return JSONResponse({"error": f"{type(exc).__name__}: {exc}"}, 400)

    return endpoint
