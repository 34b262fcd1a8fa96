"""How often MyShop may be called with one shop's key.

The sheet counts per API resource; all calls of a shop are counted together here, which is never too many.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from adapters.limits import Grade
from adapters.pace import Budget
from adapters.settings import LineSettings
from schemas.pace import PaceScope

_SOURCE: Final = "line.md 1.4: 50 requests a second and 1,000 a minute for each API resource"
_READ: Final = "2026-11-22"

PER_SECOND: Final = Budget(
    name="second",
    scope=PaceScope.ACCOUNT,
    amount=50,
    window=timedelta(seconds=1),
    source=_SOURCE,
    read=_READ,
    grade=Grade.DOCUMENTED,
)
PER_MINUTE: Final = Budget(
    name="minute",
    scope=PaceScope.ACCOUNT,
    amount=1_000,
    window=timedelta(minutes=1),
    source=_SOURCE,
    read=_READ,
    grade=Grade.DOCUMENTED,
)


def budgets(settings: LineSettings, account_settings: Mapping[str, Any]) -> Sequence[Budget]:
    """Return the budgets of a shop; the same for all."""
    del settings, account_settings
    return (PER_SECOND, PER_MINUTE)
