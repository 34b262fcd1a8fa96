"""Control over the sandbox from a test: what it holds, what it saw, what goes wrong next."""

from collections.abc import Callable
from typing import Any, TypeVar

from adapters.testing.sandbox.faults import Effect, Fault
from adapters.testing.sandbox.sandbox import Sandbox
from adapters.testing.sandbox.summary import Listing, listings, summary

T = TypeVar("T")


class SandboxControl:
    """Typed access; every method runs in the sandbox's own thread, between two requests."""

    def __init__(self, sandbox: Sandbox, run_there: Callable[[Callable[[], Any]], Any]) -> None:
        self._sandbox = sandbox
        self._run_there = run_there

    def run(self, action: Callable[[Sandbox], T]) -> T:
        """Run ``action`` on the sandbox itself: back-office edits, promotion locks, held units."""
        result: T = self._run_there(lambda: self._changing(action))
        return result

    def _changing(self, action: Callable[[Sandbox], T]) -> T:
        result = action(self._sandbox)
        self._sandbox.changed()
        return result

    def summary(self) -> dict[str, Any]:
        """Return the counts per channel, see ``summary.summary``."""
        return self.run(summary)

    def listings(self, channel: str | None = None, account: str | None = None) -> list[Listing]:
        """Return the listings the channels hold."""
        return self.run(lambda sandbox: list(listings(sandbox, channel, account)))

    def visible(self, channel: str | None = None, account: str | None = None) -> list[Listing]:
        """Return the listings a buyer sees."""
        return [found for found in self.listings(channel, account) if found.visible]

    def journal(self, *, after: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
        """Return remembered requests numbered above ``after``, oldest first."""
        return self.run(lambda sandbox: list(sandbox.journal.after(after, limit)))

    def calls(self, operation: str) -> list[dict[str, Any]]:
        """Return the remembered requests of one operation, such as ``post.create``."""
        return [entry for entry in self.journal() if entry["operation"] == operation]

    def fail(
        self,
        effect: Effect,
        *,
        channel: str | None = None,
        operation: str | None = None,
        account: str | None = None,
        nth: int | None = None,
        count: int | None = 1,
    ) -> None:
        """Order a fault for the next matching call (``count=None`` for every one)."""
        fault = Fault(
            effect=effect, channel=channel, operation=operation, account=account, nth=nth, count=count
        )
        self.add_fault(fault)

    def add_fault(self, fault: Fault) -> None:
        """Order a fault in full."""
        self.run(lambda sandbox: sandbox.faults.add(fault))

    def clear_faults(self) -> None:
        """Withdraw every order; throttles and expired tokens are lifted."""
        self.run(lambda sandbox: sandbox.faults.clear())

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock ahead."""
        self.run(lambda sandbox: sandbox.clock.advance(seconds))

    def reset(self) -> None:
        """Forget every listing, request and fault."""
        self.run(lambda sandbox: sandbox.reset())
