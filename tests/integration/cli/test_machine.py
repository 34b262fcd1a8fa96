"""A machine that is not as it should be: each trouble is one sentence, and nothing is left half done."""

import os
import socket
import subprocess
from contextlib import contextmanager

import psutil
import psycopg
import pytest

from syndicator.local.ports import free_port
from syndicator.local.probes import libpq_url
from tests.support.cli import CommandLine
from tests.support.stack import short_folder

NOWHERE = "127.0.0.1:9"


@pytest.fixture
def folder():
    with short_folder() as folder:
        yield folder


@pytest.fixture
def alone(folder):
    """The command line with nothing but a folder."""
    return CommandLine(
        {
            "SYNDICATOR_VAR": str(folder / "var"),
            "SYNDICATOR_API__PORT": str(free_port()),
            "SYNDICATOR_SANDBOX__PORT": str(free_port()),
        }
    )


def with_settings(cli, **settings):
    return CommandLine({**cli.env, **settings})


def one_sentence(ran):
    """One in Thai and one in English, nothing else."""
    lines = [line for line in ran.err.splitlines() if line.strip()]
    assert len(lines) == 2, ran.err


@contextmanager
def taken_port():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        yield taken.getsockname()[1]


@pytest.mark.parametrize("setting", ["SYNDICATOR_API__PORT", "SYNDICATOR_SANDBOX__PORT"])
def test_a_taken_port_is_named_with_its_setting_and_what_had_started_is_stopped(alone, setting):
    before = set(psutil.pids())
    with taken_port() as port:
        ran = with_settings(alone, **{setting: str(port)}).run("up").told(4, str(port), setting)

    one_sentence(ran)
    own = [
        p for p in psutil.process_iter(["cmdline"]) if alone.env["SYNDICATOR_VAR"] in str(p.info["cmdline"])
    ]
    assert [p for p in own if p.pid not in before and p.status() != psutil.STATUS_ZOMBIE] == []


def test_a_taken_port_is_named_by_a_single_process_too(cli):
    with taken_port() as port:
        one_sentence(with_settings(cli, SYNDICATOR_API__PORT=str(port)).run("api").told(4, str(port)))
        one_sentence(cli.run("sandbox", "--port", port).told(4, str(port)))


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("SYNDICATOR_DATABASE_URL", f"postgresql://me:hunter2@{NOWHERE}/shop", ("PostgreSQL", NOWHERE)),
        ("SYNDICATOR_DATABASE_URL", "postgresql://me:hun#ter2@host/shop", ("SYNDICATOR_DATABASE_URL",)),
        ("SYNDICATOR_REDIS_URL", f"redis://:hunter2@{NOWHERE}/3", ("Redis", NOWHERE)),
    ],
)
@pytest.mark.parametrize("command", ["status", "worker", "up", "migrate"])
def test_a_server_that_does_not_answer_is_named_without_its_password(cli, command, setting, value, words):
    ran = with_settings(cli, **{setting: value}).run(command).told(4, *words)

    one_sentence(ran)
    assert "hunter2" not in ran.out + ran.err
    assert "hun#ter2" not in ran.out + ran.err


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("SYNDICATOR_API__PORT", "eighty"),
        ("SYNDICATOR_WORKER__THREADS", "0"),
        ("SYNDICATOR_LANGUAGE", "klingon"),
        ("SYNDICATOR_DISPATCH__LEASE", "soon"),
    ],
)
def test_a_bad_setting_is_named(alone, setting, value):
    one_sentence(with_settings(alone, **{setting: value}).run("status").told(2, setting))


def test_a_bad_secret_is_not_repeated(cli):
    ran = with_settings(cli, SYNDICATOR_SECRET_KEYS="my-weak-key").run("channels", "list")

    one_sentence(ran.told(2, "SYNDICATOR_SECRET_KEYS"))
    assert "my-weak-key" not in ran.out + ran.err


def test_a_secret_file_that_is_missing_is_named(alone):
    ran = with_settings(alone, SYNDICATOR_SECRET_KEYS_FILE="/nowhere/keys").run("status")

    one_sentence(ran.told(2, "SYNDICATOR_SECRET_KEYS_FILE", "/nowhere/keys"))


