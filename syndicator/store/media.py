"""Source pictures, the sized pictures wanted of them, and which products use them."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from schemas.ids import LeaseToken, MediaId, PictureKey, ProductId, SellerId, Sha256
from schemas.media import Picture, PictureSpec
from schemas.problem import Problem
from syndicator.store.tables import Media as MediaTable
from syndicator.store.tables import MediaUpload as MediaUploadTable
from syndicator.store.tables import Product as ProductTable
from syndicator.store.tables import ProductMedia as ProductMediaTable
from syndicator.store.tables import Rendition as RenditionTable
from syndicator.store.tables import table

_MEDIA = table(MediaTable)
_RENDITION = table(RenditionTable)
_USE = table(ProductMediaTable)
_UPLOAD = table(MediaUploadTable)
_PRODUCT = table(ProductTable)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedMedia:
    """A source picture held under a fresh token. ``starts`` counts how often it was begun and never ended."""

    id: MediaId
    sha256: Sha256
    starts: int
    specs: tuple[PictureSpec, ...]
    token: LeaseToken


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaReport:
    """A source picture as its seller sees it. ``state``: new, ready (every size made) or failed, then with ``problem``."""

    sha256: Sha256
    size_bytes: int
    state: str
    problem: Problem | None
    created_at: datetime


class MediaRepository:
    """Reads and writes media."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, seller_id: SellerId, sizes: Mapping[Sha256, int]) -> Mapping[Sha256, MediaId]:
        """Register stored originals (size in bytes); return the ids of all of them."""
        if not sizes:
            return {}
        rows = [{"sha256": sha, "seller_id": seller_id, "size_bytes": size} for sha, size in sizes.items()]
        self._connection.execute(insert(_MEDIA).on_conflict_do_nothing(), rows)
        return self.ids(sizes)

    def ids(self, shas: Iterable[Sha256]) -> Mapping[Sha256, MediaId]:
        """Return the ids of the known ones."""
        found = self._connection.execute(
            sa.select(_MEDIA.c.sha256, _MEDIA.c.id).where(_MEDIA.c.sha256.in_(list(shas)))
        )
        return {Sha256(row.sha256): MediaId(row.id) for row in found}

    def upload(self, seller_id: SellerId, sha256: Sha256, size_bytes: int) -> None:
        """Register an original that a seller sent; whoever else sent the same, this seller may name it from now on."""
        (media_id,) = self.add(seller_id, {sha256: size_bytes}).values()
        self._connection.execute(
            insert(_UPLOAD).values(seller_id=seller_id, media_id=media_id).on_conflict_do_nothing()
        )

    def sizes_of(self, seller_id: SellerId, shas: Iterable[Sha256]) -> Mapping[Sha256, int]:
        """Return the size in bytes of those of the pictures that the seller brought or uses."""
        rows = self._connection.execute(
            sa.select(_MEDIA.c.sha256, _MEDIA.c.size_bytes).where(
                _MEDIA.c.sha256.in_(list(shas)), _is_of(seller_id)
            )
        )
        return {Sha256(row.sha256): row.size_bytes for row in rows}

    def of_seller(self, seller_id: SellerId, sha256: Sha256) -> MediaReport | None:
        """Return a picture that the seller brought or uses; None where it is another's, or nobody's."""
        row = self._connection.execute(
            sa.select(_MEDIA).where(_MEDIA.c.sha256 == sha256, _is_of(seller_id))
        ).one_or_none()
        return None if row is None else _report(row)

    def use(self, uses: Mapping[ProductId, Sequence[MediaId]]) -> None:
        """Say which pictures each product uses, replacing what was said before."""
        if not uses:
            return
        self._connection.execute(sa.delete(_USE).where(_USE.c.product_id.in_(list(uses))))
        rows = [
            {"product_id": product_id, "media_id": media_id}
            for product_id, media_ids in uses.items()
            for media_id in dict.fromkeys(media_ids)
        ]
        if rows:
            self._connection.execute(sa.insert(_USE), rows)

    def want(self, pairs: Iterable[tuple[MediaId, Sha256, PictureSpec]], *, now: datetime) -> int:
        """Ask for sized pictures; those not made yet make their source due. Return how many are new.

        A source at rest is woken also for pictures asked for earlier: one may have been asked for at the very moment
        its source was being finished, unseen by whoever finished it.
        """
        rows = [
            {
                "media_id": media_id,
                "spec_fingerprint": spec.fingerprint,
                "spec": spec.model_dump(),
                "key": spec.key_for(sha),
            }
            for media_id, sha, spec in pairs
        ]
        if not rows:
            return 0
        new = list(
            self._connection.scalars(
                insert(_RENDITION).on_conflict_do_nothing().returning(_RENDITION.c.media_id), rows
            )
        )
        missing = (
            sa.select(_RENDITION.c.id)
            .where(_RENDITION.c.media_id == _MEDIA.c.id, _RENDITION.c.ready_at.is_(None))
            .exists()
        )
        self._connection.execute(
            sa.update(_MEDIA)
            .where(
                _MEDIA.c.id.in_({row["media_id"] for row in rows}),
                _MEDIA.c.state != "failed",
                _MEDIA.c.lease_token.is_(None),
                _MEDIA.c.due_at.is_(None),
                missing,
            )
            .values(due_at=now, state="new")
        )
        return len(new)

    def waiting_products(self, product_ids: Iterable[ProductId]) -> frozenset[ProductId]:
        """Return those of the products that use a picture not made yet and not given up."""
        rows = self._connection.scalars(
            sa.select(_USE.c.product_id)
            .distinct()
            .join(_RENDITION, _RENDITION.c.media_id == _USE.c.media_id)
            .join(_MEDIA, _MEDIA.c.id == _USE.c.media_id)
            .where(
                _USE.c.product_id.in_(list(product_ids)),
                _RENDITION.c.ready_at.is_(None),
                _MEDIA.c.state != "failed",
            )
        )
        return frozenset(ProductId(value) for value in rows)

    def ready_keys(self, keys: Iterable[PictureKey]) -> frozenset[PictureKey]:
        """Return those of the keys whose picture is stored."""
        wanted = list(keys)
        if not wanted:
            return frozenset()
        rows = self._connection.scalars(
            sa.select(_RENDITION.c.key).where(
                _RENDITION.c.key.in_(wanted), _RENDITION.c.ready_at.is_not(None)
            )
        )
        return frozenset(PictureKey(key) for key in rows)

    def problems_of(
        self, product_ids: Iterable[ProductId]
    ) -> Mapping[ProductId, tuple[tuple[Sha256, Problem], ...]]:
        """Return the pictures that could not be made, with the reason, by product."""
        rows = self._connection.execute(
            sa.select(_USE.c.product_id, _MEDIA.c.sha256, _MEDIA.c.problem)
            .join(_MEDIA, _MEDIA.c.id == _USE.c.media_id)
            .where(_USE.c.product_id.in_(list(product_ids)), _MEDIA.c.state == "failed")
        )
        found: dict[ProductId, tuple[tuple[Sha256, Problem], ...]] = {}
        for row in rows:
            pair = (Sha256(row.sha256), Problem.model_validate(row.problem))
            found[ProductId(row.product_id)] = (*found.get(ProductId(row.product_id), ()), pair)
        return found

    def claim(self, token: LeaseToken, *, until: datetime) -> Sequence[ClaimedMedia]:
        """Take over the source pictures under ``token`` and hold them until ``until``."""
        fresh = LeaseToken(uuid.uuid4().hex)
        held = self._connection.execute(
            sa.update(_MEDIA)
            .where(_MEDIA.c.lease_token == token)
            .values(lease_token=fresh, due_at=until)
            .returning(_MEDIA.c.id, _MEDIA.c.sha256, _MEDIA.c.starts)
        ).all()
        specs = self._open_specs([row.id for row in held])
        return [
            ClaimedMedia(
                id=MediaId(row.id),
                sha256=Sha256(row.sha256),
                starts=row.starts,
                specs=specs.get(row.id, ()),
                token=fresh,
            )
            for row in held
        ]

    def start(self, media: ClaimedMedia) -> bool:
        """Count the beginning of one source, before it is opened; False when its lease was lost meanwhile."""
        begun = self._connection.execute(
            sa.update(_MEDIA)
            .where(_MEDIA.c.id == media.id, _MEDIA.c.lease_token == media.token)
            .values(starts=_MEDIA.c.starts + 1)
        )
        return begun.rowcount == 1

    def _open_specs(self, media_ids: Sequence[int]) -> Mapping[int, tuple[PictureSpec, ...]]:
        rows = self._connection.execute(
            sa.select(_RENDITION.c.media_id, _RENDITION.c.spec).where(
                _RENDITION.c.media_id.in_(media_ids), _RENDITION.c.ready_at.is_(None)
            )
        )
        found: dict[int, tuple[PictureSpec, ...]] = {}
        for row in rows:
            found[row.media_id] = (*found.get(row.media_id, ()), PictureSpec.model_validate(row.spec))
        return found

    def ready(
        self, media_id: MediaId, token: LeaseToken, pictures: Sequence[Picture], *, now: datetime
    ) -> bool:
        """Record the pictures made of a source; False when its lease had been lost (the pictures are kept all the same)."""
        if pictures:
            self._connection.execute(
                sa.update(_RENDITION)
                .where(_RENDITION.c.key == sa.bindparam("picture"))
                .values(
                    width=sa.bindparam("w"),
                    height=sa.bindparam("h"),
                    size_bytes=sa.bindparam("size"),
                    ready_at=now,
                ),
                [{"picture": p.key, "w": p.width, "h": p.height, "size": p.size_bytes} for p in pictures],
            )
        more_wanted = (
            sa.select(_RENDITION.c.id)
            .where(_RENDITION.c.media_id == media_id, _RENDITION.c.ready_at.is_(None))
            .exists()
        )
        return self._finish(
            media_id,
            token,
            state=sa.case((more_wanted, "new"), else_="ready"),
            due_at=sa.case((more_wanted, now), else_=None),
            starts=0,
            problem=None,
        )

    def failed(self, media_id: MediaId, token: LeaseToken, problem: Problem) -> bool:
        """Give a source up; its products' listings will name the problem."""
        return self._finish(media_id, token, state="failed", due_at=None, problem=problem.model_dump())

    def later(self, media: ClaimedMedia, *, now: datetime, wait: timedelta) -> bool:
        """Let go of a source so that it is tried again after ``wait``, with ``media.starts`` starts counted."""
        return self._finish(media.id, media.token, due_at=now + wait, starts=media.starts)

    def _finish(self, media_id: MediaId, token: LeaseToken, **values: Any) -> bool:
        done = self._connection.execute(
            sa.update(_MEDIA)
            .where(_MEDIA.c.id == media_id, _MEDIA.c.lease_token == token)
            .values(lease_token=None, **values)
        )
        return done.rowcount == 1

    def settled_products(self, media_id: MediaId) -> Sequence[ProductId]:
        """Return the products using this picture all of whose pictures are now made or given up.

        Their rows are locked first: of two pictures of one product that end at the same moment, the second sees the first.
        """
        users = list(
            self._connection.scalars(
                sa.select(_PRODUCT.c.id)
                .join(_USE, _USE.c.product_id == _PRODUCT.c.id)
                .where(_USE.c.media_id == media_id)
                .order_by(_PRODUCT.c.id)
                .with_for_update(key_share=True, of=_PRODUCT)
            )
        )
        waiting = self.waiting_products([ProductId(value) for value in users])
        return [ProductId(value) for value in users if value not in waiting]


def _is_of(seller_id: SellerId) -> sa.ColumnElement[bool]:
    used = (
        sa.select(_USE.c.media_id)
        .join(_PRODUCT, _PRODUCT.c.id == _USE.c.product_id)
        .where(_USE.c.media_id == _MEDIA.c.id, _PRODUCT.c.seller_id == seller_id)
        .exists()
    )
    sent = (
        sa.select(_UPLOAD.c.media_id)
        .where(_UPLOAD.c.media_id == _MEDIA.c.id, _UPLOAD.c.seller_id == seller_id)
        .exists()
    )
    return sa.or_(_MEDIA.c.seller_id == seller_id, sent, used)


def _report(row: sa.Row[Any]) -> MediaReport:
    problem = None if row.problem is None else Problem.model_validate(row.problem)
    return MediaReport(
        sha256=Sha256(row.sha256),
        size_bytes=row.size_bytes,
        state=row.state,
        problem=problem,
        created_at=row.created_at,
    )
