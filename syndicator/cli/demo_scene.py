"""The last scene of the demo: a buyer buys, the last unit sells out everywhere, a restock brings it back.

What is timed is what buyers see on the simulated channels, from outside.
"""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.base import StockMode
from adapters.registry import CHANNELS
from adapters.webhooks import WebhookScope
from schemas.ids import SellerId, Sku
from schemas.listing import ListingState
from syndicator.bootstrap import App
from syndicator.cli.sandbox_client import SandboxClient
from syndicator.store.accounts import StoredAccount
from syndicator.usecases.stock import Reason, adjust_stock

SOLD_OUT = "หมดชั่วคราว"
ABOUT_STOCK = "สินค้า"
"""Words of the posts and comments that say whether goods are for sale."""
LOOK_EVERY_S = 0.05
PATIENCE_S = 30.0
RESTOCK = 12
"""Units that come back at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happened, and how many seconds later each account's buyers saw it; None where they did not in time.

    Accounts that had nothing to change are left out: a post says the same of 28 units and of 27.
    """

    th: str
    en: str
    units: int
    seen_s: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The whole scene, played with one code."""

    sku: Sku
    bought_on: str
    steps: tuple[Step, ...]

    @property
    def is_good(self) -> bool:
        """Whether every account showed every step in time."""
        return all(seconds is not None for step in self.steps for seconds in step.seen_s.values())

    def document(self) -> dict[str, Any]:
        """Return the scene for programs."""
        return {
            "sku": self.sku,
            "bought_on": self.bought_on,
            "steps": [
                {"what": step.en, "units": step.units, "seen_s": dict(step.seen_s)} for step in self.steps
            ],
        }


def play(app: App, seller_id: SellerId, sandbox: SandboxClient) -> Scene | None:
    """Play the scene with the first goods that are on sale everywhere; None where no goods are."""
    cast = _cast(app, seller_id)
    return None if cast is None else _Stage(app, sandbox, cast).play()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cast:
    """The goods, their listing on each account, and the account a buyer buys on."""

    seller_id: SellerId
    sku: Sku
    units: int
    ids: Mapping[str, str]
    accounts: Sequence[StoredAccount]
    shop: StoredAccount


def _cast(app: App, seller_id: SellerId) -> _Cast | None:
    with app.database.begin() as uow:
        accounts = uow.accounts.of_seller(seller_id)
        live = [one for one in uow.reports.listings(seller_id) if one.state is ListingState.LIVE]
        stock = {one.sku: one.level.available for one in uow.stock_reports.stock(seller_id)}
    shop = next((one for one in accounts if _sells(one)), None)
    for sku in sorted({one.sku for one in live}):
        ids = {one.account: one.external_id for one in live if one.sku == sku and one.external_id}
        # Goods of one variant: the code of the product is then the code that sells.
        if shop is not None and len(ids) == len(accounts) and stock.get(sku, 0) > 1:
            return _Cast(
                seller_id=seller_id, sku=sku, units=stock[sku], ids=ids, accounts=accounts, shop=shop
            )
    return None


def _sells(stored: StoredAccount) -> bool:
    """Whether buyers order on the channel itself, and it tells us of them."""
    reader = CHANNELS[stored.account.kind].webhooks
    return reader is not None and reader.scope is WebhookScope.ACCOUNT


class _Stage:
    def __init__(self, app: App, sandbox: SandboxClient, cast: _Cast) -> None:
        self._app = app
        self._sandbox = sandbox
        self._cast = cast

    def play(self) -> Scene:
        self._let_the_shop_call()
        cast, left = self._cast, self._cast.units
        steps = (
            self._step("มีคนซื้อ 1 ชิ้น", "one unit was bought", left - 1, lambda: self._buy(1)),
            self._step("ชิ้นที่เหลือขายหมด", "all that was left was bought", 0, lambda: self._buy(left - 1)),
            self._step(f"ของเข้า {RESTOCK} ชิ้น", f"{RESTOCK} units came in", RESTOCK, self._restock),
        )
        return Scene(sku=cast.sku, bought_on=cast.shop.account.name, steps=steps)

    def _step(self, th: str, en: str, units: int, happens: Callable[[], None]) -> Step:
        concerned = [one for one in self._cast.accounts if not self._shows(one, units)]
        happens()
        began = time.monotonic()
        seen: dict[str, float | None] = dict.fromkeys(one.account.name for one in concerned)
        while time.monotonic() - began < PATIENCE_S and None in seen.values():
            for one in concerned:
                if seen[one.account.name] is None and self._shows(one, units):
                    seen[one.account.name] = round(time.monotonic() - began, 2)
            time.sleep(LOOK_EVERY_S)
        return Step(th=th, en=en, units=units, seen_s=seen)

    def _let_the_shop_call(self) -> None:
        """Give the shop the address of our door, as its seller does once in the shop's settings."""
        stored = self._cast.shop
        address = self._app.hooks.of_account(stored.account.kind, stored.account.id)
        secret = stored.credentials.get("webhook_secret")
        if secret is not None:
            self._sandbox.call_back(stored.account.kind, stored.account.external_id, address, secret)

    def _buy(self, units: int) -> None:
        account = self._cast.shop.account
        self._sandbox.buy(account.kind, account.external_id, self._cast.sku, units)

    def _restock(self) -> None:
        adjust_stock(
            self._cast.seller_id,
            {self._cast.sku: RESTOCK},
            reason=Reason.FOUND,
            reference=uuid.uuid4().hex,
            database=self._app.database,
            clock=self._app.clock,
        )

    def _shows(self, stored: StoredAccount, units: int) -> bool:
        """Say whether the account's buyers see so many units, or where there is no number, whether any are for sale."""
        account = stored.account
        shown = self._sandbox.listing(account.kind, account.external_id, self._cast.ids[account.name])
        if self._app.adapters.capabilities(account).stock is StockMode.QUANTITY:
            return bool(shown["stock"] == {self._cast.sku: units})
        said = [shown["text"], *(one for one in shown["comments"] if ABOUT_STOCK in one)]
        return (SOLD_OUT in said[-1]) == (units == 0)
