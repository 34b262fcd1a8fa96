"""What people are told of accounts in trouble: one open notice for each account and kind of trouble."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from schemas.ids import AccountId, ChannelKind
from schemas.problem import Problem
from syndicator.store.tables import ChannelAccount as AccountTable
from syndicator.store.tables import Notice as NoticeTable
from syndicator.store.tables import Seller as SellerTable
from syndicator.store.tables import table

_ACCOUNT = table(AccountTable)
_NOTICE = table(NoticeTable)
_SELLER = table(SellerTable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice, with the account and seller it speaks of; ``answered_at`` is None while it is open."""

    id: int
    seller: str
    account: str
    channel: ChannelKind
    kind: str
    th: str
    en: str
    made_at: datetime
    answered_at: datetime | None


class NoticeRepository:
    """Reads and writes notices."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def make(self, account_id: AccountId, kind: str, problem: Problem) -> bool:
        """Make the notice; return False where the same one is open already."""
        made = self._connection.execute(
            insert(_NOTICE)
            .values(account_id=account_id, kind=kind, th=problem.th, en=problem.en)
            .on_conflict_do_nothing()
        )
        return made.rowcount == 1

    def answer(self, account_id: AccountId, *, kind: str | None = None) -> int:
        """Close the open notices of an account that works again, all or of one kind; return how many there were."""
        of_kind = sa.true() if kind is None else _NOTICE.c.kind == kind
        closed = self._connection.execute(
            sa.update(_NOTICE)
            .where(_NOTICE.c.account_id == account_id, _NOTICE.c.answered_at.is_(None), of_kind)
            .values(answered_at=sa.func.now())
        )
        return closed.rowcount

    def newest(
        self, *, limit: int, with_answered: bool = False, seller: str | None = None
    ) -> Sequence[Notice]:
        """Return notices, newest first: the open ones, or all; of one seller's code, or of everybody."""
        statement = (
            sa.select(
                _NOTICE.c.id,
                _SELLER.c.code.label("seller"),
                _ACCOUNT.c.name.label("account"),
                _ACCOUNT.c.kind.label("channel"),
                _NOTICE.c.kind,
                _NOTICE.c.th,
                _NOTICE.c.en,
                _NOTICE.c.made_at,
                _NOTICE.c.answered_at,
            )
            .join(_ACCOUNT, _ACCOUNT.c.id == _NOTICE.c.account_id)
            .join(_SELLER, _SELLER.c.id == _ACCOUNT.c.seller_id)
            .order_by(_NOTICE.c.id.desc())
            .limit(limit)
        )
        if not with_answered:
            statement = statement.where(_NOTICE.c.answered_at.is_(None))
        if seller is not None:
            statement = statement.where(_SELLER.c.code == seller)
        return [Notice(**row) for row in self._connection.execute(statement).mappings()]
