"""What follows from an event that a channel sent: an order is recorded, or something is looked at sooner than planned."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import structlog

from adapters.webhooks import InboundEvent
from schemas.channel import ChannelAccount
from schemas.orders import ChannelOrder
from syndicator.ports import Clock
from syndicator.store.engine import Database, UnitOfWork

log = structlog.get_logger()


class RecordOrders(Protocol):
    """Brings the stock to what orders say, inside the caller's transaction; an order known already changes nothing."""

    def __call__(
        self, uow: UnitOfWork, account: ChannelAccount, orders: Sequence[ChannelOrder], *, now: datetime
    ) -> None:
        """Record the orders."""
        ...


def receive_webhook(
    event: InboundEvent,
    account: ChannelAccount,
    *,
    database: Database,
    clock: Clock,
    record_orders: RecordOrders,
) -> bool:
    """Take one event in, whose signature held; return whether it came for the first time.

    The event and everything that follows from it are one transaction: where that fails, the channel sends it again, and
    where it held, a repeat is only counted. Channels are never called from here.

    Args:
        event: As the channel's reader read it.
        account: Whose event it is. A paused account takes its events too: what was sold is sold.
        database: The store.
        clock: The time all processes share.
        record_orders: Takes an order that the event carries.
    """
    now = clock.now()
    with database.begin() as uow:
        if not uow.inbound.remember(account.id, event.key, now=now):
            return False
        if event.order is not None:
            record_orders(uow, account, [event.order], now=now)
        if event.asks_for_orders:
            uow.inbound.ask_for_orders(account.id, now=now)
        if event.touched:
            uow.inbound.look_at(account.id, event.touched, now=now)
        uow.notify_due()
    log.info("webhook.received", account=account.id, channel=account.kind)
    return True
