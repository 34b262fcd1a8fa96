"""The whole file cannot be read: one clear sentence, before anything is stored."""

from typing import Any

from schemas.problem import Problem
from syndicator.intake.sentences import problem


class IntakeError(Exception):
    """A file that is refused as a whole; ``problem`` says it to the seller in Thai and English."""

    def __init__(self, reason: Problem) -> None:
        super().__init__(reason.en)
        self.problem = reason


def refusal(code: str, **values: Any) -> IntakeError:
    """Make the error of ``code`` from the sentences of ``syndicator.intake.sentences``."""
    return IntakeError(problem("", code, **values))
