"""Stock: what there is, what people change by hand, and what of it each account shows. All figures are units."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from schemas.ids import AccountId, SellerId, Sku
from schemas.problem import Problem
from schemas.product import SKU_PATTERN
from syndicator.api.problems import ApiError
from syndicator.api.v1.accounts import AccountName
from syndicator.api.v1.calling import AppPart, Reference, RequiredReference, SellerPart
from syndicator.api.v1.named import account_of
from syndicator.api.v1.paging import Page, PagingPart
from syndicator.api.v1.routes import api_router
from syndicator.bootstrap import App
from syndicator.domain.stock import MOST_UNITS, Level, MovementKind
from syndicator.domain.stock_rule import AUTO, MOST_SHOWN, LastUnits, StockRule
from syndicator.store.stock_reports import StockReport
from syndicator.usecases.stock import Changed, Reason, adjust_stock, count_stock
from syndicator.usecases.stock_rules import Wanted, change_rules, foresee_rules

router = api_router("stock")
MOST_CODES: Final = 500
"""Codes in one request: it is one transaction, short enough that orders coming in meanwhile do not wait."""
MOST_FIGURES: Final = 1_000
"""Figures that a change of rules shows; their number is told whole."""
_SKU: Final = Path(description="The variant's code.", pattern=SKU_PATTERN)
Units = Annotated[int, Field(ge=0, le=MOST_UNITS)]
Note = Annotated[str, Field(max_length=500, description="In your words, for the history.")]


class Stock(BaseModel):
    """What there is of a variant: ``available`` is ``on_hand`` less what is ``promised`` to buyers in open orders.

    ``owed``: promised and not there, oversold. ``counted_at``: the moment of the last count; null means never.
    """

    sku: str
    name: str
    on_hand: int
    promised: int
    available: int
    owed: int
    counted_at: datetime | None
    changed_at: datetime | None


class Change(BaseModel):
    """What a write made of one variant. ``was_known``: entered before under the same name, so nothing changed now."""

    sku: str
    on_hand_before: int
    on_hand: int
    promised: int
    available: int
    was_known: bool


class Changes(BaseModel):
    """What a write made of each variant."""

    data: tuple[Change, ...]


class Movement(BaseModel):
    """One line of a variant's history; ``account`` is the channel account it came from."""

    kind: MovementKind
    on_hand_change: int
    on_hand_after: int
    promised_change: int
    promised_after: int
    source: str
    reference: str
    account: str | None
    note: str | None
    happened_at: datetime
    recorded_at: datetime


class NewLevel(BaseModel):
    """How many units are on the shelf, those promised to buyers included."""

    model_config = ConfigDict(extra="forbid")

    units: Units
    note: Note | None = None


class Count(BaseModel):
    """A stock-take. ``as_of``: when the counting began; what left the shelf since is taken off once more. Null means now."""

    model_config = ConfigDict(extra="forbid")

    counts: dict[str, Units] = Field(min_length=1, max_length=MOST_CODES)
    as_of: AwareDatetime | None = None
    note: Note | None = None


class Adjustment(BaseModel):
    """Units to add or, below nothing, to take off, by code: all or nothing."""

    model_config = ConfigDict(extra="forbid")

    changes: dict[str, Annotated[int, Field(ge=-MOST_UNITS, le=MOST_UNITS)]] = Field(
        min_length=1, max_length=MOST_CODES
    )
    reason: Reason = Reason.OTHER
    note: Note | None = None


class NewRule(BaseModel):
    """What of the free units an account shows: less ``buffer`` units, of the rest ``share_percent``, never above ``cap``.

    ``last_units``: while at most so many units of a variant are left, only this account sells them; null lifts that from
    every account of the seller, and left out it stays as it is.
    """

    model_config = ConfigDict(extra="forbid")

    buffer: Annotated[int, Field(ge=0, le=MOST_SHOWN)] | Literal["auto"] = 0
    share_percent: int = Field(default=100, ge=1, le=100)
    cap: Annotated[int, Field(ge=0, le=MOST_SHOWN)] | None = None
    last_units: Annotated[int, Field(ge=1, le=MOST_SHOWN)] | None = None


