"""Refreshing a market's tokens, through the real adapter: one use each, nothing lost, nothing repeated."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.errors import AccountRefused, AuthExpired, ChannelError, OutcomeUnknown, Throttled, Transient
from adapters.testing.sandbox.accounts import SandboxAccount, dead_account, market_tokens
from adapters.testing.sandbox.faults import (
    DropAnswer,
    EmptyBody,
    Error,
    ExpireToken,
    Html502,
    ServerErrorWithEffect,
    Throttle,
    TruncatedJson,
)
from adapters.testing.sandbox.options import SandboxOptions
from adapters.testing.sandbox.server import SandboxServer
from schemas.channel import AccountTrouble
from tests.contract.emarket.stall import Stall
from tests.support.shops import sandbox_account

TTL_S = 600.0
Place = Callable[[SandboxServer, SandboxAccount], Stall]


@pytest.fixture
def ageing() -> Iterator[SandboxServer]:
    """A market whose access tokens live ten minutes."""
    with SandboxServer(SandboxOptions(market_token_ttl_s=TTL_S)) as server:
        yield server


def renewed(stall: Stall) -> SandboxAccount:
    """Refresh, and return the account with what was given."""
    account = sandbox_account("emarket")
    return replace(account, credentials=dict(stall.adapter.refresh().credentials.values))


def test_an_expired_token_is_replaced_by_a_pair_that_works(ageing: SandboxServer, stall_at: Place) -> None:
    old = stall_at(ageing, sandbox_account("emarket"))
    old.adapter.check()
    ageing.control.advance(TTL_S)
    with pytest.raises(AuthExpired):
        old.adapter.check()

    fresh = renewed(old)

    stall_at(ageing, fresh).adapter.check()
    assert (fresh.credentials["access_token"], fresh.credentials["refresh_token"]) == market_tokens(1, 1)
    assert fresh.credentials["app_secret"] == sandbox_account("emarket").credentials["app_secret"]


def test_the_life_that_the_market_tells_is_believed(ageing: SandboxServer, stall_at: Place) -> None:
    stall = stall_at(ageing, sandbox_account("emarket"))

    before = datetime.now(UTC)
    expires_at = stall.adapter.refresh().expires_at

    assert before <= expires_at - timedelta(seconds=TTL_S) <= datetime.now(UTC)


def test_pairs_follow_each_other(stall: Stall, stall_at: Place, server: SandboxServer) -> None:
    second = renewed(stall)

    third = renewed(stall_at(server, second))

    assert third.credentials["refresh_token"] == market_tokens(1, 2)[1]


def test_a_refresh_token_used_twice_is_refused_as_revoked(stall: Stall) -> None:
    stall.adapter.refresh()

    with pytest.raises(AccountRefused) as refused:
        stall.adapter.refresh()

    assert refused.value.trouble is AccountTrouble.REVOKED
    assert refused.value.problem is not None
    assert sandbox_account("emarket").credentials["refresh_token"] not in str(refused.value)


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        (DropAnswer(after_effect=True), OutcomeUnknown),
        (DropAnswer(after_effect=False), OutcomeUnknown),
        (ServerErrorWithEffect(), OutcomeUnknown),
        (Html502(after_effect=True), OutcomeUnknown),
        (EmptyBody(after_effect=True), OutcomeUnknown),
        (TruncatedJson(), OutcomeUnknown),
        (Error(status=200, code="9999", after_effect=True), OutcomeUnknown),
        (Error(status=200, body={"code": "0", "data": {}}, after_effect=True), OutcomeUnknown),
        (
            Error(status=200, body={"code": "0", "data": {"access_token": "a"}}, after_effect=True),
            OutcomeUnknown,
        ),
        (Throttle(seconds=30), Throttled),
        (Error(status=429, body={"message": "slow down"}), Throttled),
        (Error(status=200, code="IllegalRefreshToken"), AuthExpired),
    ],
    ids=str,
)
def test_the_token_is_sent_once_whatever_the_market_answers(
    stall: Stall, effect: object, error: type[ChannelError]
) -> None:
    stall.control.fail(effect, operation="token.refresh")  # type: ignore[arg-type]

    with pytest.raises(error):
        stall.adapter.refresh()

    assert stall.operations() == ["token.refresh"]


def test_a_request_that_never_left_spends_nothing(stall_at: Place) -> None:
    with SandboxServer() as gone:
        stall = stall_at(gone, sandbox_account("emarket"))

    with pytest.raises(Transient):
        stall.adapter.refresh()


def test_a_refresh_mends_an_account_whose_token_was_ordered_to_expire(
    stall: Stall, stall_at: Place, server: SandboxServer
) -> None:
    stall.control.fail(ExpireToken(), operation="product.by_sku")
    with pytest.raises(AuthExpired):
        stall.adapter.check()

    stall_at(server, renewed(stall)).adapter.check()


def test_a_person_may_authorise_a_shop_that_lost_its_tokens(stall: Stall) -> None:
    stall.adapter.refresh()
    with pytest.raises(AuthExpired):
        stall.adapter.check()

    stall.control.authorise("emarket", sandbox_account("emarket").external_id)

    stall.adapter.check()


def test_a_dead_access_token_does_not_hinder_a_refresh(stall_at: Place, server: SandboxServer) -> None:
    server.control.reset()

    stall_at(server, renewed(stall_at(server, dead_account("emarket")))).adapter.check()


def test_the_market_file_says_when_and_how_often(stall: Stall) -> None:
    renewal = stall.adapter.renewal

    assert (renewal.single_use, renewal.before) == (True, timedelta(minutes=10))
    assert renewal.first_after == timedelta(hours=4) - renewal.before
