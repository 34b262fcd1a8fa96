"""Control over the sandbox from a test: what it holds, what it saw, what goes wrong next."""

from collections.abc import Callable
from typing import Any, TypeVar

from adapters.testing.sandbox import hands
from adapters.testing.sandbox.deeds import Bought, Changes, Edit, OrderAct, OrderDeed, Purchase
from adapters.testing.sandbox.faults import Effect, Fault
from adapters.testing.sandbox.sandbox import Sandbox
from adapters.testing.sandbox.summary import Listing, listings, summary
from adapters.testing.sandbox.webhooks import Callback

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

    def authorise(self, channel: str, account: str) -> None:
        """Let a person connect the account anew: the credentials it was connected with first work again."""
        self.run(lambda sandbox: sandbox.authorise(channel, account))

    def buy(self, channel: str, account: str, sku: str, quantity: int = 1, *, pay: bool = True) -> Bought:
        """Let a buyer order something.

        Raises:
            NotPossible: It is not on sale, or too little is left.
        """
        purchase = Purchase(channel=channel, account=account, sku=sku, quantity=quantity, pay=pay)
        return self.run(lambda sandbox: hands.buy(sandbox, purchase))

    def act(self, channel: str, account: str, order: str, act: OrderAct | str) -> None:
        """Let something happen to an order.

        Raises:
            NotPossible: There is no such order, or it is past that.
        """
        deed = OrderDeed(channel=channel, account=account, order=order, act=OrderAct(act))
        self.run(lambda sandbox: hands.act(sandbox, deed))

    def edit(
        self,
        channel: str,
        account: str,
        changes: Changes,
        *,
        external_id: str | None = None,
        sku: str | None = None,
    ) -> None:
        """Let a person edit a listing in the channel's own pages.

        Raises:
            NotPossible: There is no such listing, or the channel has no such field.
        """
        deed = Edit(channel=channel, account=account, external_id=external_id, sku=sku, changes=changes)
        self.run(lambda sandbox: hands.edit(sandbox, deed))

    def call(self, callback: Callback) -> None:
        """Send the webhooks of an account to that address from now on."""
        self.run(lambda sandbox: sandbox.webhooks.call(callback))

    def deliveries(self) -> list[dict[str, Any]]:
        """Return the webhooks delivered so far, see ``webhooks.Delivery``."""
        return self.run(lambda sandbox: sandbox.webhooks.deliveries())

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock ahead."""
        self.run(lambda sandbox: sandbox.clock.advance(seconds))

    def reset(self) -> None:
        """Forget every listing, request and fault."""
        self.run(lambda sandbox: sandbox.reset())

    def lag(self, seconds: float) -> None:
        """Let what is created from now on appear in lists and look-ups only after ``seconds``."""
        self.run(lambda sandbox: sandbox.lag(seconds))
