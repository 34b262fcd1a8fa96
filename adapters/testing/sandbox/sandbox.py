"""Everything the sandbox knows, in one place, owned by one event loop: between two awaits nothing else runs."""

import random
from dataclasses import replace

from adapters.testing.sandbox.accounts import EMARKET
from adapters.testing.sandbox.clock import SandboxClock
from adapters.testing.sandbox.faults import FaultBook
from adapters.testing.sandbox.graph.state import GraphState
from adapters.testing.sandbox.hooks import HookBook, HookState
from adapters.testing.sandbox.journal import Journal
from adapters.testing.sandbox.line.state import LineState
from adapters.testing.sandbox.market.state import MarketState
from adapters.testing.sandbox.messaging.state import MessagingState
from adapters.testing.sandbox.options import SandboxOptions
from adapters.testing.sandbox.pace import Pace
from adapters.testing.sandbox.persistence import SavedState, StateFile
from adapters.testing.sandbox.pictures import PictureStore
from adapters.testing.sandbox.webhooks import Outbox


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
        self.messaging = saved.messaging if saved else MessagingState()
        self.webhooks = Outbox(options.seed, saved.callbacks if saved else [])
        self.hooks = HookBook(
            saved.hooks if saved else HookState(), options.seed, options.allowed_picture_hosts
        )

    def changed(self) -> None:
        """Note that the state differs from the file."""
        if self._file:
            self._file.dirty = True

    def authorise(self, channel: str, account: str) -> None:
        """Let the owner consent anew: the credentials the account was connected with first work again."""
        self.faults.expired.discard((channel, account))
        if channel == EMARKET:
            self.market.authorise(account)

    def reset(self) -> None:
        """Forget every listing, request and fault; the clock stays where it is."""
        self.graph, self.line, self.market = GraphState(), LineState(), MarketState()
        self.messaging = MessagingState()
        self.webhooks.clear()
        self.journal.clear()
        self.faults.clear()
        self.pace.clear()
        self.hooks.clear()
        self.changed()

    def lag(self, seconds: float) -> None:
        """Let what is created from now on appear in lists and look-ups only after ``seconds``."""
        self.options = replace(self.options, read_lag_s=seconds)

    def save(self) -> None:
        """Write the state file if anything changed, and what the journal's file still holds back."""
        self.journal.flush()
        if self._file and self._file.dirty:
            self._file.save(
                SavedState(
                    self.clock.offset_s,
                    self.graph,
                    self.line,
                    self.market,
                    self.messaging,
                    self.webhooks.callbacks,
                    self.hooks.state,
                )
            )

    async def close(self) -> None:
        """Stop sending webhooks, save, and close files and connections."""
        await self.webhooks.close()
        self.save()
        self.journal.close()
        await self.pictures.close()
        await self.hooks.close()
