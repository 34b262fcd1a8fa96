"""No credential in an error, a traceback, a call record, or what is stored: whatever goes wrong."""

import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.base import Change
from adapters.errors import ChannelError
from adapters.testing.sandbox.faults import (
    DropAnswer,
    Effect,
    Error,
    ExpireToken,
    Html502,
    Throttle,
    TruncatedJson,
)
from schemas.channel import Part
from schemas.ids import ExternalId
from schemas.listing import ListingRef, Pending
from tests.contract.meta.support import Desk, product_with
from tests.support.factories import NOON, make_marker

APP_SECRET = "planted-app-secret"
FAULTS: dict[str, Effect] = {
    "dropped": DropAnswer(after_effect=True),
    "gateway": Html502(),
    "truncated": TruncatedJson(),
    "throttled": Throttle(seconds=60),
    "expired": ExpireToken(),
    "quoted": Error(code=190, message="Malformed access token {token} access_token={token}&x=1"),
    "quoted in an odd body": Error(status=500, body={"oops": "{token}"}),
}
VERBS: dict[str, Callable[[Any, Any, Any], object]] = {
    "check": lambda adapter, change, rendition: adapter.check(),
    "publish": lambda adapter, change, rendition: adapter.publish(rendition),
    "update or comment": lambda adapter, change, rendition: (
        adapter.update(change) if adapter.kind == "facebook_page" else adapter.comment(change)
    ),
    "withdraw": lambda adapter, change, rendition: adapter.withdraw(change.ref),
    "fetch": lambda adapter, change, rendition: adapter.fetch(change.ref),
    "find": lambda adapter, change, rendition: adapter.find_by_marker(change.ref.marker, since=NOON),
    "resume": lambda adapter, change, rendition: adapter.resume(
        rendition,
        Pending(
            progress={"made_for": "", "began": NOON.isoformat(), "container": "1"}, check_after=timedelta(0)
        ),
    ),
}


def planted(fault: Effect, token: str) -> Effect:
    """Let the channel quote the token where the fault has room for it."""
    if not isinstance(fault, Error):
        return fault
    body = {"oops": token} if fault.body else None
    return replace(fault, message=fault.message.replace("{token}", token), body=body)


@pytest.mark.parametrize("kind", ["facebook_page", "instagram"])
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("fault", FAULTS)
def test_no_secret_leaves_an_adapter(desk: Desk, kind: str, verb: str, fault: str) -> None:
    account = desk.account(kind)
    (token,) = account.credentials.values()
    adapter = (
        desk.page(app_secret=APP_SECRET) if kind == "facebook_page" else desk.instagram(app_secret=APP_SECRET)
    )
    rendition = desk.rendition(adapter, product_with(1))
    ref = ListingRef(external_id=ExternalId(account.external_id), marker=make_marker(product_with(1)))
    change = Change(ref=ref, rendition=rendition, parts=frozenset({Part.PRICE}))
    desk.server.control.fail(planted(FAULTS[fault], token), count=None)

    told = ""
    try:
        told = repr(VERBS[verb](adapter, change, rendition))
    except ChannelError as error:
        told = f"{error!r} {error.message} {error.problem} {''.join(traceback.format_exception(error))}"

    seen = told + repr(desk.records) + repr(adapter) + repr(desk.context(account))
    assert token not in seen
    assert APP_SECRET not in seen
    assert desk.records or verb == "resume"
