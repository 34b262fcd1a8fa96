"""The actors: a lease in, one use case, nothing out. Everything that follows from a step stands on the rows."""

import dramatiq
from dramatiq.middleware import CurrentMessage

from schemas.channel import Lane
from schemas.ids import LeaseToken
from syndicator.bootstrap import App
from syndicator.media.guard import GuardedDecoder
from syndicator.usecases.dispatch import MEDIA_QUEUE, PREPARE, QUEUES, RECONCILE
from syndicator.usecases.prepare_media import prepare_media
from syndicator.usecases.reconcile_listing import reconcile_listings


def declare_listing_actor(broker: dramatiq.Broker, app: App) -> None:
    """Declare ``listing.reconcile``; its messages come over any of the listing queues."""

    def reconcile(lease: str) -> None:
        message = CurrentMessage.get_current_message()
        reconcile_listings(
            LeaseToken(lease),
            lease_time=app.settings.dispatch.lease,
            database=app.database,
            adapters=app.adapters,
            store=app.media_store,
            policy=app.retry_policy,
            clock=app.clock,
            correlation_id=None if message is None else message.options.get("correlation_id"),
        )

    dramatiq.actor(actor_name=RECONCILE, queue_name=QUEUES[Lane.CONTENT], broker=broker)(reconcile)


def declare_media_actor(broker: dramatiq.Broker, app: App, decoder: GuardedDecoder) -> None:
    """Declare ``media.prepare``."""

    def prepare(lease: str) -> None:
        prepare_media(
            LeaseToken(lease),
            lease_time=app.settings.dispatch.lease,
            database=app.database,
            store=app.media_store,
            decoder=decoder,
            clock=app.clock,
        )

    dramatiq.actor(actor_name=PREPARE, queue_name=MEDIA_QUEUE, broker=broker)(prepare)
