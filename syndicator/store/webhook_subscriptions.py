"""The addresses of other systems that are told of events."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from schemas.channel import Credentials
from schemas.ids import CentreId, SellerId, SubscriptionId
from syndicator.domain.access import Reach, Role
from syndicator.domain.events import EventType, PausedReason
from syndicator.ports import Cipher
from syndicator.store.tables import Centre as CentreTable
from syndicator.store.tables import Seller as SellerTable
from syndicator.store.tables import WebhookDelivery as DeliveryTable
from syndicator.store.tables import WebhookSubscription as SubscriptionTable
from syndicator.store.tables import table

_SUBSCRIPTION = table(SubscriptionTable)
_DELIVERY = table(DeliveryTable)
_SELLER = table(SellerTable)
_CENTRE = table(CentreTable)
_CURRENT: Final = "current"
_PREVIOUS: Final = "previous"
_SECRET_BYTES: Final = 32
_NAME_BYTES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription as people see it; its secret cannot be shown again.

    ``seller`` or ``centre`` is the code of whose it is; neither says everybody's. ``waiting`` counts the deliveries that are
    still to be taken. ``previous_until`` is until when the secret before the
    last rotation signs too.
    """

    id: SubscriptionId
    public_id: str
    seller: str | None
    centre: str | None
    url: str
    events: tuple[EventType, ...]
    description: str
    paused_reason: PausedReason | None
    paused_at: datetime | None
    failures: int
    failing_since: datetime | None
    waiting: int
    previous_until: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """What a subscription is made of."""

    url: str
    events: Sequence[EventType]
    description: str
    made_by: str


def new_secret() -> str:
    """Return a new secret, in the form Standard Webhooks gives it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


class WebhookSubscriptionRepository:
    """Reads and writes subscriptions. ``owner`` names whose they are exactly: one seller's, one centre's, or everybody's."""

    def __init__(self, connection: sa.Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def add(self, owner: Reach, wanted: NewSubscription, secret: str) -> str:
        """Keep a new subscription, its secret encrypted; return its public id."""
        name = base64.b32encode(secrets.token_bytes(_NAME_BYTES)).decode().lower()
        return str(
            self._connection.scalars(
                sa.insert(_SUBSCRIPTION)
                .values(
                    public_id=f"we_{name}",
                    seller_id=owner.seller_id,
                    centre_id=owner.centre_id,
                    url=wanted.url,
                    events=[one.value for one in wanted.events],
                    description=wanted.description,
                    secrets=self._cipher.encrypt(Credentials({_CURRENT: secret})),
                    made_by=wanted.made_by,
                )
                .returning(_SUBSCRIPTION.c.public_id)
            ).one()
        )

    def find(self, owner: Reach, public_id: str) -> Subscription | None:
        """Return the owner's subscription of that id; None where there is none: another's is like one that never was."""
        row = self._connection.execute(
            _select().where(_SUBSCRIPTION.c.public_id == public_id, _is_of(owner))
        ).one_or_none()
        return None if row is None else _subscription(row)

    def of(self, owner: Reach | None, *, after: int = 0, limit: int = 1_000) -> Sequence[Subscription]:
        """Return the owner's subscriptions, those of all owners where None is given, the oldest first."""
        statement = _select().where(_SUBSCRIPTION.c.id > after).order_by(_SUBSCRIPTION.c.id).limit(limit)
        if owner is not None:
            statement = statement.where(_is_of(owner))
        return [_subscription(row) for row in self._connection.execute(statement)]

    def owner_of(self, public_id: str) -> Reach | None:
        """Return whose a subscription is; None where there is none of that id."""
        row = self._connection.execute(
            sa.select(_SUBSCRIPTION.c.seller_id, _SUBSCRIPTION.c.centre_id).where(
                _SUBSCRIPTION.c.public_id == public_id
            )
        ).one_or_none()
        if row is None:
            return None
        if row.seller_id is not None:
            return Reach(role=Role.SELLER, seller_id=SellerId(row.seller_id))
        if row.centre_id is not None:
            return Reach(role=Role.CENTRE, centre_id=CentreId(row.centre_id))
        return Reach(role=Role.ADMIN)

    def count(self, owner: Reach) -> int:
        """Return how many the owner has."""
        counted = sa.select(sa.func.count()).select_from(_SUBSCRIPTION).where(_is_of(owner))
        return int(self._connection.scalar(counted) or 0)

    def lock_owner(self, owner: Reach) -> None:
        """Let one subscription of an owner be made at a time, until the transaction ends."""
        name = f"webhooks:{owner.role}:{owner.seller_id}:{owner.centre_id}"
        self._connection.execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
        )

    def lock(self, subscription_id: SubscriptionId) -> None:
        """Lock a subscription before its deliveries, as whoever writes events down does, until the transaction ends."""
        self._connection.execute(
            sa.select(_SUBSCRIPTION.c.id)
            .where(_SUBSCRIPTION.c.id == subscription_id)
            .with_for_update(key_share=True)
        )

    def change(self, subscription_id: SubscriptionId, values: Mapping[str, Any]) -> None:
        """Change the address, the types of events, or the description."""
        if values:
            self._connection.execute(
                sa.update(_SUBSCRIPTION).where(_SUBSCRIPTION.c.id == subscription_id).values(dict(values))
            )

    def pause(self, subscription_id: SubscriptionId, reason: PausedReason, *, now: datetime) -> None:
        """Send nothing to it any more; one that is paused already keeps its reason."""
        self._connection.execute(
            sa.update(_SUBSCRIPTION)
            .where(_SUBSCRIPTION.c.id == subscription_id, _SUBSCRIPTION.c.state == "active")
            .values(state="paused", paused_reason=reason.value, paused_at=now)
        )

    def resume(self, subscription_id: SubscriptionId) -> None:
        """Send to it again; its failures are forgotten."""
        self._connection.execute(
            sa.update(_SUBSCRIPTION)
            .where(_SUBSCRIPTION.c.id == subscription_id, _SUBSCRIPTION.c.state == "paused")
            .values(
                state="active",
                paused_reason=None,
                paused_at=None,
                failures=0,
                failing_since=None,
                is_swift=False,
            )
        )

    def remove(self, subscription_id: SubscriptionId) -> None:
        """Forget it, with all there was to tell it."""
        self._connection.execute(sa.delete(_SUBSCRIPTION).where(_SUBSCRIPTION.c.id == subscription_id))

    def rotate(self, subscription_id: SubscriptionId, secret: str, *, previous_until: datetime) -> None:
        """Give it a new secret; the one it had signs too until ``previous_until``, unless no key opens it any more."""
        sealed = self._connection.scalars(
            sa.select(_SUBSCRIPTION.c.secrets).where(_SUBSCRIPTION.c.id == subscription_id).with_for_update()
        ).one()
        values = {_CURRENT: secret}
        with suppress(ValueError):
            values[_PREVIOUS] = self._cipher.decrypt(bytes(sealed)).values[_CURRENT]
        sealed = self._cipher.encrypt(Credentials(values))
        self.change(subscription_id, {"secrets": sealed, "previous_until": previous_until})

    def lock_sealed(
        self, *, after: SubscriptionId, limit: int
    ) -> Sequence[tuple[SubscriptionId, str, bytes]]:
        """Return id, public id and sealed secrets of the next subscriptions by id, locked until the transaction ends."""
        rows = self._connection.execute(
            sa.select(_SUBSCRIPTION.c.id, _SUBSCRIPTION.c.public_id, _SUBSCRIPTION.c.secrets)
            .where(_SUBSCRIPTION.c.id > after)
            .order_by(_SUBSCRIPTION.c.id)
            .limit(limit)
            .with_for_update(key_share=True)
        )
        return [(SubscriptionId(row.id), row.public_id, bytes(row.secrets)) for row in rows]

    def reseal(self, subscription_id: SubscriptionId, sealed: bytes) -> None:
        """Keep the same secrets under another key."""
        self.change(subscription_id, {"secrets": sealed})


