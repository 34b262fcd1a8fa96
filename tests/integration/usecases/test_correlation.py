"""The id of a request is found again on the attempts and in the log lines of everything that follows from it."""

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars

from schemas.channel import Verb
from tests.support.app import goods
from tests.support.calling import calling
from tests.support.fake_channel import MARKET, Fault


def brought_by(app, **requests):
    """Say which request brought the wish of each listing, as a submission does."""
    for sku, request_id in requests.items():
        app.execute(
            "UPDATE listing SET request_id = :id WHERE product_id = (SELECT id FROM product WHERE sku = :sku)",
            id=request_id,
            sku=sku.replace("_", "-"),
        )


def work(app):
    """Let a worker with a message of its own do what is due; return what it logged."""
    (lease,) = [wake_up.lease for wake_up in app.dispatch()]
    with (
        structlog.testing.capture_logs([merge_contextvars]) as logs,
        bound_contextvars(correlation_id="message-1"),
    ):
        app.reconcile(lease, correlation_id="message-1")
    return logs


def ids_of(logs, event):
    return [line["correlation_id"] for line in logs if line["event"] == event]


def attempt_ids(app):
    return [row.correlation_id for row in app.rows("SELECT correlation_id FROM attempt ORDER BY id")]


def test_one_request_is_found_on_the_attempt_the_call_and_the_step(app):
    calling(app.connect())
    app.submit(goods())
    brought_by(app, P_1="request-17")

    logs = work(app)

    assert attempt_ids(app) == ["request-17"]
    assert ids_of(logs, "channel.call") == ["request-17"]
    assert ids_of(logs, "listing.step") == ["request-17"]


def test_a_step_that_no_request_brought_carries_the_id_of_its_message(app):
    calling(app.connect())
    app.submit(goods())

    logs = work(app)

    assert attempt_ids(app) == ["message-1"]
    assert ids_of(logs, "channel.call") == ["message-1"]


def test_a_call_for_listings_of_several_requests_names_them_all(app):
    channel = app.connect(can=MARKET)
    app.submit(goods("P-1"), goods("P-2"))
    app.run_until_quiet()
    calling(channel)
    app.submit(goods("P-1", price=100), goods("P-2", price=200))
    brought_by(app, P_1="request-a", P_2="request-b")
    app.execute("DELETE FROM attempt")

    logs = work(app)

    assert set(ids_of(logs, "channel.call")) == {"request-a,request-b"}
    assert sorted(ids_of(logs, "listing.step")) == ["request-a", "request-b"]
    assert sorted(attempt_ids(app)) == ["request-a", "request-b"]


def test_the_steps_that_follow_a_lost_answer_carry_it_too(app):
    channel = app.connect()
    calling(channel)
    channel.order(Verb.PUBLISH, Fault.LOST_AFTER)
    app.submit(goods())
    brought_by(app, P_1="request-17")

    app.run_until_quiet()

    assert len(attempt_ids(app)) > 1
    assert set(attempt_ids(app)) == {"request-17"}


def test_a_change_of_stock_does_not_carry_the_request_of_long_ago(app):
    channel = app.connect(can=MARKET)
    app.submit(goods())
    brought_by(app, P_1="request-17")
    app.run_until_quiet()
    calling(channel)
    app.submit(goods(), stock=3)

    logs = work(app)

    assert attempt_ids(app) == ["request-17", "message-1"]
    assert set(ids_of(logs, "channel.call")) == {"message-1"}
