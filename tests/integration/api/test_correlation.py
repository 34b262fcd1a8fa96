"""One id leads from a request to the listing, its attempt, and the call that the channel got."""

import structlog
from structlog.contextvars import merge_contextvars

from tests.support.app import goods
from tests.support.calling import calling


def test_the_id_of_a_request_is_found_in_the_attempt_and_in_the_line_of_the_call(door):
    channel = door.core.connect()
    door.core.submit(goods(), accounts=[])
    calling(channel)
    caller = door.caller("A")

    answer = caller.post("/v1/sellers/A/products/P-1/publish", headers={"X-Request-Id": "registry-4711"})
    with structlog.testing.capture_logs([merge_contextvars]) as logs:
        door.core.run_until_quiet()

    assert (answer.status_code, answer.headers["X-Request-Id"]) == (202, "registry-4711")
    (listing,) = caller.get("/v1/sellers/A/listings").json()["data"]
    shown = caller.get(f"/v1/sellers/A/listings/{listing['id']}").json()
    assert [attempt["correlation_id"] for attempt in shown["attempts"]] == ["registry-4711"]
    by_event = {line["event"]: line for line in logs if line.get("correlation_id") == "registry-4711"}
    assert by_event["channel.call"]["url"] == "https://channel.example.test/listings"
    assert by_event["listing.step"]["outcome"] == "done"
