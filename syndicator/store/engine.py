"""The connection to PostgreSQL and the unit of work: one transaction, the repositories on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from syndicator.ports import Cipher
from syndicator.store.account_work import AccountWork, AccountWorkRepository
from syndicator.store.accounts import AccountRepository
from syndicator.store.answers import AnswerRepository
from syndicator.store.api_keys import ApiKeyRepository
from syndicator.store.attempts import AttemptRepository
from syndicator.store.breakers import BreakerRepository
from syndicator.store.dead_letters import DeadLetterRepository
from syndicator.store.demand import DemandRepository
from syndicator.store.dispatching import DispatchRepository
from syndicator.store.drifts import DriftRepository
from syndicator.store.event_fan_out import EventFanOut
from syndicator.store.feeds import FeedRepository
from syndicator.store.gauges import GaugeRepository
from syndicator.store.inbound import InboundRepository
from syndicator.store.jobs import JobRepository
from syndicator.store.listings import ListingRepository
from syndicator.store.looks import LookRepository
from syndicator.store.media import MediaRepository
from syndicator.store.notices import NoticeRepository
from syndicator.store.order_reports import OrderReportRepository
from syndicator.store.orders import OrderRepository
from syndicator.store.oversells import OversellRepository
from syndicator.store.processes import ProcessRepository
from syndicator.store.products import ProductRepository
from syndicator.store.pushes import PushRepository
from syndicator.store.refreshes import RefreshRepository
from syndicator.store.reports import ReportRepository
from syndicator.store.sellers import SellerRepository
from syndicator.store.showing import ShowingRepository
from syndicator.store.stock import StockRepository
from syndicator.store.stock_reports import StockReportRepository
from syndicator.store.sweeps import SweepRepository
from syndicator.store.unlisted import UnlistedRepository
from syndicator.store.webhook_deliveries import WebhookDeliveryRepository
from syndicator.store.webhook_reports import WebhookReportRepository
from syndicator.store.webhook_subscriptions import WebhookSubscriptionRepository
from syndicator.store.writes import WriteRepository


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """One open transaction. Repositories never commit; leaving ``Database.begin`` does."""

    connection: sa.Connection
    accounts: AccountRepository
    refreshes: RefreshRepository
    orders_work: AccountWorkRepository
    sweep_work: AccountWorkRepository
    sweeps: SweepRepository
    drifts: DriftRepository
    looks: LookRepository
    notices: NoticeRepository
    products: ProductRepository
    stock: StockRepository
    showing: ShowingRepository
    pushes: PushRepository
    orders: OrderRepository
    oversells: OversellRepository
    order_reports: OrderReportRepository
    demand: DemandRepository
    stock_reports: StockReportRepository
    media: MediaRepository
    listings: ListingRepository
    feeds: FeedRepository
    inbound: InboundRepository
    dispatch: DispatchRepository
    breakers: BreakerRepository
    attempts: AttemptRepository
    unlisted: UnlistedRepository
    dead: DeadLetterRepository
    answers: AnswerRepository
    processes: ProcessRepository
    reports: ReportRepository
    gauges: GaugeRepository
    sellers: SellerRepository
    api_keys: ApiKeyRepository
    writes: WriteRepository
    subscriptions: WebhookSubscriptionRepository
    fan_out: EventFanOut
    webhooks: WebhookDeliveryRepository
    webhook_reports: WebhookReportRepository
    jobs: JobRepository

    def commit_soon(self) -> None:
        """Let this transaction commit without waiting for the disk; only where losing it in a crash loses nothing."""
        self.connection.execute(sa.text("SET LOCAL synchronous_commit = off"))

    def trust_indexes(self) -> None:
        """Let this transaction look rows up by index even where the statistics speak of a small table.

        They lag behind: right after a large submission the planner would read the whole table at every look.
        """
        self.connection.execute(sa.text("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"))

    def notify_stock(self) -> None:
        """Wake who looks for stock changes when this transaction commits."""
        self.connection.execute(sa.text("SELECT pg_notify('syndicator_stock', '')"))

    def notify_due(self) -> None:
        """Wake the dispatcher when this transaction commits."""
        self.connection.execute(sa.text("SELECT pg_notify('syndicator_due', '')"))


def psycopg_url(url: str) -> sa.URL:
    """Accept ``postgres://`` and ``postgresql://`` addresses and say which driver speaks."""
    parsed = make_url(url)
    if parsed.drivername in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


class Database:
    """Opens transactions. Safe for use from many threads.

    Args:
        url: PostgreSQL address.
        cipher: Opens and closes stored credentials.
        pool_size: Connections kept open; more wait their turn.
    """

    def __init__(self, url: str, cipher: Cipher, *, pool_size: int = 10) -> None:
        self.engine = sa.create_engine(
            psycopg_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 5, "application_name": "syndicator"},
        )
        self._cipher = cipher

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """Open a transaction; it commits at the end of the block and rolls back when the block raises."""
        with self.engine.begin() as connection:
            yield UnitOfWork(
                connection=connection,
                accounts=AccountRepository(connection, self._cipher),
                refreshes=RefreshRepository(connection, self._cipher),
                orders_work=AccountWorkRepository(connection, self._cipher, AccountWork.ORDERS),
                sweep_work=AccountWorkRepository(connection, self._cipher, AccountWork.SWEEP),
                sweeps=SweepRepository(connection),
                drifts=DriftRepository(connection),
                looks=LookRepository(connection),
                notices=NoticeRepository(connection),
                products=ProductRepository(connection),
                stock=StockRepository(connection),
                showing=ShowingRepository(connection),
                pushes=PushRepository(connection),
                orders=OrderRepository(connection),
                oversells=OversellRepository(connection),
                order_reports=OrderReportRepository(connection),
                demand=DemandRepository(connection),
                stock_reports=StockReportRepository(connection),
                media=MediaRepository(connection),
                listings=ListingRepository(connection),
                feeds=FeedRepository(connection),
                inbound=InboundRepository(connection),
                dispatch=DispatchRepository(connection),
                breakers=BreakerRepository(connection),
                attempts=AttemptRepository(connection),
                unlisted=UnlistedRepository(connection),
                dead=DeadLetterRepository(connection),
                answers=AnswerRepository(connection),
                processes=ProcessRepository(connection),
                reports=ReportRepository(connection),
                gauges=GaugeRepository(connection),
                sellers=SellerRepository(connection),
                api_keys=ApiKeyRepository(connection),
                writes=WriteRepository(connection),
                subscriptions=WebhookSubscriptionRepository(connection, self._cipher),
                fan_out=EventFanOut(connection),
                webhooks=WebhookDeliveryRepository(connection, self._cipher),
                webhook_reports=WebhookReportRepository(connection),
                jobs=JobRepository(connection),
            )

    @contextmanager
    def alone(self, purpose: str) -> Iterator[bool]:
        """Hold the only right to ``purpose`` without a transaction; yield False when another connection holds it.

        It ends with the block, or with the connection.
        """
        key = {"purpose": purpose}
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            held = connection.scalar(
                sa.text("SELECT pg_try_advisory_lock(hashtextextended(:purpose, 0))"), key
            )
            try:
                yield bool(held)
            finally:
                if held:
                    connection.execute(
                        sa.text("SELECT pg_advisory_unlock(hashtextextended(:purpose, 0))"), key
                    )

    def close(self) -> None:
        """Close the pool."""
        self.engine.dispose()