def test_a_real_database_without_a_key_is_refused(cli):
    ran = with_settings(cli, SYNDICATOR_SECRET_KEYS="").run("channels", "connect", "--sandbox")

    one_sentence(ran.told(2, "SYNDICATOR_SECRET_KEYS", "doctor --new-key"))


def test_a_file_in_place_of_the_folder_is_said(alone, folder):
    (folder / "var").write_text("not a folder")

    for command in ("up", "status"):
        one_sentence(alone.run(command).told(4, str(folder / "var")))


def test_a_folder_below_a_file_is_said(alone, folder):
    (folder / "file").write_text("not a folder")

    cli = with_settings(alone, SYNDICATOR_VAR=str(folder / "file" / "var"))

    one_sentence(cli.run("up").told(4, str(folder / "file" / "var")))


@pytest.fixture
def small_disk(folder):
    """A disk of 20 MB; without the right to mount one there is nothing to test with."""
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_is_said_before_anything_is_started(alone, small_disk):
    cli = with_settings(alone, SYNDICATOR_VAR=str(small_disk / "var"))

    one_sentence(cli.run("up").told(4, str(small_disk), "MB"))

    assert not (small_disk / "var" / "postgres").exists()
    assert os.statvfs(small_disk).f_bfree > 0


def test_doctor_finds_everything_in_order(connected):
    found = connected.json("doctor")

    assert all(one["fine"] for one in found), found
    assert {"PostgreSQL", "Redis", "tables"} <= {one["what"] for one in found}
    assert sum(one["says"] == "answers" for one in found) == 5, "Redis and the four accounts"


def test_doctor_names_what_is_not_in_order(cli):
    ran = with_settings(cli, SYNDICATOR_REDIS_URL=f"redis://{NOWHERE}/0").run("doctor")

    ran.told(4, "Redis", NOWHERE, "ผิดปกติ")


def test_queues_without_anybody_working_are_not_healthy(cli):
    found = cli.json("queues")

    assert found["healthy"] is False
    assert [queue["queue"] for queue in found["queues"]] == ["stock", "price", "content", "bulk", "media"]
    cli.run("queues").told(0, "ระบบผิดปกติ")


def test_what_rests_is_shown_with_until_when_and_why(connected, database_url):
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        connection.execute(
            "UPDATE channel_account SET not_before = now() + interval '1 hour', brake_reason = 'usage'"
            " WHERE name = 'page'"
        )
        connection.execute(
            "INSERT INTO channel_breaker (endpoint, state, reason, since, count_from, probe_at)"
            " VALUES ('emarket/sandbox-emarket', 'open', 'outage', now(), now(), now() + interval '5 s')"
        )

    found = connected.json("queues")
    assert found["braked"]["count"] == 1
    [braked] = found["braked"]["accounts"]
    assert (braked["account"], braked["reason"]) == ("page", "usage")
    [breaker] = found["breakers"]
    assert (breaker["endpoint"], breaker["state"]) == ("emarket/sandbox-emarket", "open")
    connected.run("queues").told(0, "page", "ใช้โควตา", "ช่องทางขัดข้อง", "หยุดส่งชั่วคราว")

    listed = connected.json("channels", "list")
    assert [one["name"] for one in listed["accounts"] if one["braked"]] == ["page"]
    connected.run("channels", "list").told(0, "บัญชี page พักการส่งถึง", "ช่องทางขัดข้อง")


def test_migrating_again_is_no_change(cli):
    assert cli.json("migrate") == cli.json("migrate")
    cli.run("migrate").told(0, "ฐานข้อมูลเป็นรุ่น")


def test_an_unknown_queue_is_answered_with_the_known_ones(cli):
    cli.run("worker", "--queues", "stock,parcels").told(2, "parcels", "stock, price")
    cli.run("worker", "--without", "stock,parcels").told(2, "parcels", "stock, price")
    cli.run("worker", "--queues", "stock", "--without", "stock").told(2, "stock, price")
