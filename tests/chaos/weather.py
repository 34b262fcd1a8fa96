"""What goes wrong at the channels: orders to the sandbox that together meet a share of all calls."""

from collections.abc import Sequence

from adapters.testing.sandbox.faults import (
    DropAnswer,
    Effect,
    ExpireToken,
    Fault,
    HideFromLookup,
    Html502,
    ServerErrorWithEffect,
    Slow,
    Throttle,
    TruncatedJson,
)

WRITES: Sequence[tuple[Effect, float]] = (
    (DropAnswer(after_effect=True), 5),
    (DropAnswer(after_effect=False), 4),
    (ServerErrorWithEffect(), 4),
    (TruncatedJson(), 3),
    (Html502(after_effect=False), 3),
    (Html502(after_effect=True), 2),
    (Slow(seconds=1.5), 4),
    (Throttle(seconds=2), 1),
    (HideFromLookup(seconds=8), 4),
)
"""Faults of calls that change something, with their weights. What a look-up hides comes back before the channel's settle time."""
READS: Sequence[tuple[Effect, float]] = (
    (DropAnswer(after_effect=False), 8),
    (Html502(), 6),
    (TruncatedJson(), 6),
    (Slow(seconds=1.5), 8),
    (Throttle(seconds=2), 1),
)
EXPIRIES = 0.0004
"""Chance of any call that the account's token dies with it; its seller then connects again."""


def storm(share: float) -> list[Fault]:
    """Return the orders that let ``share`` of all calls go wrong.

    The first order that fires wins, so each one's chance is taken of what those before it let through.
    """
    orders = [Fault(effect=ExpireToken(), probability=EXPIRIES)]
    for is_write, effects in ((True, WRITES), (False, READS)):
        total, left = sum(weight for _, weight in effects), 1.0
        for effect, weight in effects:
            chance = share * weight / total
            orders.append(Fault(effect=effect, mutating=is_write, probability=chance / left))
            left -= chance
    return orders
