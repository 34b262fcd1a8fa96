"""The buyers: they order on the channels that take orders, change their minds, and get their parcels. What they did is the truth."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adapters.testing.sandbox.accounts import EMARKET, LINE_SHOP, sandbox_accounts
from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.sandbox.deeds import NotPossible, OrderAct
from schemas.ids import Sku
from tests.chaos.goods import Good

SELL = (LINE_SHOP, EMARKET)
"""Channels of the sandbox that buyers can order on."""
MOST = 3
"""Units of one order at the most."""
CHANGES_MIND = 0.25
PARCELS = 0.5
"""Part of the open orders that are shipped once the storm is over."""


@dataclass(slots=True)
class Purchase:
    """What one buyer ordered, and what became of it, in units."""

    channel: str
    account: str
    order: str
    sku: Sku
    ordered: int
    cancelled: int = 0
    shipped: int = 0

    @property
    def is_open(self) -> bool:
        return self.ordered > self.cancelled + self.shipped


@dataclass(frozen=True, slots=True)
class Sold:
    """What all buyers together did with one code, in units."""

    ordered: int = 0
    cancelled: int = 0
    shipped: int = 0

    @property
    def open(self) -> int:
        """Units that buyers wait for."""
        return self.ordered - self.cancelled - self.shipped


class Buyers:
    """All buyers of a run."""

    def __init__(self, control: SandboxControl, seed: int, goods: Callable[[], Mapping[Sku, Good]]) -> None:
        self._control = control
        self._rng = random.Random(f"buyers {seed}")
        self._goods = goods
        self.purchases: list[Purchase] = []
        self.sent_away = 0
        """Times a buyer found nothing, or too little."""

    def shop(self, count: int, *, within_s: float) -> None:
        """Let so many buyers come, spread over the time; now and then one takes an order back."""
        for _ in range(count):
            time.sleep(self._rng.uniform(0, 2) * within_s / count)
            if self._rng.random() < CHANGES_MIND:
                self._take_back()
            self._buy()

    def receive(self) -> None:
        """Let the sellers ship a part of what is open."""
        for one in self.purchases:
            if one.is_open and self._rng.random() < PARCELS:
                self._control.act(one.channel, one.account, one.order, OrderAct.SHIP)
                one.shipped = one.ordered - one.cancelled

    def sold(self) -> Mapping[Sku, Sold]:
        """Return what was sold of each code."""
        found: dict[Sku, Sold] = {}
        for one in self.purchases:
            so_far = found.get(one.sku, Sold())
            found[one.sku] = Sold(
                so_far.ordered + one.ordered, so_far.cancelled + one.cancelled, so_far.shipped + one.shipped
            )
        return found

    def _buy(self) -> None:
        goods = sorted(self._goods())
        if not goods:
            return
        sku, channel = self._rng.choice(goods), self._rng.choice(SELL)
        seller = int(sku[1:].split("-")[0])
        account = next(one.external_id for one in sandbox_accounts(seller) if one.kind == channel)
        units = self._rng.randint(1, MOST)
        try:
            bought = self._control.buy(channel, account, sku, units, pay=True)
        except NotPossible:
            self.sent_away += 1
            return
        self.purchases.append(Purchase(channel, account, bought.order, sku, units))

    def _take_back(self) -> None:
        open_ones = [one for one in self.purchases if one.is_open]
        if not open_ones:
            return
        one = self._rng.choice(open_ones)
        self._control.act(one.channel, one.account, one.order, OrderAct.CANCEL)
        one.cancelled = one.ordered


def left(goods: Mapping[Sku, Good], sold: Mapping[Sku, Sold]) -> Mapping[Sku, int]:
    """Return the units free to sell of each code: what was counted last, less what left the shelf, less what is promised.

    Parcels leave after the last count. One that held more than the shelf did shows that the shelf held it after all.
    """
    nothing = Sold()
    return {
        sku: max(max(good.units - sold.get(sku, nothing).shipped, 0) - sold.get(sku, nothing).open, 0)
        for sku, good in goods.items()
    }
