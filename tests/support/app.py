"""The core put together as ``bootstrap`` does it, with fakes at the ports: real PostgreSQL, fake channels, a still clock."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet
from obstore.store import MemoryStore

from adapters.pace import CallEnd
from schemas.channel import AccountState, Credentials
from schemas.ids import AccountId, LeaseToken, ListingId, PictureKey, SellerId, Sha256, Sku
from schemas.listing import ListingState
from schemas.media import Picture
from schemas.money import Money
from schemas.product import Product
from syndicator.domain.policy import RetryPolicy
from syndicator.media.storage import ObjectStore
from syndicator.pace.ledger import CallLedger
from syndicator.ports import WakeUp
from syndicator.store.engine import Database
from syndicator.store.secrets import FernetCipher
from syndicator.usecases.dispatch import PREPARE, RECONCILE, DispatchLimits, Turn, dispatch
from syndicator.usecases.endpoint_rooms import JUDGE_EVERY
from syndicator.usecases.reconcile_listing import reconcile_listings
from syndicator.usecases.submit_products import Submission, SubmitResult, submit_products
from tests.support.factories import FixedClock, make_product, make_variant
from tests.support.fake_channel import KIND, FakeAdapters, FakeChannel

LEASE = timedelta(seconds=45)
LIMITS = DispatchLimits(
    lease=LEASE, media_lease=LEASE, per_account=8, cheap_slice=8, outstanding=32, media_outstanding=8
)
POLICY = RetryPolicy(
    first_wait=timedelta(seconds=2),
    longest_wait=timedelta(minutes=30),
    max_attempts=4,
    max_wish_age=timedelta(days=7),
    jitter=lambda: 1.0,
)
KEY = Fernet.generate_key().decode()


def goods(sku: str = "P-1", *, price: int = 4500, **changes: Any) -> Product:
    """A product without pictures, so that nothing has to be prepared."""
    changes.setdefault("variants", (make_variant(sku, price=Money(price), media=()),))
    return make_product(sku, **changes)


@dataclass(slots=True)
class SentWakeUps:
    """Keeps the wake-ups instead of sending them; implements ``syndicator.ports.WakeUps``."""

    sent: list[WakeUp] = field(default_factory=list)
    is_down: bool = False

    def send(self, wake_ups: Sequence[WakeUp]) -> None:
        if self.is_down:
            raise ConnectionError("the broker is down")
        self.sent.extend(wake_ups)


class CoreApp:
    """One seller, some accounts on fake channels, and the use cases over them."""

    def __init__(self, url: str, *, clock: FixedClock | None = None, seller: str = "A") -> None:
        self.clock = clock or FixedClock()
        self.database = Database(url, FernetCipher([KEY]), pool_size=4)
        self.adapters = FakeAdapters()
        self.store = ObjectStore(MemoryStore(), "memory")
        self.wake_ups = SentWakeUps()
        self.turn = Turn()
        self.limits = LIMITS
        self.policy = POLICY
        self.ledger = CallLedger(
            slow_after=timedelta(seconds=5), most_hanging=2, steady=lambda: self.clock.now().timestamp()
        )
        with self.database.begin() as uow:
            self.seller_id: SellerId = uow.accounts.ensure_seller(seller)

    def close(self) -> None:
        self.database.close()

    def connect(
        self, name: str = "page", *, seller_id: SellerId | None = None, **options: Any
    ) -> FakeChannel:
        """Connect an account; ``options`` shape the channel behind it."""
        channel = FakeChannel(clock=self.clock, heard=self._hear, **options)
        self.adapters.channels[name] = channel
        renewal = channel.renewal
        secrets = {"token": "TOPSECRET"} | ({} if renewal is None else {"refresh_token": "r0"})
        with self.database.begin() as uow:
            uow.accounts.connect(
                seller_id or self.seller_id,
                kind=KIND,
                name=name,
                external_id=name,
                settings={},
                credentials=Credentials(secrets),
                endpoint=channel.endpoint,
                refresh_at=None if renewal is None else self.clock.now() + renewal.first_after,
            )
        return channel

    def _hear(self, endpoint: str, is_broken: bool) -> None:
        """Count a call as the transport does."""
        number = self.ledger.began(endpoint)
        self.ledger.ended(endpoint, number, CallEnd(seconds=0, is_broken=is_broken))

    def account_id(self, name: str = "page") -> AccountId:
        return AccountId(self.value("SELECT id FROM channel_account WHERE name = :name", name=name))

    def submit(
        self,
        *products: Product,
        stock: int | Mapping[str, int] = 10,
        reference: str | None = None,
        accounts: Sequence[AccountId] | None = None,
        seller_id: SellerId | None = None,
    ) -> SubmitResult:
        """Submit in one go; every submission is another one unless ``reference`` says otherwise."""
        sizes = {sha: 1_000 for product in products for sha in _shas(product)}
        results = list(
            submit_products(
                seller_id or self.seller_id,
                [Submission(product=p, stock=_units(p, stock)) for p in products],
                sizes,
                reference=reference or uuid.uuid4().hex,
                account_ids=accounts,
                database=self.database,
                adapters=self.adapters,
                clock=self.clock,
            )
        )
        return SubmitResult(
            created=tuple(sku for result in results for sku in result.created),
            updated=tuple(sku for result in results for sku in result.updated),
            unchanged=tuple(sku for result in results for sku in result.unchanged),
            refused={k: v for result in results for k, v in (result.refused or {}).items()},
        )

    def dispatch(self, *, only_stock: bool = False) -> list[WakeUp]:
        """Look for due work once; return what was sent."""
        before = len(self.wake_ups.sent)
        dispatch(
            self.limits,
            self.turn,
            database=self.database,
            adapters=self.adapters,
            wake_ups=self.wake_ups,
            clock=self.clock,
            only_stock=only_stock,
        )
        return self.wake_ups.sent[before:]

    def reconcile(self, lease: str, **changes: Any) -> int:
        """Work on one lease, as a worker does."""
        values: dict[str, Any] = {
            "lease_time": LEASE,
            "database": self.database,
            "adapters": self.adapters,
            "store": self.store,
            "policy": self.policy,
            "clock": self.clock,
            "watch": self.ledger,
        }
        return reconcile_listings(LeaseToken(lease), **(values | changes))

    def run_once(self) -> int:
        """Dispatch, and work on every listing that went out; return how many leases that were."""
        leases = [wake_up.lease for wake_up in self.dispatch() if wake_up.actor == RECONCILE]
        for lease in leases:
            self.reconcile(lease)
        return len(leases)

    def run_until_quiet(self, *, within: timedelta = timedelta(hours=12)) -> None:
        """Work until nothing is due within the time, moving the clock to whatever is due next."""
        end = self.clock.now() + within
        for _ in range(500):
            if self.run_once():
                continue
            due = self.value(
                "SELECT min(greatest(l.due_at, a.not_before, CASE WHEN b.state = 'open'"
                " THEN coalesce(b.probed_at + interval '1 second', b.probe_at) END)) FROM listing l"
                " JOIN channel_account a ON a.id = l.account_id"
                " LEFT JOIN channel_breaker b ON b.endpoint = coalesce(a.endpoint, a.kind)"
                " WHERE a.state = 'active' AND l.due_at IS NOT NULL"
            )
            if due is None or due > end:
                return
            # No less than the time between two looks at the breakers.
            self.clock.advance(max(due - self.clock.now(), JUDGE_EVERY))
        raise AssertionError("the core does not come to rest")

    def lease_one(self) -> str:
        """Dispatch and return the only lease that went out."""
        (wake_up,) = self.dispatch()
        return wake_up.lease

    def finish_pictures(self) -> None:
        """Make every picture asked for, as the media worker would."""
        for wake_up in self.dispatch():
            if wake_up.actor == PREPARE:
                self.finish_leased_pictures(wake_up.lease)

    def finish_leased_pictures(self, lease: str) -> None:
        with self.database.begin() as uow:
            for media in uow.media.claim(LeaseToken(lease), until=self.clock.now() + LEASE):
                pictures = [picture(spec.key_for(media.sha256)) for spec in media.specs]
                uow.media.ready(media.id, media.token, pictures, now=self.clock.now())
                uow.listings.wake_for_media(uow.media.settled_products(media.id), now=self.clock.now())

    def listing(self, sku: str = "P-1", account: str = "page") -> sa.Row[Any]:
        """Return the row of a listing."""
        return self.rows(
            "SELECT l.* FROM listing l JOIN product p ON p.id = l.product_id"
            " JOIN channel_account a ON a.id = l.account_id WHERE p.sku = :sku AND a.name = :account",
            sku=sku,
            account=account,
        )[0]

    def state(self, sku: str = "P-1", account: str = "page") -> ListingState:
        return ListingState(self.listing(sku, account).state)

    def codes(self, sku: str = "P-1", account: str = "page") -> list[str]:
        """Return the codes of the problems a listing shows."""
        return [problem["code"] for problem in self.listing(sku, account).problems]

    def outcomes(self, sku: str = "P-1", account: str = "page") -> list[tuple[str, str | None]]:
        """Return step and outcome of every attempt, oldest first."""
        listing = ListingId(self.listing(sku, account).id)
        rows = self.rows("SELECT step, outcome FROM attempt WHERE listing_id = :id ORDER BY id", id=listing)
        return [(row.step, row.outcome) for row in rows]

    def dead(self) -> list[sa.Row[Any]]:
        """Return the dead letters that wait for a person."""
        return self.rows("SELECT * FROM dead_letter WHERE closed_at IS NULL ORDER BY id")

    def set_account(self, state: AccountState, name: str = "page") -> None:
        """Pause or resume as a person does."""
        account_id = self.account_id(name)
        with self.database.begin() as uow:
            uow.accounts.set_state(account_id, state)
            if state is AccountState.ACTIVE:
                uow.listings.wake_account(account_id, now=self.clock.now())

    def rows(self, statement: str, **values: Any) -> list[sa.Row[Any]]:
        with self.database.begin() as uow:
            return list(uow.connection.execute(sa.text(statement), values).all())

    def value(self, statement: str, **values: Any) -> Any:
        with self.database.begin() as uow:
            return uow.connection.scalar(sa.text(statement), values)

    def execute(self, statement: str, **values: Any) -> None:
        with self.database.begin() as uow:
            uow.connection.execute(sa.text(statement), values)


def picture(key: PictureKey) -> Picture:
    return Picture(key=key, width=10, height=10, size_bytes=100)


def _shas(product: Product) -> Iterable[Sha256]:
    overridden = (o.media or () for o in product.overrides.values())
    return {
        *product.pictures(),
        *(media.sha256 for media_of in overridden for media in media_of if media.sha256 is not None),
    }


def _units(product: Product, stock: int | Mapping[str, int]) -> dict[Sku, int]:
    if isinstance(stock, int):
        return dict.fromkeys(product.skus, stock)
    return {Sku(sku): units for sku, units in stock.items()}