class Rule(BaseModel):
    """The rule of an account. ``last_units`` is the seller's; ``last_units_on`` is the account that sells them."""

    account: str
    buffer: int | Literal["auto"]
    share_percent: int
    cap: int | None
    last_units: int | None
    last_units_on: str | None


class Figure(BaseModel):
    """What an account shows of a variant now, and then."""

    account: str
    sku: str
    available: int
    now: int
    then: int
    because: tuple[str, ...]


class RuleChange(BaseModel):
    """The rule as it is, or with ``dry_run`` would be, and the figures that change; at most a thousand are listed."""

    dry_run: bool
    rule: Rule
    changed: int
    figures: tuple[Figure, ...]


@router.get("/sellers/{seller}/stock")
def list_stock(
    app: AppPart,
    seller: SellerPart,
    paging: PagingPart,
    sku: Annotated[str | None, Query(max_length=64, description="Only this variant or product.")] = None,
) -> Page[Stock]:
    """List what there is of every variant."""
    with app.database.begin() as uow:
        found = uow.stock_reports.stock_after(
            seller.id, after=paging.after, limit=paging.asked, sku=None if sku is None else Sku(sku)
        )
    return paging.page([shown(one) for one in found], [one.variant_id for one in found])


@router.put("/sellers/{seller}/stock/{sku}")
def set_stock(
    app: AppPart, seller: SellerPart, sku: Annotated[Sku, _SKU], wanted: NewLevel, reference: Reference
) -> Change:
    """Say how many units are on the shelf now. The channels follow at once."""
    _variant(app, seller.id, sku)
    (changed,) = count_stock(
        seller.id,
        {sku: wanted.units},
        reference=reference,
        note=wanted.note,
        database=app.database,
        clock=app.clock,
    )
    return _change(changed)


@router.post("/sellers/{seller}/stock/count")
def count(app: AppPart, seller: SellerPart, counted: Count, reference: RequiredReference) -> Changes:
    """Enter a stock-take, all or nothing. It stays right when orders come in while you count."""
    if counted.as_of is not None and counted.as_of > app.clock.now():
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, _ahead())
    changed = count_stock(
        seller.id,
        {Sku(sku): units for sku, units in counted.counts.items()},
        reference=reference,
        as_of=counted.as_of,
        note=counted.note,
        database=app.database,
        clock=app.clock,
    )
    return Changes(data=tuple(_change(one) for one in changed))


@router.post("/sellers/{seller}/stock/adjust")
def adjust(app: AppPart, seller: SellerPart, wanted: Adjustment, reference: RequiredReference) -> Changes:
    """Add or take off units, all or nothing. The channels follow at once."""
    changed = adjust_stock(
        seller.id,
        {Sku(sku): by for sku, by in wanted.changes.items()},
        reason=wanted.reason,
        reference=reference,
        note=wanted.note,
        database=app.database,
        clock=app.clock,
    )
    return Changes(data=tuple(_change(one) for one in changed))


@router.get("/sellers/{seller}/stock/{sku}/history")
def history(
    app: AppPart, seller: SellerPart, sku: Annotated[Sku, _SKU], paging: PagingPart
) -> Page[Movement]:
    """List what moved a variant's stock, the newest first."""
    variant = _variant(app, seller.id, sku)
    with app.database.begin() as uow:
        found = uow.stock_reports.history(variant.variant_id, limit=paging.asked, before=paging.before)
    movements = [
        Movement(
            kind=one.kind,
            on_hand_change=one.on_hand_change,
            on_hand_after=one.on_hand_after,
            promised_change=one.promised_change,
            promised_after=one.promised_after,
            source=one.source,
            reference=one.reference,
            account=one.account,
            note=one.note,
            happened_at=one.happened_at,
            recorded_at=one.at,
        )
        for one in found
    ]
    return paging.page(movements, [one.id for one in found])


