"""What a demo run did, as seen from our rows and from the channels."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.listing import ListingState
from syndicator.cli.demo_scene import Scene
from syndicator.cli.views import listing_json
from syndicator.store.reports import ListingReport
from syndicator.usecases.import_file import ImportReport

OURS = frozenset({"listing.gave_up", "listing.internal", "listing.unconfirmed", "listing.vanished"})
"""Codes of problems that are the system's failure, not a channel's rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """One run. ``before`` and ``after`` are the sandbox's own counters; ``peaks`` are bytes by process."""

    imported: ImportReport
    settled: bool
    listings: tuple[ListingReport, ...]
    before: Mapping[str, Mapping[str, Any]]
    after: Mapping[str, Mapping[str, Any]]
    peaks: Mapping[str, int]
    scene: Scene | None
    photos_s: float
    publish_s: float
    total_s: float

    @property
    def failed(self) -> tuple[ListingReport, ...]:
        """Listings that are neither on sale, nor stopped by the seller's wish, nor held by a channel's rule."""
        return tuple(x for x in self.listings if _is_failed(x))

    @property
    def duplicates(self) -> int:
        """Visible listings that carry the same marker or product code on one account, counted by the channels."""
        return sum(channel["duplicates"] for channel in self.after.values())

    @property
    def is_good(self) -> bool:
        """Whether everything that could go on sale is on sale, once, and what was sold was seen everywhere."""
        is_scene_good = self.scene is not None and self.scene.is_good
        return (
            self.settled
            and not self.failed
            and not self.duplicates
            and not self.imported.intake.bad_rows
            and is_scene_good
        )

    def document(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "rows": self.imported.rows,
            "products": len(self.imported.accepted),
            "created": len(self.imported.created),
            "updated": len(self.imported.updated),
            "unchanged": len(self.imported.unchanged),
            "refused_rows": len(self.imported.intake.bad_rows),
            "channels": {kind: self._channel(kind) for kind in sorted({x.kind for x in self.listings})},
            "failed": len(self.failed),
            "failures": [listing_json(x) for x in self.failed],
            "remote_calls": self._grown("calls"),
            "mutating_calls": self._grown("mutating_calls"),
            "duplicates": self.duplicates,
            "settled": self.settled,
            "one_stock": None if self.scene is None else self.scene.document(),
            "seconds": {
                "photos": round(self.photos_s, 2),
                "publish": round(self.publish_s, 2),
                "total": round(self.total_s, 2),
            },
            "peak_memory_mb": {name: round(size / 1e6, 1) for name, size in sorted(self.peaks.items())},
        }

    def _channel(self, kind: str) -> dict[str, Any]:
        own = [x for x in self.listings if x.kind == kind]
        needs_you = [x for x in own if x.state is ListingState.NEEDS_YOU and not _is_failed(x)]
        return {
            "live": sum(x.state is ListingState.LIVE for x in own),
            "stopped": sum(x.state is ListingState.STOPPED for x in own),
            "needs_you": [
                {
                    "sku": x.sku,
                    "name": x.name,
                    "causes": [p.model_dump(exclude={"suggestion"}) for p in x.problems],
                }
                for x in needs_you
            ],
            "failed": sum(_is_failed(x) for x in own),
            "visible_on_channel": self.after.get(kind, {}).get("visible", 0),
            "remote_calls": self._grown("calls", kind),
            "mutating_calls": self._grown("mutating_calls", kind),
            "duplicates": self.after.get(kind, {}).get("duplicates", 0),
        }

    def _grown(self, counter: str, kind: str | None = None) -> int:
        kinds = self.after if kind is None else {kind}
        return sum(
            self.after.get(k, {}).get(counter, 0) - self.before.get(k, {}).get(counter, 0) for k in kinds
        )


def _is_failed(listing: ListingReport) -> bool:
    if listing.state is ListingState.NEEDS_YOU:
        return not listing.problems or any(problem.code in OURS for problem in listing.problems)
    return listing.state is ListingState.WORKING


def write_report(report: DemoReport, path: Path) -> Path:
    """Write the report as JSON and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report.document(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path
