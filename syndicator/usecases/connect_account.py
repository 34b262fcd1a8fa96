"""Connect a channel account: check it with the channel, store it encrypted, let its waiting work flow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.channel import ChannelAccount, Credentials
from schemas.ids import AccountId, ChannelKind, SellerId
from syndicator.ports import Adapters, Clock
from syndicator.store.engine import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDetails:
    """What a person gives to connect an account."""

    kind: ChannelKind
    name: str
    external_id: str
    credentials: Credentials
    settings: Mapping[str, Any]


def connect_account(
    seller_id: SellerId, details: AccountDetails, *, database: Database, adapters: Adapters, clock: Clock
) -> AccountId:
    """Connect the account, or reconnect the one of that name; listings that waited for it fall due.

    Raises:
        ChannelError: The channel refused the credential, or did not answer; nothing was stored.
        ValueError: The settings do not fit the kind of channel; the message says which.
    """
    probe = ChannelAccount(
        id=AccountId(0),
        seller_id=seller_id,
        kind=details.kind,
        name=details.name,
        external_id=details.external_id,
        settings=details.settings,
    )
    adapters.open(probe, details.credentials).check()
    with database.begin() as uow:
        account_id = uow.accounts.connect(
            seller_id,
            kind=details.kind,
            name=details.name,
            external_id=details.external_id,
            settings=details.settings,
            credentials=details.credentials,
        )
        uow.listings.wake_account(account_id, now=clock.now())
        uow.notify_due()
    return account_id
