"""Names and bounds of the queues. One queue for each purpose, so that bulk work never stands before a stock change."""

from datetime import timedelta

from schemas.channel import Lane
from syndicator.usecases.dispatch import MEDIA_QUEUE, QUEUES
from syndicator.usecases.dispatch_accounts import ORDERS_QUEUE, SWEEP_QUEUE
from syndicator.usecases.dispatch_webhooks import WEBHOOK_QUEUE
from syndicator.usecases.take_message import SUBMIT_QUEUE

LISTING_QUEUES = tuple(QUEUES.values())
ACCOUNT_QUEUES = (ORDERS_QUEUE, SWEEP_QUEUE)
"""Queues of work done account by account."""
WORK_QUEUES = (*LISTING_QUEUES, *ACCOUNT_QUEUES, WEBHOOK_QUEUE, SUBMIT_QUEUE)
"""Queues of the workers for everything but pictures."""
ALL_QUEUES = (*WORK_QUEUES, MEDIA_QUEUE)
BY_URGENCY = (
    QUEUES[Lane.STOCK],
    ORDERS_QUEUE,
    WEBHOOK_QUEUE,
    # Goods that come in are soon written down, and would never be while a long bulk is worked on.
    SUBMIT_QUEUE,
    *(QUEUES[lane] for lane in Lane if lane is not Lane.STOCK),
    SWEEP_QUEUE,
)
"""The most urgent first; a worker that has fetched messages of several queues works in this order."""

MAX_MESSAGE_BYTES = 4_096
"""A message carries a lease token and nothing else; anything larger is a mistake and is refused before it is sent."""
MAX_SUBMIT_BYTES = 1_048_576
"""A message of another system carries its products; as much as one ordinary request of the HTTP API may."""
SUBMIT_TIME_LIMIT = timedelta(minutes=10)
"""Longest run of such a message: its pictures are fetched from wherever they are. Sent again, it goes on where it stopped."""
DEAD_MESSAGE_TTL = timedelta(hours=1)
"""Dead messages are copied to the database; what Redis keeps is only for looking at."""
HEARTBEAT_EVERY = timedelta(seconds=5)
HEARTBEAT_TIMEOUT = timedelta(seconds=30)
"""After this long without a heartbeat a worker's unacknowledged messages go back to their queue."""
BROKER_PATIENCE = timedelta(seconds=30)
"""A worker that cannot reach its broker for this long exits, to be restarted with a fresh connection."""


def most_bytes(queue_name: str) -> int:
    """Return how long a message on a queue may be."""
    return MAX_SUBMIT_BYTES if queue_name == SUBMIT_QUEUE else MAX_MESSAGE_BYTES
