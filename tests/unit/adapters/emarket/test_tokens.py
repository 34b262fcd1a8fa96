"""How a token endpoint is asked and read, for the shapes of market that have no sandbox."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from adapters.emarket.auth import TokenCall
from adapters.emarket.client import MarketClient
from adapters.emarket.loading import load_market
from adapters.emarket.market import Market
from adapters.emarket.tokens import refresh, renewal_of
from adapters.errors import AuthExpired, OutcomeUnknown
from adapters.settings import EmarketSettings
from schemas.channel import Credentials
from tests.support.factories import NOON, FixedClock

SANDBOX = load_market(EmarketSettings(), "sandbox-emarket").market
CREDENTIALS = Credentials({"app_key": "k", "app_secret": "s", "access_token": "old", "refresh_token": "once"})
PAIR = {"code": "0", "access_token": "new", "refresh_token": "next", "expires_in": 60}


def market(**oauth: Any) -> Market:
    auth = SANDBOX.auth
    assert auth.oauth is not None
    changed = auth.oauth.model_copy(update={"call": TokenCall(), **oauth})
    return SANDBOX.model_copy(update={"auth": auth.model_copy(update={"oauth": changed})})


def ask(shaped: Market, *answers: Mapping[str, Any]) -> tuple[Any, list[httpx.Request]]:
    """Refresh at a market that gives the answers, the last one for ever."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=answers[min(len(seen), len(answers)) - 1])

    http = httpx.Client(transport=httpx.MockTransport(answer))
    client = MarketClient(http, shaped, CREDENTIALS, FixedClock())
    return refresh(client, shaped, CREDENTIALS, FixedClock()), seen


def test_the_endpoint_may_be_elsewhere_and_take_a_form() -> None:
    call = TokenCall(base_url="https://auth.example.test/rest", encoding="form", refresh_param="token")

    given, (request,) = ask(market(call=call), PAIR)

    assert str(request.url).startswith("https://auth.example.test/rest/auth/token/refresh?")
    assert request.content == b"token=once"
    assert "access_token" not in request.url.params
    assert dict(given.credentials.values) == {
        "app_key": "k",
        "app_secret": "s",
        "access_token": "new",
        "refresh_token": "next",
    }
    assert given.expires_at == NOON + timedelta(seconds=60)


def test_the_token_travels_in_the_body_and_the_call_is_signed() -> None:
    _, (request,) = ask(market(), PAIR)

    assert json.loads(request.content) == {"refresh_token": "once"}
    assert request.url.params["sign"]


@pytest.mark.parametrize("told", [None, 0, -5, "soon", True, 10**12, [60]])
def test_a_life_that_is_none_is_taken_from_the_file(told: Any) -> None:
    given, _ = ask(market(), PAIR | {"expires_in": told})

    assert given.expires_at == NOON + timedelta(seconds=14_400)


def test_a_token_that_lasts_may_be_left_out_of_the_answer() -> None:
    given, _ = ask(market(refresh_single_use=False), {"code": "0", "access_token": "new"})

    assert given.credentials["refresh_token"] == "once"


@pytest.mark.parametrize("lacking", ["access_token", "refresh_token"])
def test_an_answer_without_a_token_of_the_pair_is_a_lost_answer(lacking: str) -> None:
    with pytest.raises(OutcomeUnknown):
        ask(market(), {name: value for name, value in PAIR.items() if name != lacking})


def test_a_market_without_refresh_tokens_is_not_refreshed() -> None:
    shaped = market(grant="password")

    assert renewal_of(shaped) is None
    with pytest.raises(AuthExpired):
        ask(shaped, PAIR)


def test_a_documented_grace_is_declared() -> None:
    renewal = renewal_of(market(refresh_grace_s=300, access_ttl_s=600))

    assert renewal is not None
    assert renewal.grace == timedelta(minutes=5)
    assert renewal.first_after == timedelta(minutes=5)
