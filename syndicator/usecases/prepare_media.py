"""Make the sized pictures of one lease: read the original, decode it once where it can do no harm, store the results."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from schemas.ids import LeaseToken
from schemas.media import Picture, PictureSpec
from schemas.problem import Problem
from syndicator.media.guard import DecoderDied, GuardedDecoder, is_poison
from syndicator.media.originals import original_key
from syndicator.media.pipeline import RenderedPicture
from syndicator.media.problems import MediaCode, MediaProblemError, media_problem
from syndicator.media.storage import MediaStore, StorageError
from syndicator.ports import Clock
from syndicator.store.engine import Database, UnitOfWork
from syndicator.store.media import ClaimedMedia

log = structlog.get_logger()

AGAIN_AFTER_DEATH = timedelta(seconds=2)
"""Pause before a picture that ended its decoder once is tried a second and last time."""
AGAIN_AFTER_STORE = timedelta(seconds=30)
"""Pause when the media store cannot be read or written."""


def prepare_media(
    lease: LeaseToken,
    *,
    lease_time: timedelta,
    database: Database,
    store: MediaStore,
    decoder: GuardedDecoder,
    clock: Clock,
) -> int:
    """Prepare every source picture under ``lease``; return how many were claimed.

    Effects: sized pictures in the store; rows say which are ready; listings that only waited for them fall due.
    """
    with database.begin() as uow:
        claimed = uow.media.claim(lease, until=clock.now() + lease_time)
    for media in claimed:
        _prepare_one(media, database, store, decoder, clock)
    return len(claimed)


def _prepare_one(
    media: ClaimedMedia, database: Database, store: MediaStore, decoder: GuardedDecoder, clock: Clock
) -> None:
    if is_poison(media.starts):
        # It was begun twice before and never ended: it killed the worker itself, so it is not opened again.
        _give_up(media, media_problem(MediaCode.KILLED), database, clock)
        return
    with database.begin() as uow:
        if not uow.media.start(media):
            return
    media = replace(media, starts=media.starts + 1)
    try:
        pictures = _render_and_store(media, store, decoder)
    except MediaProblemError as exc:
        _give_up(media, exc.problem, database, clock)
    except DecoderDied as exc:
        if is_poison(media.starts):
            _give_up(media, exc.problem, database, clock)
            return
        log.warning("media.decoder_died", media=media.id, death=exc.death.value)
        with database.begin() as uow:
            uow.media.later(media, now=clock.now(), wait=AGAIN_AFTER_DEATH)
    except (StorageError, OSError) as exc:
        # The store's trouble is not the picture's: this start does not count towards quarantine.
        log.warning("media.store_failed", media=media.id, error=str(exc))
        with database.begin() as uow:
            uow.media.later(replace(media, starts=0), now=clock.now(), wait=AGAIN_AFTER_STORE)
    else:
        with database.begin() as uow:
            uow.media.ready(media.id, media.token, pictures, now=clock.now())
            _wake(uow, media, clock)


def _render_and_store(media: ClaimedMedia, store: MediaStore, decoder: GuardedDecoder) -> Sequence[Picture]:
    rendered = decoder.render(store.read(original_key(media.sha256)), media.specs)
    return [_store(media, spec, rendered[spec.fingerprint], store) for spec in media.specs]


def _store(media: ClaimedMedia, spec: PictureSpec, rendered: RenderedPicture, store: MediaStore) -> Picture:
    key = spec.key_for(media.sha256)
    store.put(key, rendered.data)
    return Picture(key=key, width=rendered.width, height=rendered.height, size_bytes=len(rendered.data))


def _give_up(media: ClaimedMedia, problem: Problem, database: Database, clock: Clock) -> None:
    log.warning("media.failed", media=media.id, code=problem.code)
    with database.begin() as uow:
        uow.media.failed(media.id, media.token, problem)
        _wake(uow, media, clock)


def _wake(uow: UnitOfWork, media: ClaimedMedia, clock: Clock) -> None:
    products = uow.media.settled_products(media.id)
    if products and uow.listings.wake_for_media(products, now=clock.now()):
        uow.notify_due()
