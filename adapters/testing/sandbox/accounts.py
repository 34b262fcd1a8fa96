"""Sandbox accounts: ids and tokens derived from a seller's number, so that none has to be registered.

A token is ``<prefix>-<seller>-<label>-<mac>``; the sandbox recognises it by computing the mac again.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from schemas.ids import ChannelKind

FACEBOOK_PAGE: Final = ChannelKind("facebook_page")
INSTAGRAM: Final = ChannelKind("instagram")
LINE_SHOP: Final = ChannelKind("line_shop")
EMARKET: Final = ChannelKind("emarket")
LINE_MESSAGING: Final = ChannelKind("line_messaging")
"""The Messaging API of a shop's LINE Official Account; a channel of announcements, not of listings."""

CATEGORY_CODES: Final = (
    "food.rice",
    "food.snack.dried_fruit",
    "food.snack.crisps",
    "food.sweets",
    "food.paste_sauce",
    "food.fermented",
    "food.spice",
    "food.egg",
    "food.meat_fish",
    "food.honey",
    "food.fresh_fruit",
    "food.fresh_veg",
    "drink.tea",
    "drink.coffee",
    "drink.herbal",
    "drink.juice",
    "textile.fabric",
    "textile.clothing",
    "textile.bag_accessory",
    "decor.basketry",
    "decor.pottery",
    "decor.wood_bamboo",
    "decor.souvenir",
    "decor.plant",
    "herbal.soap_shampoo",
    "herbal.balm_oil",
    "herbal.compress",
    "herbal.cosmetic",
)
"""Category codes of the intake format, in the order of its README."""

LINE_CATEGORIES: Final[Mapping[str, int]] = {code: 101 + n for n, code in enumerate(CATEGORY_CODES)}
MARKET_CATEGORIES: Final[Mapping[str, int]] = {code: 7001 + n for n, code in enumerate(CATEGORY_CODES)}

_MAC_KEY: Final = b"syndicator sandbox"
_TOKEN_PARTS: Final = 3
_PAGE_PREFIX, _PAGE_DIGITS = "10", 13
_USER_PREFIX, _USER_DIGITS = "17841", 12
APP_ID: Final = "900000000000001"
"""The one Meta application whose tokens these are."""
MARKET_APP_KEY: Final = "sandbox-app"


class TokenKind(StrEnum):
    """What a token opens; the value is its prefix."""

    PAGE = "sbxfbp"
    FACEBOOK_USER = "sbxfbu"
    INSTAGRAM = "sbxigi"
    LINE = "sbxline"
    MESSAGING = "sbxmsg"
    MARKET = "sbxmkt"
    MARKET_REFRESH = "sbxmkr"


LIVE: Final = "live"
EXPIRED: Final = "expired"
LIMITED: Final = "limited"
"""Label of a token whose owner ticked no publishing permission."""


@dataclass(frozen=True, slots=True)
class Token:
    """A recognised token."""

    kind: TokenKind
    seller: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxAccount:
    """What ``channels connect`` needs to connect an account of the sandbox."""

    kind: ChannelKind
    name: str
    external_id: str
    credentials: dict[str, str] = field(repr=False)
    settings: dict[str, Any] = field(default_factory=dict)


def _mac(text: str, length: int = 20) -> str:
    return hmac.new(_MAC_KEY, text.encode(), hashlib.sha256).hexdigest()[:length]


def make_token(kind: TokenKind, seller: int, label: str = LIVE) -> str:
    """Write the token that opens the seller's account of that kind."""
    stem = f"{kind.value}-{seller}-{label}"
    return f"{stem}-{_mac(stem)}"


@lru_cache(maxsize=65_536)
def read_token(text: str) -> Token | None:
    """Recognise a token, or return None for anything this sandbox never issued."""
    stem, _, mac = text.rpartition("-")
    parts = stem.split("-")
    if (
        len(parts) != _TOKEN_PARTS
        or not parts[1].isdecimal()
        or not hmac.compare_digest(mac.encode(), _mac(stem).encode())
    ):
        return None
    try:
        return Token(TokenKind(parts[0]), int(parts[1]), parts[2])
    except ValueError:
        return None


def page_id(seller: int) -> str:
    """Return the Page's id: 15 digits."""
    return f"{_PAGE_PREFIX}{seller:0{_PAGE_DIGITS}d}"


def instagram_id(seller: int) -> str:
    """Return the Instagram user's id: 17 digits, more than a JSON double holds."""
    return f"{_USER_PREFIX}{seller:0{_USER_DIGITS}d}"


