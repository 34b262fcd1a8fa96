"""What a channel would get and which step would come next: the same code path that publishes, without a call."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from schemas.ids import ListingId, ProductId, Sha256, Sku
from schemas.listing import Rendition
from schemas.problem import Problem
from schemas.product import Media, Product, Status
from syndicator.domain.listing import Listing, Wanted
from syndicator.domain.plan import StepKind, plan
from syndicator.domain.stock_rule import Shown
from syndicator.ports import Adapters
from syndicator.store.accounts import StoredAccount
from syndicator.store.engine import UnitOfWork
from syndicator.usecases.claiming import offers_of

_UNSAVED = ListingId(0)
"""Stands for a listing that does not exist yet; its marker will be another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One product on one account, as it would be sent."""

    sku: Sku
    account: str
    step: str
    rendition: Rendition
    problems: tuple[Problem, ...]

    @property
    def text(self) -> str:
        """The longest text of the payload, which is what a buyer reads."""
        return max(_texts(self.rendition.body), key=len, default="")

    @property
    def notes(self) -> tuple[str, ...]:
        """What the channel could not carry and how it was carried instead."""
        return self.rendition.notes

    def summary(self) -> dict[str, Any]:
        """Return the plan for programs."""
        return {
            "sku": self.sku,
            "account": self.account,
            "step": self.step,
            "problems": [problem.model_dump() for problem in self.problems],
        }

    def document(self) -> dict[str, Any]:
        """Return everything for programs."""
        return {
            **self.summary(),
            "body": dict(self.rendition.body),
            "pictures": list(self.rendition.pictures),
            "notes": list(self.notes),
        }


def preview_product(
    uow: UnitOfWork,
    adapters: Adapters,
    stored: StoredAccount,
    product: Product,
    stock: Mapping[Sku, Shown],
    *,
    photos: Mapping[str, Path] | None = None,
) -> Preview:
    """Render the product for the account and plan the step that would come next.

    ``photos`` gives the files of pictures that are not stored yet, by source; they are only hashed.

    Raises:
        OSError: A photo cannot be read.
    """
    account = stored.account
    shown = _hashed(product, photos or {}).for_channel(account.name, account.kind)
    listing = uow.listings.find(account.id, product.sku) or _unsaved(stored, product)
    adapter = adapters.open(account, stored.credentials)
    rendition = adapter.render(shown, offers_of(shown, stock), marker=listing.marker(shown))
    step = plan(listing, rendition, adapter.capabilities)
    problems = adapter.validate(rendition, shown) if step.kind is not StepKind.NOTHING else ()
    return Preview(
        sku=product.sku,
        account=account.name,
        step=StepKind.ASK.value if problems else step.kind.value,
        rendition=rendition,
        problems=tuple(problems),
    )


def _unsaved(stored: StoredAccount, product: Product) -> Listing:
    return Listing(
        id=_UNSAVED,
        seller_id=stored.account.seller_id,
        product_id=ProductId(0),
        account_id=stored.account.id,
        wanted=Wanted.LIVE if product.status is Status.ACTIVE else Wanted.WITHDRAWN,
        wish=0,
        wished_at=datetime.now(UTC),
        publication=1,
        external_id=None,
        remote={},
        sent={},
        pending=None,
        intent=None,
        attempts=0,
    )


def _hashed(product: Product, photos: Mapping[str, Path]) -> Product:
    def named(media: tuple[Media, ...]) -> tuple[Media, ...]:
        return tuple(
            m.model_copy(update={"sha256": _sha256(photos[m.source])}) if m.source in photos else m
            for m in media
        )

    variants = tuple(v.model_copy(update={"media": named(v.media)}) for v in product.variants)
    return product.model_copy(update={"media": named(product.media), "variants": variants})


def _sha256(path: Path) -> Sha256:
    with path.open("rb") as file:
        return Sha256(hashlib.file_digest(file, "sha256").hexdigest())


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
