"""A seller's file and folder of photos in: read, find, store, submit, and give back what was refused."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.ids import AccountId, SellerId, Sha256, Sku
from schemas.problem import Problem
from schemas.product import Media, Product
from syndicator.intake.columns import Column
from syndicator.intake.failed_rows import write_failed_rows
from syndicator.intake.photos import find_photos
from syndicator.intake.reading import read_products
from syndicator.intake.rejecting import reject
from syndicator.intake.result import IntakeProduct, IntakeResult
from syndicator.media.originals import Original
from syndicator.usecases.intake_tools import IntakeTools
from syndicator.usecases.store_pictures import named, store_pictures
from syndicator.usecases.submit_products import Submission, submit_products

Progress = Callable[[str, int, int], None]
"""Told the phase (``photos``, ``products``), how many are done, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of a file. Every row is counted once, in ``accepted_rows`` or in ``intake.bad_rows``."""

    intake: IntakeResult
    created: tuple[Sku, ...] = ()
    updated: tuple[Sku, ...] = ()
    unchanged: tuple[Sku, ...] = ()
    failed_rows: Path | None = None

    @property
    def rows(self) -> int:
        """Data rows of the file."""
        return self.intake.rows

    @property
    def accepted(self) -> tuple[Sku, ...]:
        """The products that are stored now."""
        return (*self.created, *self.updated, *self.unchanged)


def read_file(path: Path, photos: Path | None, tools: IntakeTools) -> tuple[IntakeResult, Mapping[str, Path]]:
    """Read the file and find its photos, storing nothing; rows with a missing photo are refused.

    Raises:
        IntakeError: The file as a whole cannot be taken.
        OSError: The folder of photos cannot be read.
    """
    result = read_products(path, limits=tools.limits)
    search = find_photos(result.products, photos or path.parent)
    refused: dict[Sku, list[Problem]] = {}
    for missing in search.problems:
        refused.setdefault(missing.sku, []).append(missing.problem)
    return reject(result, refused, path=path, limits=tools.limits), search.found


def import_file(
    seller_id: SellerId,
    path: Path,
    *,
    photos: Path | None,
    account_ids: Sequence[AccountId] | None,
    failed_rows: Path,
    tools: IntakeTools,
    progress: Progress,
) -> ImportReport:
    """Import the file: good products are stored and their listings fall due, bad rows are written to ``failed_rows``.

    Args:
        seller_id: Whose products they are.
        path: CSV or XLSX.
        photos: Folder of the pictures; None means the file's own folder.
        account_ids: Accounts to list on; None means all of the seller's.
        failed_rows: Where the bad rows go (suffix ignored: the format is that of the file).
        tools: The ports.
        progress: Told how far it is.

    Raises:
        IntakeError: The file as a whole cannot be taken; nothing was stored.
        StorageError: The media store failed; products submitted before that are stored, the import can be repeated.
    """
    result, found = read_file(path, photos, tools)
    originals, refused = _store_pictures(result.products, found, tools, progress)
    result = reject(result, refused, path=path, limits=tools.limits)
    submissions = [
        Submission(product=_with_pictures(item.product, originals), stock=item.stock)
        for item in result.products
    ]
    sizes = {original.sha256: original.size_bytes for original in originals.values()}
    created: list[Sku] = []
    updated: list[Sku] = []
    unchanged: list[Sku] = []
    taken: dict[Sku, list[Problem]] = {}
    for chunk in submit_products(
        seller_id,
        submissions,
        sizes,
        reference=uuid.uuid4().hex,
        account_ids=account_ids,
        database=tools.database,
        adapters=tools.adapters,
        clock=tools.clock,
    ):
        created += chunk.created
        updated += chunk.updated
        unchanged += chunk.unchanged
        taken |= {sku: list(problems) for sku, problems in (chunk.refused or {}).items()}
        progress("products", len(created) + len(updated) + len(unchanged) + len(taken), len(submissions))
    result = reject(result, _by_variant(result.products, taken), path=path, limits=tools.limits)
    written = write_failed_rows(result, failed_rows) if result.bad_rows else None
    return ImportReport(
        intake=result,
        created=tuple(created),
        updated=tuple(updated),
        unchanged=tuple(unchanged),
        failed_rows=written,
    )


def _by_variant(
    products: Iterable[IntakeProduct], refused: Mapping[Sku, list[Problem]]
) -> dict[Sku, list[Problem]]:
    return {
        item.product.variants[0].sku: refused[item.product.sku]
        for item in products
        if item.product.sku in refused
    }


def _store_pictures(
    products: Sequence[IntakeProduct], found: Mapping[str, Path], tools: IntakeTools, progress: Progress
) -> tuple[dict[str, Original], dict[Sku, list[Problem]]]:
    """Store every picture once; return them by source, and by variant SKU what could not be had."""
    sources = list(
        dict.fromkeys(m.source for item in products for v in item.product.variants for m in v.media)
    )
    kept = store_pictures(
        sources,
        found,
        store=tools.store,
        fetcher=tools.fetcher,
        progress=lambda done: progress("photos", done, len(sources)),
    )
    refused: dict[Sku, list[Problem]] = {}
    for item in products:
        for variant in item.product.variants:
            failed = [m.source for m in variant.media if m.source in kept.failures]
            if failed:
                refused[variant.sku] = [
                    named(kept.failures[source], source, Column.IMAGE_FILES) for source in failed
                ]
    return kept.originals, refused


def _with_pictures(product: Product, originals: Mapping[str, Original]) -> Product:
    def stored(media: tuple[Media, ...]) -> tuple[Media, ...]:
        return tuple(m.model_copy(update={"sha256": _sha(originals, m.source)}) for m in media)

    variants = tuple(v.model_copy(update={"media": stored(v.media)}) for v in product.variants)
    return product.model_copy(update={"media": stored(product.media), "variants": variants})


def _sha(originals: Mapping[str, Original], source: str) -> Sha256:
    return originals[source].sha256
