"""Listings as tables for people and as JSON for programs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from adapters.limits import TextUnit
from adapters.registry import CHANNELS
from adapters.text import cut
from schemas.listing import ListingState
from syndicator.cli.output import Output
from syndicator.domain.plan import StepKind
from syndicator.store.accounts import StoredAccount
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
    """Print one row for each listing, and below the table, at full width, what a person must do."""
    if not listings:
        return
    columns = (
        "SKU",
        out.pick("สินค้า", "product"),
        out.pick("บัญชี", "account"),
        out.pick("สถานะ", "state"),
        out.pick("ยืนยันล่าสุด", "last confirmed"),
    )
    rows = [
        (
            listing.sku,
            _short(listing.name),
            listing.account,
            state_name(out, listing.state)
            + (out.pick(" (รอยืนยัน)", " (unconfirmed)") if listing.unconfirmed else ""),
            listing.confirmed_at,
        )
        for listing in listings
    ]
    out.table(columns, rows, flexible=1)
    show_what_to_do(out, listings)


def show_what_to_do(out: Output, listings: Sequence[ListingReport]) -> None:
    """Print what a person must do, one block for each product; accounts with the same trouble share a block."""
    accounts: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for listing in listings:
        sentences = tuple(out.problem(problem) for problem in listing.problems)
        if sentences:
            accounts.setdefault((listing.sku, listing.name, sentences), []).append(listing.account)
    for (sku, name, sentences), names in accounts.items():
        where = ", ".join(names)
        title = out.pick(f"{sku} {_short(name)} ที่ {where}:", f"{sku} {_short(name)} on {where}:")
        out.block(title, sentences)


def show_links(out: Output, listings: Sequence[ListingReport]) -> None:
    """Print where each listing can be seen."""
    for listing in listings:
        if listing.permalink:
            out.say(f"{listing.account}: {listing.permalink}", f"{listing.account}: {listing.permalink}")


def show_waiting_accounts(out: Output, accounts: Iterable[StoredAccount]) -> None:
    """Print why an account waits for a person; its goods wait with it and the other accounts go on."""
    for stored in accounts:
        if stored.problem is not None:
            name = stored.account.name
            title = out.pick(
                f"บัญชี {name} รอคุณ สินค้าที่เหลือของบัญชีนี้จึงยังไม่ไปต่อ:",
                f"The account {name} waits for you, and its goods with it:",
            )
            out.block(title, [out.problem(stored.problem)])


def account_json(stored: StoredAccount) -> dict[str, Any]:
    """Return an account for programs; never its credentials."""
    return {
        "name": stored.account.name,
        "kind": stored.account.kind,
        "external_id": stored.account.external_id,
        "state": stored.account.state.value,
        "expires_at": None if stored.expires_at is None else stored.expires_at.isoformat(),
        "problem": None if stored.problem is None else stored.problem.model_dump(),
    }


_STEPS_TH = {
    StepKind.NOTHING: "ไม่ต้องทำอะไร",
    StepKind.VERIFY: "ตรวจกับช่องทางก่อน",
    StepKind.PUBLISH: "ลงประกาศใหม่",
    StepKind.RESUME: "เปิดขายต่อ",
    StepKind.UPDATE: "แก้ไขประกาศ",
    StepKind.SET_STOCK: "ปรับสต็อก",
    StepKind.COMMENT: "แจ้งใต้โพสต์",
    StepKind.WITHDRAW: "เอาประกาศลง",
    StepKind.REPUBLISH: "ลบแล้วลงใหม่",
    StepKind.ASK: "ต้องให้คนแก้ไข",
}


def step_name(out: Output, step: str) -> str:
    """Return a step's plain name."""
    return out.pick(_STEPS_TH[StepKind(step)], step.replace("_", " "))


def _short(name: str) -> str:
    return cut(name, NAME_WIDTH, TextUnit.CODE_POINTS)
