"""Stock through the client: what is on the shelf, counted, corrected, shown."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from syndicator.client.calls import Calls
from syndicator.client.models import StockChange, StockLevel

_CHANGES = TypeAdapter(tuple[StockChange, ...])


class Stock:
    """The stock of one seller. Units are whole; the channels follow every change at once."""

    def __init__(self, calls: Calls, path: str) -> None:
        self._calls = calls
        self._path = path

    def set(
        self, units: Mapping[str, int], *, note: str | None = None, idempotency_key: str | None = None
    ) -> Sequence[StockChange]:
        """Say what is on the shelf now, by SKU, up to 500 of them, all or nothing.

        Args:
            units: Those promised to buyers and not yet shipped included.
            note: In a person's words, for the history.
            idempotency_key: Your own name for this entry; entered again under it, nothing is done twice.

        Raises:
            ApiProblem: A SKU is unknown or a figure absurd; nothing was changed.
        """
        return self._write("count", {"counts": dict(units), "note": note}, idempotency_key)

    def count(
        self,
        units: Mapping[str, int],
        *,
        began: datetime,
        note: str | None = None,
        idempotency_key: str | None = None,
    ) -> Sequence[StockChange]:
        """Enter a stock-take that ``began`` a while ago; what was sold since is taken off once more. Otherwise as ``set``."""
        body = {"counts": dict(units), "as_of": began.isoformat(), "note": note}
        return self._write("count", body, idempotency_key)

    def adjust(
        self,
        changes: Mapping[str, int],
        *,
        reason: str = "other",
        note: str | None = None,
        idempotency_key: str | None = None,
    ) -> Sequence[StockChange]:
        """Add units, or take off where negative; ``reason``: sale, found, broken, gift or other. Otherwise as ``set``."""
        body = {"changes": dict(changes), "reason": reason, "note": note}
        return self._write("adjust", body, idempotency_key)

    def show(self, *skus: str) -> Iterator[StockLevel]:
        """Yield what there is of the variants or products named, or of all."""
        for sku in skus or (None,):
            yield from self._calls.every(self._path, StockLevel, {"sku": sku})

    def _write(
        self, verb: str, body: Mapping[str, Any], idempotency_key: str | None
    ) -> Sequence[StockChange]:
        answer = self._calls.write("POST", f"{self._path}/{verb}", body, idempotency_key=idempotency_key)
        return _CHANGES.validate_python(answer.json()["data"])
