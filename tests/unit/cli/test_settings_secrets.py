"""What of the settings is to be blanked wherever it is written."""

from syndicator.settings import Settings


def test_every_secret_is_named_alone_and_addresses_only_by_their_password(monkeypatch):
    monkeypatch.setenv("SYNDICATOR_META__APP_SECRET", "app-secret-1")
    monkeypatch.setenv("SYNDICATOR_SECRET_KEYS", "key-number-one, key-number-two")
    monkeypatch.setenv("SYNDICATOR_DATABASE_URL", "postgresql://shop:pass%2Fword9@db.example/shop")

    secrets = set(Settings().secrets)

    assert secrets == {"app-secret-1", "key-number-one", "key-number-two", "pass%2Fword9", "pass/word9"}


def test_settings_without_secrets_name_none():
    assert Settings().secrets == ()
