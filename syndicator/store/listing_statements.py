"""Statements that write many listings at once."""

from functools import cache

import sqlalchemy as sa

from schemas.listing import ListingState
from syndicator.store.tables import Listing as ListingTable
from syndicator.store.tables import table

_LISTING = table(ListingTable)

BEGIN = sa.text("""
UPDATE listing
   SET intent_verb = begun.verb, intent_at = begun.since, intent_parts = begun.parts, unsure_at = begun.unsure_at
  FROM jsonb_to_recordset(CAST(:intents AS jsonb))
       AS begun(id bigint, verb text, since timestamptz, parts jsonb, unsure_at timestamptz)
 WHERE listing.id = begun.id AND listing.id = ANY(CAST(:ids AS bigint[]))
""")
"""The ids are given twice: by the second the planner knows how few rows it is about, however old its statistics are."""

REVIVE = sa.text("""
UPDATE listing
   SET due_at = revived.due, wished_at = revived.due, lane = :lane, state = 'working', problems = '[]',
       attempts = 0, starts = 0, deaths = 0, waits_for_media = false
  FROM unnest(CAST(:ids AS bigint[]), CAST(:dues AS timestamptz[])) AS revived(id, due)
 WHERE listing.id = revived.id AND listing.due_at IS NULL AND listing.lease_token IS NULL
RETURNING listing.id
""")

_VALUES = {
    # A change that came while an older one was on its way began with the wish it brought.
    "stock_changed_at": "CASE WHEN l.wish = o.wish OR l.stock_changed_at IS NULL THEN NULL ELSE l.wished_at END"
}


@cache
def record_statement(columns: tuple[str, ...]) -> sa.TextClause:
    """Return the one statement for all outcomes that write the same columns.

    Building and sending one for each outcome took a quarter of a worker's processor time in a run of price changes.

    Raises:
        KeyError: A column that ``listing`` does not have.
    """
    more = "".join(
        f", {name} = {_VALUES.get(name, f'o.{name}')}" for name in (_LISTING.c[c].name for c in columns)
    )
    return sa.text(f"""
UPDATE listing AS l
   SET lease_token = NULL,
       starts = 0,
       deaths = 0,
       due_at = CASE WHEN l.wish = o.wish THEN o.due_at ELSE :now END,
       state = CASE WHEN l.wish = o.wish THEN o.state ELSE '{ListingState.WORKING.value}' END,
       problems = o.problems,
       attempts = CASE WHEN l.wish = o.wish THEN o.attempts ELSE 0 END{more}
  FROM jsonb_populate_recordset(CAST(NULL AS listing), CAST(:outcomes AS jsonb)) AS o
 WHERE l.id = o.id AND l.lease_token = :token
RETURNING l.id
""")  # noqa: S608 - the names are those of our own table
