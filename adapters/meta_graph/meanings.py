"""What an answer of the Graph API means, and what a call may leave behind."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from adapters.answers import Sentence
from adapters.limits import Grade
from schemas.pace import PaceScope


class Effect(StrEnum):
    """What a call leaves behind when its answer is lost."""

    READ = "read"
    INVISIBLE = "invisible"
    """An unpublished photo or a container: nobody sees it and it may be repeated freely."""
    VISIBLE = "visible"
    """A buyer may see it: an answer that is lost must be looked up before anything is repeated."""


class Meaning(StrEnum):
    """The classes of docs/channels/meta.md section 4.2, and three that need a step of their own."""

    RETRY = "retry"
    """Refused without effect: safe to repeat."""
    REBUILD = "rebuild"
    """Refused at a container: repeat with a new one. At a publish nobody knows."""
    UNKNOWN = "unknown"
    RATE = "rate"
    AUTH = "auth"
    PERM = "perm"
    CONTENT = "content"
    UNFETCHED = "unfetched"
    """A picture or link could not be read. Worth a few repeats, then the seller must look at it."""
    DUPLICATE = "duplicate"
    """Probably posted already: look for it, adopt it if found."""
    BLOCK = "block"
    WAIT = "wait"
    """Not ready yet: look again."""
    MISSING = "missing"
    """The object does not exist, or the token may not see it; the channel does not tell which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRow:
    """One row of the error table.

    Attributes:
        code: The Graph ``code``; None matches any, for subcodes whose code nobody has stated.
        code_to: Last code of a range, inclusive.
        subcode: None matches every subcode that has no row of its own.
        any_subcode: The sheet explains the code whatever its subcode; one without a row of its own is no news.
        message_says: Words the parsed ``message`` holds, where the same codes mean two things.
        scope: For a refusal of pace: whom it is about.
        cool_down: For a block that ends by itself: how long nothing is sent.
        may_have_applied: A refusal that has been seen although the call took effect.
        source: Name of the source as in docs/channels/meta.md.
    """

    code: int | None = None
    code_to: int | None = None
    subcode: int | None = None
    any_subcode: bool = False
    message_says: str | None = None
    meaning: Meaning
    sentence: Sentence
    cool_down: timedelta | None = None
    scope: PaceScope = PaceScope.ACCOUNT
    may_have_applied: bool = False
    source: str
    grade: Grade
