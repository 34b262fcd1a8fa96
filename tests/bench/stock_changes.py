"""Stock bench: how soon a stock change leaves for the channels, on an idle system and behind a hundred thousand listings.

What is measured is what the system itself measures and shows (``syndicator stock delays``): from the commit of the change
to the moment the call to the channel began. The bound of a second is judged, the ratio to an idle system is shown
(docs/decisions/0029-speed-is-judged-with-late-answers.md).
"""

import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog

from schemas.ids import Sku
from syndicator.usecases.stock import Reason, adjust_stock
from tests.bench.fairness import Answers, Field, on_stack
from tests.bench.pictures import machine
from tests.bench.results import LOWER, entry
from tests.bench.rivals import NotSettled

WITHIN_TARGET_MS = 1_000.0
"""95 of 100 changes leave within this, backlog or not. Source: the design's table of targets."""
COUNTING = ("line", "market")
"""Accounts of channels that show a number; the others only ever hear of sold out and back."""
GOOD = Sku("STOCK-1")
_BACKLOG = sa.text("""
WITH made AS (
    INSERT INTO product (seller_id, sku, fingerprint, canonical)
    SELECT :seller, 'BULK-' || n, 'bulk-' || n,
           jsonb_set(jsonb_set(p.canonical, '{sku}', to_jsonb('BULK-' || n)), '{variants,0,sku}', to_jsonb('BULK-' || n))
      FROM generate_series(1, :products) AS n, product AS p WHERE p.sku = :good
    RETURNING id, sku
), sold AS (
    INSERT INTO variant (seller_id, product_id, sku, position) SELECT :seller, id, sku, 0 FROM made
)
INSERT INTO listing (seller_id, product_id, account_id, wanted, due_at, lane)
SELECT :seller, made.id, a.id, 'live', now(), 3 FROM made, channel_account AS a WHERE a.seller_id = :seller
""")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much is measured: listings due behind, single stock changes timed before and behind them."""

    backlog: int = 100_000
    changes: int = 60


QUICK = Size(backlog=4_000, changes=15)


def run(size: Size, say: Say) -> list[dict[str, Any]]:
    """Measure on a stack of its own.

    Raises:
        NotSettled: A change did not reach its channels in time, or nothing was left of the backlog to be behind of.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    with tempfile.TemporaryDirectory(prefix="stock-") as folder:
        return [
            found
            for answers in Answers
            for found in on_stack(
                Path(folder) / answers,
                lambda field, answers=answers: _measure(field, size, machine(), say, answers),
            )
        ]


def _measure(
    field: Field, size: Size, where: Mapping[str, Any], say: Say, answers: Answers
) -> list[dict[str, Any]]:
    field.let_answer(answers)
    for number in (1, 2):
        field.connect(number)
    for account in COUNTING:
        field.submit(2, [GOOD], account)
    field.wait(lambda: all(field.live(GOOD, account) for account in COUNTING), "the goods are on sale")
    _changes(field, size.changes // 4, "warm")
    idle = _changes(field, size.changes, "idle")
    _pile_up(field, size)
    behind = _changes(field, size.changes, "behind")
    left = int(field.value("SELECT count(*) FROM listing WHERE due_at IS NOT NULL"))
    say(
        f"{answers} answers: stock change to call: idle p95 {_p95(idle):.0f} ms, behind {left} due listings {_p95(behind):.0f} ms"
    )
    if left < size.backlog // 10:
        raise NotSettled(f"only {left} were left of the backlog: nothing was measured behind it")
    details = {"left_of_backlog": left, "p50_ms": round(statistics.median(behind)), "changes": len(behind)}
    return [
        entry(
            answers.named("stock.change_to_call.p95.behind_backlog"),
            _p95(behind),
            "ms",
            better=LOWER,
            baseline={"name": "idle", "value": _p95(idle)},
            machine=where,
            **details,
        ),
        entry(
            answers.named("stock.change_to_call.p95.bound"),
            _p95(behind),
            "ms",
            better=LOWER,
            baseline={"name": "bound", "value": WITHIN_TARGET_MS},
            machine=where,
            target=1.0,
        ),
    ]


def _changes(field: Field, count: int, name: str) -> list[float]:
    """Change the stock so many times, one after the other; return the milliseconds until each call left."""
    after = int(field.value("SELECT coalesce(max(id), 0) FROM stock_push"))
    for number in range(count):
        adjust_stock(
            field.sellers[2],
            {GOOD: 1},
            reason=Reason.FOUND,
            reference=f"{name}-{number}",
            database=field.app.database,
            clock=field.app.clock,
        )
        sent = (number + 1) * len(COUNTING)
        field.wait(
            lambda sent=sent: (
                field.value("SELECT count(*) FROM stock_push WHERE id > :after", after=after) >= sent
            ),
            f"change {number} {name}",
        )
    with field.app.database.begin() as uow:
        rows = uow.connection.execute(
            sa.text("SELECT sent_at - changed_at AS took FROM stock_push WHERE id > :after"), {"after": after}
        )
        return [row.took / timedelta(milliseconds=1) for row in rows]


def _pile_up(field: Field, size: Size) -> None:
    accounts = int(
        field.value("SELECT count(*) FROM channel_account WHERE seller_id = :seller", seller=field.sellers[1])
    )
    with field.app.database.begin() as uow:
        uow.connection.execute(
            _BACKLOG, {"seller": field.sellers[1], "products": size.backlog // accounts, "good": GOOD}
        )
        uow.notify_due()


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
