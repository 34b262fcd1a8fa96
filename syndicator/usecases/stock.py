"""What people do with stock by hand: say what is on the shelf, count it, correct it. One transaction for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from adapters.errors import Rejected
from schemas.ids import SellerId, Sku
from schemas.problem import Problem
from syndicator.domain import stock_sentences as sentences
from syndicator.domain.stock import MOST_UNITS, Level, Movement, MovementKind, moved
from syndicator.ports import Clock
from syndicator.store.engine import Database, UnitOfWork
from syndicator.store.stock import StockedVariant
from syndicator.usecases.stock_changes import count_movement, tell_channels

HAND = "hand"
"""Source of movements that a person enters."""


class Reason(StrEnum):
    """Why a person corrects a figure."""

    SALE = "sale"
    FOUND = "found"
    BROKEN = "broken"
    GIFT = "gift"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What a change made of one variant; ``was_known`` says that it had been entered before and changed nothing now."""

    sku: Sku
    before: Level
    after: Level
    was_known: bool = False


def count_stock(
    seller_id: SellerId,
    counts: Mapping[Sku, int],
    *,
    reference: str,
    as_of: datetime | None = None,
    note: str | None = None,
    database: Database,
    clock: Clock,
) -> Sequence[Changed]:
    """Take what was counted on the shelf, in units, all or nothing; the channels hear of it at once.

    Args:
        seller_id: Whose goods.
        counts: Units on the shelf by SKU, those promised to buyers and not yet shipped included.
        reference: Names the count; entering it again under the same name changes nothing.
        as_of: When the counting began, for a count that took a while: what was shipped or sold after it is taken off
            once more. None means now.
        note: In a person's words, for the history.
        database: Where it is stored.
        clock: Tells when it is.

    Raises:
        Rejected: A SKU is unknown, a figure is absurd, or ``as_of`` lies ahead; every problem is in it, nothing is stored.
    """
    now = clock.now()
    began = as_of or now
    with database.begin() as uow:
        # As submissions and orders do: they all lock variants, and each in an order of its own.
        uow.accounts.lock_seller(seller_id)
        variants = uow.stock.find(seller_id, counts)
        problems = [
            *_unknown(counts, variants),
            *(sentences.absurd_units(sku, units) for sku, units in counts.items() if not _is_sane(units)),
            *([sentences.counted_ahead(began)] if began > now else []),
        ]
        if problems:
            raise Rejected(problems)
        since = uow.stock.moved_since([one.id for one in variants.values()], began) if as_of else {}
        movements = {
            sku: count_movement(
                one,
                counts[sku],
                source=HAND,
                reference=reference,
                as_of=began,
                moved_since=since.get(one.id, 0),
                note=note,
            )
            for sku, one in variants.items()
        }
        return _move(uow, variants, movements, now=now)


def adjust_stock(
    seller_id: SellerId,
    changes: Mapping[Sku, int],
    *,
    reason: Reason,
    reference: str,
    note: str | None = None,
    database: Database,
    clock: Clock,
) -> Sequence[Changed]:
    """Add or take off units, all or nothing; the channels hear of it at once.

    Raises:
        Rejected: A SKU is unknown, a change is absurd, or more is taken off than is there; nothing is stored.
    """
    now = clock.now()
    kind = MovementKind.SALE if reason is Reason.SALE else MovementKind.ADJUST
    with database.begin() as uow:
        uow.accounts.lock_seller(seller_id)
        variants = uow.stock.find(seller_id, changes)
        problems = [
            *_unknown(changes, variants),
            *(
                sentences.absurd_change(sku, by)
                for sku, by in changes.items()
                if not 0 < abs(by) <= MOST_UNITS
            ),
            *(
                sentences.not_enough(sku, changes[sku], one.level)
                for sku, one in variants.items()
                if one.level.on_hand + changes[sku] < 0
            ),
        ]
        if problems:
            raise Rejected(problems)
        movements = {
            sku: Movement(
                variant_id=one.id,
                kind=kind,
                source=HAND,
                reference=reference,
                on_hand=changes[sku],
                note=note or (None if kind is MovementKind.SALE else reason.value),
            )
            for sku, one in variants.items()
        }
        return _move(uow, variants, movements, now=now)


def _move(
    uow: UnitOfWork,
    variants: Mapping[Sku, StockedVariant],
    movements: Mapping[Sku, Movement],
    *,
    now: datetime,
) -> Sequence[Changed]:
    recorded = {one.variant_id for one in uow.stock.record(list(movements.values()), now=now)}
    tell_channels(uow, recorded, now=now)
    return [
        Changed(
            sku=sku,
            before=one.level,
            after=moved(one.level, movements[sku]) if one.id in recorded else one.level,
            was_known=one.id not in recorded,
        )
        for sku, one in variants.items()
    ]


def _unknown(wanted: Mapping[Sku, int], known: Mapping[Sku, StockedVariant]) -> list[Problem]:
    return [sentences.unknown_sku(sku) for sku in wanted if sku not in known]


def _is_sane(units: int) -> bool:
    return 0 <= units <= MOST_UNITS
