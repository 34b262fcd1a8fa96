"""What our own rows say of a listing that the judgement found not as wished: for the person who looks for the reason."""

from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from syndicator.store.engine import Database
from tests.chaos.judge import Fault

_LISTING = sa.text("""
SELECT listing.id, listing.state, wanted, intent_verb, unsure_at, due_at, listing.external_id, publication, listing.problems
  FROM listing JOIN product ON product.id = listing.product_id
  JOIN channel_account AS account ON account.id = listing.account_id
 WHERE product.sku = :sku AND account.external_id = :account
""")
_ATTEMPTS = sa.text(
    "SELECT step, began_at, ended_at, outcome, vendor_code, message FROM attempt WHERE listing_id = :id ORDER BY id"
)


def histories(database: Database, faults: Iterable[Fault]) -> Iterator[str]:
    """Yield, for each fault, the listing's row and a line for each of its attempts."""
    for fault in faults:
        with database.begin() as uow:
            rows = uow.connection.execute(_LISTING, {"sku": fault.sku, "account": fault.account}).all()
            for row in rows:
                yield f"{fault.sku} on {fault.channel} {fault.account}: {dict(row._mapping)}"
                for attempt in uow.connection.execute(_ATTEMPTS, {"id": row.id}):
                    began, ended = (
                        f"{at:%H:%M:%S.%f}" if at else "-" for at in (attempt.began_at, attempt.ended_at)
                    )
                    yield f"    {began} {ended} {attempt.step}: {attempt.outcome} {attempt.vendor_code or ''} {attempt.message or ''}"
