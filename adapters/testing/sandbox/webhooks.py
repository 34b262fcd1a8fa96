"""Webhooks of the channels: each account's are sent to one loopback address, as badly as that address was ordered to get them."""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import httpx
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as checked

PATIENCE_S: Final = 5.0
"""Seconds an address may take to answer. Source: line.md §2."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_REMEMBERED: Final = 50_000
_HOLD_S: Final = 0.05
"""How long a single event waits for another one to change places with."""


@checked(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Callback:
    """Where the webhooks of one account go, and what goes wrong with them on the way.

    Attributes:
        url: On loopback only.
        duplicates: How many times more each event is delivered.
        loss: Chance of each event never to be sent, 0 to 1.
        reorder: Whether events overtake each other.
        request_ids: Whether a delivery carries the id of its event, where the channel has one.
        retries: How often an event is sent again that was not answered with 200.
        retry_after_s: Seconds until the first repetition; each further one waits twice as long.
    """

    channel: str
    account: str
    url: str
    secret: str = Field(min_length=1, repr=False)
    duplicates: int = Field(default=0, ge=0, le=9)
    loss: float = Field(default=0.0, ge=0, le=1)
    reorder: bool = False
    request_ids: bool = True
    retries: int = Field(default=9, ge=0)
    retry_after_s: float = Field(default=0.1, gt=0)

    def __post_init__(self) -> None:
        if httpx.URL(self.url).host not in _LOOPBACK:
            raise ValueError("webhooks are sent to loopback addresses only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One event, signed and ready to be sent; ``subject`` is the order or listing it is about."""

    name: str
    subject: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One try to deliver an event; ``status`` is None for one that was lost on purpose, 0 where nobody answered."""

    channel: str
    account: str
    name: str
    subject: str
    attempt: int
    status: int | None


@dataclass
class _Line:
    """The events of one account that wait, and the task that sends them."""

    callback: Callback
    waiting: deque[Notice] = field(default_factory=deque)
    sender: asyncio.Task[None] | None = None


class Outbox:
    """Sends webhooks in the background, one after the other for each account; what waits dies with the process."""

    def __init__(self, seed: int, callbacks: list[Callback]) -> None:
        self._random = random.Random(seed)
        self._lines: dict[tuple[str, str], _Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._http: httpx.AsyncClient | None = None
        self._deliveries: deque[Delivery] = deque(maxlen=_REMEMBERED)
        for callback in callbacks:
            self.call(callback)

    def call(self, callback: Callback) -> None:
        """Send the account's events to that address from now on."""
        self._lines[callback.channel, callback.account] = _Line(callback)

    @property
    def callbacks(self) -> list[Callback]:
        """Where webhooks go."""
        return [line.callback for line in self._lines.values()]

    @property
    def waiting(self) -> int:
        """Return how many events are on their way."""
        return sum(len(line.waiting) for line in self._lines.values()) + len(self._tasks)

    def deliveries(self) -> list[dict[str, Any]]:
        """Return the deliveries so far, oldest first."""
        return [asdict(one) for one in self._deliveries]

    def post(self, channel: str, account: str, make: Callable[[Callback], Notice]) -> None:
        """Send an event of the account, if somebody wants to hear of it."""
        line = self._lines.get((channel, account))
        if line is None:
            return
        notice = make(line.callback)
        if self._random.random() < line.callback.loss:
            self._note(line.callback, notice, attempt=0, status=None)
            return
        line.waiting.append(notice)
        if line.sender is None or line.sender.done():
            line.sender = self._start(self._send_all(line))

    def clear(self) -> None:
        """Forget the addresses, what waits and what was delivered."""
        self._lines.clear()
        self._deliveries.clear()
        for task in self._tasks:
            task.cancel()

    async def close(self) -> None:
        """Stop sending."""
        for task in list(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if self._http is not None:
            await self._http.aclose()

    def _start(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _send_all(self, line: _Line) -> None:
        while line.waiting:
            if line.callback.reorder:
                await asyncio.sleep(_HOLD_S)
                line.waiting.rotate(self._random.randrange(len(line.waiting)))
            notice = line.waiting.popleft()
            for _ in range(1 + line.callback.duplicates):
                if not await self._deliver(line.callback, notice, attempt=1):
                    self._start(self._insist(line.callback, notice))

    async def _insist(self, callback: Callback, notice: Notice) -> None:
        for number in range(callback.retries):
            await asyncio.sleep(callback.retry_after_s * 2**number)
            if await self._deliver(callback, notice, attempt=number + 2):
                return

    async def _deliver(self, callback: Callback, notice: Notice, *, attempt: int) -> bool:
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False)
        try:
            answer = await self._http.post(callback.url, content=notice.body, headers=notice.headers)
        except httpx.TransportError:
            status = 0
        else:
            status = answer.status_code
        self._note(callback, notice, attempt=attempt, status=status)
        return status == httpx.codes.OK

    def _note(self, callback: Callback, notice: Notice, *, attempt: int, status: int | None) -> None:
        self._deliveries.append(
            Delivery(
                channel=callback.channel,
                account=callback.account,
                name=notice.name,
                subject=notice.subject,
                attempt=attempt,
                status=status,
            )
        )
