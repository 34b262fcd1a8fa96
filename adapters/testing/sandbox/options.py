"""Every switch of the sandbox in one place. The defaults are the behaviour the channel sheets call usual."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class DuplicatePosts(StrEnum):
    """What a Page does with the same text and photos twice in a row (Meta promises none of these)."""

    ACCEPT = "accept"
    CODE_506 = "code_506"
    CODE_368 = "code_368"


class DuplicateCodes(StrEnum):
    """What MyShop does with a product code it already has (LINE publishes nothing; all three must be survived)."""

    ACCEPT = "accept"
    BAD_REQUEST = "bad_request"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Calls a channel takes before it throttles; None means it never does.

    Attributes:
        graph_per_hour: Calls per account (Page or Instagram user) in a rolling hour; usage headers show from 50 %.
        line_per_second: Per key and resource.
        line_per_minute: Per key and resource.
        messaging_broadcasts_per_hour: Broadcasts, and narrowcasts, of one LINE Official Account.
        market_per_second: Per shop.
        market_per_day: Per shop.
    """

    graph_per_hour: int | None = None
    line_per_second: int | None = None
    line_per_minute: int | None = None
    messaging_broadcasts_per_hour: int | None = None
    market_per_second: int | None = None
    market_per_day: int | None = None


DOCUMENTED_RATES = Rates(
    graph_per_hour=4_800,
    line_per_second=50,
    line_per_minute=1_000,
    messaging_broadcasts_per_hour=60,
    market_per_second=5,
    market_per_day=10_000,
)
"""The published numbers: LINE 50/s, 1,000/min and 60 broadcasts an hour, Graph 4,800 for one engaged user, the market's own profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """How the sandbox behaves; immutable for one run.

    Attributes:
        seed: Seeds every random choice (shuffled lists, fault probabilities).
        state_file: Where listings live between runs; None keeps them in memory.
        journal_file: Every request is appended here as one JSON line; None writes none.
        journal_size: Requests the journal remembers in memory.
        allowed_picture_hosts: Private hosts pictures may be fetched from all the same.
        cache_pictures: Whether an address is fetched once only; the real channels fetch each time.
        thumbnails: Whether pictures are decoded to small ones for the buyer pages.
        reject_partial_content: Whether a 206 answer to the Page's ranged fetch is refused with code 324.
        read_lag_s: Seconds until a new listing appears in lists and look-ups.
        shuffle_lists: Whether Page lists come in no particular order.
        app_secret: With it, a given ``appsecret_proof`` is verified.
        require_appsecret_proof: Whether a call without a proof is refused.
        duplicate_posts: See the enum.
        container_polls: Reads of an Instagram container until it is finished.
        container_s: Seconds until it is finished, besides.
        instagram_token_ttl_s: Life of a token of Instagram's own login in seconds, from its first use or its refresh; None
            means it does not expire by itself.
        publishing_quota: Instagram posts per rolling day; Meta's pages say 50 and 100.
        page_token_reads_fail: Whether container and media reads with a Page token fail with 100/33.
        strip_at_signs: Whether captions lose the at sign when read back.
        duplicate_codes: See the enum.
        line_strict_pictures: Whether MyShop checks picture addresses at all.
        line_zero_stock_on_create: Whether a product may be created with no stock (the schema text says no).
        line_adjust_sets_on_hand: Whether ``adjust`` sets on hand instead of available.
        line_foreign_is_forbidden: Whether another shop's product answers 403 instead of 404.
        line_enveloped_429: Whether LINE's 429 carries the error envelope.
        messaging_followers: Friends of every LINE Official Account.
        messaging_quota: Recipients a LINE Official Account may reach in a month; None means it has no limit.
        market_token_ttl_s: Life of a market access token in seconds; None means it does not expire by itself.
        market_moderation: Whether new market listings wait for review until a person approves them.
        market_unpaid_s: Seconds until the units of an order that nobody paid are for sale again.
        market_max_offset: How far a list of market orders can be skipped into; beyond it the time must be narrowed.
        market_echo: Whether the market's webhooks also tell of changes that were made through its interface.
    """

    seed: int = 0
    state_file: Path | None = None
    journal_file: Path | None = None
    journal_size: int = 200_000
    allowed_picture_hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost"})
    cache_pictures: bool = False
    thumbnails: bool = True
    reject_partial_content: bool = True
    read_lag_s: float = 0.0
    shuffle_lists: bool = False
    app_secret: str | None = None
    require_appsecret_proof: bool = False
    duplicate_posts: DuplicatePosts = DuplicatePosts.ACCEPT
    container_polls: int = 1
    container_s: float = 0.0
    instagram_token_ttl_s: float | None = None
    publishing_quota: int = 50
    page_token_reads_fail: bool = False
    strip_at_signs: bool = True
    duplicate_codes: DuplicateCodes = DuplicateCodes.ACCEPT
    line_strict_pictures: bool = True
    line_zero_stock_on_create: bool = False
    line_adjust_sets_on_hand: bool = False
    line_foreign_is_forbidden: bool = False
    line_enveloped_429: bool = False
    messaging_followers: int = 3
    messaging_quota: int | None = None
    market_token_ttl_s: float | None = None
    market_moderation: bool = False
    market_unpaid_s: float = 1_800.0
    market_max_offset: int = 5_000
    market_echo: bool = False
    rates: Rates = field(default_factory=Rates)
