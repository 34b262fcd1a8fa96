"""The toll before every call: what the channel reported, then our own counts. Implements ``adapters.pace.Pace``."""

import ipaddress
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import lru_cache

from adapters.pace import CallEnd, Payer, Refusal, Toll, Usage
from syndicator.pace.budgets import BudgetCounter
from syndicator.pace.ledger import CallLedger
from syndicator.pace.usage_board import UsageBoard

PATIENCE = timedelta(seconds=1)
"""A step that is under way waits out a refusal this short rather than be cut in the middle."""
_TRIES = 3


class SharedPace:
    """One pace for all workers.

    Args:
        board: What channels reported.
        counter: Our own counts.
        ledger: Hears of every call.
        counts_simulated: Whether budgets hold for channels on this machine too; a simulated one has its own limits.
        sleep: Waits some seconds.
    """

    def __init__(
        self,
        board: UsageBoard,
        counter: BudgetCounter,
        ledger: CallLedger,
        *,
        counts_simulated: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._board = board
        self._counter = counter
        self._ledger = ledger
        self._counts_simulated = counts_simulated
        self._sleep = sleep

    def pay(self, payer: Payer, toll: Toll) -> Refusal | None:
        """Take the call out of every budget, or say why it must not be made."""
        refusal = self._look(payer, toll)
        for _ in range(_TRIES):
            if refusal is None or not toll.is_begun or refusal.wait > PATIENCE:
                break
            self._sleep(refusal.wait.total_seconds())
            refusal = self._look(payer, toll)
        return refusal

    def told(self, payer: Payer, usages: Sequence[Usage]) -> None:
        """Keep what the channel reports."""
        self._board.told(payer, usages)

    def began(self, payer: Payer) -> int:
        """Note a call that leaves."""
        return self._ledger.began(payer.endpoint)

    def ended(self, payer: Payer, began: object, end: CallEnd) -> None:
        """Note how it ended."""
        if isinstance(began, int):
            self._ledger.ended(payer.endpoint, began, end)

    def _look(self, payer: Payer, toll: Toll) -> Refusal | None:
        refusal = self._board.refusal(payer, is_begun=toll.is_begun)
        if refusal is not None or not (self._counts_simulated or not _is_this_machine(toll.host)):
            return refusal
        return self._counter.pay(payer, toll.method, toll.path, is_begun=toll.is_begun)


@lru_cache(maxsize=256)
def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
