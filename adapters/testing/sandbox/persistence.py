"""The state between two runs: one JSON file, replaced as a whole."""

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from adapters.testing.sandbox.graph.state import GraphState
from adapters.testing.sandbox.hooks import HookState
from adapters.testing.sandbox.line.state import LineState
from adapters.testing.sandbox.market.state import MarketState
from adapters.testing.sandbox.messaging.state import MessagingState
from adapters.testing.sandbox.webhooks import Callback


@dataclass
class SavedState:
    """What is kept."""

    clock_offset_s: float
    graph: GraphState
    line: LineState
    market: MarketState
    messaging: MessagingState = field(default_factory=MessagingState)
    callbacks: list[Callback] = field(default_factory=list)
    hooks: HookState = field(default_factory=HookState)


_SAVED = TypeAdapter(SavedState)


class StateFile:
    """Reads and writes the file; ``dirty`` says that there is something to write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.dirty = False

    def load(self) -> SavedState | None:
        """Return what was saved, None when there is no file yet.

        Raises:
            SystemExit: The file is not a state of this sandbox.
        """
        try:
            return _SAVED.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as exc:
            raise SystemExit(
                f"{self._path} is not a sandbox state this version can read "
                f"({exc.error_count()} faults); move it away to start with empty channels"
            ) from None

    def save(self, state: SavedState) -> None:
        """Write beside the file, then rename: a kill in between leaves the old state whole."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(self._path.name + ".new")
        draft.write_bytes(_SAVED.dump_json(state))
        draft.replace(self._path)
        self.dirty = False
