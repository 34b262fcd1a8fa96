"""What channels send to us: each event once, and how often our addresses were called in vain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from schemas.ids import AccountId, ChannelKind, ExternalId
from syndicator.store.tables import ChannelAccount as AccountTable
from syndicator.store.tables import InboundEvent as EventTable
from syndicator.store.tables import Listing as ListingTable
from syndicator.store.tables import RefusedWebhook as RefusedTable
from syndicator.store.tables import table

_ACCOUNT = table(AccountTable)
_EVENT = table(EventTable)
_LISTING = table(ListingTable)
_REFUSED = table(RefusedTable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """How often calls to one address were refused, and when last."""

    address: str
    count: int
    last_at: datetime


class InboundRepository:
    """Remembers events and refusals, and makes due what an event asks for."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def named(self, kind: ChannelKind, external_id: ExternalId) -> Sequence[AccountId]:
        """Return the accounts that the channel knows by that id; several sellers may have connected the same one."""
        found = self._connection.scalars(
            sa.select(_ACCOUNT.c.id)
            .where(_ACCOUNT.c.kind == kind, _ACCOUNT.c.external_id == external_id)
            .order_by(_ACCOUNT.c.id)
        )
        return [AccountId(value) for value in found]

    def remember(self, account_id: AccountId, key: str, *, now: datetime) -> bool:
        """Write the event down; return whether it came for the first time. A repeat is only counted.

        A second delivery that runs at the same moment waits here until the first one's transaction has ended.
        """
        repeats = self._connection.scalars(
            insert(_EVENT)
            .values(account_id=account_id, key=key, at=now)
            .on_conflict_do_update(
                index_elements=["account_id", "key"], set_={"repeats": _EVENT.c.repeats + 1}
            )
            .returning(_EVENT.c.repeats)
        ).one()
        return int(repeats) == 0

    def ask_for_orders(self, account_id: AccountId, *, now: datetime) -> None:
        """Let the account's orders be asked for at once, or once more where they are being read right now.

        That reading is left its lease: where events come faster than it ends, it would never get to its end otherwise.
        """
        is_read = sa.and_(_ACCOUNT.c.orders_lease_token.is_not(None), _ACCOUNT.c.orders_due_at > now)
        due = sa.case((is_read, _ACCOUNT.c.orders_due_at), else_=sa.func.least(_ACCOUNT.c.orders_due_at, now))
        self._connection.execute(
            sa.update(_ACCOUNT)
            .where(_ACCOUNT.c.id == account_id)
            .values(orders_asked_at=now, orders_due_at=due)
        )

    def look_at(self, account_id: AccountId, external_ids: Sequence[ExternalId], *, now: datetime) -> int:
        """Let the account's listings of these ids be read back at once; return how many there are."""
        ours = (
            sa.select(_LISTING.c.id)
            .where(_LISTING.c.account_id == account_id, _LISTING.c.external_id.in_(external_ids))
            .order_by(_LISTING.c.id)
            .with_for_update()
        )
        touched = self._connection.execute(
            sa.update(_LISTING)
            .where(_LISTING.c.id.in_(ours.scalar_subquery()))
            .values(look_at=sa.func.least(_LISTING.c.look_at, now))
        )
        return touched.rowcount

    def refuse(self, address: str, *, now: datetime) -> None:
        """Count a call that was refused; nothing of it is kept."""
        statement = insert(_REFUSED).values(address=address, last_at=now)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["address"],
                set_={
                    "count": _REFUSED.c["count"] + 1,
                    "last_at": sa.func.greatest(_REFUSED.c.last_at, now),
                },
            )
        )

    def refusals(self) -> Sequence[Refusals]:
        """Return the addresses at which calls were refused."""
        rows = self._connection.execute(sa.select(_REFUSED).order_by(_REFUSED.c.address))
        return [Refusals(**row) for row in rows.mappings()]

    def forget(self, *, before: datetime) -> int:
        """Drop the events that came before then; return how many. No channel repeats one that old."""
        return self._connection.execute(sa.delete(_EVENT).where(_EVENT.c.at < before)).rowcount
