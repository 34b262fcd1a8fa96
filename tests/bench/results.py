"""One form for every result of a bench: what was measured, against what, and whether the target holds."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Entry = Mapping[str, Any]
"""``name``, ``value``, ``unit``, ``better``, ``baseline``, ``ratio``, ``machine``, and ``target`` where there is one.

``ratio`` is value / baseline; ``target`` is its bound, from above or below as ``better`` says.
"""
HIGHER = "higher"
LOWER = "lower"


def entry(
    name: str,
    value: float,
    unit: str,
    *,
    better: str,
    baseline: Mapping[str, Any],
    machine: Mapping[str, Any],
    target: float | None = None,
    **details: Any,
) -> dict[str, Any]:
    """Make a result; ``baseline`` holds ``name`` and ``value`` in the same unit."""
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "better": better,
        "baseline": {"unit": unit, **baseline, "value": round(baseline["value"], 3)},
        "ratio": round(value / baseline["value"], 3) if baseline["value"] else None,
        **({} if target is None else {"target": target}),
        **details,
        "machine": dict(machine),
    }


def is_met(found: Entry) -> bool | None:
    """Say whether a result keeps its target; None where it has none."""
    if "target" not in found:
        return None
    ratio, target = float(found["ratio"]), float(found["target"])
    return ratio >= target if found["better"] == HIGHER else ratio <= target


def table(found: Sequence[Entry]) -> str:
    """Write the results for people, one line each."""
    head = f"{'what':52} {'ours':>18} {'baseline':>30} {'ratio':>7} {'target':>8}  met"
    return "\n".join([head, *(_line(one) for one in found)])


def _line(one: Entry) -> str:
    base = one["baseline"]
    mark = {True: "yes", False: "NO", None: "-"}[is_met(one)]
    sign = ">=" if one["better"] == HIGHER else "<="
    target = f"{sign} {one['target']}" if "target" in one else ""
    ours, theirs = f"{one['value']:.2f} {one['unit']}", f"{base['name']} {base['value']:.2f}"
    ratio = "-" if one["ratio"] is None else f"{one['ratio']:.2f}"
    return f"{one['name']:52} {ours:>18} {theirs:>30} {ratio:>7} {target:>8}  {mark}"


def write(found: Sequence[Entry], path: Path) -> None:
    """Write the results as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(found), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
