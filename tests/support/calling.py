"""Lets a fake channel be called over the one HTTP client that there is, so that its calls are logged as real ones are."""

import httpx

from adapters.http import make_client
from adapters.settings import HttpSettings
from syndicator.telemetry import log_call
from tests.support.fake_channel import FakeChannel


def calling(channel: FakeChannel) -> None:
    """Send a request for every call of the channel; it is answered here."""
    inner = httpx.MockTransport(lambda request: httpx.Response(200))
    client = make_client(HttpSettings(), log_call, transport=inner)
    before = channel.heard

    def heard(endpoint: str, is_broken: bool) -> None:
        client.post("https://channel.example.test/listings", json={})
        before(endpoint, is_broken)

    channel.heard = heard
