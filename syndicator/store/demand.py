"""How much of each variant buyers order, and the buffers that follow from it and from how fast channels follow."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from schemas.ids import AccountId, VariantId
from syndicator.domain.buffer import AutoBuffer
from syndicator.store.pushes import PushRepository
from syndicator.store.tables import ChannelOrder, ChannelOrderLine, table

_ORDER = table(ChannelOrder)
_LINE = table(ChannelOrderLine)
LOOK_BACK: Final = timedelta(days=14)
"""How far back demand and delays count: two weeks hold every day of the week twice."""


class DemandRepository:
    """Reads demand."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._pushes = PushRepository(connection)

    def elsewhere(
        self, account_id: AccountId, variant_ids: Collection[VariantId], *, since: datetime
    ) -> Mapping[VariantId, int]:
        """Return the units of the variants that buyers ordered on other accounts since a moment; none are left out."""
        rows = self._connection.execute(
            sa.select(_LINE.c.variant_id, sa.func.sum(_LINE.c.ordered).label("units"))
            .join(_ORDER, _ORDER.c.id == _LINE.c.order_id)
            .where(
                _LINE.c.variant_id.in_(list(variant_ids)),
                _ORDER.c.account_id != account_id,
                _ORDER.c.placed_at > since,
            )
            .group_by(_LINE.c.variant_id)
        )
        return {VariantId(row.variant_id): int(row.units) for row in rows}

    def auto_buffers(
        self, account_id: AccountId, variant_ids: Collection[VariantId], *, now: datetime
    ) -> Mapping[VariantId, AutoBuffer]:
        """Return the buffer of every variant on the account, from the last two weeks.

        Where the channel was never seen to show a change, how fast one was sent stands in.
        """
        since = now - LOOK_BACK
        measured = self._pushes.delays([account_id], since=since).get(account_id)
        seconds = None
        if measured is not None:
            seconds = measured.sent_most_s if measured.seen_most_s is None else measured.seen_most_s
        delay = None if seconds is None else timedelta(seconds=float(seconds))
        sold = self.elsewhere(account_id, variant_ids, since=since)
        hours = LOOK_BACK / timedelta(hours=1)
        return {id_: AutoBuffer(demand_per_hour=sold.get(id_, 0) / hours, delay=delay) for id_ in variant_ids}
