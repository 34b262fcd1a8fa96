"""How many of the free units one account shows. Pure: the dry run, the preview and the push use the same function."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.ids import AccountId

MOST_SHOWN: Final = 1_000_000
"""A cap or buffer beyond this is a slip of the keyboard. Source: our choice."""
AUTO: Final = "auto"


class StockRule(BaseModel):
    """What of the free units an account shows. The default shows them all.

    Attributes:
        buffer: Units kept back, so that an order on another channel finds something; ``auto`` sizes it from demand and delay.
        share_percent: How much of what is left after the buffer this account shows; at least one unit while there is one.
        cap: Never more than this.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    buffer: Annotated[int, Field(ge=0, le=MOST_SHOWN)] | Literal["auto"] = 0
    share_percent: Annotated[int, Field(ge=1, le=100)] = 100
    cap: Annotated[int, Field(ge=0, le=MOST_SHOWN)] | None = None


class LastUnits(BaseModel):
    """The last units of every variant are sold on one account only: two buyers cannot both get the last one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    units: Annotated[int, Field(ge=1, le=MOST_SHOWN)]
    """While there are at most this many, only that account sells."""
    account_id: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What an account shows of a variant, in units, and which rules made it that.

    Attributes:
        available: Free to sell before the rules.
        because: The rules that lowered it, in their order: ``last_units``, ``buffer``, ``share``, ``cap``.
        held: In open orders of this very account.
    """

    units: int
    available: int
    because: tuple[str, ...] = ()
    held: int = 0


NO_UNITS: Final = Shown(units=0, available=0)


def shown(
    available: int,
    rule: StockRule,
    *,
    account_id: AccountId,
    last_units: LastUnits | None,
    auto_buffer: int = 0,
) -> Shown:
    """Apply the rules in their order: the last units first, then buffer, share and cap.

    ``auto_buffer`` is what a buffer of ``auto`` amounts to at present.
    """
    units, because = max(available, 0), []
    if last_units is not None and 0 < units <= last_units.units:
        if last_units.account_id == account_id:
            # The account chosen to sell the last ones sells all of them: a buffer would leave them unsold for ever.
            return Shown(units=units, available=available, because=("last_units",))
        return Shown(units=0, available=available, because=("last_units",))
    for name, after in (
        ("buffer", lambda n: max(n - (auto_buffer if rule.buffer == AUTO else rule.buffer), 0)),
        ("share", lambda n: _share(n, rule.share_percent)),
        ("cap", lambda n: n if rule.cap is None else min(n, rule.cap)),
    ):
        before, units = units, after(units)
        if units != before:
            because.append(name)
    return Shown(units=units, available=available, because=tuple(because))


def _share(units: int, percent: int) -> int:
    """Round half up, and never to nothing: one unit at 40 % is still one unit."""
    return max((units * percent + 50) // 100, min(units, 1))
