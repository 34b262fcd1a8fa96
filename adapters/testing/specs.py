"""Hold every recorded request against the vendors' machine-readable descriptions.

The checker takes one journal entry of the sandbox and returns what is wrong with it, one sentence each; an
unknown call or an unknown parameter is a violation. The files and their origin: tests/data/specs/README.md.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from adapters.testing.graph_specs import GraphSpecs
from adapters.testing.json_specs import MarketSpecs, OpenApiSpecs

Entry = Mapping[str, Any]


class Spec(Protocol):
    """The description of one vendor."""

    def violations(self, entry: Entry) -> list[str]:
        """Return what is wrong with a request to this vendor."""
        ...


class SpecChecker:
    """Checks journal entries; ``spec_dir`` holds the folders ``meta``, ``line`` and ``market``."""

    def __init__(self, spec_dir: Path) -> None:
        graph = GraphSpecs(spec_dir / "meta")
        self._by_mount: dict[str, Spec] = {
            "/graph": graph,
            "/graph-instagram": graph,
            "/line-shop": OpenApiSpecs(_read(spec_dir / "line" / "myshop-openapi.json")),
            "/market/api": MarketSpecs(_read(spec_dir / "market" / "sandbox-emarket.json")),
        }

    def check(self, entry: Entry) -> list[str]:
        """Return the violations of one request, each naming the call; none is an empty list."""
        spec = self._by_mount.get(entry["mount"])
        call = f"{entry['method']} {entry['mount']}{entry['path']}"
        if spec is None:
            return [f"{call}: no description covers this address"]
        return [f"{call}: {violation}" for violation in spec.violations(entry)]

    def check_all(self, entries: Iterable[Entry]) -> list[str]:
        """Return the violations of many requests, each sentence once, in the order first seen."""
        return list(dict.fromkeys(found for entry in entries for found in self.check(entry)))


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
