"""What is written as JSON or text is read back as it was."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from schemas.channel import Credentials, Part
from schemas.listing import Pending
from syndicator.store.engine import psycopg_url
from syndicator.store.listing_rows import begun_at_of, pending_json, pending_of
from syndicator.store.secrets import FernetCipher, load_or_make_key
from tests.support.factories import NOON


@pytest.mark.parametrize("url", ["postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg://u@h/d"])
def test_every_usual_address_is_spoken_to_by_psycopg(url: str) -> None:
    assert psycopg_url(url).drivername == "postgresql+psycopg"


def test_a_pending_publish_is_read_back_as_it_was() -> None:
    pending = Pending(progress={"container": "1"}, check_after=timedelta(seconds=3), needs_person=True)

    stored = pending_json(pending, NOON, {Part.TEXT: "t"})

    assert pending_of(stored) == pending
    assert begun_at_of(stored) == NOON
    assert stored["parts"] == {"text": "t"}


def test_what_a_withdrawal_left_hidden_was_not_begun() -> None:
    assert begun_at_of(pending_json(Pending(progress={}, check_after=timedelta(0)), None)) is None
    assert begun_at_of(None) is None


def test_credentials_come_back_as_they_went_in() -> None:
    cipher = FernetCipher([Fernet.generate_key().decode()])
    secret = Credentials({"token": "ความลับ"})

    assert cipher.decrypt(cipher.encrypt(secret)) == secret


def test_a_bad_key_is_refused_without_being_shown() -> None:
    with pytest.raises(ValueError, match="SYNDICATOR_SECRET_KEYS") as refused:
        FernetCipher(["this-is-not-a-key"])

    assert "this-is-not-a-key" not in str(refused.value)


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret.key"

    first = load_or_make_key(path)

    assert load_or_make_key(path) == first
    assert path.stat().st_mode & 0o077 == 0
    assert list(path.parent.iterdir()) == [path]
