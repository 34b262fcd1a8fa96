"""Who another system is to us, and how far it reaches. A key is its whole identity."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas.ids import ApiKeyId, CentreId, SellerId

PREFIX: Final = "syk"
"""Begins every key, so that people and scanners of source code know one when they see it."""
_PUBLIC_BYTES: Final = 10
_SECRET_BYTES: Final = 32


class Role(StrEnum):
    """How far a key reaches."""

    SELLER = "seller"
    """One seller."""
    CENTRE = "centre"
    """Every seller of one centre."""
    ADMIN = "admin"
    """Everybody."""


class Rights(StrEnum):
    """What a key may do there."""

    READ = "read"
    WRITE = "write"
    """Read, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whose things a key may see: those of one seller, of one centre, or everybody's."""

    role: Role
    seller_id: SellerId | None = None
    centre_id: CentreId | None = None

    def __post_init__(self) -> None:
        if (self.role is Role.SELLER) != (self.seller_id is not None):
            raise ValueError("a seller's key names its seller, and no other does")
        if (self.role is Role.CENTRE) != (self.centre_id is not None):
            raise ValueError("a centre's key names its centre, and no other does")

    def covers(self, seller_id: SellerId, centre_id: CentreId | None) -> bool:
        """Say whether a seller, who belongs to that centre or to none, is within reach."""
        match self.role:
            case Role.ADMIN:
                return True
            case Role.CENTRE:
                return centre_id is not None and centre_id == self.centre_id
            case Role.SELLER:
                return seller_id == self.seller_id

    def covers_reach(self, other: "Reach", centre_of_seller: CentreId | None) -> bool:
        """Say whether all that ``other`` reaches is within reach; ``centre_of_seller`` is that of its seller, if it has one."""
        if self.role is Role.ADMIN:
            return True
        if other.seller_id is not None:
            return self.covers(other.seller_id, centre_of_seller)
        return other.role is Role.CENTRE and self.role is Role.CENTRE and other.centre_id == self.centre_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The system behind a request, known by its key."""

    key_id: ApiKeyId
    name: str
    reach: Reach
    rights: Rights
    requests_per_minute: int | None = None

    @property
    def may_write(self) -> bool:
        """Whether it may change anything."""
        return self.rights is Rights.WRITE


@dataclass(frozen=True, slots=True)
class ApiKeyText:
    """A key as its holder sends it: a public part that names it, and a secret."""

    public_id: str
    secret: str

    def __repr__(self) -> str:
        return f"ApiKeyText({self.public_id!r}, ***)"

    @property
    def text(self) -> str:
        """The whole key, to be shown once."""
        return f"{PREFIX}_{self.public_id}_{self.secret}"

    @property
    def secret_hash(self) -> bytes:
        """What is stored. The secret is 256 random bits, so one round of SHA-256 is as good as any number of them."""
        return hashlib.sha256(self.secret.encode()).digest()

    def opens(self, secret_hash: bytes) -> bool:
        """Compare in a time that tells nothing."""
        return hmac.compare_digest(self.secret_hash, secret_hash)

    @classmethod
    def make(cls) -> "ApiKeyText":
        """Return a new key."""
        name = base64.b32encode(secrets.token_bytes(_PUBLIC_BYTES)).decode().lower()
        return cls(name, base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode().lower().rstrip("="))

    @classmethod
    def parse(cls, text: str) -> "ApiKeyText | None":
        """Read what a caller sent; None where it cannot be a key of ours."""
        parts = text.split("_")
        is_key = len(parts) == len(("prefix", "name", "secret")) and parts[0] == PREFIX and text.isascii()
        return cls(parts[1], parts[2]) if is_key and parts[1] and parts[2] else None
