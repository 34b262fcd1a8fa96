"""Exit codes of every command, and how an error becomes one clear sentence."""

from enum import IntEnum

from pydantic import ValidationError

from adapters.errors import ChannelError
from schemas.problem import Problem
from syndicator.intake.errors import IntakeError
from syndicator.local.errors import LocalError
from syndicator.media.storage import StorageError


class Exit(IntEnum):
    """What a command's exit code means."""

    OK = 0
    FAULT = 1
    """A fault of the program; a traceback was printed."""
    USAGE = 2
    """The command line was wrong."""
    BAD_INPUT = 3
    """A file, rows of a file, photos or a value were refused; the rest was taken where it could be."""
    UNREACHABLE = 4
    """PostgreSQL, Redis, a port, the disk or one of our own processes is not usable."""
    CHANNEL = 5
    """A channel refused an account, or an account needs reconnecting."""
    UNFINISHED = 6
    """Work is still on its way; it goes on by itself and the command can be repeated."""


class CommandFailed(Exception):
    """A command ends with one sentence and an exit code."""

    def __init__(self, problem: Problem, code: Exit) -> None:
        super().__init__(problem.en)
        self.problem = problem
        self.code = code


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
