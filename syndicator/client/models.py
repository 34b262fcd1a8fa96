"""What the API answers, as far as callers need it. Unknown fields are passed over, so a newer API does no harm.

Times are aware and in UTC. Money is in satang (100 satang are one baht).
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from schemas.problem import Problem
from schemas.product import Product


class Answer(BaseModel):
    """Base of everything that is read: immutable."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Job(Answer):
    """One submission: how far it has come.

    Attributes:
        id: Names the job.
        reference: The name in the message that brought it; None for a job that came over HTTP.
        state: ``receiving`` while lines come in, ``received`` when all are taken, ``failed`` where it as a whole was refused.
        lines: Products taken so far, of which so many were ``created``, ``updated``, ``unchanged`` or ``refused``.
        problem: Why it failed as a whole.
        listings: How many listings of its products are in each state (``live``, ``working``, ``needs_you``, ``stopped``).
        is_settled: Nothing of it moves by itself any more: every listing is live, stopped, or waits for a person.
    """

    id: str
    reference: str | None = None
    state: str
    lines: int
    created: int
    updated: int
    unchanged: int
    refused: int
    problem: Problem | None = None
    listings: Mapping[str, int]
    is_settled: bool


class JobLine(Answer):
    """One product of a job. ``outcome``: created, updated, unchanged or refused, with the problems that say why."""

    line: int
    sku: str | None
    outcome: str
    problems: tuple[Problem, ...]


class StoredProduct(Answer):
    """A product as it is stored; ``version`` grows with every edit."""

    sku: str
    version: int
    product: Product


class Listing(Answer):
    """One product on one account.

    Attributes:
        state: ``live``, ``working``, ``needs_you`` (``problems`` say what to do) or ``stopped``.
        permalink: Where buyers see it; None where the channel gives no address.
    """

    id: int
    sku: str
    name: str
    account: str
    channel: str
    state: str
    problems: tuple[Problem, ...]
    external_id: str | None
    permalink: str | None


class OrderLine(Answer):
    """Units of one variant in an order; ``open``: the buyer still waits for them."""

    sku: str
    ordered: int
    cancelled: int
    shipped: int
    returned: int
    open: int
    oversold: int


class Order(Answer):
    """An order as the channel reported it, without anything about the buyer; ``reference`` is the channel's own number."""

    id: int
    account: str
    reference: str
    state: str
    placed_at: datetime
    updated_at: datetime
    lines: tuple[OrderLine, ...]


class StockLevel(Answer):
    """What there is of a variant, in units: ``available`` is ``on_hand`` less what is ``promised`` to buyers.

    ``owed``: promised and not there.
    """

    sku: str
    name: str
    on_hand: int
    promised: int
    available: int
    owed: int


class StockChange(Answer):
    """What a call made of one variant; ``was_known``: entered before under the same key, so nothing changed now."""

    sku: str
    on_hand_before: int
    on_hand: int
    promised: int
    available: int
    was_known: bool
