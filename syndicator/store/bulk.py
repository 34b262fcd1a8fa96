"""Many rows or values in one statement of constant text.

A statement that spells out every row, or every member of a list, is long, and new each time: taking it apart and preparing it
cost more than the rows did when products were taken in by the hundred.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, Insert, insert

ROWS = "rows"


def insert_rows(target: sa.Table, *names: str) -> Insert:
    """Return an ``INSERT`` of those columns; its one parameter is what ``rows`` returns. Keep it: making it costs."""
    given = sa.func.jsonb_to_recordset(sa.cast(sa.bindparam(ROWS, type_=sa.Text), JSONB))
    table = given.table_valued(*(sa.column(name, target.c[name].type) for name in names), name="given")
    typed = table.render_derived(with_types=True)
    return insert(target).from_select(list(names), sa.select(*(typed.c[name] for name in names)))


def rows(values: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the parameter of ``insert_rows``: every row names every column; None is NULL."""
    return {ROWS: json.dumps(values, ensure_ascii=False, default=datetime.isoformat)}


def among(column: sa.ColumnElement[Any], values: Iterable[Any]) -> sa.ColumnElement[bool]:
    """Say that a column is one of the values."""
    return column == sa.any_(sa.literal(list(values), ARRAY(column.type)))
