"""Sweep bench: reading back accounts on which nothing changed, against a bare loop over the same pages.

The bare loop keeps what it expects in a dictionary and compares; it finds the same and remembers nothing: no cursor, no time
when a listing was last seen, no second worker. Each side runs in a process of its own, on a private PostgreSQL that
syncs every commit. The channel is in the process: what is measured is our own work for a page, not the network.
"""

import json
import multiprocessing
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from cryptography.fernet import Fernet

from schemas.channel import Credentials
from schemas.ids import LeaseToken, ListingId
from schemas.listing import Marker
from syndicator.bootstrap import SystemClock
from syndicator.domain.listing import marker_token
from syndicator.local.postgres import PrivatePostgres
from syndicator.store.engine import Database
from syndicator.store.migrate import migrate
from syndicator.store.secrets import FernetCipher
from syndicator.usecases.dispatch_accounts import dispatch_accounts
from syndicator.usecases.sweep_account import Sweeping, SweepPace
from tests.bench.paged_channel import PAGE_SIZE, UNITS, Calls, PagedAdapters, read_page
from tests.bench.pictures import machine
from tests.bench.results import HIGHER, LOWER, entry
from tests.support.app import LEASE, POLICY, SentWakeUps, goods
from tests.support.factories import make_offers
from tests.support.fake_channel import KIND
from tests.support.sweeps import SWEEPS

KIB_PER_MB = 1024
_INSERTS = (
    """
INSERT INTO product (id, seller_id, sku, fingerprint, canonical) OVERRIDING SYSTEM VALUE
SELECT id, 1, sku, 'x', canonical
  FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id bigint, sku text, canonical jsonb)""",
    """
INSERT INTO variant (id, seller_id, product_id, sku, position) OVERRIDING SYSTEM VALUE
SELECT id, 1, id, sku, 0 FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id bigint, sku text)""",
    """
INSERT INTO stock_level (variant_id, on_hand)
SELECT id, :units FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id bigint)""",
    """
INSERT INTO listing (id, seller_id, product_id, account_id, wanted, external_id, sent, sent_at, state)
OVERRIDING SYSTEM VALUE
SELECT id, 1, id, :account, 'live', id::text, sent, now() - interval '1 day', 'live'
  FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id bigint, sent jsonb)""",
)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much is swept: accounts with so many listings each."""

    accounts: int = 100
    each: int = 1_000

    @property
    def listings(self) -> int:
        return self.accounts * self.each

    @property
    def pages(self) -> int:
        return self.accounts * -(-self.each // PAGE_SIZE)


QUICK = Size(accounts=20, each=500)


@dataclass(frozen=True)
class Ran:
    """One side over all listings: seconds of the wall and of the processor, MB at its peak and before it began."""

    seconds: float
    cpu_s: float
    peak_mb: float
    before_mb: float
    reads: int
    writes: int = 0
    compared: int = 0
    drift: int = 0


def run(size: Size, say: Say) -> list[dict[str, Any]]:
    """Measure both sides, ours twice: the first sweep, which renders everything, and one that finds nothing changed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    where = machine()
    key = Fernet.generate_key().decode()
    with tempfile.TemporaryDirectory(prefix="sweep-") as folder, PrivatePostgres(Path(folder)) as server:
        migrate(server.url)
        say(f"making {size.listings:,} listings of {size.accounts} accounts")
        _make(server.url, key, size)
        first = _apart(_sweep_all, server.url, key, size)
        say(f"first sweep: {first}")
        again = _apart(_sweep_all, server.url, key, size)
        say(f"unchanged: {again}")
    bare = _apart(_bare_loop, size)
    say(f"bare loop: {bare}")
    _check(size, first, again)
    return _entries(size, first, again, bare, where)


def _apart(side: Callable[..., Ran], *given: Any) -> Ran:
    """Run one side in a fresh process, so that its peak of memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(side, *given).result()


def _sweep_all(url: str, key: str, size: Size) -> Ran:
    """Sweep every account once, one page after the other, as a single worker thread does."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    database, adapters, clock = Database(url, FernetCipher([key])), PagedAdapters(size.each), SystemClock()
    sweeping = Sweeping(
        database=database,
        adapters=adapters,
        policy=POLICY,
        pace=SweepPace(every=timedelta(hours=6), share=0.5, jitter=lambda: 0.5),
        clock=clock,
        lease_time=LEASE,
    )
    with database.begin() as uow:
        uow.connection.execute(sa.text("UPDATE channel_account SET sweep_due_at = now()"))
    began, cpu, before = time.perf_counter(), time.process_time(), _peak_mb()
    wake_ups = SentWakeUps()
    while dispatch_accounts([SWEEPS], database=database, wake_ups=wake_ups, clock=clock):
        while wake_ups.sent:
            sweeping.sweep(LeaseToken(wake_ups.sent.pop(0).lease))
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    with database.begin() as uow:
        reports = uow.connection.scalars(sa.text("SELECT sweep_report FROM channel_account")).all()
        due = uow.connection.scalar(sa.text("SELECT count(*) FROM listing WHERE due_at IS NOT NULL"))
    if any(report["ended_at"] is None or report["error"] for report in reports):
        raise RuntimeError("a sweep did not reach its end")
    database.close()
    return Ran(
        seconds=seconds,
        cpu_s=cpu_s,
        peak_mb=_peak_mb(),
        before_mb=before,
        reads=adapters.calls.reads,
        writes=len(adapters.channel.calls) + int(due or 0),
        compared=sum(report["compared"] for report in reports),
        drift=sum(sum(report["drift"].values()) + report["missing"] for report in reports),
    )


