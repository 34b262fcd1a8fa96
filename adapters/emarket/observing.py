"""What a market shows beside what was sent to it. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from adapters.emarket.units import Units
from adapters.observing import Difference
from schemas.channel import Part
from schemas.listing import RemoteListing, Rendition
from schemas.money import Money

_SHOWN: Final = 120
"""Characters of a text that are shown on each side of the comparison."""
_BEFORE: Final = 20


def differences_of(rendition: Rendition, remote: RemoteListing) -> dict[Part, Difference]:
    """Return the parts of which the market shows something else; what it does not tell is never different."""
    found = {
        Part.TEXT: _text(rendition.body, remote.seen),
        Part.PRICE: _prices(rendition.body, remote.seen),
        Part.STOCK: _stock(rendition.body, remote.seen),
    }
    return {part: difference for part, difference in found.items() if difference is not None}


def _text(body: Mapping[str, Any], seen: Mapping[str, Any]) -> Difference | None:
    for name in ("title", "description"):
        shown = seen.get(name)
        # Markets rewrite spaces and line ends by themselves.
        if shown is not None and str(shown).split() != str(body[name]).split():
            return _around(" ".join(str(body[name]).split()), " ".join(str(shown).split()))
    return None


def _around(wanted: str, seen: str) -> Difference:
    """Cut both texts to where they begin to differ."""
    same = next(
        (n for n, (ours, theirs) in enumerate(zip(wanted, seen, strict=False)) if ours != theirs),
        min(len(wanted), len(seen)),
    )
    start = max(0, same - _BEFORE)
    return Difference(wanted=wanted[start : start + _SHOWN], seen=seen[start : start + _SHOWN])


def _prices(body: Mapping[str, Any], seen: Mapping[str, Any]) -> Difference | None:
    wanted = {sku: price["price"] for sku, price in body["prices"].items()}
    return _figures(wanted, seen.get("prices", {}), lambda satang: f"{Money(satang).baht()} บาท")


def _stock(body: Mapping[str, Any], seen: Mapping[str, Any]) -> Difference | None:
    shown, held, known = seen.get("available", {}), seen.get("held", {}), body.get("held", {})
    wanted = {
        sku: Units(shown.get(sku, 0), held.get(sku)).may_sell(units, known.get(sku, 0))
        for sku, units in body["available"].items()
    }
    return _figures(wanted, shown, lambda units: f"{units} ชิ้น")


def _figures(wanted: Mapping[str, int], shown: Mapping[str, int], write: Any) -> Difference | None:
    odd = [sku for sku, figure in wanted.items() if sku in shown and shown[sku] != figure]
    if not odd:
        return None
    return Difference(
        wanted=", ".join(f"{sku} {write(wanted[sku])}" for sku in odd),
        seen=", ".join(f"{sku} {write(shown[sku])}" for sku in odd),
    )
