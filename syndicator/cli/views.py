"""Listings as tables for people and as JSON for programs."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from adapters.limits import TextUnit
from adapters.registry import CHANNELS
from adapters.text import cut
from schemas.listing import ListingState
from syndicator.cli.output import Output
from syndicator.store.reports import ListingReport

NAME_WIDTH = 32
"""Code points of a product's name in a table."""
STATES_TH = {
    ListingState.LIVE: "ขายอยู่",
    ListingState.WORKING: "กำลังส่ง",
    ListingState.NEEDS_YOU: "ต้องแก้ไข",
    ListingState.STOPPED: "หยุดไว้",
}


def state_name(out: Output, state: ListingState) -> str:
    """Return a state's plain name."""
    return out.pick(STATES_TH[state], state.value.replace("_", " "))


def counts_by_account(listings: Sequence[ListingReport]) -> dict[str, dict[str, int]]:
    """Count the states of each account's listings; shape: account -> state -> listings."""
    counts: dict[str, Counter[str]] = {}
    for listing in listings:
        counts.setdefault(listing.account, Counter())[listing.state.value] += 1
    return {
        account: {state.value: count[state.value] for state in ListingState}
        for account, count in counts.items()
    }


def listing_json(listing: ListingReport) -> dict[str, Any]:
    """Return a listing for programs."""
    return {
        "id": listing.id,
        "sku": listing.sku,
        "name": listing.name,
        "account": listing.account,
        "channel": listing.kind,
        "state": listing.state.value,
        "wanted": listing.wanted.value,
        "unconfirmed": listing.unconfirmed,
        "external_id": listing.external_id,
        "permalink": listing.permalink,
        "confirmed_at": listing.confirmed_at,
        "problems": [problem.model_dump() for problem in listing.problems],
    }


def show_counts(out: Output, listings: Sequence[ListingReport]) -> None:
    """Print one row for each account with the number of listings in each state."""
    kinds = {listing.account: listing.kind for listing in listings}
    rows = [
        (
            out.pick(CHANNELS[kinds[account]].label_th, CHANNELS[kinds[account]].label_en),
            account,
            *(counts[state.value] for state in ListingState),
        )
        for account, counts in counts_by_account(listings).items()
    ]
    columns = (out.pick("ช่องทาง", "channel"), out.pick("บัญชี", "account"))
    out.table((*columns, *(state_name(out, state) for state in ListingState)), rows)


def show_listings(out: Output, listings: Sequence[ListingReport]) -> None:
    """Print one row for each listing, with what is to be done where something is."""
    columns = (
        "SKU",
        out.pick("สินค้า", "product"),
        out.pick("บัญชี", "account"),
        out.pick("สถานะ", "state"),
        out.pick("ยืนยันล่าสุด", "last confirmed"),
        out.pick("ลิงก์ / สิ่งที่ต้องทำ", "link / what to do"),
    )
    rows = [
        (
            listing.sku,
            _short(listing.name),
            listing.account,
            state_name(out, listing.state)
            + (out.pick(" (รอยืนยัน)", " (unconfirmed)") if listing.unconfirmed else ""),
            listing.confirmed_at,
            " / ".join(out.problem(problem) for problem in listing.problems) or listing.permalink,
        )
        for listing in listings
    ]
    out.table(columns, rows)


def _short(name: str) -> str:
    return cut(name, NAME_WIDTH, TextUnit.CODE_POINTS)
