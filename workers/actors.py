"""The actors: a lease in (a document in one case), one use case, nothing out. Everything that follows from a step stands on the rows."""

from typing import cast

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import CurrentMessage

from schemas.channel import Lane
from schemas.ids import LeaseToken
from syndicator.bootstrap import App
from syndicator.media.guard import GuardedDecoder
from syndicator.usecases.dispatch import MEDIA_QUEUE, PREPARE, QUEUES, RECONCILE
from syndicator.usecases.dispatch_accounts import LOOK, ORDERS, ORDERS_QUEUE, SWEEP, SWEEP_QUEUE
from syndicator.usecases.dispatch_webhooks import DELIVER, WEBHOOK_QUEUE
from syndicator.usecases.look_at_listings import LookLease, look_at_listings
from syndicator.usecases.poll_orders import Polling
from syndicator.usecases.prepare_media import prepare_media
from syndicator.usecases.reconcile_listing import reconcile_listings
from syndicator.usecases.sweep_account import Sweeping
from syndicator.usecases.take_message import SUBMIT, SUBMIT_QUEUE, take_message
from workers import queues
from workers.submission_starts import SubmissionStarts


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
            watch=app.call_ledger,
            correlation_id=None if message is None else message.options.get("correlation_id"),
        )

    dramatiq.actor(actor_name=RECONCILE, queue_name=QUEUES[Lane.CONTENT], broker=broker)(reconcile)


def declare_orders_actor(broker: dramatiq.Broker, app: App) -> None:
    """Declare ``account.orders``."""

    def poll(lease: str) -> None:
        Polling(
            database=app.database,
            adapters=app.adapters,
            policy=app.retry_policy,
            pace=app.poll_pace,
            clock=app.clock,
            lease_time=app.settings.dispatch.lease,
            watch=app.call_ledger,
        ).poll(LeaseToken(lease))

    dramatiq.actor(actor_name=ORDERS, queue_name=ORDERS_QUEUE, broker=broker)(poll)


def declare_sweep_actors(broker: dramatiq.Broker, app: App) -> None:
    """Declare ``account.sweep`` and ``listing.look``."""

    def sweep(lease: str) -> None:
        Sweeping(
            database=app.database,
            adapters=app.adapters,
            policy=app.retry_policy,
            pace=app.sweep_pace,
            clock=app.clock,
            lease_time=app.settings.dispatch.lease,
            watch=app.call_ledger,
        ).sweep(LeaseToken(lease))

    def look(lease: str) -> None:
        look_at_listings(
            LookLease.of(lease),
            lease_time=app.settings.dispatch.lease,
            share=app.settings.sweep.share,
            database=app.database,
            adapters=app.adapters,
            policy=app.retry_policy,
            clock=app.clock,
            watch=app.call_ledger,
        )

    dramatiq.actor(actor_name=SWEEP, queue_name=SWEEP_QUEUE, broker=broker)(sweep)
    dramatiq.actor(actor_name=LOOK, queue_name=SWEEP_QUEUE, broker=broker)(look)


def declare_webhook_actor(broker: dramatiq.Broker, app: App) -> None:
    """Declare ``webhook.deliver``."""

    def deliver(lease: str) -> None:
        app.webhook_worker.deliver(LeaseToken(lease))

    dramatiq.actor(actor_name=DELIVER, queue_name=WEBHOOK_QUEUE, broker=broker)(deliver)


def declare_submit_actor(broker: RedisBroker, app: App) -> None:
    """Declare ``listing.submit``, whose messages come from other systems."""
    starts = SubmissionStarts(cast("redis.Redis", broker.client))

    def submit(document: object) -> None:
        message = CurrentMessage.get_current_message()
        if message is None:
            raise LookupError("a worker that takes submissions needs the middleware CurrentMessage")
        request_id = message.options.get("correlation_id") or message.message_id
        with starts.counted(message.options["redis_message_id"]):
            take_message(document, request_id=request_id, tools=app.intake_tools)

    limit_ms = int(queues.SUBMIT_TIME_LIMIT.total_seconds() * 1000)
    dramatiq.actor(actor_name=SUBMIT, queue_name=SUBMIT_QUEUE, broker=broker, time_limit=limit_ms)(submit)


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
