"""Connect a channel account: check it with the channel, store it encrypted, let its waiting work flow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.observing import ObservedAdapter
from schemas.channel import ChannelAccount, Credentials
from schemas.ids import AccountId, ChannelKind, SellerId
from syndicator.ports import Adapters, Clock
from syndicator.store.engine import Database
from syndicator.usecases.poll_orders import first_poll
from syndicator.usecases.refresh_credentials import first_refresh


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDetails:
    """What a person gives to connect an account.

    Attributes:
        optional: Names of secrets that stay as they are where the account has them and none is given; an empty one is taken
            away.
    """

    kind: ChannelKind
    name: str
    external_id: str
    credentials: Credentials
    settings: Mapping[str, Any]
    optional: tuple[str, ...] = ()


def connect_account(
    seller_id: SellerId, details: AccountDetails, *, database: Database, adapters: Adapters, clock: Clock
) -> AccountId:
    """Connect the account, or reconnect the one of that name; listings that waited for it fall due.

    Raises:
        ChannelError: The channel refused the credential, or did not answer; nothing was stored.
        ValueError: The settings do not fit the kind of channel; the message says which.
    """
    credentials = _with_kept_secrets(seller_id, details, database)
    probe = ChannelAccount(
        id=AccountId(0),
        seller_id=seller_id,
        kind=details.kind,
        name=details.name,
        external_id=details.external_id,
        settings=details.settings,
    )
    adapter = adapters.open(probe, credentials)
    adapter.check()
    endpoint = adapters.payer(probe).endpoint
    with database.begin() as uow:
        account_id = uow.accounts.connect(
            seller_id,
            kind=details.kind,
            name=details.name,
            external_id=details.external_id,
            settings=details.settings,
            credentials=credentials,
            endpoint=None if endpoint == details.kind else endpoint,
            refresh_at=first_refresh(adapter, clock.now()),
        )
        uow.sweep_work.set_due(account_id, clock.now() if isinstance(adapter, ObservedAdapter) else None)
        uow.orders_work.set_due(account_id, first_poll(adapter, clock.now()))
        uow.listings.wake_account(account_id, now=clock.now())
        uow.notify_due()
    return account_id


def _with_kept_secrets(seller_id: SellerId, details: AccountDetails, database: Database) -> Credentials:
    given = details.credentials.values
    kept: dict[str, str] = {}
    if not set(details.optional) <= set(given):
        stored = _stored_secrets(seller_id, details, database)
        kept = {name: stored[name] for name in details.optional if name in stored}
    return Credentials({name: value for name, value in (kept | dict(given)).items() if value})


def _stored_secrets(seller_id: SellerId, details: AccountDetails, database: Database) -> Mapping[str, str]:
    with database.begin() as uow:
        accounts = uow.accounts.of_seller(seller_id)
    same = [one for one in accounts if (one.account.name, one.account.kind) == (details.name, details.kind)]
    try:
        return same[0].credentials.values if same else {}
    except ValueError:
        # Sealed with a key that is gone: connecting anew is how a person mends that.
        return {}
