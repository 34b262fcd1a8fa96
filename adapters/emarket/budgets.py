"""How often a market may be called: ``limits`` of its file, counted for each shop."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from adapters.emarket.account import MarketAccountSettings
from adapters.emarket.loading import load_market
from adapters.emarket.market import Market
from adapters.pace import Budget
from adapters.settings import EmarketSettings
from schemas.pace import PaceScope

_READ: Final = "2026-11-22"


def budgets(settings: EmarketSettings, account_settings: Mapping[str, Any]) -> Sequence[Budget]:
    """Return the budgets of a shop on its market; none where the file names no limit.

    Raises:
        MarketFileInvalid: The market file does not exist or is wrong.
    """
    account = MarketAccountSettings.model_validate(dict(account_settings))
    market = load_market(settings, account.market).market
    limits = market.limits
    named = (
        ("second", limits.per_second, timedelta(seconds=1)),
        ("day", limits.per_day, timedelta(days=1)),
    )
    return tuple(
        _budget(market, name, amount, window) for name, amount, window in named if amount is not None
    )


def _budget(market: Market, name: str, amount: int, window: timedelta) -> Budget:
    return Budget(
        name=name,
        scope=PaceScope.ACCOUNT,
        amount=amount,
        window=window,
        source=f"{market.id}.yaml, limits.per_{name}",
        read=_READ,
        grade=market.grade,
    )
