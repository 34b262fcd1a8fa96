"""Webhooks of the sandbox's channels: where they go, and how badly they travel. Source: emarkets.md §15.14."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from adapters.testing.sandbox.accounts import EMARKET
from adapters.testing.sandbox.market.event_signing import event_headers

MAX_DELIVERIES: Final = 12
REDELIVER_AFTER_S: Final = 1_800.0
"""Source: emarkets.md §4.4: what is not answered with 200 comes again after 30 minutes, 12 times."""
PATIENCE_S: Final = 2.0
_SHUFFLED_WITHIN_S: Final = 0.3
_Signer = Callable[[str, bytes], Mapping[str, str]]

_SIGNERS: Final[Mapping[str, _Signer]] = {EMARKET: event_headers}
"""Headers of a delivery by channel, from the hook's secret ("" means the channel's own) and the raw body."""


@dataclass
class Hook:
    """Where the events of one account go.

    Attributes:
        copies: How often each event is sent.
        loss: Chance of each copy, 0 to 1, to get lost on the way.
        reorder: Whether events overtake each other.
        patience_s: Seconds after which an answer comes too late.
    """

    channel: str
    account: str
    url: str
    secret: str = ""
    copies: int = 1
    loss: float = 0.0
    reorder: bool = False
    patience_s: float = PATIENCE_S


@dataclass
class Delivery:
    """One copy of an event that was not taken yet; ``due`` counts seconds of the sandbox's clock."""

    hook: Hook
    body: str
    tries: int = 0
    due: float = 0.0


@dataclass
class HookState:
    """What is kept between two runs."""

    hooks: dict[str, Hook] = field(default_factory=dict)
    waiting: list[Delivery] = field(default_factory=list)


class HookBook:
    """Sends events from the sandbox's loop, and again what was not taken.

    Attributes:
        sent: Deliveries that were tried, and ``taken``, those answered with success.
    """

    def __init__(self, state: HookState, seed: int, hosts: frozenset[str]) -> None:
        self.state = state
        self.sent = self.taken = 0
        self._random = random.Random(seed)
        self._hosts = hosts
        self._running: set[asyncio.Task[None]] = set()
        self._http: httpx.AsyncClient | None = None

    @staticmethod
    def serves(channel: object) -> bool:
        """Say whether the events of a channel are sent from here."""
        return channel in _SIGNERS

    def set(self, hook: Hook) -> None:
        """Send the events of the account there from now on; an empty address ends it.

        Raises:
            ValueError: The channel has no webhooks, or the host is none that may be called.
        """
        if hook.channel not in _SIGNERS:
            raise ValueError(f"{hook.channel} sends no webhooks; those that do: {', '.join(_SIGNERS)}")
        key = f"{hook.channel}/{hook.account}"
        if not hook.url:
            self.state.hooks.pop(key, None)
            return
        if httpx.URL(hook.url).host not in self._hosts:
            raise ValueError("the sandbox calls loopback addresses only")
        self.state.hooks[key] = hook

    def has(self, channel: str, account: str) -> bool:
        """Say whether anybody wants to hear of an account."""
        return f"{channel}/{account}" in self.state.hooks

    def send(self, channel: str, account: str, body: bytes, *, now: float) -> None:
        """Send an event of an account, if anybody wants to hear of it."""
        hook = self.state.hooks.get(f"{channel}/{account}")
        if hook is None:
            return
        for _ in range(hook.copies):
            if self._random.random() >= hook.loss:
                delay = self._random.uniform(0, _SHUFFLED_WITHIN_S) if hook.reorder else 0.0
                self._start(Delivery(hook, body.decode(), due=now), delay)

    def redeliver(self, now: float) -> None:
        """Send again what has waited long enough."""
        due = [delivery for delivery in self.state.waiting if delivery.due <= now]
        self.state.waiting = [delivery for delivery in self.state.waiting if delivery.due > now]
        for delivery in due:
            self._start(delivery, 0.0)

    def clear(self) -> None:
        """Forget every address and everything that waits."""
        self.state = HookState()
        self.sent = self.taken = 0

    async def close(self) -> None:
        """Close the connections; what is on its way is lost, as on a real wire."""
        if self._http is not None:
            await self._http.aclose()

    def _start(self, delivery: Delivery, delay_s: float) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(delivery, delay_s))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _deliver(self, delivery: Delivery, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        self.sent += 1
        delivery.tries += 1
        if await self._is_taken(delivery):
            self.taken += 1
        elif delivery.tries <= MAX_DELIVERIES:
            delivery.due += REDELIVER_AFTER_S
            self.state.waiting.append(delivery)

    async def _is_taken(self, delivery: Delivery) -> bool:
        body = delivery.body.encode()
        headers = _SIGNERS[delivery.hook.channel](delivery.hook.secret, body)
        if self._http is None:
            self._http = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
        try:
            answer = await self._http.post(
                delivery.hook.url, content=body, headers=dict(headers), timeout=delivery.hook.patience_s
            )
        except httpx.TransportError:
            return False
        return answer.is_success


def register(book: HookBook, asked: Mapping[str, Any]) -> dict[str, str]:
    """Serve the control call ``/webhooks``: ``{"channel", "account", "url"}``, and any other field of a hook.

    Raises:
        ValueError: The address may not be called, or the channel has no webhooks.
    """
    known = {
        name: asked[name] for name in ("secret", "copies", "loss", "reorder", "patience_s") if asked.get(name)
    }
    hook = Hook(str(asked["channel"]), str(asked["account"]), str(asked.get("url") or ""), **known)
    book.set(hook)
    return {"url": hook.url}
