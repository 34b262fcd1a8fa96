import socket

import psycopg
import pytest
import redis

from syndicator.local.probes import libpq_url
from tests.support.network import NetworkForbidden


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_gets_a_database_of_its_own(empty_database_url, turn):
    with psycopg.connect(libpq_url(empty_database_url)) as connection:
        connection.execute("CREATE TABLE mark (turn int)")
        assert connection.execute("SELECT count(*) FROM mark").fetchone() == (0,)


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_gets_an_empty_redis(redis_url, turn):
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("mark", turn)


def test_connections_beyond_this_machine_are_refused():
    with socket.socket() as sock, pytest.raises(NetworkForbidden):
        sock.connect(("192.0.2.1", 80))


def test_look_ups_of_foreign_names_are_refused():
    with pytest.raises(NetworkForbidden):
        socket.getaddrinfo("example.test", 80)