def shop_id(seller: int) -> str:
    """Return the LINE shop's name in the sandbox's own pages; MyShop itself knows only the key."""
    return f"shop{seller}"


def market_id(seller: int) -> str:
    """Return the market shop's name."""
    return f"market{seller}"


def seller_of(external_id: str) -> int | None:
    """Return the seller of a Page or Instagram user id, None when it is neither."""
    if not external_id.isdecimal():
        return None
    for prefix, digits in ((_PAGE_PREFIX, _PAGE_DIGITS), (_USER_PREFIX, _USER_DIGITS)):
        number = external_id.removeprefix(prefix)
        if number != external_id and len(number) == digits:
            return int(number)
    return None


def messaging_token(seller: int = 1, label: str = LIVE) -> str:
    """Return the channel access token of the seller's LINE Official Account."""
    return make_token(TokenKind.MESSAGING, seller, label)


def messaging_secret(seller: int = 1) -> str:
    """Return the channel secret that signs the account's webhooks: 32 hex digits."""
    return _mac(f"channel secret of {seller}", 32)


def bot_user_id(seller: int) -> str:
    """Return the LINE user id of the seller's Official Account: ``U`` and 32 hex digits."""
    return "U" + _mac(f"bot of {seller}", 32)


def follower_ids(seller: int, count: int) -> list[str]:
    """Return the LINE user ids of the account's friends."""
    return ["U" + _mac(f"friend {n} of {seller}", 32) for n in range(count)]


def line_webhook_secret(seller: int = 1) -> str:
    """Return the secret that signs the webhooks of the seller's LINE shop."""
    return _mac(f"webhook secret of {seller}", 32)


def market_secret() -> str:
    """Return the secret of the market application all sandbox sellers have authorised."""
    return _mac(MARKET_APP_KEY, 40)


def market_tokens(seller: int, generation: int) -> tuple[str, str]:
    """Return the access and the refresh token of one generation; refreshing begins the next."""
    label = f"g{generation}"
    return make_token(TokenKind.MARKET, seller, label), make_token(TokenKind.MARKET_REFRESH, seller, label)


def sandbox_accounts(seller: int = 1, *, instagram_login: str = "facebook") -> tuple[SandboxAccount, ...]:
    """Return the four accounts of a seller, one of each kind, ready to be connected.

    ``instagram_login`` is ``facebook`` or ``instagram``: the host and token its adapter uses.
    """
    return _accounts(seller, LIVE, instagram_login)


def dead_account(kind: ChannelKind, seller: int = 1) -> SandboxAccount:
    """Return an account of that kind whose token has expired.

    Raises:
        KeyError: The sandbox has no such kind.
    """
    return {account.kind: account for account in _accounts(seller, EXPIRED, "facebook")}[kind]


def limited_account(kind: ChannelKind, seller: int = 1) -> SandboxAccount:
    """Return a Page or Instagram account whose token lacks the permission to publish.

    Raises:
        KeyError: The sandbox has no such kind.
    """
    return {account.kind: account for account in _accounts(seller, LIMITED, "facebook")}[kind]


def _accounts(seller: int, label: str, instagram_login: str) -> tuple[SandboxAccount, ...]:
    ig_token = TokenKind.FACEBOOK_USER if instagram_login == "facebook" else TokenKind.INSTAGRAM
    access, refresh = market_tokens(seller, 0)
    if label == EXPIRED:
        access = make_token(TokenKind.MARKET, seller, EXPIRED)
    return (
        SandboxAccount(
            kind=FACEBOOK_PAGE,
            name="page",
            external_id=page_id(seller),
            credentials={"page_token": make_token(TokenKind.PAGE, seller, label)},
        ),
        SandboxAccount(
            kind=INSTAGRAM,
            name="ig",
            external_id=instagram_id(seller),
            credentials={"access_token": make_token(ig_token, seller, label)},
            settings={"login": instagram_login},
        ),
        SandboxAccount(
            kind=LINE_SHOP,
            name="line",
            external_id=shop_id(seller),
            credentials={
                "api_key": make_token(TokenKind.LINE, seller, label),
                "webhook_secret": line_webhook_secret(seller),
            },
            settings={"categories": dict(LINE_CATEGORIES)},
        ),
        SandboxAccount(
            kind=EMARKET,
            name="market",
            external_id=market_id(seller),
            credentials={
                "app_key": MARKET_APP_KEY,
                "app_secret": market_secret(),
                "access_token": access,
                "refresh_token": refresh,
            },
            settings={"market": "sandbox-emarket"},
        ),
    )
