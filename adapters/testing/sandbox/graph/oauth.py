"""The few account calls: the Page itself, the Pages of a user, permissions, token inspection. Source: meta.md §1.2."""

from typing import Final

from adapters.testing.sandbox.accounts import (
    APP_ID,
    EXPIRED,
    LIMITED,
    Token,
    TokenKind,
    instagram_id,
    make_token,
    page_id,
    read_token,
    seller_of,
)
from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.graph import params
from adapters.testing.sandbox.graph.errors import bad_parameter, refusal
from adapters.testing.sandbox.graph.paging import Field, select, wanted_fields

SCOPES: Final = (
    "pages_show_list",
    "pages_manage_posts",
    "pages_read_engagement",
    "pages_manage_engagement",
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_comments",
    "instagram_manage_contents",
)
LONG_LIVED_S: Final = 5_184_000


def page_name(page: str) -> str:
    """Return the name a Page goes by in the sandbox."""
    return f"ร้านชุมชนจำลอง {seller_of(page)}"


async def read_page(call: Call) -> Answer:
    """Answer with the Page's own fields."""
    page = call.account
    seller = seller_of(page) or 0
    shown: dict[str, Field] = {
        "id": lambda: page,
        "name": lambda: page_name(page),
        "link": lambda: f"{call.request.origin}/page/{page}",
        "instagram_business_account": lambda: {"id": instagram_id(seller)},
        "tasks": lambda: ["MANAGE", "CREATE_CONTENT", "MODERATE"],
        "is_published": lambda: True,
    }
    return Answer(200, select(wanted_fields(call, ("id", "name")), shown))


async def list_pages(call: Call) -> Answer:
    """``/me/accounts``: the Pages of the user, with their Page tokens."""
    token = read_token(call.params["_text"])
    if token is None or token.kind is not TokenKind.FACEBOOK_USER:
        raise bad_parameter("Tried accessing nonexisting field (accounts)")
    page = page_id(token.seller)
    entry = {
        "id": page,
        "name": page_name(page),
        "access_token": make_token(TokenKind.PAGE, token.seller),
        "tasks": ["MANAGE", "CREATE_CONTENT", "MODERATE"],
    }
    return Answer(200, {"data": [entry]})


async def list_permissions(call: Call) -> Answer:
    """``/me/permissions``: with a user token only (meta.md §1.2)."""
    token = read_token(call.params["_text"])
    if token is None or token.kind is not TokenKind.FACEBOOK_USER:
        raise bad_parameter("Tried accessing nonexisting field (permissions)")
    return Answer(200, {"data": [{"permission": scope, "status": "granted"} for scope in SCOPES]})


async def exchange_token(call: Call) -> Answer:
    """``/oauth/access_token``: a short-lived user token becomes a long-lived one."""
    token = read_token(params.text(call, "fb_exchange_token") or "")
    if token is None or token.label == EXPIRED:
        raise refusal(190, "Invalid OAuth access token", subcode=463)
    fresh = make_token(TokenKind.FACEBOOK_USER, token.seller)
    return Answer(200, {"access_token": fresh, "token_type": "bearer", "expires_in": LONG_LIVED_S})


async def refresh_instagram(call: Call) -> Answer:
    """``/refresh_access_token``: a token with sixty days before it; the one it was made with goes on to its own end.

    Whether Meta gives another token or the same one with a new life is not documented; another is the harder case.
    """
    token = read_token(call.params["_text"])
    if token is None or params.text(call, "grant_type") != "ig_refresh_token":
        raise bad_parameter("The parameter grant_type must be ig_refresh_token")
    state = call.sandbox.graph
    fresh = make_token(TokenKind.INSTAGRAM, token.seller, f"r{state.next()}")
    state.token_issued_at[fresh] = call.now
    life = call.sandbox.options.instagram_token_ttl_s or LONG_LIVED_S
    return Answer(200, {"access_token": fresh, "token_type": "bearer", "expires_in": int(life)})


def is_too_old(call: Call, token: Token, text: str) -> bool:
    """Say whether a token of Instagram's own login has reached the end of its life."""
    life = call.sandbox.options.instagram_token_ttl_s
    if life is None or token.kind is not TokenKind.INSTAGRAM:
        return False
    return call.now - call.sandbox.graph.token_issued_at.setdefault(text, call.now) >= life


async def debug_token(call: Call) -> Answer:
    """``/debug_token``: what the inspected token is good for."""
    token = read_token(params.text(call, "input_token") or "")
    if token is None:
        return Answer(200, {"data": {"is_valid": False, "scopes": []}})
    scopes = [] if token.label == LIMITED else list(SCOPES)
    shown = {"app_id": APP_ID, "is_valid": token.label != EXPIRED, "scopes": scopes, "expires_at": 0}
    return Answer(200, {"data": shown})


async def subscribe(call: Call) -> Answer:
    """``/subscribed_apps``: the app asks for the events of a Page, or is told whether it has."""
    pages = call.sandbox.graph.subscribed
    if not call.mutating:
        shown = {"id": APP_ID, "subscribed_fields": ["feed"]}
        return Answer(200, {"data": [shown] if call.account in pages else []})
    fields = params.items(call, "subscribed_fields")
    if not fields:
        raise bad_parameter("The parameter subscribed_fields is required")
    if "feed" in fields:
        pages.add(call.account)
    return Answer(200, {"success": True})
