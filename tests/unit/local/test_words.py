from datetime import timedelta

import pytest

from syndicator.local.errors import not_started
from syndicator.local.probes import libpq_url, where
from syndicator.local.supervisor import restart_wait


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql+psycopg://u:p@db.example.test:5433/shop", "db.example.test:5433/shop"),
        ("postgresql+psycopg://u@/shop?host=/run/pg", "/run/pg/shop"),
        ("redis://:p@127.0.0.1:6379/2", "127.0.0.1:6379/2"),
        ("unix:///run/redis.sock?db=0", "/run/redis.sock"),
    ],
)
def test_where_names_the_place_and_no_credential(url, place):
    assert where(url) == place


def test_the_driver_of_sqlalchemy_is_taken_out_for_libpq():
    assert libpq_url("postgresql+psycopg://u@h/d?host=/a+b") == "postgresql://u@h/d?host=/a+b"
    assert libpq_url("postgresql://u@h/d") == "postgresql://u@h/d"


def test_restarts_wait_longer_and_longer_up_to_half_a_minute():
    waits = [restart_wait(failures).total_seconds() for failures in range(1, 9)]

    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert restart_wait(10_000) == timedelta(seconds=30)


def test_a_full_disk_is_called_by_its_name(tmp_path):
    log = tmp_path / "postgres.log"
    log.write_text("FATAL:  could not write lock file: No space left on device\n")

    problem = not_started("PostgreSQL", "database", tmp_path, "it ended while starting", log).problem

    assert problem.code == "disk_full"
    assert str(tmp_path) in problem.en
    assert "ดิสก์" in problem.th
