"""Names and bounds of the queues. One queue for each purpose, so that bulk work never stands before a stock change."""

from datetime import timedelta

from syndicator.usecases.dispatch import MEDIA_QUEUE, QUEUES

LISTING_QUEUES = tuple(QUEUES.values())
ALL_QUEUES = (*LISTING_QUEUES, MEDIA_QUEUE)

MAX_MESSAGE_BYTES = 4_096
"""A message carries a lease token and nothing else; anything larger is a mistake and is refused before it is sent."""
DEAD_MESSAGE_TTL = timedelta(hours=1)
"""Dead messages are copied to the database; what Redis keeps is only for looking at."""
HEARTBEAT_EVERY = timedelta(seconds=5)
HEARTBEAT_TIMEOUT = timedelta(seconds=30)
"""After this long without a heartbeat a worker's unacknowledged messages go back to their queue."""
BROKER_PATIENCE = timedelta(seconds=30)
"""A worker that cannot reach its broker for this long exits, to be restarted with a fresh connection."""
IDLE_POLL = timedelta(milliseconds=100)
"""Longest pause of an idle consumer between two looks into Redis."""
