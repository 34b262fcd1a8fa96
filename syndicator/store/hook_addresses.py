"""Where channels call us: addresses that nobody finds by counting, derived from our own key, so that none is stored."""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schemas.ids import AccountId, ChannelKind


@dataclass(frozen=True, slots=True, kw_only=True)
class HookAddresses:
    """Makes the addresses and knows them again.

    Attributes:
        public_url: Where the HTTP door is reached from outside, without a slash at its end.
        names: Unguessable names for a purpose, one for each key, newest first (``FernetCipher.names``). The address shown
            is made with the newest; one made with another key works as long as that key is configured.
    """

    public_url: str
    names: Callable[[str], Sequence[str]]

    def of_app(self, kind: ChannelKind) -> str:
        """Return the one address for all accounts of a kind; the channel's signature is all that guards it."""
        return f"{self.public_url}/hooks/{kind}"

    def of_account(self, kind: ChannelKind, account_id: AccountId) -> str:
        """Return the address of one account."""
        return f"{self.of_app(kind)}/{account_id}/{self.names(_purpose(kind, account_id))[0]}"

    def is_of_account(self, kind: ChannelKind, account_id: AccountId, token: str) -> bool:
        """Say whether that is the token of the account's address; in constant time."""
        given = token.encode("utf-8", "replace")
        known = [hmac.compare_digest(given, name.encode()) for name in self.names(_purpose(kind, account_id))]
        return any(known)


def _purpose(kind: ChannelKind, account_id: AccountId) -> str:
    return f"webhooks of {kind} {account_id}"
