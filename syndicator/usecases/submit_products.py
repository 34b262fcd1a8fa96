"""Take products in: store what changed, say what is wanted of every listing, and leave the work due.

One transaction for each chunk; nothing is sent anywhere. An unchanged product costs no write and no call.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from adapters.base import Capabilities
from schemas.channel import ChannelAccount, Lane
from schemas.ids import AccountId, ProductId, SellerId, Sha256, Sku
from schemas.problem import Problem
from schemas.product import Product, Status
from syndicator.domain.listing import Wanted, begins_at
from syndicator.ports import Adapters, Clock
from syndicator.store.engine import Database, UnitOfWork
from syndicator.store.listings import Wish
from syndicator.store.products import StoredProduct
from syndicator.usecases.outcomes import LOOK_AGAIN_FOR_MEDIA

CHUNK = 200
"""Products in one transaction: large enough that the round trips vanish, small enough that locks are short."""
BULK_FROM = 20
"""A submission of more products than this goes to the bulk lane, behind everybody's single edits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One product with the units counted of every variant, by SKU.

    The pictures named in it must be stored: every ``Media.sha256`` is set, with its size in ``picture_sizes``.
    """

    product: Product
    stock: Mapping[Sku, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitResult:
    """What a submission did. ``refused`` maps product codes to why nothing was stored of them."""

    created: tuple[Sku, ...] = ()
    updated: tuple[Sku, ...] = ()
    unchanged: tuple[Sku, ...] = ()
    refused: Mapping[Sku, tuple[Problem, ...]] | None = None

    @property
    def accepted(self) -> tuple[Sku, ...]:
        """Every product that is stored now, changed or not."""
        return (*self.created, *self.updated, *self.unchanged)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """An account of the seller.

    ``is_chosen``: new products are listed there too; what is listed already is kept true on every account.
    ``capabilities`` is None where the account cannot be opened now; its pictures are wanted when it can.
    """

    account: ChannelAccount
    capabilities: Capabilities | None
    is_chosen: bool


def submit_products(
    seller_id: SellerId,
    submissions: Sequence[Submission],
    picture_sizes: Mapping[Sha256, int],
    *,
    reference: str,
    account_ids: Sequence[AccountId] | None,
    database: Database,
    adapters: Adapters,
    clock: Clock,
) -> Iterator[SubmitResult]:
    """Store the products and make the listings that must change due; yield after each committed chunk.

    Args:
        seller_id: Whose products they are.
        submissions: Products with their counted stock, valid by the canonical schema.
        picture_sizes: Bytes of every stored original, by SHA-256.
        reference: Names this submission; submitting again under the same name counts stock only once.
        account_ids: The accounts to list new products on; None means all of the seller's. An edit reaches every
            account that lists the product already.
        database: Where it is stored.
        adapters: Says which pictures each channel needs.
        clock: Tells when it is.

    Effects: rows only. The dispatcher is woken when a chunk commits.
    """
    lane = Lane.BULK if len(submissions) > BULK_FROM else Lane.CONTENT
    for start in range(0, len(submissions), CHUNK):
        chunk = submissions[start : start + CHUNK]
        with database.begin() as uow:
            uow.accounts.lock_seller(seller_id)
            result = _Chunk(
                uow=uow,
                seller_id=seller_id,
                reference=reference,
                picture_sizes=picture_sizes,
                targets=_targets(uow, seller_id, account_ids, adapters),
                lane=lane,
                now=clock.now(),
            ).submit(chunk)
            uow.notify_due()
        yield result


def _targets(
    uow: UnitOfWork, seller_id: SellerId, account_ids: Sequence[AccountId] | None, adapters: Adapters
) -> Sequence[_Target]:
    return [
        _Target(
            account=stored.account,
            capabilities=_capabilities(adapters, stored.account),
            is_chosen=account_ids is None or stored.account.id in account_ids,
        )
        for stored in uow.accounts.of_seller(seller_id)
    ]


def _capabilities(adapters: Adapters, account: ChannelAccount) -> Capabilities | None:
    """One account that cannot be opened (a broken market file) must not hold back the goods of the others."""
    try:
        return adapters.capabilities(account)
    except (KeyError, ValueError):
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    """One chunk of a submission, inside one transaction."""

    uow: UnitOfWork
    seller_id: SellerId
    reference: str
    picture_sizes: Mapping[Sha256, int]
    targets: Sequence[_Target]
    lane: Lane
    now: datetime

    def submit(self, chunk: Sequence[Submission]) -> SubmitResult:
        refused = _taken_skus(self.uow, self.seller_id, chunk)
        accepted = [s for s in chunk if s.product.sku not in refused]
        before = self.uow.products.by_sku(self.seller_id, [s.product.sku for s in accepted])
        edited = [s.product for s in accepted if _is_edited(s.product, before)]
        saved = self.uow.products.save(self.seller_id, edited, now=self.now)
        ids = {sku: stored.id for sku, stored in before.items()} | dict(saved)
        counted = self._count(accepted)
        self._store_pictures([s.product for s in accepted], edited, ids)
        lanes = dict.fromkeys((s.product.sku for s in accepted if ids[s.product.sku] in counted), Lane.STOCK)
        lanes |= {product.sku: _lane(product, before.get(product.sku), self.lane) for product in edited}
        self._want_listings(accepted, ids, lanes)
        created = tuple(product.sku for product in edited if product.sku not in before)
        return SubmitResult(
            created=created,
            updated=tuple(
                s.product.sku for s in accepted if s.product.sku in lanes and s.product.sku in before
            ),
            unchanged=tuple(s.product.sku for s in accepted if s.product.sku not in lanes),
            refused=refused,
        )

    def _count(self, accepted: Sequence[Submission]) -> frozenset[ProductId]:
        counts = {sku: units for submission in accepted for sku, units in submission.stock.items()}
        return frozenset(
            self.uow.stock.count(self.seller_id, counts, source="import", reference=self.reference)
        )

    def _store_pictures(
        self, products: Sequence[Product], edited: Sequence[Product], ids: Mapping[Sku, ProductId]
    ) -> None:
        used = {product.sku: tuple(dict.fromkeys(_every_picture(product))) for product in products}
        every = dict.fromkeys(sha for shas in used.values() for sha in shas)
        sizes = {sha: self.picture_sizes[sha] for sha in every if sha in self.picture_sizes}
        media = {**self.uow.media.ids(every), **self.uow.media.add(self.seller_id, sizes)}
        self.uow.media.use({ids[p.sku]: [media[sha] for sha in used[p.sku]] for p in edited})
        self.uow.media.want(
            (
                (media[sha], sha, target.capabilities.picture)
                for product in products
                for target in self.targets
                if target.is_chosen and target.capabilities is not None
                for sha in _shown_pictures(product, target.account, target.capabilities)
            ),
            now=self.now,
        )

    def _want_listings(
        self, accepted: Sequence[Submission], ids: Mapping[Sku, ProductId], lanes: Mapping[Sku, Lane]
    ) -> None:
        known = self.uow.listings.known(ids.values())
        waiting = self.uow.media.waiting_products(ids.values())
        wishes = [
            _wish(
                submission.product,
                ids[submission.product.sku],
                target,
                lane,
                waiting,
                self._begins(submission.product, ids, target, known),
            )
            for submission in accepted
            for target in self.targets
            if (lane := self._lane_of(submission.product, ids, target, known, lanes)) is not None
        ]
        self.uow.listings.want(self.seller_id, wishes)

    def _begins(
        self,
        product: Product,
        ids: Mapping[Sku, ProductId],
        target: "_Target",
        known: Mapping[tuple[ProductId, AccountId], bool],
    ) -> datetime:
        """A listing that buyers see already is kept true at once; only a publish waits for its day."""
        is_out = known.get((ids[product.sku], target.account.id), False)
        waits = product.status is Status.ACTIVE and not is_out
        return max(self.now, begins_at(product)) if waits else self.now

    def _lane_of(
        self,
        product: Product,
        ids: Mapping[Sku, ProductId],
        target: "_Target",
        known: Mapping[tuple[ProductId, AccountId], bool],
        lanes: Mapping[Sku, Lane],
    ) -> Lane | None:
        if (ids[product.sku], target.account.id) not in known:
            return self.lane if target.is_chosen else None
        return lanes.get(product.sku)


def _is_edited(product: Product, before: Mapping[Sku, StoredProduct]) -> bool:
    stored = before.get(product.sku)
    return stored is None or stored.fingerprint != product.fingerprint


def _taken_skus(
    uow: UnitOfWork, seller_id: SellerId, chunk: Sequence[Submission]
) -> dict[Sku, tuple[Problem, ...]]:
    owners = uow.products.owner_of_variants(seller_id, [sku for s in chunk for sku in s.product.skus])
    refused: dict[Sku, tuple[Problem, ...]] = {}
    for submission in chunk:
        code = submission.product.sku
        taken = [sku for sku in submission.product.skus if owners.get(sku, code) != code]
        if taken:
            refused[code] = tuple(_taken(sku, owners[sku]) for sku in taken)
    return refused


def _taken(sku: Sku, owner: Sku) -> Problem:
    return Problem(
        path="sku",
        code="sku_taken",
        th=f"รหัส {sku} เป็นของสินค้า {owner} อยู่แล้ว ใช้รหัสอื่น หรือลบตัวเลือกนั้นออกจาก {owner} ก่อน",
        en=f"{sku} already belongs to product {owner}; use another code, or remove it from {owner} first",
    )


def _lane(product: Product, before: StoredProduct | None, lane: Lane) -> Lane:
    if before is None:
        return lane
    return Lane.PRICE if _without_prices(product) == _without_prices(before.product) else lane


def _without_prices(product: Product) -> Product:
    variants = tuple(v.model_copy(update={"price": None, "compare_at": None}) for v in product.variants)
    return product.model_copy(update={"variants": variants})


def _wish(
    product: Product,
    product_id: ProductId,
    target: _Target,
    lane: Lane,
    waiting: frozenset[ProductId],
    begins: datetime,
) -> Wish:
    waits = product_id in waiting
    return Wish(
        product_id=product_id,
        account_id=target.account.id,
        wanted=Wanted.LIVE if product.status is Status.ACTIVE else Wanted.WITHDRAWN,
        lane=lane,
        due_at=begins + (LOOK_AGAIN_FOR_MEDIA if waits else timedelta(0)),
        waits_for_media=waits,
    )


def _every_picture(product: Product) -> Iterator[Sha256]:
    """Yield the canonical pictures and those that any channel shows instead."""
    yield from product.pictures()
    for override in product.overrides.values():
        yield from (media.sha256 for media in override.media or () if media.sha256 is not None)


def _shown_pictures(
    product: Product, account: ChannelAccount, capabilities: Capabilities
) -> Iterator[Sha256]:
    """Yield the pictures that the account shows."""
    shown = product.for_channel(account.name, account.kind)
    yield from islice(shown.pictures(), capabilities.max_pictures.value)