@router.get("/sellers/{seller}/accounts/{account}/stock-rule")
def show_rule(app: AppPart, seller: SellerPart, account: AccountName) -> Rule:
    """Show what of the free units an account shows."""
    rule, last, names = _rules(app, seller.id, account)
    return _rule(account, rule, last, names)


@router.put("/sellers/{seller}/accounts/{account}/stock-rule")
def change_rule(
    app: AppPart,
    seller: SellerPart,
    account: AccountName,
    wanted: NewRule,
    dry_run: Annotated[bool, Query(description="Show what would change, and change nothing.")] = False,  # noqa: FBT002
) -> RuleChange:
    """Replace the rule of an account, and let the channels show what follows. A figure that stays costs no call."""
    _, last, names = _rules(app, seller.id, account)
    account_id = next(id_ for id_, name in names.items() if name == account)
    if "last_units" in wanted.model_fields_set:
        units = wanted.last_units
        last = None if units is None else LastUnits(units=units, account_id=account_id)
    rule = StockRule(
        buffer=AUTO if wanted.buffer == AUTO else wanted.buffer,
        share_percent=wanted.share_percent,
        cap=wanted.cap,
    )
    rules = Wanted(account_id=account_id, rule=rule, last_units=last)
    previews = foresee_rules(seller.id, rules, skus=None, database=app.database)
    if not dry_run:
        change_rules(seller.id, rules, database=app.database, clock=app.clock)
    changed = [one for one in previews if one.now.units != one.then.units]
    return RuleChange(
        dry_run=dry_run,
        rule=_rule(account, rule, last, names),
        changed=len(changed),
        figures=tuple(
            Figure(
                account=names[one.account_id],
                sku=one.sku,
                available=one.then.available,
                now=one.now.units,
                then=one.then.units,
                because=one.then.because,
            )
            for one in changed[:MOST_FIGURES]
        ),
    )


def shown(one: StockReport) -> Stock:
    """Return what there is of a variant as other systems read it."""
    level = one.level
    return Stock(
        sku=one.sku,
        name=one.name,
        on_hand=level.on_hand,
        promised=level.promised,
        available=level.available,
        owed=level.owed,
        counted_at=level.counted_at,
        changed_at=one.changed_at,
    )


def _variant(app: App, seller_id: SellerId, sku: Sku) -> StockReport:
    with app.database.begin() as uow:
        found = uow.stock_reports.variant(seller_id, sku)
    if found is None:
        raise ApiError(HTTPStatus.NOT_FOUND, _unknown(sku))
    return found


def _rules(
    app: App, seller_id: SellerId, account: str
) -> tuple[StockRule, LastUnits | None, dict[AccountId, str]]:
    with app.database.begin() as uow:
        rules = uow.showing.rules(account_of(uow, seller_id, account).account.id)
        names = {one.account.id: one.account.name for one in uow.accounts.of_seller(seller_id)}
    return rules.rule, rules.last_units, names


def _rule(account: str, rule: StockRule, last: LastUnits | None, names: dict[AccountId, str]) -> Rule:
    return Rule(
        account=account,
        buffer=rule.buffer,
        share_percent=rule.share_percent,
        cap=rule.cap,
        last_units=None if last is None else last.units,
        last_units_on=None if last is None else names.get(last.account_id),
    )


def _change(one: Changed) -> Change:
    after: Level = one.after
    return Change(
        sku=one.sku,
        on_hand_before=one.before.on_hand,
        on_hand=after.on_hand,
        promised=after.promised,
        available=after.available,
        was_known=one.was_known,
    )


def _ahead() -> Problem:
    return Problem(
        path="as_of",
        code="count_ahead",
        th="เวลาเริ่มนับยังมาไม่ถึง ใส่เวลาที่เริ่มนับจริง",
        en="the count cannot begin in the future; give when you began to count",
    )


def _unknown(sku: Sku) -> Problem:
    return Problem(
        path="sku",
        code="variant_not_found",
        th=f"ไม่พบรหัส {sku} ในสินค้าของผู้ขายนี้",
        en=f"no product of this seller has a variant {sku}",
    )
