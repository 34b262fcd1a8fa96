"""Everything the sandbox knows, in one place, owned by one event loop: between two awaits nothing else runs."""

import random

from adapters.testing.sandbox.clock import SandboxClock
from adapters.testing.sandbox.faults import FaultBook
from adapters.testing.sandbox.graph.state import GraphState
from adapters.testing.sandbox.journal import Journal
from adapters.testing.sandbox.line.state import LineState
from adapters.testing.sandbox.market.state import MarketState
from adapters.testing.sandbox.options import SandboxOptions
from adapters.testing.sandbox.pace import Pace
from adapters.testing.sandbox.persistence import SavedState, StateFile
from adapters.testing.sandbox.pictures import PictureStore


class Sandbox:
    """The channels' state, the clock, the journal, the faults."""

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self.random = random.Random(options.seed)
        self.journal = Journal(options.journal_size, options.journal_file)
        self.faults = FaultBook(options.seed)
        self.pictures = PictureStore(options)
        self.pace = Pace()
        self._file = StateFile(options.state_file) if options.state_file else None
        saved = self._file.load() if self._file else None
        self.clock = SandboxClock(saved.clock_offset_s if saved else 0.0)
        self.graph = saved.graph if saved else GraphState()
        self.line = saved.line if saved else LineState()
        self.market = saved.market if saved else MarketState()

    def changed(self) -> None:
        """Note that the state differs from the file."""
        if self._file:
            self._file.dirty = True

    def reset(self) -> None:
        """Forget every listing, request and fault; the clock stays where it is."""
        self.graph, self.line, self.market = GraphState(), LineState(), MarketState()
        self.journal.clear()
        self.faults.clear()
        self.pace.clear()
        self.changed()

    def save(self) -> None:
        """Write the state file if anything changed, and what the journal's file still holds back."""
        self.journal.flush()
        if self._file and self._file.dirty:
            self._file.save(SavedState(self.clock.offset_s, self.graph, self.line, self.market))

    async def close(self) -> None:
        """Save, and close files and connections."""
        self.save()
        self.journal.close()
        await self.pictures.close()
