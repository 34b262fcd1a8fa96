"""Keys rotate under running workers; an account nobody can open troubles itself alone."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet

from schemas.channel import Credentials
from syndicator.store.engine import Database
from syndicator.store.secrets import FernetCipher
from syndicator.usecases.rotate_keys import Rotation, rotate_keys
from tests.support.app import CoreApp


def new_key() -> str:
    return Fernet.generate_key().decode()


def put_under(app: CoreApp, key: str) -> None:
    cipher = FernetCipher([key])
    with app.database.begin() as uow:
        for stored in uow.accounts.of_seller(app.seller_id):
            uow.accounts.reseal(stored.account.id, cipher.encrypt(stored.credentials))


@pytest.fixture
def keys(app: CoreApp) -> tuple[str, str]:
    """Five accounts under the second of two keys."""
    for name in ("a", "b", "c", "d", "e"):
        app.connect(name)
    new, old = new_key(), new_key()
    put_under(app, old)
    return new, old


def rotate(url: str, *keys: str, batch: int = 2) -> Rotation:
    cipher = FernetCipher(keys)
    database = Database(url, cipher)
    try:
        return rotate_keys(database=database, cipher=cipher, batch=batch)
    finally:
        database.close()


def opens(app: CoreApp, key: str) -> int:
    cipher = FernetCipher([key])
    rows = app.rows("SELECT credentials FROM channel_account")
    return sum(cipher.opened_by(bytes(row.credentials)) == 0 for row in rows)


def test_every_account_is_under_the_newest_key_after_it(
    app: CoreApp, database_url: str, keys: tuple[str, str]
) -> None:
    first, second = rotate(database_url, *keys), rotate(database_url, *keys)

    assert (first.rotated, first.already) == (5, 0)
    assert (second.rotated, second.already) == (0, 5)
    assert (opens(app, keys[0]), opens(app, keys[1])) == (5, 0)


def test_two_rotations_at_once_encrypt_every_account_once(
    app: CoreApp, database_url: str, keys: tuple[str, str]
) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: rotate(database_url, *keys, batch=1), range(2)))

    assert sum(one.rotated for one in both) == 5
    assert opens(app, keys[0]) == 5


def test_an_account_under_an_unknown_key_is_named_and_the_others_rotate(
    app: CoreApp, database_url: str, keys: tuple[str, str]
) -> None:
    lost = FernetCipher([new_key()])
    with app.database.begin() as uow:
        uow.accounts.reseal(app.account_id("c"), lost.encrypt(Credentials({"token": "x"})))

    done = rotate(database_url, *keys)

    assert done.unopened == [(app.account_id("c"), "c")]
    assert done.rotated == 4
