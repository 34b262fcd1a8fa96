"""Ask a channel whether an account works, let an account rest, let it go on."""

from adapters.base import ChannelAdapter
from adapters.errors import AccountRefused
from schemas.channel import AccountState
from schemas.ids import AccountId
from syndicator.domain import sentences
from syndicator.ports import Adapters, Clock
from syndicator.store.accounts import StoredAccount
from syndicator.store.engine import Database
from syndicator.usecases.refresh_credentials import stop_account


class ReconnectFirst(Exception):
    """The channel refused the account, so only a person can set it going: by reconnecting it, or by a check that passes."""


def check_account(stored: StoredAccount, *, database: Database, adapters: Adapters, clock: Clock) -> None:
    """Ask the channel whether the account still works; one that was waiting for that flows again when it does.

    Raises:
        AccountRefused: The channel refused it; it was stopped, as when a step of a listing is refused.
        ChannelError: The channel did not answer; nothing was changed.
        ValueError: The account's settings do not fit its kind, or no key opens its credentials.
    """
    adapter = adapters.open(stored.account, stored.credentials)
    try:
        adapter.check()
    except AccountRefused as exc:
        _stop(stored, adapter, exc, database=database, adapters=adapters, clock=clock)
        raise
    if stored.account.state in {AccountState.NEEDS_REAUTH, AccountState.RENEWING}:
        _go_on(stored.account.id, database, clock)


def pause_account(account_id: AccountId, *, database: Database) -> None:
    """Send nothing to the account until it is resumed; what is on sale there stays."""
    with database.begin() as uow:
        uow.accounts.set_state(account_id, AccountState.PAUSED)


def resume_account(stored: StoredAccount, *, database: Database, clock: Clock) -> None:
    """Let work flow to a paused account again.

    Raises:
        ReconnectFirst: It does not rest because a person paused it.
    """
    if stored.account.state is AccountState.NEEDS_REAUTH:
        raise ReconnectFirst
    _go_on(stored.account.id, database, clock)


def _go_on(account_id: AccountId, database: Database, clock: Clock) -> None:
    with database.begin() as uow:
        uow.accounts.set_state(account_id, AccountState.ACTIVE)
        uow.listings.wake_account(account_id, now=clock.now())
        uow.notify_due()


def _stop(
    stored: StoredAccount,
    adapter: ChannelAdapter,
    error: AccountRefused,
    *,
    database: Database,
    adapters: Adapters,
    clock: Clock,
) -> None:
    label = adapters.label(stored.account)
    with database.begin() as uow:
        stop_account(
            uow,
            stored,
            adapter,
            trouble=error.trouble,
            problem=error.problem or sentences.gave_up(label, error.message),
            now=clock.now(),
        )
