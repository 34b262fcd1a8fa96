"""Units of a variant as a market shows them, and how many may truly be for sale there. Pure.

Source: docs/channels/emarkets.md section 13: held stock exists on the market between order and shipping, so a figure computed from
our count alone can release goods that were sold there already.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.emarket.fields import Reads, at

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Units:
    """What the market shows of one variant; ``held`` is None where it does not tell what its orders hold."""

    available: int
    held: int | None = None

    def may_sell(self, wanted: int, known: int) -> int:
        """Return how many units may be for sale there, if the ledger wants ``wanted`` and knows of ``known`` held ones.

        What the market holds beyond those was sold there in orders we have not heard of, out of the very units that are wanted.
        """
        unseen = max(0, (self.held or 0) - known)
        return max(0, wanted - unseen)


def whole(value: Any) -> int | None:
    """Read a whole number, written as a number or as text; None where it is none."""
    if isinstance(value, bool):
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def units_by_sku(variants: Any, reads: Reads, market: str) -> dict[str, Units]:
    """Read the units of variants, by SKU; a variant whose figure cannot be read is left out.

    A figure below zero means that the market's orders hold more than it counts. It is taken as zero, and logged.
    """
    if not isinstance(variants, list):
        return {}
    found: dict[str, Units] = {}
    for variant in variants:
        sku, shown = at(variant, reads.variant_sku), whole(at(variant, reads.variant_available))
        if sku is None or shown is None:
            continue
        held = _held(variant, reads)
        if shown < 0 or (held or 0) < 0:
            _log.warning(
                "market %s contradicts itself about %s: %s for sale, %s held", market, sku, shown, held
            )
        found[str(sku)] = Units(max(0, shown), None if held is None else max(0, held))
    return found


def _held(variant: Mapping[str, Any], reads: Reads) -> int | None:
    parts = [whole(at(variant, path)) for path in reads.variant_held]
    known = [part for part in parts if part is not None]
    return sum(known) if known else None
