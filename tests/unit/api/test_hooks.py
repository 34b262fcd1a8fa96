"""The addresses that channels call, and what is refused before any store is asked."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from adapters.settings import MetaSettings
from schemas.ids import AccountId
from syndicator.api.app import create_app
from syndicator.bootstrap import App
from syndicator.settings import ApiSettings, Settings
from syndicator.store.hook_addresses import HookAddresses
from syndicator.store.secrets import FernetCipher
from tests.support.hook_channel import APP_SECRET, OF_ACCOUNT, OF_APP, DoorClient, hook_channels

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
HERE = "https://shop.example.test"


def addresses(*keys: str) -> HookAddresses:
    return HookAddresses(public_url=HERE, names=FernetCipher(keys).names)


def token_of(address: str) -> str:
    return address.rpartition("/")[2]


@pytest.fixture
def client(tmp_path: Path) -> DoorClient:
    settings = Settings(var=tmp_path, meta=MetaSettings(app_secret=SecretStr(APP_SECRET)))
    return DoorClient(
        create_app(App(settings=settings, database_url="", redis_url=""), channels=hook_channels())
    )


def test_an_address_is_the_same_whenever_it_is_asked_for() -> None:
    first, again = addresses(OLD), addresses(OLD)

    assert first.of_account(OF_ACCOUNT, AccountId(7)) == again.of_account(OF_ACCOUNT, AccountId(7))
    assert first.of_account(OF_ACCOUNT, AccountId(7)).startswith(f"{HERE}/hooks/fake/7/")
    assert first.of_app(OF_APP) == f"{HERE}/hooks/fake_app"


def test_accounts_kinds_and_keys_have_addresses_that_tell_nothing_of_each_other() -> None:
    tokens = {
        token_of(made.of_account(kind, AccountId(account)))
        for made in (addresses(OLD), addresses(NEW))
        for kind in (OF_ACCOUNT, OF_APP)
        for account in (7, 8)
    }

    assert len(tokens) == 8
    assert all(len(token) == 40 for token in tokens)


def test_the_address_survives_a_change_of_keys_until_the_old_one_is_dropped() -> None:
    account = AccountId(7)
    token = token_of(addresses(OLD).of_account(OF_ACCOUNT, account))

    assert addresses(NEW, OLD).is_of_account(OF_ACCOUNT, account, token)
    assert not addresses(NEW).is_of_account(OF_ACCOUNT, account, token)
    assert token_of(addresses(NEW, OLD).of_account(OF_ACCOUNT, account)) != token


@pytest.mark.parametrize("token", ["", "0" * 40, "ก" * 40, "\udcff"])
def test_another_token_is_not_the_accounts(token: str) -> None:
    assert not addresses(OLD).is_of_account(OF_ACCOUNT, AccountId(7), token)


def test_the_public_address_goes_before_where_the_process_listens(tmp_path: Path) -> None:
    given = Settings(var=tmp_path, api=ApiSettings(public_url=f"{HERE}/"))

    assert App(settings=given, database_url="", redis_url="").public_url == HERE
    assert App(settings=given, database_url="", redis_url="").public_media_url == f"{HERE}/media"
    assert (
        App(settings=Settings(var=tmp_path), database_url="", redis_url="").public_url
        == "http://127.0.0.1:8080"
    )


@pytest.mark.parametrize(
    "path",
    [
        "/hooks/unheard_of",
        "/hooks/fake_silent",
        "/hooks/fake",
        "/hooks/fake/7/" + "0" * 40,
        "/hooks/fake/seven/" + "0" * 40,
        "/hooks/fake/" + "9" * 4000 + "/" + "0" * 40,
        "/hooks/fake/-1/x",
        "/hooks/fake/7/" + "%E0%B8%81" * 40,
        "/hooks/fake_app/7/" + "0" * 40,
        "/hooks/no/7/x",
        "/hooks",
    ],
)
def test_every_address_that_is_none_answers_alike(client: DoorClient, path: str) -> None:
    answer = client.post(path, b"[]")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert set(answer.headers) == {"content-length", "content-type", "x-request-id"}


def test_the_body_of_a_call_to_nowhere_is_not_even_read(client: DoorClient) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            assert read < 100, "the door reads on"
            yield b"x" * 65536

    answer = client.post("/hooks/fake/7/" + "0" * 40, endless())  # type: ignore[arg-type]
    assert answer.status_code == 404
    assert read <= 1


def test_the_test_of_an_address_is_answered_with_nothing_but_the_challenge(client: DoorClient) -> None:
    answer = client.get("/hooks/fake_app", token=APP_SECRET, challenge="1158201444")

    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert answer.headers["content-type"].startswith("text/plain")


def test_only_the_address_of_an_app_is_tested(client: DoorClient) -> None:
    assert client.get("/hooks/fake", token=APP_SECRET, challenge="1").status_code == 404
