"""The ports that taking products in works with, whatever door they come through."""

from dataclasses import dataclass, field

from syndicator.intake.limits import DEFAULT_LIMITS, IntakeLimits
from syndicator.media.fetch import PictureFetcher
from syndicator.media.storage import MediaStore
from syndicator.ports import Adapters, Clock
from syndicator.store.engine import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeTools:
    """The ports an intake works with."""

    database: Database
    adapters: Adapters
    store: MediaStore
    fetcher: PictureFetcher
    clock: Clock
    limits: IntakeLimits = field(default=DEFAULT_LIMITS)
