"""A stand-in without a socket: the author writes what the channel answers, the kit spoils the answers that were ordered."""

from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import httpx

from adapters.http import make_client
from adapters.settings import HttpSettings
from adapters.testing.kit.channel import KitClock, SimulatedChannel
from adapters.testing.sandbox import faults
from adapters.testing.sandbox.faults import Effect

_READS: Final = frozenset({"GET", "HEAD"})
_GATEWAY_PAGE: Final = "<html><body><h1>502 Bad Gateway</h1></body></html>"


class InProcessChannel(SimulatedChannel):
    """Give ``http()`` to the adapter; every request then comes to ``answer``, unless an order says otherwise."""

    def __init__(self, clock: KitClock | None = None) -> None:
        super().__init__(clock)
        self._lag = timedelta(0)
        self.calm()

    @abstractmethod
    def answer(self, request: httpx.Request) -> httpx.Response:
        """Carry a request out and answer as the channel does."""

    @abstractmethod
    def error(self, effect: faults.Error) -> httpx.Response:
        """Word an ordered error in the channel's envelope."""

    @abstractmethod
    def throttled(self, wait: timedelta) -> httpx.Response:
        """Word a refusal for pace."""

    @abstractmethod
    def expired(self) -> httpx.Response:
        """Word the refusal of a dead credential."""

    @abstractmethod
    def forget(self) -> None:
        """Forget every listing."""

    def http(self) -> httpx.Client:
        """Return the client to give to the adapter: ours, so that deadlines and records are the real ones."""
        return make_client(
            HttpSettings(), observer=self.records.append, transport=httpx.MockTransport(self._serve)
        )

    @property
    def searchable_at(self) -> datetime:
        """When what is created now appears in lists and searches."""
        return self.clock.now() + self._lag

    def order(self, effect: Effect, *, nth: int = 1, writes_only: bool = False) -> None:
        """Let the ``nth`` call from now meet ``effect``, or the ``nth`` write."""
        left = nth

        def due(request: httpx.Request) -> bool:
            nonlocal left
            if not writes_only or request.method not in _READS:
                left -= 1
            return left == 0 and (not writes_only or request.method not in _READS)

        self._orders.append((due, effect))

    def order_always(self, effect: Effect) -> None:
        """Let every call from now on meet ``effect``."""
        self._orders.append((lambda _request: True, effect))

    def lag(self, by: timedelta) -> None:
        """Keep what is created from now on out of lists and searches for that long."""
        self._lag = by

    def calm(self) -> None:
        """Withdraw every order; throttles and expiries end."""
        self._orders: list[tuple[Callable[[httpx.Request], bool], Effect]] = []
        self._throttled_until: datetime | None = None
        self._is_expired = False

    def reset(self) -> None:
        """Forget every listing and every order."""
        self.calm()
        self._lag = timedelta(0)
        self.forget()

    def _serve(self, request: httpx.Request) -> httpx.Response:
        effect = next((effect for due, effect in self._orders if due(request)), None)
        return self._standing_refusal(effect) or self._spoilt(request, effect)

    def _standing_refusal(self, effect: Effect | None) -> httpx.Response | None:
        if isinstance(effect, faults.ExpireToken):
            self._is_expired = True
        if isinstance(effect, faults.Throttle):
            self._throttled_until = self.clock.now() + timedelta(seconds=effect.seconds)
        if self._is_expired:
            return self.expired()
        if self._throttled_until is not None and self.clock.now() < self._throttled_until:
            return self.throttled(self._throttled_until - self.clock.now())
        return None

    def _spoilt(self, request: httpx.Request, effect: Effect | None) -> httpx.Response:
        is_done = getattr(effect, "after_effect", True)
        answer = self.answer(request) if is_done else None
        match effect:
            case faults.DropAnswer():
                raise httpx.RemoteProtocolError("the channel closed the connection", request=request)
            case faults.Error():
                return self.error(effect)
            case faults.Html502():
                return httpx.Response(502, html=_GATEWAY_PAGE)
            case faults.EmptyBody():
                return httpx.Response(200)
            case faults.ServerErrorWithEffect():
                return self.error(faults.Error(status=500, code="internal"))
            case faults.Slow():
                _wait(request, effect.seconds)
        if answer is None:
            raise AssertionError(f"{effect} was neither carried out nor answered")
        if isinstance(effect, faults.TruncatedJson):
            return httpx.Response(answer.status_code, content=answer.content[: len(answer.content) // 2])
        return answer


def _wait(request: httpx.Request, seconds: float) -> None:
    """Take as long as the caller waits, on no clock: give up where a real connection would."""
    patience = request.extensions.get("timeout", {}).get("read")
    if patience is not None and seconds > patience:
        raise httpx.ReadTimeout("the channel is slow", request=request)