def _bare_loop(size: Size) -> Ran:
    """Read the same pages and compare them with what is expected, held in memory."""
    calls = Calls()
    before = _peak_mb()
    expected = {remote.external_id: remote.seen for remote in _every_listing(size, Calls())}
    drift, began, cpu = 0, time.perf_counter(), time.process_time()
    for remote in _every_listing(size, calls):
        drift += expected[remote.external_id] != remote.seen
    return Ran(
        seconds=time.perf_counter() - began,
        cpu_s=time.process_time() - cpu,
        peak_mb=_peak_mb(),
        before_mb=before,
        reads=calls.reads,
        drift=drift,
    )


def _every_listing(size: Size, calls: Calls) -> Any:
    for account in range(size.accounts):
        after: int | None = 0
        while after is not None:
            page = read_page(account, size.each, after, calls)
            yield from page.listings
            after = None if page.cursor is None else page.cursor["after"]


def _peak_mb() -> float:
    """Return the most memory this process ever had; ``ru_maxrss`` would begin with what its parent had."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (kib,) = re.findall(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(kib) / KIB_PER_MB


def _make(url: str, key: str, size: Size) -> None:
    """Make accounts and listings as they are once everything was published: sent is what is wanted."""
    database = Database(url, FernetCipher([key]))
    adapters = PagedAdapters(size.each)
    with database.begin() as uow:
        seller = uow.accounts.ensure_seller("bench")
        for number in range(size.accounts):
            uow.accounts.connect(
                seller,
                kind=KIND,
                name=f"shop-{number}",
                external_id=str(number),
                settings={},
                credentials=Credentials({"token": "x"}),
            )
    for start in range(1, size.listings + 1, size.each):
        ids = range(start, start + size.each)
        with database.begin() as uow:
            _insert(uow.connection, adapters, ids, account=(start - 1) // size.each + 1)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
    database.close()


def _insert(connection: sa.Connection, adapters: PagedAdapters, ids: range, *, account: int) -> None:
    rows = [_row(adapters, k) for k in ids]
    given = {"rows": json.dumps(rows), "account": account, "units": UNITS}
    for statement in _INSERTS:
        connection.execute(sa.text(statement), given)


def _row(adapters: PagedAdapters, k: int) -> dict[str, Any]:
    product = goods(f"B-{k}")
    adapter = adapters.open(_Named("shop-0"), Credentials({}))  # type: ignore[arg-type]
    marker = Marker(token=marker_token(ListingId(k), 1), sku=product.sku, skus=product.skus)
    rendition = adapter.render(product, make_offers(product, UNITS), marker=marker)
    sent = {part.value: value for part, value in rendition.parts.items()}
    return {"id": k, "sku": product.sku, "canonical": product.model_dump(mode="json"), "sent": sent}


@dataclass(frozen=True)
class _Named:
    name: str


def _check(size: Size, first: Ran, again: Ran) -> None:
    """Refuse to report a sweep that wrote, skipped, or read a page twice.

    Raises:
        RuntimeError: It did.
    """
    for ran, compared in ((first, size.listings), (again, 0)):
        found = (ran.writes, ran.drift, ran.reads, ran.compared)
        if found != (0, 0, size.pages, compared):
            raise RuntimeError(f"(writes, drift, calls, rendered) are {found}, for {size.pages} pages")


def _entries(size: Size, first: Ran, again: Ran, bare: Ran, where: Mapping[str, Any]) -> list[dict[str, Any]]:
    shared = {"listings": size.listings, "accounts": size.accounts, "page_size": PAGE_SIZE}
    rate = {
        name: size.listings / ran.seconds
        for name, ran in (("again", again), ("first", first), ("bare", bare))
    }
    base = {"name": "bare loop, dict in memory", "value": rate["bare"]}
    return [
        entry(
            "sweep.unchanged",
            rate["again"],
            "listings/s",
            better=HIGHER,
            baseline=base,
            machine=where,
            cpu_ms_per_page=round(1000 * again.cpu_s / size.pages, 2),
            **shared,
        ),
        entry(
            "sweep.first", rate["first"], "listings/s", better=HIGHER, baseline=base, machine=where, **shared
        ),
        entry(
            "sweep.calls",
            again.reads,
            "calls",
            better=LOWER,
            baseline={"name": "pages there are", "value": size.pages},
            machine=where,
            target=1.0,
            writes=again.writes,
            **shared,
        ),
        entry(
            "sweep.peak_memory",
            again.peak_mb,
            "MB",
            better=LOWER,
            baseline={"name": "bare loop, dict in memory", "value": bare.peak_mb},
            machine=where,
            grew_mb=round(again.peak_mb - again.before_mb, 1),
            baseline_grew_mb=round(bare.peak_mb - bare.before_mb, 1),
            **shared,
        ),
    ]
