"""Refreshing a market's tokens the way its file says. Source: docs/channels/emarkets.md sections 3.1, 4.1 and 14."""

from datetime import timedelta
from typing import Any, Final

from adapters.base import Clock
from adapters.emarket.auth import OAuth
from adapters.emarket.client import MarketClient
from adapters.emarket.fields import at
from adapters.emarket.market import Market
from adapters.errors import AuthExpired, OutcomeUnknown
from adapters.refreshing import Refreshed, Renewal
from schemas.channel import Credentials

REFRESH_TOKEN: Final = "refresh_token"  # noqa: S105 - the name of a secret, not one
_LONGEST_LIFE: Final = timedelta(days=400)
"""A life longer than this is not believed, and the file's own figure is taken."""


def renewal_of(market: Market) -> Renewal | None:
    """Return how tokens of the market are refreshed; None where its file has no refresh token."""
    oauth = market.auth.oauth
    if oauth is None or oauth.grant != REFRESH_TOKEN:
        return None
    life, before = timedelta(seconds=oauth.access_ttl_s), timedelta(seconds=oauth.renew_before_s)
    return Renewal(
        before=before,
        # A token that a person hands over may be of any age; one that has expired is refreshed when it is refused.
        first_after=max(life - before, life / 2),
        single_use=oauth.refresh_single_use,
        grace=timedelta(seconds=oauth.refresh_grace_s),
    )


def refresh(client: MarketClient, market: Market, credentials: Credentials, clock: Clock) -> Refreshed:
    """Trade the refresh token for a new pair; the account's other secrets stay.

    Raises:
        ChannelError: As ``MarketClient.refresh``; ``OutcomeUnknown`` where the answer has no access token, or lacks the
            refresh token that follows a spent one.
    """
    oauth = market.auth.oauth
    if oauth is None or oauth.grant != REFRESH_TOKEN:
        raise AuthExpired(f"market {market.id} has no refresh token")
    body = client.refresh(oauth)
    access, following = _token(body, oauth.call.access), _token(body, oauth.call.refresh)
    if access is None or (following is None and oauth.refresh_single_use):
        raise OutcomeUnknown(f"market {market.id} refreshed a token but did not give the new one")
    secrets = dict(credentials.values) | {oauth.carry.secret: access}
    if following is not None:
        secrets[REFRESH_TOKEN] = following
    return Refreshed(credentials=Credentials(secrets), expires_at=clock.now() + _life(body, oauth))


def _token(body: Any, path: str) -> str | None:
    value = at(body, path)
    return value if isinstance(value, str) and value else None


def _life(body: Any, oauth: OAuth) -> timedelta:
    """Return how long the access token lives: as the answer says, else as the file does."""
    told = at(body, oauth.call.expires_in)
    text = str(told) if isinstance(told, str | int) and not isinstance(told, bool) else ""
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004 - digits
    is_sensible = 0 < seconds <= _LONGEST_LIFE.total_seconds()
    return timedelta(seconds=seconds if is_sensible else oauth.access_ttl_s)
