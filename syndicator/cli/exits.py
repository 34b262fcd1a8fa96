"""How an error becomes one clear sentence and an exit code."""

import os
import sys
import traceback

from pydantic import ValidationError

from adapters.errors import ChannelError
from schemas.problem import Problem
from syndicator.cli.exit_codes import Exit
from syndicator.intake.errors import IntakeError
from syndicator.local.errors import LocalError
from syndicator.media.storage import StorageError


class CommandFailed(Exception):
    """A command ends with one sentence and an exit code."""

    def __init__(self, problem: Problem, code: Exit) -> None:
        super().__init__(problem.en)
        self.problem = problem
        self.code = code


def report(exc: Exception) -> Exit:
    """Print an error on standard error, in Thai and English, and return the exit code.

    A fault of ours is printed with its traceback; so is every error when ``SYNDICATOR_TRACEBACK`` is set.
    """
    explained = explain(exc)
    if explained is None:
        traceback.print_exception(exc)
        return Exit.FAULT
    problem, code = explained
    sys.stderr.write(f"{problem.th}\n")
    if problem.en != problem.th:
        sys.stderr.write(f"{problem.en}\n")
    if os.environ.get("SYNDICATOR_TRACEBACK"):
        traceback.print_exception(exc)
    return code


def explain(exc: Exception) -> tuple[Problem, Exit] | None:
    """Return the sentence and the code for an error people can mend; None for a fault of ours."""
    if isinstance(exc, CommandFailed):
        return exc.problem, exc.code
    for kinds, code in _CODES:
        if isinstance(exc, kinds):
            return _sentence(exc), code
    return None


_CODES: tuple[tuple[tuple[type[Exception], ...], Exit], ...] = (
    ((ValidationError,), Exit.USAGE),
    ((IntakeError,), Exit.BAD_INPUT),
    ((LocalError, StorageError), Exit.UNREACHABLE),
    ((ChannelError,), Exit.CHANNEL),
    ((ValueError,), Exit.BAD_INPUT),
)
"""The first row that fits counts."""


def _sentence(exc: Exception) -> Problem:
    if isinstance(exc, ValidationError):
        return _settings(exc)
    problem = getattr(exc, "problem", None)
    return problem if isinstance(problem, Problem) else _plain("refused", str(exc))


def _plain(code: str, text: str) -> Problem:
    return Problem(path="", code=code, th=text, en=text)


def _settings(exc: ValidationError) -> Problem:
    first = exc.errors()[0]
    where = "__".join(str(part).upper() for part in first["loc"])
    name = where if where.startswith("SYNDICATOR_") else f"SYNDICATOR_{where}"
    return Problem(
        path=name,
        code="setting_invalid",
        th=f"ค่าตั้งระบบ {name} ไม่ถูกต้อง: {first['msg']}",
        en=f"the setting {name} is not valid: {first['msg']}",
    )
