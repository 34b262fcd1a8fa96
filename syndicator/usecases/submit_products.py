"""Take products in: store what changed, say what is wanted of every listing, and leave the work due.

One transaction for each chunk; nothing is sent anywhere. An unchanged product costs no write and no call.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from schemas.channel import Lane
from schemas.ids import AccountId, ProductId, SellerId, Sha256, Sku
from schemas.problem import Problem
from schemas.product import Product, Status
from syndicator.domain.listing import Wanted
from syndicator.ports import Adapters, Clock
from syndicator.store.engine import Database, UnitOfWork
from syndicator.store.listing_rows import KnownListing
from syndicator.store.products import StoredProduct
from syndicator.usecases.listing_targets import Target, shown_pictures, targets_of, wish_for
from syndicator.usecases.record_orders import apply_unknown_lines
from syndicator.usecases.stock_changes import take_submitted

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
    """What a submission did. ``refused`` maps product codes to why nothing was stored of them, ``ids`` all others."""

    created: tuple[Sku, ...] = ()
    updated: tuple[Sku, ...] = ()
    unchanged: tuple[Sku, ...] = ()
    refused: Mapping[Sku, tuple[Problem, ...]] | None = None
    ids: Mapping[Sku, ProductId] = field(default_factory=dict)

    @property
    def accepted(self) -> tuple[Sku, ...]:
        """Every product that is stored now, changed or not."""
        return (*self.created, *self.updated, *self.unchanged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for every product of a submission.

    Attributes:
        seller_id: Whose products they are.
        reference: Names the submission; submitting again under the same name counts stock only once.
        account_ids: The accounts to list new products on; None means all of the seller's. An edit reaches every
            account that lists the product already.
        lane: Where what it makes due stands in line.
        request_id: The request or message that brought it; None where a person's command did.
    """

    seller_id: SellerId
    reference: str
    account_ids: Sequence[AccountId] | None
    lane: Lane = Lane.CONTENT
    request_id: str | None = None


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

    A listing that was withdrawn by hand stays withdrawn through every edit of its product, until it is published by hand
    again, or the product itself is hidden and put on sale again: that puts it on sale wherever it was listed.

    Effects: rows only. The dispatcher is woken when a chunk commits.
    """
    terms = Terms(
        seller_id=seller_id,
        reference=reference,
        account_ids=account_ids,
        lane=Lane.BULK if len(submissions) > BULK_FROM else Lane.CONTENT,
    )
    for start in range(0, len(submissions), CHUNK):
        chunk = submissions[start : start + CHUNK]
        with database.begin() as uow:
            uow.accounts.lock_seller(seller_id)
            result = submit_chunk(uow, terms, chunk, picture_sizes, adapters=adapters, now=clock.now())
        yield result


def submit_chunk(
    uow: UnitOfWork,
    terms: Terms,
    chunk: Sequence[Submission],
    picture_sizes: Mapping[Sha256, int],
    *,
    adapters: Adapters,
    now: datetime,
) -> SubmitResult:
    """Store some products, each code once among them, in a transaction that holds the seller's lock.

    Whoever opened the transaction may write more in it: what is recorded about a chunk is true exactly when the chunk is.
    """
    result = _Chunk(
        uow=uow,
        terms=terms,
        picture_sizes=picture_sizes,
        targets=targets_of(uow, terms.seller_id, terms.account_ids, adapters),
        now=now,
    ).submit(chunk)
    uow.notify_due()
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    """One chunk of a submission, inside one transaction."""

    uow: UnitOfWork
    terms: Terms
    picture_sizes: Mapping[Sha256, int]
    targets: Sequence[Target]
    now: datetime

    @property
    def seller_id(self) -> SellerId:
        return self.terms.seller_id

    def submit(self, chunk: Sequence[Submission]) -> SubmitResult:
        refused = _taken_skus(self.uow, self.seller_id, chunk)
        accepted = [s for s in chunk if s.product.sku not in refused]
        before = self.uow.products.by_sku(self.seller_id, [s.product.sku for s in accepted])
        edited = [s.product for s in accepted if _is_edited(s.product, before)]
        saved = self.uow.products.save(self.seller_id, edited, now=self.now)
        ids = {sku: stored.id for sku, stored in before.items()} | dict(saved)
        counted = self._count(accepted)
        skus = [sku for submission in accepted for sku in submission.product.skus]
        apply_unknown_lines(self.uow, self.seller_id, skus, self.now)
        self._store_pictures([s.product for s in accepted], edited, ids)
        lanes = dict.fromkeys((s.product.sku for s in accepted if ids[s.product.sku] in counted), Lane.STOCK)
        lanes |= {product.sku: _lane(product, before.get(product.sku), self.terms.lane) for product in edited}
        self._want_listings(accepted, ids, lanes, put_back=_put_back(edited, before))
        self.uow.pushes.note_changed(counted, now=self.now)
        created = tuple(product.sku for product in edited if product.sku not in before)
        return SubmitResult(
            created=created,
            updated=tuple(
                s.product.sku for s in accepted if s.product.sku in lanes and s.product.sku in before
            ),
            unchanged=tuple(s.product.sku for s in accepted if s.product.sku not in lanes),
            refused=refused,
            ids={s.product.sku: ids[s.product.sku] for s in accepted},
        )

    def _count(self, accepted: Sequence[Submission]) -> frozenset[ProductId]:
        counts = {sku: units for submission in accepted for sku, units in submission.stock.items()}
        return take_submitted(self.uow, self.seller_id, counts, reference=self.terms.reference, now=self.now)

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
                for sha in shown_pictures(product, target.account, target.capabilities)
            ),
            now=self.now,
        )

    def _want_listings(
        self,
        accepted: Sequence[Submission],
        ids: Mapping[Sku, ProductId],
        lanes: Mapping[Sku, Lane],
        *,
        put_back: frozenset[Sku],
    ) -> None:
        known = self.uow.listings.known(ids.values())
        waiting = self.uow.media.waiting_products(ids.values())
        wishes = [
            wish_for(
                submission.product,
                ids[submission.product.sku],
                target.account,
                lane=lane,
                known=known.get((ids[submission.product.sku], target.account.id)),
                waits=ids[submission.product.sku] in waiting,
                now=self.now,
            )
            for submission in accepted
            for target in self.targets
            if (lane := self._lane_of(submission.product, ids, target, known, lanes)) is not None
            and not _stays_withdrawn(
                submission.product, known.get((ids[submission.product.sku], target.account.id)), put_back
            )
        ]
        request_id = self.terms.request_id
        self.uow.listings.want(self.seller_id, [replace(wish, request_id=request_id) for wish in wishes])

    def _lane_of(
        self,
        product: Product,
        ids: Mapping[Sku, ProductId],
        target: Target,
        known: Mapping[tuple[ProductId, AccountId], KnownListing],
        lanes: Mapping[Sku, Lane],
    ) -> Lane | None:
        if (ids[product.sku], target.account.id) not in known:
            return self.terms.lane if target.is_chosen else None
        return lanes.get(product.sku)


def _put_back(edited: Sequence[Product], before: Mapping[Sku, StoredProduct]) -> frozenset[Sku]:
    """Return the products that were hidden until this edit, and are to be on sale again."""
    return frozenset(
        product.sku
        for product in edited
        if product.status is Status.ACTIVE
        and product.sku in before
        and before[product.sku].product.status is not Status.ACTIVE
    )


def _stays_withdrawn(product: Product, known: KnownListing | None, put_back: frozenset[Sku]) -> bool:
    """Say whether the listing was taken off one account by hand, which an edit of the product does not undo."""
    return (
        known is not None
        and known.wanted is Wanted.WITHDRAWN
        and product.status is Status.ACTIVE
        and product.sku not in put_back
    )


def _is_edited(product: Product, before: Mapping[Sku, StoredProduct]) -> bool:
    stored = before.get(product.sku)
    return stored is None or stored.fingerprint != product.fingerprint


def _taken_skus(
    uow: UnitOfWork, seller_id: SellerId, chunk: Sequence[Submission]
) -> dict[Sku, tuple[Problem, ...]]:
    owners = dict(uow.products.owner_of_variants(seller_id, [sku for s in chunk for sku in s.product.skus]))
    refused: dict[Sku, tuple[Problem, ...]] = {}
    for submission in chunk:
        code = submission.product.sku
        taken = [sku for sku in submission.product.skus if owners.get(sku, code) != code]
        if taken:
            refused[code] = tuple(_taken(sku, owners[sku]) for sku in taken)
        else:
            owners |= dict.fromkeys(submission.product.skus, code)
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


def _every_picture(product: Product) -> Iterator[Sha256]:
    """Yield the canonical pictures and those that any channel shows instead."""
    yield from product.pictures()
    for override in product.overrides.values():
        yield from (media.sha256 for media in override.media or () if media.sha256 is not None)
