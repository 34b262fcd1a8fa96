"""Promises about a verb are left out for a channel that lacks it: a test that cannot fail would say something untrue."""

from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar

from schemas.channel import Verb

Test = TypeVar("Test", bound=Callable[..., Any])
_MARK: Final = "needed_verbs"


def needs(*verbs: Verb) -> Callable[[Test], Test]:
    """Mark a promise that is about these verbs."""

    def marked(test: Test) -> Test:
        setattr(test, _MARK, frozenset(verbs))
        return test

    return marked


class Needing:
    """Leaves out the promises about what the channel ``lacks``.

    Attributes:
        lacks: The verbs the channel does not have; that the adapter declares exactly the others is a promise too.
    """

    lacks: ClassVar[frozenset[Verb]] = frozenset()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in dir(cls):
            if getattr(getattr(cls, name), _MARK, frozenset()) & cls.lacks:
                # pytest collects functions only, so nothing is left of it.
                setattr(cls, name, None)
