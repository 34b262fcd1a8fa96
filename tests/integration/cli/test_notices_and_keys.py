"""``syndicator notices`` and ``syndicator keys rotate``, as typed."""

import psycopg
from cryptography.fernet import Fernet

from tests.support.cli import CommandLine


def execute(url, statement):
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
        connection.execute(statement)


def test_a_refused_account_is_listed_until_it_is_reconnected(connected, sandbox, database_url):
    connected.run("notices").told(0, "ไม่มีบัญชี")
    execute(
        database_url,
        "INSERT INTO notice (account_id, kind, th, en)"
        " SELECT id, 'checkpoint', 'เข้าสู่ระบบก่อน', 'log in first' FROM channel_account ORDER BY id LIMIT 1",
    )

    connected.run("notices").told(0, "เข้าสู่ระบบก่อน")
    (one,) = connected.json("notices")["notices"]
    assert (one["kind"], one["en"], one["answered_at"]) == ("checkpoint", "log in first", None)

    connected.run("channels", "connect", "--sandbox").told(0)
    assert connected.json("notices") == {"notices": []}
    assert connected.json("notices", "--all")["notices"][0]["answered_at"] is not None


def test_keys_rotate_and_the_old_key_may_go(connected):
    old, new = connected.env["SYNDICATOR_SECRET_KEYS"], Fernet.generate_key().decode()
    both = CommandLine({**connected.env, "SYNDICATOR_SECRET_KEYS": f"{new},{old}"})

    done = both.json("keys", "rotate")

    assert (done["rotated"], done["unopened"], len(done["may_be_dropped"])) == (4, [], 1)
    alone = CommandLine({**connected.env, "SYNDICATOR_SECRET_KEYS": new})
    assert alone.json("keys", "rotate")["already"] == 4


def test_an_account_without_its_key_is_named_in_both_languages(connected):
    other = CommandLine({**connected.env, "SYNDICATOR_SECRET_KEYS": Fernet.generate_key().decode()})

    other.run("keys", "rotate").told(5, "เชื่อมบัญชีใหม่", "or reconnect them")
