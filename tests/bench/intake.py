"""Intake bench: products of another system sent to the HTTP API, against a bare insert of the very rows that they became.

Ours begins with a stream of lines over loopback to a real ``syndicator api`` process: they are read, judged by the rules of
files, compared with what is stored, and written with their stock, listings and outcomes, each chunk in a transaction of its
own. The bare side is SQLAlchemy Core, one ``INSERT`` for each table and chunk, of rows that are given to it ready. Both write
to a private PostgreSQL that syncs every commit, each to a database of its own.
"""

import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from syndicator.local.postgres import PrivatePostgres
from syndicator.store.engine import psycopg_url
from syndicator.store.migrate import migrate
from syndicator.store.tables import Base
from tests.bench.api_process import ApiProcess, api_process
from tests.bench.pictures import machine
from tests.bench.results import HIGHER, LOWER, entry
from tests.support.documents import document

BARE_CHUNK = 1_000
PIECE_BYTES = 65_536
CLIENTS = 4
_TABLES = ("product", "variant", "stock_level", "stock_movement", "listing", "job_line")
Say = Callable[[str], None]
Row = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes:
        products: Products of the stream that is compared with the bare insert.
        watched: Lines of the stream over which the API's memory is watched.
        settled: Lines of a stream before that, after which memory is expected to grow no more.
        puts: Single products that each of several clients puts.
    """

    products: int = 20_000
    watched: int = 100_000
    settled: int = 10_000
    puts: int = 100


QUICK = Size(products=2_000, watched=3_000, settled=1_000, puts=20)


@dataclass(frozen=True)
class Ran:
    """One side: seconds of the wall and of the processor."""

    seconds: float
    cpu_s: float


def run(size: Size, say: Say) -> list[dict[str, Any]]:
    """Measure the intake, the bare insert of what it made, single puts, and the memory of a long stream."""
    where = machine()
    with tempfile.TemporaryDirectory(prefix="intake-") as name:
        folder = Path(name)
        with PrivatePostgres(folder / "postgres") as server:
            ours, bare = _databases(server.url)
            with api_process(folder, ours) as api:
                say(f"sending {size.products:,} products")
                sent = _send(api, size.products, "rate")
                inserted = _apart(_insert, ours, bare)
                _check(ours, bare)
                say(f"ours: {sent}, bare insert: {inserted}")
                alone, together = _puts(api, 1, size.puts), _puts(api, CLIENTS, size.puts)
                _send(api, size.settled, "settled")
                early = api.peak_mb()
                say(f"sending {size.watched:,} more for the memory; {early:.0f} MB until now")
                _send(api, size.watched, "watched")
                peak = api.peak_mb()
    return [
        _rate(size, sent, inserted, where),
        _put_time(size, together, alone, where),
        _memory(size, peak, early, where),
    ]


def _databases(url: str) -> tuple[str, str]:
    """Make the tables of both sides; return their addresses."""
    parsed = psycopg_url(url)
    bare = parsed.set(database="bare").render_as_string(hide_password=False)
    engine = sa.create_engine(parsed)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("CREATE DATABASE bare"))
    engine.dispose()
    migrate(url)
    migrate(bare)
    return url, bare


def _apart(side: Callable[..., Ran], *given: Any) -> Ran:
    """Run one side in a fresh process, so that its peak of memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(side, *given).result()


def _send(api: ApiProcess, products: int, name: str) -> Ran:
    """Send so many lines as one stream."""
    body = ("\n".join(_texts(name, products)) + "\n").encode()
    pieces = (body[at : at + PIECE_BYTES] for at in range(0, len(body), PIECE_BYTES))
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": name}
    with api.client() as client:
        began, cpu = time.perf_counter(), api.cpu_s()
        answer = client.post("/imports", content=pieces, headers=headers)
        seconds, cpu_s = time.perf_counter() - began, api.cpu_s() - cpu
    if not answer.is_success or answer.json()["created"] != products:
        raise RuntimeError(
            f"of {products} products not all were taken: {answer.status_code} {answer.text[:300]}"
        )
    return Ran(seconds=seconds, cpu_s=cpu_s)


def _puts(api: ApiProcess, clients: int, each: int) -> float:
    """Put single products from several clients at once; return the 95th percentile in milliseconds."""

    def put(client_number: int) -> list[float]:
        took = []
        with api.client() as client:
            for number in range(each):
                goods = document(f"PUT-{clients}-{client_number}-{number}")
                began = time.perf_counter()
                client.put(f"/products/{goods['sku']}", json=goods).raise_for_status()
                took.append(1000 * (time.perf_counter() - began))
        return took

    with ThreadPoolExecutor(clients) as pool:
        times = [one for took in pool.map(put, range(clients)) for one in took]
    return statistics.quantiles(times, n=20)[-1]


def _texts(prefix: str, products: int) -> Iterable[str]:
    """Yield the lines; a marker in a text made once stands for the code, so that making them costs next to nothing."""
    pattern = json.dumps(document("X-CODE"), ensure_ascii=False)
    return (pattern.replace("X-CODE", f"{prefix}-{number}") for number in range(products))


