"""When buyers are told that goods are sold out, or back, on channels that show no number of units. Pure.

There such a change is an edit of a post or a public comment, which people are notified of. Stock that swings around zero
(an order, a cancellation, the next order) must not make a post flicker, so the change is said once it has stood for a while. A
change that is taken back sooner is never said, and costs no call. Channels that show a number are told every change at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapters.base import Capabilities, StockMode
from schemas.channel import Part
from schemas.ids import Sku
from schemas.listing import Offer
from syndicator.domain.listing import Listing
from syndicator.domain.plan import Step, StepKind

_SAYS_STOCK: Final = frozenset({StepKind.UPDATE, StepKind.COMMENT, StepKind.ASK})
_STOCK_ALONE: Final = frozenset({Part.STOCK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """How long availability must have stood before it is said.

    Attributes:
        sold_out_after: Where any variant is sold out. The longer, the more buyers ask for what is gone.
        back_after: Where every variant is for sale.
    """

    sold_out_after: timedelta = timedelta(0)
    back_after: timedelta = timedelta(0)

    def rest(
        self,
        step: Step,
        listing: Listing,
        offers: Mapping[Sku, Offer],
        capabilities: Capabilities,
        *,
        now: datetime,
    ) -> timedelta:
        """Return how much longer the step has to wait; zero for one that is taken now.

        Only a step made for nothing but availability waits: one that says a new price or text says it in the same breath.
        """
        is_said = step.kind in _SAYS_STOCK and step.parts == _STOCK_ALONE
        if not is_said or capabilities.stock is not StockMode.IN_OUT:
            return timedelta(0)
        is_out = any(offer.available <= 0 for offer in offers.values())
        since = listing.stock_changed_at or listing.wished_at
        return max(
            since + (self.sold_out_after if is_out else self.back_after) - now,
            timedelta(0),
        )


AT_ONCE: Final = Settling()
"""Nothing waits."""
