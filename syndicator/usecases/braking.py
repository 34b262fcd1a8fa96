"""What the pace of an account and of its channel learn from the steps of a slice."""

from collections.abc import Collection
from datetime import datetime

import structlog

from schemas.pace import PaceScope
from syndicator.domain.policy import RetryPolicy
from syndicator.store.engine import UnitOfWork
from syndicator.usecases.claiming import Claim
from syndicator.usecases.outcomes import Ending

log = structlog.get_logger()


def record_pace(
    uow: UnitOfWork, claim: Claim, endings: Collection[Ending], *, policy: RetryPolicy, now: datetime
) -> None:
    """Brake the account, or its whole app, where a step was refused for pace; release it where one went through.

    Where nobody named a wait it grows with every brake in a row.
    """
    brakes = [ending.brake for ending in endings if ending.brake is not None]
    account = claim.account
    account_id = account.account.id
    if not brakes:
        if account.brake_reason is not None and any(ending.went_through for ending in endings):
            uow.accounts.release(account_id, now=now)
        return
    longest = max(brakes, key=lambda brake: brake.wait)
    in_a_row = account.brakes + 1
    wait = longest.wait if longest.is_told else max(longest.wait, policy.backoff(in_a_row))
    uow.accounts.brake(account_id, now=now, wait=wait, reason=longest.reason, brakes=in_a_row)
    is_whole_app = any(brake.scope is PaceScope.APP for brake in brakes)
    if is_whole_app:
        uow.breakers.brake_app(claim.payer.app_endpoints, now=now, wait=wait)
    log.info(
        "account.braked",
        account=account_id,
        reason=longest.reason.value,
        seconds=round(wait.total_seconds(), 1),
        whole_app=is_whole_app,
    )
