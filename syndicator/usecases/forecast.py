"""What the planner would do with a listing now, without doing it: the step, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from schemas.channel import AccountState, Part
from schemas.ids import Sku
from schemas.listing import Rendition
from schemas.problem import Problem
from schemas.product import Product
from syndicator.domain import sentences
from syndicator.domain.listing import Listing, begins_at
from syndicator.domain.plan import Ask, Step, StepKind, plan
from syndicator.domain.stock_rule import Shown
from syndicator.ports import Adapters
from syndicator.store.accounts import StoredAccount
from syndicator.store.engine import UnitOfWork
from syndicator.store.feeds import ListedProduct
from syndicator.usecases.claiming import SHOWS_CONTENT, offers_of, question_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The step that would come next. ``why`` says what stands in its way, or what a person is asked instead."""

    step: StepKind
    parts: frozenset[Part] = frozenset()
    ask: Ask | None = None
    why: tuple[Problem, ...] = field(default=())


def forecast(
    uow: UnitOfWork,
    adapters: Adapters,
    listed: ListedProduct,
    stored: StoredAccount,
    stock: Mapping[Sku, Shown],
    *,
    now: datetime,
) -> Forecast:
    """Plan the listing as a worker would, by the same planner on the same rendition. Makes no call and changes nothing."""
    account = stored.account
    product = listed.product.for_channel(account.name, account.kind)
    try:
        adapter = adapters.open(account, stored.credentials)
        rendition = adapter.render(product, offers_of(product, stock), marker=listed.listing.marker(product))
        step = plan(listed.listing, rendition, adapter.capabilities)
        problems = tuple(adapter.validate(rendition, product)) if step.kind in SHOWS_CONTENT else ()
    except Exception as exc:  # noqa: BLE001 - what would stop the worker is the answer
        return Forecast(step=StepKind.ASK, why=(sentences.our_fault(f"{type(exc).__name__}: {exc}"),))
    label = adapters.label(account)
    if step.kind is StepKind.ASK:
        question = question_of(step, label, account.name, rendition.marker)
        return Forecast(step=step.kind, parts=step.parts, ask=step.ask, why=(question,))
    if problems:
        return Forecast(step=StepKind.ASK, why=problems)
    return Forecast(
        step=step.kind,
        parts=step.parts,
        why=tuple(_waits(uow, step, listed.listing, product, rendition, stored, now)),
    )


def _waits(
    uow: UnitOfWork,
    step: Step,
    listing: Listing,
    product: Product,
    rendition: Rendition,
    stored: StoredAccount,
    now: datetime,
) -> list[Problem]:
    """Say what the step waits for first."""
    found: list[Problem] = []
    if stored.account.state is not AccountState.ACTIVE:
        waits = _renewing if stored.is_renewing else _paused
        found.append(stored.problem or waits(stored.account.name))
    if step.kind in {StepKind.PUBLISH, StepKind.RESUME} and begins_at(product) > now:
        found.append(_begins_later(product))
    if step.kind in SHOWS_CONTENT and set(rendition.pictures) - uow.media.ready_keys(rendition.pictures):
        found.append(_pictures_first(product))
    if listing.intent is not None and step.kind is StepKind.VERIFY:
        found.append(_looked_up_first())
    return found


def _paused(name: str) -> Problem:
    return Problem(
        path=name,
        code="replay.account_waits",
        th=f"บัญชี {name} พักอยู่ งานจะไปต่อเมื่อสั่ง: syndicator channels resume {name}",
        en=f"the account {name} is paused; work goes on after: syndicator channels resume {name}",
    )


def _renewing(name: str) -> Problem:
    return Problem(
        path=name,
        code="replay.account_renews",
        th=f"บัญชี {name} กำลังต่ออายุสิทธิ์ งานจะไปต่อเองเมื่อได้สิทธิ์ใหม่",
        en=f"the credential of the account {name} is being renewed; work goes on by itself after",
    )


def _begins_later(product: Product) -> Problem:
    day = product.available_from.isoformat()
    return Problem(
        path="available_from",
        code="replay.begins_later",
        th=f"ผู้ขายตั้งให้เริ่มขายวันที่ {day} ระบบจะลงประกาศเมื่อถึงวันนั้น",
        en=f"the seller wants it on sale from {day}; it is published then",
    )


def _pictures_first(product: Product) -> Problem:
    return Problem(
        path="image_files",
        code="replay.pictures_first",
        th=f"รูปของ {product.sku} ยังเตรียมไม่เสร็จ ระบบจะเตรียมรูปก่อน",
        en=f"the pictures of {product.sku} are not ready; they are prepared first",
    )


def _looked_up_first() -> Problem:
    return Problem(
        path="",
        code="replay.looked_up_first",
        th="ครั้งก่อนส่งแล้วไม่รู้ผล ระบบจะตรวจที่ช่องทางก่อน ถ้าพบจะรับไว้ ถ้าไม่พบจึงส่งใหม่",
        en="the outcome of the last step is unknown: the channel is looked at first; what is found is adopted, "
        "and only if nothing is found it is sent again",
    )
