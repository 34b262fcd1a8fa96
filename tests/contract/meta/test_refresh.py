"""Refreshing the token of Instagram's own login, through the real adapter."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.errors import AuthExpired, Transient, Unsupported
from adapters.facebook_page import FACEBOOK_PAGE
from adapters.instagram.adapter import InstagramAdapter
from adapters.instagram.limits import RENEWAL
from adapters.refreshing import RefreshingAdapter
from adapters.testing.sandbox.faults import DropAnswer, ServerErrorWithEffect, TruncatedJson
from tests.contract.meta.support import Desk

DAY_S = 86_400.0


def own_login(desk: Desk, token: str | None = None) -> InstagramAdapter:
    account = desk.account("instagram", "instagram")
    credentials = account.credentials if token is None else {"access_token": token}
    return desk.instagram(replace(account, credentials=credentials))


def test_a_refreshed_token_works_when_the_first_one_has_expired(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(instagram_token_ttl_s=60 * DAY_S)
    first = own_login(desk)
    first.check()
    desk.advance(timedelta(days=50))
    given = first.refresh()
    desk.advance(timedelta(days=10))

    own_login(desk, given.credentials["access_token"]).check()

    with pytest.raises(AuthExpired):
        first.check()
    with pytest.raises(AuthExpired):
        first.refresh()


def test_the_life_is_as_the_channel_says(desk: Desk) -> None:
    given = own_login(desk).refresh()

    assert given.expires_at - desk.clock.now() == timedelta(days=60)
    assert RENEWAL.next_at(desk.clock.now(), given.expires_at) == desk.clock.now() + timedelta(days=50)


@pytest.mark.parametrize(
    "effect", [DropAnswer(after_effect=True), ServerErrorWithEffect(), TruncatedJson()], ids=str
)
def test_a_lost_answer_is_simply_asked_for_again(desk: Desk, effect: object) -> None:
    desk.order(effect, "token.refresh")  # type: ignore[arg-type]
    adapter = own_login(desk)
    with pytest.raises(Transient):
        adapter.refresh()

    own_login(desk, adapter.refresh().credentials["access_token"]).check()


def test_the_token_stands_in_no_address(desk: Desk) -> None:
    given = own_login(desk).refresh()

    (call,) = desk.calls("token.refresh")
    assert set(call["query"]) == {"grant_type"}
    assert given.credentials["access_token"] not in repr(given)


def test_an_account_of_the_facebook_login_is_not_refreshed(desk: Desk) -> None:
    adapter = desk.instagram()

    assert adapter.renewal is None
    with pytest.raises(Unsupported):
        adapter.refresh()


def test_a_page_token_does_not_expire(desk: Desk) -> None:
    assert not isinstance(FACEBOOK_PAGE.make(desk.context(desk.account("facebook_page"))), RefreshingAdapter)
