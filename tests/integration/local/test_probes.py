import socket
import threading

import pytest

from syndicator.local.errors import ServerDown
from syndicator.local.ports import free_port
from syndicator.local.probes import probe_database, probe_redis


def test_a_database_that_answers_passes(postgres_server):
    probe_database(postgres_server.url)


def test_a_redis_that_answers_passes(redis_url):
    probe_redis(redis_url)


@pytest.mark.parametrize(
    ("probe", "scheme", "setting"),
    [
        (probe_database, "postgresql+psycopg", "SYNDICATOR_DATABASE_URL"),
        (probe_redis, "redis", "SYNDICATOR_REDIS_URL"),
    ],
)
class TestUnreachable:
    def test_a_closed_port_is_named_without_the_password(self, probe, scheme, setting):
        port = free_port()

        with pytest.raises(ServerDown) as caught:
            probe(f"{scheme}://amporn:s3cr%23t@127.0.0.1:{port}/shop")

        problem = caught.value.problem
        assert problem.path == setting
        for text in (problem.th, problem.en):
            assert f"127.0.0.1:{port}/shop" in text
            assert "Connection refused" in text
            assert "s3cr" not in text
            assert "amporn" not in text

    @pytest.mark.parametrize(
        "rest",
        ["//u:s3cr#t@h:1/0", "//u:77/s3cr@h/0", "//u:77#s3cr@h/0", "//u:s3cr@h:port/0", "//[s3cr", "s3cr"],
    )
    def test_an_address_that_makes_no_sense_is_not_quoted(self, probe, scheme, setting, rest):
        with pytest.raises(ServerDown) as caught:
            probe(f"{scheme}:{rest}" if rest.startswith("//") else rest)

        assert caught.value.problem.code.endswith("_url_invalid")
        assert setting in caught.value.problem.en
        assert not any(secret in str(caught.value.problem) for secret in ("s3cr", "77"))

    def test_something_else_behind_the_port_is_reported(self, probe, scheme, setting):
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(10)
            port = server.getsockname()[1]

            def answer():
                connection, _ = server.accept()
                with connection:
                    connection.recv(100)
                    connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

            thread = threading.Thread(target=answer)
            thread.start()
            with pytest.raises(ServerDown, match=f"127.0.0.1:{port}"):
                probe(f"{scheme}://127.0.0.1:{port}/0")
            thread.join()


def test_a_database_that_does_not_exist_is_named(postgres_server):
    with pytest.raises(ServerDown, match='database "nowhere" does not exist'):
        probe_database(postgres_server.url.replace("@/syndicator?", "@/nowhere?"))


def test_a_missing_socket_is_named(tmp_path):
    with pytest.raises(ServerDown, match=r"redis\.sock"):
        probe_redis(f"unix://{tmp_path}/redis.sock?db=0")
