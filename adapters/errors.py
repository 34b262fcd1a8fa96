"""What can go wrong at a channel. The class says what happens next.

ChannelError
├── Throttled          WAIT       refused for pace, not applied; the whole account slows down
├── Locked             WAIT       this listing is locked for now (promotion, review); not applied
├── Transient          RETRY      proved not applied: never sent, or the channel says so
├── OutcomeUnknown     VERIFY     may have been applied: find the marker before anything is sent again
├── Rejected           FIX        content refused; carries the problems a seller can mend
│   └── PictureUnread  FIX        a picture of ours could not be read; repeated before a person is asked
├── AuthExpired        REAUTH     the credential no longer works
├── AccountRestricted  REAUTH     standing, role or scope; reconnecting alone may not help
├── Gone               RECONCILE  the remote listing vanished
└── Unsupported        DEAD       the planner asked for a verb the channel does not have: our bug
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from schemas.channel import AccountTrouble
from schemas.pace import BrakeReason, PaceScope
from schemas.problem import Problem, summarize
from schemas.recovery import Recovery


class ChannelError(Exception):
    """Root of everything a channel can answer instead of a receipt.

    Args:
        message: English, for logs and operators; redacted by the caller, never a raw vendor body.
        problem: The same for a seller, in Thai and English; None where only operators see it.
        vendor_code: The channel's own code, ``code`` or ``code/subcode``, for counting and look-up.
        http_status: HTTP status of the answer; None when no answer came.
        request_id: The channel's id of the call, which its support will ask for.
        unlisted_in: The file of the table that has no row for the answer; None where a row explains it, or none came.
    """

    recovery: ClassVar[Recovery]
    spends_attempt: ClassVar[bool] = True

    def __init__(
        self,
        message: str,
        *,
        problem: Problem | None = None,
        vendor_code: str | None = None,
        http_status: int | None = None,
        request_id: str | None = None,
        unlisted_in: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.problem = problem
        self.vendor_code = vendor_code
        self.http_status = http_status
        self.request_id = request_id
        self.unlisted_in = unlisted_in


class Throttled(ChannelError):
    """Refused for pace; nothing was applied. ``retry_after`` is the channel's own word, None when it gave none.

    ``scope`` says who rests: the account, or every account of our app. ``reason`` says who refused: the channel, or we
    ourselves before anything was sent.
    """

    recovery = Recovery.WAIT
    spends_attempt = False

    def __init__(
        self,
        message: str,
        *,
        retry_after: timedelta | None = None,
        scope: PaceScope = PaceScope.ACCOUNT,
        reason: BrakeReason = BrakeReason.CHANNEL,
        **details: object,
    ) -> None:
        super().__init__(message, **details)  # type: ignore[arg-type]
        self.retry_after = retry_after
        self.scope = scope
        self.reason = reason


class Locked(Throttled):
    """This one listing cannot be changed for now (promotion, review); other listings are not slowed."""


class Transient(ChannelError):
    """Proved not applied: the request never left, or the channel says nothing was done."""

    recovery = Recovery.RETRY


class OutcomeUnknown(ChannelError):
    """The call may have been applied: verify before repeating."""

    recovery = Recovery.VERIFY


class Rejected(ChannelError):
    """The channel's rules refuse this content; ``problems`` tell the seller what to change."""

    recovery = Recovery.FIX

    def __init__(self, problems: Sequence[Problem], **details: object) -> None:
        super().__init__(summarize(problems), problem=problems[0] if problems else None, **details)  # type: ignore[arg-type]
        self.problems = tuple(problems)


class PictureUnread(Rejected):
    """The channel could not read a picture at the address it was given; nothing was applied.

    Perhaps the picture is to blame, and perhaps the machine that serves it was out of reach for a moment.
    """


class AccountRefused(ChannelError):
    """Root of the answers that stop the whole account; ``trouble`` says why, as far as the channel tells."""

    recovery = Recovery.REAUTH
    spends_attempt = False
    usual_trouble: ClassVar[AccountTrouble]

    def __init__(self, message: str, *, trouble: AccountTrouble | None = None, **details: object) -> None:
        super().__init__(message, **details)  # type: ignore[arg-type]
        self.trouble = trouble or self.usual_trouble


class AuthExpired(AccountRefused):
    """The credential no longer works; the account waits until it is reconnected."""

    usual_trouble = AccountTrouble.EXPIRED


class AccountRestricted(AccountRefused):
    """Role, scope or standing of the account; the seller must act at the channel."""

    usual_trouble = AccountTrouble.RESTRICTED


class Gone(ChannelError):
    """The remote listing no longer exists."""

    recovery = Recovery.RECONCILE


class Unsupported(ChannelError):
    """A verb the channel does not have was asked for: a bug of ours, never the seller's."""

    recovery = Recovery.DEAD
