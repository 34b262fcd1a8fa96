"""Every request the sandbox saw, without secrets: a bounded ring, exact counters, and a file if asked."""

import json
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final, TextIO

from adapters.http import SECRET_NAMES
from adapters.testing.sandbox.exchange import Answer, Call

_SECRET: Final = SECRET_NAMES | {"page_token", "api_key", "app_secret", "fb_exchange_token", "batch"}
"""Names whose values are never kept. A batch is left out because its parts carry tokens; each part is an entry."""


class Journal:
    """Keeps the last ``size`` requests as JSON lines; counts all of them.

    A line has: n, t (unix seconds), channel, account, operation, mount, method, path, query, body, files (bytes by
    field), status, mutating, visible, error, and ``lost`` when the answer never reached the caller.
    """

    def __init__(self, size: int, file: Path | None = None) -> None:
        self._lines: deque[bytes] = deque(maxlen=size)
        self.total = 0
        self.calls: Counter[str] = Counter()
        self.mutating_calls: Counter[str] = Counter()
        self.operations: Counter[tuple[str, str, int]] = Counter()
        self._file: TextIO | None = file.open("a", encoding="utf-8") if file else None

    def add(self, call: Call, answer: Answer, *, lost: bool = False) -> None:
        """Record one finished call; appends to the ring, the counters and the file."""
        self.total += 1
        self.calls[call.channel] += 1
        self.mutating_calls[call.channel] += call.mutating
        self.operations[call.channel, call.operation, answer.status] += 1
        line = json.dumps(
            _entry(self.total, call, answer, lost=lost), ensure_ascii=False, separators=(",", ":")
        )
        self._lines.append(line.encode())
        if self._file:
            self._file.write(line + "\n")

    def after(self, n: int = 0, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield remembered entries numbered above ``n``, oldest first, at most ``limit``."""
        start = max(0, n - (self.total - len(self._lines)))
        stop = None if limit is None else start + limit
        for line in islice(self._lines, start, stop):
            yield json.loads(line)

    def clear(self) -> None:
        """Forget entries and counters; numbers start again at 1."""
        self._lines.clear()
        self.total = 0
        for counter in (self.calls, self.mutating_calls, self.operations):
            counter.clear()

    def flush(self) -> None:
        """Write what the file still holds back."""
        if self._file:
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
            self._file = None


def _entry(n: int, call: Call, answer: Answer, *, lost: bool) -> dict[str, Any]:
    request = call.request
    entry = {
        "n": n,
        "t": round(call.now, 3),
        "channel": call.channel,
        "account": call.account,
        "operation": call.operation,
        "mount": request.mount,
        "method": request.method,
        "path": request.path,
        "query": _query(request.query),
        "body": _blanked(request.body),
        "status": answer.status,
        "mutating": call.mutating,
        "visible": call.visible,
        "error": answer.error,
    }
    if request.files:
        entry["files"] = {name: len(data) for name, data in request.files.items()}
    if lost:
        entry["lost"] = True
    return entry


def _query(pairs: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in pairs:
        if name in _SECRET:
            continue
        shown[name] = [*_listed(shown[name]), value] if name in shown else value
    return shown


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _blanked(body: Any) -> Any:
    if isinstance(body, Mapping):
        return {name: value for name, value in body.items() if name not in _SECRET}
    return body
