"""Channels, the accounts on them, and what the worker can ask of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from schemas.ids import AccountId, ChannelKind, SellerId


class Verb(StrEnum):
    """What can be done with a listing on a channel."""

    PUBLISH = "publish"
    UPDATE = "update"
    SET_STOCK = "set_stock"
    COMMENT = "comment"
    WITHDRAW = "withdraw"
    FETCH = "fetch"
    FIND = "find"


class Part(StrEnum):
    """The parts of a listing that can differ from what is wanted; each is compared by its own fingerprint."""

    TEXT = "text"
    """Name, description, tags: everything a buyer reads except price and availability."""
    PRICE = "price"
    STOCK = "stock"
    PICTURES = "pictures"
    DETAILS = "details"
    """Category, options, weight, identifiers, claims: structured fields of a market."""


class Lane(IntEnum):
    """Order of service: a lower lane is dispatched first."""

    STOCK = 0
    PRICE = 1
    CONTENT = 2
    BULK = 3


class AccountTrouble(StrEnum):
    """Why a channel refuses an account, as far as its answer tells."""

    EXPIRED = "expired"
    REVOKED = "revoked"
    MISSING_SCOPE = "missing_scope"
    CHECKPOINT = "checkpoint"
    RESTRICTED = "restricted"


class AccountState(StrEnum):
    """Whether work may flow to an account."""

    ACTIVE = "active"
    PAUSED = "paused"
    """Paused by a person."""
    RENEWING = "renewing"
    """The channel refused the credential, and the system fetches a new one by itself."""
    NEEDS_REAUTH = "needs_reauth"
    """The channel refused the credential or the standing; a person must reconnect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAccount:
    """One connected Page, shop or market account of a seller.

    Attributes:
        name: The person's name for it, unique for the seller, ASCII letters, digits and dashes: ``page-1``.
        external_id: The channel's id of the Page, user or shop; "" where the credential alone decides.
        settings: Per-account settings the adapter of this kind validates (market id, category map).
    """

    id: AccountId
    seller_id: SellerId
    kind: ChannelKind
    name: str
    external_id: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    state: AccountState = AccountState.ACTIVE


@dataclass(frozen=True, slots=True)
class Credentials:
    """Secrets of one account, by name. Never printed: ``repr`` shows the names only."""

    values: Mapping[str, str] = field(repr=False)

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def get(self, name: str) -> str | None:
        """Return the secret, or None when the account has none of that name."""
        return self.values.get(name)
