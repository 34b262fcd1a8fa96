"""The control API under ``/_sandbox/``: for benches, demos and tests in another process. Loopback only."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.testing.sandbox import hands
from adapters.testing.sandbox.deeds import Edit, NotPossible, OrderDeed, Purchase
from adapters.testing.sandbox.faults import Fault
from adapters.testing.sandbox.hooks import HookBook, register
from adapters.testing.sandbox.sandbox import Sandbox
from adapters.testing.sandbox.summary import listings, summary
from adapters.testing.sandbox.webhooks import Callback

_FAULT = TypeAdapter(Fault)
_PURCHASE = TypeAdapter(Purchase)
_ORDER_DEED = TypeAdapter(OrderDeed)
_EDIT = TypeAdapter(Edit)
_CALLBACK = TypeAdapter(Callback)
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


def _authorise(asked: _Asked) -> Any:
    asked.sandbox.authorise(str(asked.body["channel"]), str(asked.body["account"]))
    asked.sandbox.changed()
    return {"status": "authorised"}


def _buy(asked: _Asked) -> Any:
    bought = hands.buy(asked.sandbox, _PURCHASE.validate_python(asked.body))
    asked.sandbox.changed()
    return {name: value for name, value in asdict(bought).items() if value}


def _act_on_order(asked: _Asked) -> Any:
    hands.act(asked.sandbox, _ORDER_DEED.validate_python(asked.body))
    asked.sandbox.changed()
    return {"status": "done"}


def _edit(asked: _Asked) -> Any:
    hands.edit(asked.sandbox, _EDIT.validate_python(asked.body))
    asked.sandbox.changed()
    return {"status": "edited"}


def _call_back(asked: _Asked) -> Any:
    if HookBook.serves(asked.body.get("channel")):
        register(asked.sandbox.hooks, asked.body)
    else:
        asked.sandbox.webhooks.call(_CALLBACK.validate_python(asked.body))
    asked.sandbox.changed()
    return {"status": "told"}


def _deliveries(asked: _Asked) -> Any:
    webhooks = asked.sandbox.webhooks
    return {"deliveries": webhooks.deliveries(), "waiting": webhooks.waiting}


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
    ("POST", "/authorise", _authorise),
    ("POST", "/buy", _buy),
    ("POST", "/orders", _act_on_order),
    ("POST", "/edit", _edit),
    ("POST", "/webhooks", _call_back),
    ("GET", "/webhooks", _deliveries),
)


def control_routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of the control API, paths below ``/_sandbox``.

    ``POST /faults`` takes one order or a list, as ``faults.Fault`` with ``effect.kind``; ``POST /clock`` takes
    ``{"advance_s": seconds}``; ``POST /authorise`` takes ``{"channel", "account"}`` and stands for the owner's consent, after
    which the credentials the account was connected with first work again. ``POST /buy``, ``/orders`` and ``/edit`` take a
    ``deeds.Purchase``, ``OrderDeed`` and ``Edit``, ``POST /webhooks`` a ``webhooks.Callback``. What cannot be read is answered with
    400 and the reason, what the channel does not allow now with 409.
    """
    return [Route(path, _endpoint(sandbox, act), methods=[method]) for method, path, act in _ACTS]


def _endpoint(sandbox: Sandbox, act: Act) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            body = await request.json() if await request.body() else None
            return JSONResponse(act(_Asked(sandbox, request.query_params, body)))
        except ValidationError as exc:
            found = exc.errors(include_url=False, include_context=False, include_input=False)
            return JSONResponse({"error": found}, 400)
        except NotPossible as exc:
            return JSONResponse({"error": str(exc)}, 409)
        except (ValueError, KeyError, TypeError) as exc:
            return JSONResponse({"error": f"{type(exc).__name__}: {exc}"}, 400)

    return endpoint
