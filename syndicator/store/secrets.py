"""Credentials at rest: Fernet, with keys that rotate. The first key encrypts, every key decrypts."""

import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from schemas.channel import Credentials


class FernetCipher:
    """Encrypts credentials with the first of ``keys``."""

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            self._keys = tuple(keys)
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as exc:
            # The value of the key must not travel in the message.
            raise ValueError(
                "SYNDICATOR_SECRET_KEYS holds something that is not a Fernet key (32 bytes, url-safe base64)"
            ) from exc

    def encrypt(self, credentials: Credentials) -> bytes:
        """Return the encrypted JSON of the secrets."""
        return self._fernet.encrypt(json.dumps(dict(credentials.values)).encode())

    def decrypt(self, token: bytes) -> Credentials:
        """Open what ``encrypt`` returned.

        Raises:
            ValueError: None of the configured keys opens it.
        """
        try:
            return Credentials(json.loads(self._fernet.decrypt(token)))
        except InvalidToken as exc:
            raise ValueError(
                "a stored credential cannot be opened with the keys in SYNDICATOR_SECRET_KEYS; add the key it was made with"
            ) from exc

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Names of the keys, newest first; they tell nothing of the keys themselves."""
        return tuple(hashlib.sha256(key.encode()).hexdigest()[:8] for key in self._keys)

    def names(self, purpose: str) -> tuple[str, ...]:
        """Return a name for ``purpose`` under each key, newest first: always the same, and nobody without the key can guess it."""
        return tuple(
            hmac.new(key.encode(), purpose.encode(), hashlib.sha256).hexdigest()[:40] for key in self._keys
        )

    def opened_by(self, token: bytes) -> int | None:
        """Return the place of the key that opens a token, 0 for the newest; None where no key does."""
        for place, key in enumerate(self._keys):
            try:
                Fernet(key).decrypt(token)
            except InvalidToken:
                continue
            return place
        return None

    def rotate(self, token: bytes) -> bytes:
        """Return the same secrets under the newest key.

        Raises:
            InvalidToken: None of the configured keys opens it.
        """
        return self._fernet.rotate(token)


def load_or_make_key(path: Path) -> str:
    """Return the key kept in ``path``, making it on first use, readable by its owner alone."""
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    path.parent.mkdir(parents=True, exist_ok=True)
    key = Fernet.generate_key().decode()
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(key, encoding="ascii")
    try:
        # A hard link fails when another process was first; its key then counts.
        os.link(draft, path)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    finally:
        draft.unlink()
    return key
