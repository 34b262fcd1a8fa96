"""Send what is due for one subscription: one message after the other, each call without a transaction, each outcome kept."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from schemas.ids import LeaseToken
from syndicator.domain.events import (
    SWIFT,
    Answer,
    Failure,
    PausedReason,
    body_of,
    is_to_be_paused,
    next_try,
    rest_after,
)
from syndicator.ports import Clock, WebhookSender
from syndicator.store.engine import Database
from syndicator.store.webhook_deliveries import DueDelivery, WebhookTurn

log = structlog.get_logger()

MOST_OF_A_TURN: Final = 50
"""Messages sent under one lease; then the others have their turn."""
LONGEST_TURN: Final = timedelta(seconds=10)
"""No call begins after so long; the others have their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookWorker:
    """Delivers to one leased subscription at a time. Several may run at once, in one process or in many.

    Attributes:
        lease_time: How long a subscription may be held.
        timeout: Longest call; a turn and a call end before the lease.
        pause_after: A subscription that took nothing for so long is paused.
    """

    database: Database
    sender: WebhookSender
    clock: Clock
    lease_time: timedelta
    timeout: timedelta
    pause_after: timedelta
    monotonic: Callable[[], float] = time.monotonic

    def deliver(self, lease: LeaseToken) -> int:
        """Send what is due to the subscription under ``lease``; return how many messages were taken.

        The turn ends with the first message that was not taken: what waits behind it costs no try of its own, and the
        subscription rests.
        """
        now = self.clock.now()
        with self.database.begin() as uow:
            turn = uow.webhooks.claim(lease, until=now + self.lease_time)
            due = [] if turn is None else uow.webhooks.due(turn, now=now, limit=MOST_OF_A_TURN)
        if turn is None:
            return 0
        end = self.monotonic() + LONGEST_TURN.total_seconds()
        taken = 0
        rest = timedelta(0)
        for delivery in due:
            if not self._is_to_be_sent(turn, delivery):
                continue
            answer = self._send(turn, delivery)
            turn = self._record(turn, delivery, answer)
            taken += answer.is_taken
            if not answer.is_taken:
                rest = rest_after(turn.failures, answer.told)
            if not turn.is_swift or self.monotonic() >= end:
                break
        with self.database.begin() as uow:
            uow.webhooks.give_back(turn, not_before=self.clock.now() + rest)
        return taken

    def _is_to_be_sent(self, turn: WebhookTurn, delivery: DueDelivery) -> bool:
        """Look again: newer figures may have come, a person may have paused it, or the lease may have run out."""
        with self.database.begin() as uow:
            return uow.webhooks.is_to_be_sent(turn, delivery.id)

    def _send(self, turn: WebhookTurn, delivery: DueDelivery) -> Answer:
        try:
            secrets = turn.secrets(self.clock.now())
        except ValueError:
            return Answer(took=timedelta(0), failure=Failure.SECRET)
        return self.sender.send(
            turn.url,
            message_id=delivery.message_id,
            body=body_of(delivery.type, delivery.at, delivery.facts),
            secrets=secrets,
            within=self.timeout,
        )

    def _record(self, turn: WebhookTurn, delivery: DueDelivery, answer: Answer) -> WebhookTurn:
        """Keep how a call ended; return the turn with how the subscription does now."""
        now = self.clock.now()
        after = replace(
            turn,
            failures=0 if answer.is_taken else turn.failures + 1,
            failing_since=None if answer.is_taken else turn.failing_since or now,
            is_swift=answer.is_taken and answer.took <= SWIFT,
        )
        reason = self._reason_to_pause(after, answer, now)
        with self.database.begin() as uow:
            # The subscription before its delivery, as whoever writes events down locks them.
            if after != turn:
                uow.webhooks.note(after)
            if reason is not None:
                uow.subscriptions.pause(turn.id, reason, now=now)
            uow.webhooks.record(delivery, answer, now=now, again_at=_again(delivery, answer, now))
        _tell(turn, delivery, answer, reason)
        return after

    def _reason_to_pause(self, turn: WebhookTurn, answer: Answer, now: datetime) -> PausedReason | None:
        if answer.is_gone:
            return PausedReason.GONE
        since = turn.failing_since
        if since is not None and is_to_be_paused(turn.failures, since, now=now, pause_after=self.pause_after):
            return PausedReason.FAILING
        return None


def _again(delivery: DueDelivery, answer: Answer, now: datetime) -> datetime | None:
    if answer.is_gone:
        return None
    return next_try(delivery.attempts + 1, began_at=delivery.began_at, now=now, told=answer.told)


def _tell(turn: WebhookTurn, delivery: DueDelivery, answer: Answer, reason: PausedReason | None) -> None:
    if answer.is_taken:
        log.info("webhook.delivered", subscription=turn.id, message=delivery.message_id, type=delivery.type)
    else:
        log.warning(
            "webhook.not_taken",
            subscription=turn.id,
            message=delivery.message_id,
            status=answer.status,
            failure=answer.failure,
            tries=delivery.attempts + 1,
        )
    if reason is not None:
        log.error("webhook.paused", subscription=turn.id, reason=reason)
