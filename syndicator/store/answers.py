"""What a listing asks of a person, and the answer written down: on the row, and as an attempt of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.channel import Lane
from schemas.ids import AccountId, ExternalId, LeaseToken, ListingId, Sku
from schemas.listing import ListingState
from schemas.problem import Problem
from schemas.product import Product
from syndicator.domain.listing import Listing
from syndicator.store.listing_rows import listing_of
from syndicator.store.tables import Attempt as AttemptTable
from syndicator.store.tables import Listing as ListingTable
from syndicator.store.tables import Product as ProductTable
from syndicator.store.tables import table

_LISTING = table(ListingTable)
_PRODUCT = table(ProductTable)
_ATTEMPT = table(AttemptTable)
PERSON = LeaseToken("person")
"""Stands in an attempt for the lease that a person's answer does not need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A listing as it stands when a person answers. ``is_moving``: due, or being worked on."""

    listing: Listing
    product: Product
    problems: tuple[Problem, ...]
    is_moving: bool


class AnswerRepository:
    """Reads what is asked, writes what was answered."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def lock(self, account_id: AccountId, sku: Sku) -> Asked | None:
        """Lock the listing of a product code on an account until the transaction ends; None when there is none.

        While it is locked no worker claims it.
        """
        row = self._connection.execute(
            sa.select(_LISTING, _PRODUCT.c.canonical)
            .join(_PRODUCT, _PRODUCT.c.id == _LISTING.c.product_id)
            .where(_LISTING.c.account_id == account_id, _PRODUCT.c.sku == sku)
            .with_for_update(of=_LISTING)
        ).one_or_none()
        if row is None:
            return None
        return Asked(
            listing=listing_of(row),
            product=Product.model_validate(row.canonical),
            problems=tuple(Problem.model_validate(problem) for problem in row.problems),
            is_moving=row.due_at is not None or row.lease_token is not None,
        )

    def is_taken(self, account_id: AccountId, external_id: ExternalId) -> bool:
        """Say whether a listing of the account is known under that id of the channel."""
        found = sa.select(_LISTING.c.id).where(
            _LISTING.c.account_id == account_id, _LISTING.c.external_id == external_id
        )
        return self._connection.scalar(found.limit(1)) is not None

    def write(
        self,
        listing_id: ListingId,
        values: Mapping[str, Any],
        *,
        step: str,
        outcome: str,
        said: str,
        now: datetime,
    ) -> None:
        """Write what follows from an answer and let the planner look at once; ``said`` names who said what."""
        self._connection.execute(
            sa.update(_LISTING)
            .where(_LISTING.c.id == listing_id)
            .values(
                **values,
                state=ListingState.WORKING.value,
                problems=[],
                attempts=0,
                due_at=now,
                lane=Lane.CONTENT.value,
                wished_at=now,
            )
        )
        self.note(listing_id, step=step, outcome=outcome, said=said, now=now)

    def note(self, listing_id: ListingId, *, step: str, outcome: str, said: str, now: datetime) -> None:
        """Write an answer down as an attempt of its own; ``said`` names who said what."""
        self._connection.execute(
            sa.insert(_ATTEMPT).values(
                listing_id=listing_id,
                step=step,
                lease_token=PERSON,
                began_at=now,
                ended_at=now,
                outcome=outcome,
                message=said,
            )
        )
