"""A key of the API stands in no log line and in no table, wherever its holder puts it."""

import structlog
from structlog.contextvars import merge_contextvars

from syndicator.telemetry import _redact_text
from tests.support.planted import Searcher


def test_a_key_put_in_wrong_places_is_neither_logged_nor_stored(door, database_url):
    door.seller("A")
    caller = door.caller("A")
    key, secret = caller.key, caller.key.rpartition("_")[2]
    searcher = Searcher({"api key": secret})

    with structlog.testing.capture_logs([merge_contextvars, _redact_text]) as logs:
        # First where nobody has learned yet which secret is behind it.
        answers = [
            door.client.get("/v1/me", params={"key": key}),
            door.client.get(f"/v1/sellers/{key}"),
            door.client.get(f"/hooks/{key}"),
            door.client.get("/v1/me", headers={"Authorization": key}),
            door.client.get("/v1/me", headers={"Authorization": f"Basic {key}"}),
            caller.get("/v1/me"),
            caller.get(f"/v1/sellers/{key}"),
            caller.patch(f"/v1/sellers/{key}", json={"name": "new"}),
            caller.patch(
                "/v1/sellers/A", content=f'{{"{key}": ', headers={"Content-Type": "application/json"}
            ),
            caller.post(f"/v1/sellers/A/products/{secret}/publish"),
        ]

    assert [answer.status_code for answer in answers] == [401, 401, 404, 401, 401, 200, 404, 404, 422, 422]
    assert len(logs) >= len(answers)
    assert list(searcher.inside(repr(logs), "logs")) == []
    assert [sighting.where for sighting in searcher.database(database_url)] == []
