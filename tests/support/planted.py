"""Looks for planted secrets in everything a running system leaves behind: tables, Redis, files, and what it says."""

import base64
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

import psycopg
import redis
from psycopg import sql

from syndicator.local.probes import libpq_url

BUNCH: Final = 4 * 1024 * 1024
"""Bytes of a file that are looked through at a time."""
_READERS: Final[Mapping[str, tuple[object, ...]]] = {
    "string": ("GET",),
    "list": ("LRANGE", 0, -1),
    "set": ("SMEMBERS",),
    "hash": ("HGETALL",),
    "zset": ("ZRANGE", 0, -1, "WITHSCORES"),
}
_COLUMNS: Final = """
SELECT columns.table_schema, columns.table_name, columns.column_name, columns.data_type
  FROM information_schema.columns AS columns
  JOIN information_schema.tables AS tables USING (table_schema, table_name)
 WHERE columns.table_schema NOT IN ('pg_catalog', 'information_schema') AND tables.table_type = 'BASE TABLE'
 ORDER BY 1, 2, 3
"""
_TEXTUAL: Final = frozenset({"text", "character varying", "character", "json", "jsonb", "bytea", "ARRAY"})


@dataclass(frozen=True, slots=True)
class Sighting:
    """A secret that was found: its name and where. It never shows the secret itself."""

    name: str
    where: str


class Searcher:
    """Knows the forms of some secrets: plain, in addresses, in JSON and within base64.

    Made without ``adapters.redaction`` on purpose: a form that one forgets the other must find.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        assert all(secrets.values()), "an empty secret is found nowhere"
        self._forms = {name: tuple(_forms(secret)) for name, secret in secrets.items()}
        self.longest = max(len(form) for forms in self._forms.values() for form in forms)

    def inside(self, held: bytes | str, where: str) -> Iterator[Sighting]:
        """Yield each secret that stands in a text."""
        data = held.encode("utf-8", "surrogatepass") if isinstance(held, str) else held
        for name, forms in self._forms.items():
            if any(form in data for form in forms):
                yield Sighting(name, where)

    def database(self, url: str) -> Iterator[Sighting]:
        """Look through every text, JSON, array and bytes column of every table."""
        with psycopg.connect(libpq_url(url)) as connection:
            columns = [row for row in connection.execute(_COLUMNS).fetchall() if row[3] in _TEXTUAL]
            assert columns, "there is no table to look through"
            for schema, table, column, kind in columns:
                name = sql.Identifier(column)
                shown = name if kind == "bytea" else sql.SQL("{}::text").format(name)
                query = sql.SQL("SELECT {} FROM {} WHERE {} IS NOT NULL").format(
                    shown, sql.Identifier(schema, table), name
                )
                for (value,) in connection.execute(query):
                    yield from self.inside(value, f"column {table}.{column}")

    def broker(self, url: str) -> Iterator[Sighting]:
        """Look through every key and value of every database of the Redis."""
        base, _, _ = url.partition("?")
        with redis.Redis.from_url(url) as client:
            numbers = [int(name.removeprefix("db")) for name in client.info("keyspace")]
        for number in numbers:
            with redis.Redis.from_url(f"{base}?db={number}") as client:
                for key in client.scan_iter():
                    where = f"redis db {number} {key[:60]!r}"
                    yield from self.inside(key, where)
                    yield from self.inside(_flat(_value_of(client, key)), where)

    def files(self, folder: Path, *, besides: frozenset[Path] = frozenset()) -> Iterator[Sighting]:
        """Look through every file below a folder; those named are left out, sockets hold nothing."""
        for parent, _, names in os.walk(folder):
            for path in (Path(parent) / name for name in names):
                if path not in besides and path.is_file() and not path.is_symlink():
                    yield from self._file(path, folder)

    def _file(self, path: Path, folder: Path) -> Iterator[Sighting]:
        where = f"file {path.relative_to(folder)}"
        yield from self.inside(str(path.relative_to(folder)), f"the name of {where}")
        kept = b""
        try:
            with path.open("rb") as stream:
                while read := stream.read(BUNCH):
                    yield from self.inside(kept + read, where)
                    kept = read[-self.longest :]
        except FileNotFoundError:
            # The system runs on and tidies while it is looked through.
            return


def _forms(secret: str) -> Iterator[bytes]:
    raw = secret.encode()
    written = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}
    written |= {json.dumps(secret)[1:-1], json.dumps(secret)[1:-1].replace("/", "\\/")}
    for form in written:
        yield form.encode()
    for before in range(3):
        # The outer characters of base64 hold bits of the neighbours, so they say nothing.
        first, last = (before * 8 + 5) // 6, (before + len(raw)) * 8 // 6
        for encoded in (base64.b64encode(bytes(before) + raw), base64.urlsafe_b64encode(bytes(before) + raw)):
            yield encoded[first:last]


def _value_of(client: Any, key: bytes) -> Any:
    kind = client.type(key).decode()
    if kind == "none":
        return b""
    name, *arguments = _READERS[kind]
    return client.execute_command(name, key, *arguments)


def _flat(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, Mapping):
        return b"\n".join(_flat(held) for pair in value.items() for held in pair)
    if isinstance(value, list | tuple | set):
        return b"\n".join(_flat(held) for held in value)
    return str(value).encode()
