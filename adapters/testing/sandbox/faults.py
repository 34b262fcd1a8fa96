"""Fault orders: what goes wrong, on which call, how often. Seeded, so that a run can be repeated."""

import random
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from adapters.testing.sandbox.exchange import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class DropAnswer:
    """The connection is closed without an answer, before or after the call took effect."""

    after_effect: bool
    kind: Literal["drop_answer"] = "drop_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """The channel answers with an error in its own envelope, or with ``body`` as it stands.

    ``code`` and ``subcode`` are the vendor's. With ``after_effect`` the call was carried out all the same
    (meta.md §4.2: 4/2207051 and code 2 have both been seen with the post live).
    """

    status: int = 400
    code: str | int | None = None
    subcode: int | None = None
    message: str = "ordered fault"
    body: Any = None
    after_effect: bool = False
    kind: Literal["error"] = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Html502:
    """A gateway answers 502 with an HTML page."""

    after_effect: bool = False
    kind: Literal["html_502"] = "html_502"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyBody:
    """Status 200 and nothing in it."""

    after_effect: bool = True
    kind: Literal["empty_body"] = "empty_body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """The answer comes ``seconds`` of real time late; the effect stands at once."""

    seconds: float
    kind: Literal["slow"] = "slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """This call and every one of the account in the next ``seconds`` (sandbox clock) are refused for pace."""

    seconds: float
    kind: Literal["throttle"] = "throttle"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireToken:
    """This call and every later one of the account is refused as expired, until the faults are cleared."""

    kind: Literal["expire_token"] = "expire_token"


@dataclass(frozen=True, slots=True, kw_only=True)
class TruncatedJson:
    """The call takes effect and its answer breaks off in the middle."""

    kind: Literal["truncated_json"] = "truncated_json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerErrorWithEffect:
    """The channel's own 500, with the call carried out behind it."""

    kind: Literal["500_with_effect"] = "500_with_effect"


@dataclass(frozen=True, slots=True, kw_only=True)
class HideFromLookup:
    """What the call creates stays out of lists and look-ups for ``seconds`` (sandbox clock)."""

    seconds: float
    kind: Literal["hide_from_lookup"] = "hide_from_lookup"


Effect = Annotated[
    DropAnswer
    | Error
    | Html502
    | EmptyBody
    | Slow
    | Throttle
    | ExpireToken
    | TruncatedJson
    | ServerErrorWithEffect
    | HideFromLookup,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One order. What is None matches everything.

    Attributes:
        nth: Only the nth matching call (counted from 1) meets the fault.
        probability: Chance of each matching call, 0 to 1.
        count: How many calls meet it at most.
        mutating: Only writes (True) or only reads (False).
    """

    effect: Effect
    channel: str | None = None
    operation: str | None = None
    account: str | None = None
    mutating: bool | None = None
    nth: int | None = None
    probability: float = 1.0
    count: int | None = None

    def concerns(self, call: Call) -> bool:
        """Say whether the order is about calls like this one."""
        return (
            self.channel in {None, call.channel}
            and self.operation in {None, call.operation}
            and self.account in {None, call.account}
            and self.mutating in {None, call.mutating}
        )


@dataclass(slots=True)
class _Standing:
    fault: Fault
    seen: int = 0
    fired: int = 0


@dataclass(slots=True)
class FaultBook:
    """The orders that stand, and the accounts they left throttled or expired."""

    seed: int = 0
    throttled_until: dict[tuple[str, str], float] = field(default_factory=dict)
    expired: set[tuple[str, str]] = field(default_factory=set)
    fired: int = 0
    _orders: list[_Standing] = field(default_factory=list)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def add(self, fault: Fault) -> None:
        """Take an order; it stands until it has fired ``count`` times or is cleared."""
        self._orders.append(_Standing(fault))

    def clear(self) -> None:
        """Withdraw every order and lift throttles and expiries."""
        self._orders.clear()
        self.throttled_until.clear()
        self.expired.clear()

    def standing(self) -> list[Fault]:
        """Return the orders that can still fire."""
        return [order.fault for order in self._orders]

    def draw(self, call: Call) -> Effect | None:
        """Return what goes wrong with this call, None when nothing does; the first order that fires wins."""
        for order in self._orders:
            if order.fault.concerns(call) and self._fires(order):
                return order.fault.effect
        return None

    def _fires(self, order: _Standing) -> bool:
        order.seen += 1
        fault = order.fault
        if fault.nth is not None and order.seen != fault.nth:
            return False
        if fault.probability < 1 and self._random.random() >= fault.probability:
            return False
        order.fired += 1
        self.fired += 1
        if fault.nth is not None or (fault.count is not None and order.fired >= fault.count):
            self._orders.remove(order)
        return True
