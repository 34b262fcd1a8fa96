from typing import Any
from urllib.parse import urlencode

import pytest

from adapters.testing.graph_specs import GraphSpecs
from adapters.testing.sandbox.exchange import Incoming, read_body
from adapters.testing.sandbox.graph.params import gather
from adapters.testing.sandbox.pace import Pace
from tests.unit.sandbox.paths import SPECS


def incoming(query: tuple[tuple[str, str], ...], body: Any) -> Incoming:
    return Incoming("POST", "/graph", "/me/feed", query, {}, b"", body, {}, "http://127.0.0.1")


@pytest.mark.parametrize(
    "fields",
    [
        {"message": "กล้วย & 100% + ขายดี = จริง", "published": "false"},
        {"empty": "", "ไทย": "🍌"},
        {"plain": "a b+c"},
    ],
)
def test_forms_are_read_as_they_were_written(fields: dict[str, str]):
    raw = urlencode(fields).encode()

    assert read_body(raw, "application/x-www-form-urlencoded; charset=utf-8") == fields


def test_broken_escapes_and_bytes_do_not_stop_a_form():
    assert read_body(b"a=%zz&b=%E0%B8&&=x", "application/x-www-form-urlencoded") == {
        "a": "%zz",
        "b": "\ufffd",
    }


def test_body_that_is_no_json_reads_as_none():
    assert read_body(b"{", "application/json") is None
    assert read_body(b"", "application/json") is None


def test_body_wins_over_query_and_indexed_keys_become_a_list():
    body = {"message": "body", "attached_media[1]": "b", "attached_media[0]": "a"}

    assert gather(incoming((("message", "query"), ("limit", "5")), body)) == {
        "message": "body",
        "limit": "5",
        "attached_media": ["a", "b"],
    }


def test_body_that_is_no_object_adds_nothing():
    assert gather(incoming((("a", "1"),), ["x"])) == {"a": "1"}


def test_window_counts_calls_and_begins_anew():
    pace = Pace()

    assert [pace.count("k", 60, now).calls for now in (0, 30, 59, 60)] == [1, 2, 3, 1]
    assert pace.count("other", 60, 60).calls == 1


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/me/accounts", {"fields": "id"}, []),
        ("/oauth/access_token", {"grant_type": "fb_exchange_token", "client_id": "1"}, []),
        ("/v26.0/debug_token", {"input": "x"}, ["unknown parameter input"]),
        ("/17841000000000001", {"fields": "id,username"}, []),
    ],
)
def test_account_calls_are_described_by_hand(path: str, query: dict[str, str], expected: list[str]):
    entry = {"mount": "/graph", "method": "GET", "path": path, "query": query, "body": None}

    assert GraphSpecs(SPECS / "meta").violations(entry) == expected


def test_instagram_host_has_its_own_nodes():
    entry = {
        "mount": "/graph-instagram",
        "method": "DELETE",
        "path": "/18000000000000001",
        "query": {},
        "body": None,
    }

    assert GraphSpecs(SPECS / "meta").violations(entry) == [
        "IGMediaForIGOnlyAPI has no DELETE on the node itself"
    ]
    published = entry | {
        "method": "POST",
        "path": "/17841000000000001/media_publish",
        "body": {"creation_id": "1"},
    }
    assert GraphSpecs(SPECS / "meta").violations(published) == []
