"""The pictures of products that other systems submit: uploaded before, or fetched now."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemas.ids import SellerId, Sha256
from schemas.problem import Problem
from schemas.product import Media
from syndicator.intake.documents import picture_unknown, pictures_of
from syndicator.usecases.intake_tools import IntakeTools
from syndicator.usecases.store_pictures import named, store_pictures
from syndicator.usecases.submit_products import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledPictures:
    """The submissions with every picture stored, the size of each in bytes, and what could not be had, by place."""

    submissions: Sequence[Submission | None]
    sizes: Mapping[Sha256, int]
    problems: Mapping[int, Sequence[Problem]]


def settle_pictures(
    seller_id: SellerId, submissions: Sequence[Submission | None], tools: IntakeTools
) -> SettledPictures:
    """Find the uploaded pictures, fetch those that are named by address, and store them. No transaction may be open.

    Raises:
        StorageError: The media store failed.
    """
    named_here = {at: list(pictures_of(one.product)) for at, one in enumerate(submissions) if one is not None}
    every = [media for pictures in named_here.values() for _, media in pictures]
    shas = {media.sha256 for media in every if media.sha256 is not None}
    sources = dict.fromkeys(media.source for media in every if media.sha256 is None)
    sizes: dict[Sha256, int] = {}
    if shas:
        with tools.database.begin() as uow:
            sizes |= uow.media.sizes_of(seller_id, shas)
    kept = store_pictures(list(sources), {}, store=tools.store, fetcher=tools.fetcher)
    problems: dict[int, list[Problem]] = defaultdict(list)
    for at, pictures in named_here.items():
        problems[at] += _missing(pictures, sizes, kept.failures)
    sizes |= {original.sha256: original.size_bytes for original in kept.originals.values()}
    fetched = {source: original.sha256 for source, original in kept.originals.items()}
    return SettledPictures(
        submissions=[None if one is None else _with(one, fetched) for one in submissions],
        sizes=sizes,
        problems=problems,
    )


def _missing(
    pictures: Sequence[tuple[str, Media]], sizes: Mapping[Sha256, int], failures: Mapping[str, Problem]
) -> Iterator[Problem]:
    """Yield why pictures cannot be had, each picture once, where it is named first."""
    seen: set[str] = set()
    for path, media in pictures:
        if media.source in seen:
            continue
        seen.add(media.source)
        if media.sha256 is not None and media.sha256 not in sizes:
            yield picture_unknown(path, media.sha256)
        elif media.sha256 is None and media.source in failures:
            yield named(failures[media.source], media.source, path)


def _with(submission: Submission, fetched: Mapping[str, Sha256]) -> Submission:
    if not fetched:
        return submission
    product = submission.product
    changes: dict[str, object] = {
        "media": _named(product.media, fetched),
        "variants": tuple(
            one.model_copy(update={"media": _named(one.media, fetched)}) for one in product.variants
        ),
        "overrides": {
            key: one if one.media is None else one.model_copy(update={"media": _named(one.media, fetched)})
            for key, one in product.overrides.items()
        },
    }
    return Submission(product=product.model_copy(update=changes), stock=submission.stock)


def _named(media: Sequence[Media], fetched: Mapping[str, Sha256]) -> tuple[Media, ...]:
    return tuple(
        one
        if one.sha256 is not None or one.source not in fetched
        else one.model_copy(update={"sha256": fetched[one.source]})
        for one in media
    )
