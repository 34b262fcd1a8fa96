"""A person says whose word holds where drift was found and asked about."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from adapters.base import ChannelAdapter
from adapters.errors import Rejected
from schemas.ids import Sku
from schemas.problem import Problem
from syndicator.domain.drift import Action, DriftKind, Policy, can_send_again
from syndicator.domain.plan import StepKind
from syndicator.ports import Adapters, Clock
from syndicator.store.accounts import StoredAccount
from syndicator.store.drifts import Handled
from syndicator.store.engine import Database, UnitOfWork
from syndicator.store.sweeps import WholeListing
from syndicator.usecases.claiming import offers_of
from syndicator.usecases.mending import Mending, can_take_over, mend, record
from syndicator.usecases.sights import units_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftAnswer:
    """One answer about one product on one account, given by ``by``."""

    stored: StoredAccount
    sku: Sku
    policy: Policy
    by: str


def answer_drift(
    answer: DriftAnswer, *, database: Database, adapters: Adapters, clock: Clock
) -> Sequence[DriftKind]:
    """Send again what is wanted, or keep what the channel shows; return what the answer was about.

    Raises:
        Rejected: Nothing is asked, the listing is moving, or the answer cannot be carried out; the problems say what to do.
    """
    account, now = answer.stored.account, clock.now()
    adapter = adapters.open(account, answer.stored.credentials)
    with database.begin() as uow:
        whole = _locked(uow, answer)
        opened = uow.drifts.open_of([whole.listing.id]).get(whole.listing.id, {})
        asked = [one for one in opened.values() if one.action is Action.ASKED]
        if not asked:
            raise Rejected([_not_asked(answer.sku)])
        action = Action.SENT_AGAIN if answer.policy is Policy.OURS else Action.ACCEPTED
        handled = [
            Handled(listing_id=whole.listing.id, found=one.found, policy=one.policy, action=action)
            for one in asked
        ]
        mending = _mending(uow, answer, whole, handled, adapter)
        _must_be_possible(answer, mending, adapter)
        if mend(uow, mending, now=now):
            uow.notify_due()
        others = [
            Handled(listing_id=whole.listing.id, found=one.found, policy=one.policy, action=one.action)
            for one in opened.values()
            if one not in asked
        ]
        record(uow, [*others, *handled], [whole.listing.id], now=now)
        kinds = sorted(one.found.kind for one in handled)
        uow.answers.note(
            whole.listing.id,
            step=StepKind.ASK.value,
            outcome=f"drift_{answer.policy.value}",
            said=f"{answer.by}: {', '.join(kinds)}",
            now=now,
        )
    log.info(
        "drift.answered", listing=whole.listing.id, kinds=kinds, policy=answer.policy.value, by=answer.by
    )
    return kinds


def _locked(uow: UnitOfWork, answer: DriftAnswer) -> WholeListing:
    listing = uow.listings.find(answer.stored.account.id, answer.sku)
    if listing is None:
        raise Rejected([_not_listed(answer.sku, answer.stored.account.name)])
    uow.sweeps.lock_variants([listing.id])
    wholes = uow.sweeps.lock_whole([listing.id], read_at=None)
    if not wholes:
        raise Rejected([_moving(answer.sku)])
    return wholes[0]


def _mending(
    uow: UnitOfWork,
    answer: DriftAnswer,
    whole: WholeListing,
    handled: Sequence[Handled],
    adapter: ChannelAdapter,
) -> Mending:
    account = answer.stored.account
    shown = uow.showing.shown_of(account.id, whole.listing.product_id)
    product = whole.product.for_channel(account.name, account.kind)
    return Mending(
        whole=whole,
        rendition=adapter.render(product, offers_of(product, shown), marker=whole.listing.marker(product)),
        handled=handled,
        questions=(),
        shown=shown,
        seen_units=units_of(whole.seen.get("shown", {})),
        withdrawn_stays=adapter.capabilities.withdrawn_stays,
    )


def _must_be_possible(answer: DriftAnswer, mending: Mending, adapter: ChannelAdapter) -> None:
    kinds = {one.found.kind for one in mending.handled}
    if answer.policy is Policy.OURS:
        if not all(can_send_again(kind, adapter.capabilities) for kind in kinds):
            raise Rejected([_by_hand(answer.sku)])
        return
    is_ledgers = DriftKind.STOCK_EDITED in kinds and mending.seen_units is not None
    if is_ledgers and not can_take_over(mending.shown, mending.seen_units):
        raise Rejected([_count_instead(answer.sku)])


def _not_listed(sku: Sku, account: str) -> Problem:
    return Problem(
        path="sku",
        code="sku_not_listed",
        th=f"ไม่พบสินค้ารหัส {sku} ในช่องทาง {account}",
        en=f"product {sku} is not listed on {account}",
    )


def _moving(sku: Sku) -> Problem:
    return Problem(
        path="sku",
        code="drift.moving",
        th=f"ระบบกำลังทำรายการ {sku} อยู่ รอสักครู่แล้วดูอีกครั้งด้วย: syndicator drift",
        en=f"{sku} is being worked on; wait a moment and look again with: syndicator drift",
    )


def _not_asked(sku: Sku) -> Problem:
    return Problem(
        path="sku",
        code="drift.not_asked",
        th=f"รายการ {sku} ไม่ได้รอคำตอบนี้ ดูสิ่งที่ต่างกันด้วย: syndicator drift",
        en=f"{sku} does not ask that; see what differs with: syndicator drift",
    )


def _by_hand(sku: Sku) -> Problem:
    return Problem(
        path="--ours",
        code="drift.by_hand",
        th=f"ช่องทางนี้ไม่ให้ระบบแก้รายการ {sku} กลับ กรุณาแก้ในแอปของช่องทางเอง แล้วระบบจะเห็นเองในรอบถัดไป "
        "(ดูทันทีด้วย: syndicator stock reconcile)",
        en=f"this channel does not let the system put {sku} back; change it in the channel's own app, and the next sweep "
        "sees it (at once with: syndicator stock reconcile)",
    )


def _count_instead(sku: Sku) -> Problem:
    return Problem(
        path="--theirs",
        code="drift.count_instead",
        th=f"บัญชีนี้แสดงไม่ครบทุกชิ้นตามกติกาสต็อก จึงบอกไม่ได้ว่ามี {sku} จริงกี่ชิ้น กรุณานับแล้วสั่ง: syndicator stock count {sku}=จำนวน",
        en=f"by its stock rule this account shows fewer units than there are, so its figure does not tell how many of {sku} "
        f"there are; count them and run: syndicator stock count {sku}=UNITS",
    )