def _insert(ours: str, bare: str) -> Ran:
    """Insert the rows that the intake made, ready as they are, with Core alone."""
    rows, columns = _made(ours), {}
    metadata = Base.metadata.tables
    for name in _TABLES:
        columns[name] = [
            one.name for one in metadata[name].columns if one.computed is None and one.identity is None
        ]
    engine = sa.create_engine(psycopg_url(bare))
    _copy_parents(ours, engine)
    began, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(rows["product"]), BARE_CHUNK):
        chunk = slice(start, start + BARE_CHUNK)
        with engine.begin() as connection:
            ids = _insert_made(connection, metadata["product"], rows["product"][chunk], columns["product"])
            for name in ("variant", "listing", "job_line"):
                each = len(rows[name]) // len(rows["product"])
                part = rows[name][start * each : (start + BARE_CHUNK) * each]
                given = [row | {"product_id": ids[row["product_id"]]} for row in part]
                if name == "variant":
                    variants = _insert_made(connection, metadata[name], given, columns[name])
                else:
                    _insert_rows(connection, metadata[name], given, columns[name])
            for name in ("stock_level", "stock_movement"):
                given = [row | {"variant_id": variants[row["variant_id"]]} for row in rows[name][chunk]]
                _insert_rows(connection, metadata[name], given, columns[name])
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    engine.dispose()
    return Ran(seconds=seconds, cpu_s=cpu_s)


def _made(url: str) -> dict[str, list[Row]]:
    engine = sa.create_engine(psycopg_url(url))
    orders = {"stock_level": "variant_id", "job_line": "line", "listing": "product_id, account_id"}
    with engine.begin() as connection:
        found = {}
        for name in _TABLES:
            tables = sa.select(Base.metadata.tables[name])
            result = connection.execute(tables.order_by(sa.text(orders.get(name, "id"))))
            found[name] = [dict(row) for row in result.mappings()]
    engine.dispose()
    return found


def _copy_parents(ours: str, bare: sa.Engine) -> None:
    """Copy what the rows refer to: the seller, the accounts, the job."""
    engine = sa.create_engine(psycopg_url(ours))
    with engine.begin() as source, bare.begin() as target:
        for name in ("seller", "channel_account", "job"):
            table = Base.metadata.tables[name]
            for row in source.execute(sa.select(table).order_by(table.c.id)).mappings():
                target.execute(sa.insert(table), {k: v for k, v in row.items() if k != "id"})
    engine.dispose()


def _insert_rows(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Row], columns: Sequence[str]
) -> None:
    connection.execute(sa.insert(table), [{name: row[name] for name in columns} for row in rows])


def _insert_made(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Row], columns: Sequence[str]
) -> Mapping[int, int]:
    """Insert rows whose new ids others refer to; return the new id for each old one."""
    statement = sa.insert(table).returning(table.c.id, sort_by_parameter_order=True)
    made = connection.scalars(statement, [{name: row[name] for name in columns} for row in rows])
    return dict(zip((row["id"] for row in rows), made, strict=True))


def _check(ours: str, bare: str) -> None:
    """Refuse to compare sides that did not write the same rows.

    Raises:
        RuntimeError: They did not.
    """
    counted = []
    for url in (ours, bare):
        engine = sa.create_engine(psycopg_url(url))
        with engine.begin() as connection:
            counts = (
                connection.scalar(sa.select(sa.func.count()).select_from(Base.metadata.tables[name]))
                for name in _TABLES
            )
            counted.append(tuple(counts))
        engine.dispose()
    if counted[0] != counted[1]:
        raise RuntimeError(f"the rows of {_TABLES} are {counted[0]} and {counted[1]}")


def _rate(size: Size, sent: Ran, inserted: Ran, where: Mapping[str, Any]) -> dict[str, Any]:
    return entry(
        "intake.bulk_over_http",
        size.products / sent.seconds,
        "products/s",
        better=HIGHER,
        baseline={"name": "bare Core insert, same rows", "value": size.products / inserted.seconds},
        machine=where,
        target=0.5,
        products=size.products,
        cpu_ms_per_product=round(1000 * sent.cpu_s / size.products, 3),
        baseline_cpu_ms_per_product=round(1000 * inserted.cpu_s / size.products, 3),
    )


def _put_time(size: Size, together: float, alone: float, where: Mapping[str, Any]) -> dict[str, Any]:
    return entry(
        "intake.put_p95",
        together,
        "ms",
        better=LOWER,
        baseline={"name": "one client alone", "value": alone},
        machine=where,
        clients=CLIENTS,
        puts=CLIENTS * size.puts,
    )


def _memory(size: Size, peak: float, early: float, where: Mapping[str, Any]) -> dict[str, Any]:
    return entry(
        "intake.peak_memory",
        peak,
        "MB",
        better=LOWER,
        baseline={"name": f"after {size.settled:,} lines more", "value": early},
        machine=where,
        target=1.1,
        lines=size.watched,
    )