def open_secrets(
    cipher: Cipher, sealed: bytes, previous_until: datetime | None, now: datetime
) -> Sequence[str]:
    """Return the secrets that sign now, the newest first.

    Raises:
        ValueError: None of the configured keys opens them.
    """
    values = cipher.decrypt(sealed).values
    is_previous_valid = previous_until is not None and now < previous_until
    names = (_CURRENT, _PREVIOUS) if is_previous_valid else (_CURRENT,)
    return [values[name] for name in names if name in values]


def _is_of(owner: Reach) -> sa.ColumnElement[bool]:
    match owner.role:
        case Role.SELLER:
            return _SUBSCRIPTION.c.seller_id == owner.seller_id
        case Role.CENTRE:
            return _SUBSCRIPTION.c.centre_id == owner.centre_id
        case Role.ADMIN:
            return sa.and_(_SUBSCRIPTION.c.seller_id.is_(None), _SUBSCRIPTION.c.centre_id.is_(None))


def _select() -> sa.Select[Any]:
    waiting = (
        sa.select(sa.func.count())
        .select_from(_DELIVERY)
        .where(_DELIVERY.c.subscription_id == _SUBSCRIPTION.c.id, _DELIVERY.c.due_at.is_not(None))
        .scalar_subquery()
    )
    return (
        sa.select(
            _SUBSCRIPTION,
            waiting.label("waiting"),
            _SELLER.c.code.label("seller"),
            _CENTRE.c.code.label("centre"),
        )
        .outerjoin(_SELLER, _SELLER.c.id == _SUBSCRIPTION.c.seller_id)
        .outerjoin(_CENTRE, _CENTRE.c.id == _SUBSCRIPTION.c.centre_id)
    )


def _subscription(row: sa.Row[Any]) -> Subscription:
    return Subscription(
        id=SubscriptionId(row.id),
        public_id=row.public_id,
        seller=row.seller,
        centre=row.centre,
        url=row.url,
        events=tuple(EventType(one) for one in row.events),
        description=row.description,
        paused_reason=None if row.paused_reason is None else PausedReason(row.paused_reason),
        paused_at=row.paused_at,
        failures=row.failures,
        failing_since=row.failing_since,
        waiting=row.waiting,
        previous_until=row.previous_until,
        created_at=row.created_at,
    )
