"""How an error becomes one clear sentence and an exit code."""

import errno
import os
import sys
import traceback
from collections.abc import Sequence

import redis
import sqlalchemy.exc
from pydantic import ValidationError

from adapters.errors import ChannelError, OutcomeUnknown, Rejected, Throttled, Transient
from adapters.redaction import KNOWN
from schemas.problem import Problem
from syndicator.cli.exit_codes import Exit
from syndicator.intake.errors import IntakeError
from syndicator.local.errors import LocalError
from syndicator.media.storage import StorageError
from syndicator.settings import SettingInvalid


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
        _print_traceback(exc)
        return Exit.FAULT
    problem, code = explained
    sys.stderr.write(KNOWN.blank(f"{problem.th}\n"))
    if problem.en != problem.th:
        sys.stderr.write(KNOWN.blank(f"{problem.en}\n"))
    if os.environ.get("SYNDICATOR_TRACEBACK"):
        _print_traceback(exc)
    return code


def _print_traceback(exc: Exception) -> None:
    sys.stderr.write(KNOWN.blank("".join(traceback.format_exception(exc))))


def explain(exc: Exception) -> tuple[Problem, Exit] | None:
    """Return the sentence and the code for an error people can mend; None for a fault of ours."""
    if isinstance(exc, CommandFailed):
        return exc.problem, exc.code
    if isinstance(exc, OSError) and exc.filename is not None:
        return _file(exc)
    if isinstance(exc, ValidationError):
        # Settings and files have their own errors; anything else that does not validate is a fault of ours.
        return None
    for kinds, code in _CODES:
        if isinstance(exc, kinds):
            return _sentence(exc), code
    return None


_CODES: tuple[tuple[tuple[type[Exception], ...], Exit], ...] = (
    ((SettingInvalid,), Exit.USAGE),
    ((IntakeError,), Exit.BAD_INPUT),
    ((LocalError, StorageError), Exit.UNREACHABLE),
    ((sqlalchemy.exc.OperationalError, redis.RedisError), Exit.UNREACHABLE),
    ((Rejected,), Exit.BAD_INPUT),
    ((ChannelError,), Exit.CHANNEL),
    ((ValueError,), Exit.BAD_INPUT),
)
"""The first row that fits counts."""


def _sentence(exc: Exception) -> Problem:
    if isinstance(exc, (sqlalchemy.exc.OperationalError, redis.RedisError)):
        return _server(exc)
    if isinstance(exc, Rejected) and exc.problems:
        return _all_of(exc.problems)
    problem = getattr(exc, "problem", None)
    if problem is None and isinstance(exc, Transient | OutcomeUnknown | Throttled):
        return _channel_silent(exc)
    return problem if isinstance(problem, Problem) else _plain("refused", str(exc))


def _all_of(problems: Sequence[Problem]) -> Problem:
    """Say everything that is wrong at once, a line for each."""
    th, en = ("\n".join(lines) for lines in zip(*((one.th, one.en) for one in problems), strict=True))
    return Problem(path=problems[0].path, code=problems[0].code, th=th, en=en)


def _file(exc: OSError) -> tuple[Problem, Exit]:
    """Name the file and the system's reason; a disk that takes no more is a matter of the machine, not of the file."""
    reason = exc.strerror or type(exc).__name__
    disk = exc.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}
    problem = Problem(
        path=str(exc.filename),
        code="disk_unusable" if disk else "file_unusable",
        th=f"ใช้ไฟล์หรือโฟลเดอร์ {exc.filename} ไม่ได้ ({reason}) กรุณาตรวจชื่อ สิทธิ์ และที่ว่างของดิสก์ แล้วลองใหม่",
        en=f"{exc.filename} cannot be used ({reason}); check its name, its permissions and the room on the disk",
    )
    return problem, Exit.UNREACHABLE if disk else Exit.BAD_INPUT


def _server(exc: Exception) -> Problem:
    """A server that answered at the start of the command and is gone now."""
    name = "Redis" if isinstance(exc, redis.RedisError) else "PostgreSQL"
    return Problem(
        path=name,
        code="server_lost",
        th=f"การเชื่อมต่อกับ {name} ขาดระหว่างทำงาน สิ่งที่บันทึกแล้วไม่หาย กรุณาตรวจว่าเซิร์ฟเวอร์เปิดอยู่แล้วสั่งใหม่",
        en=f"the connection to {name} was lost; what was stored is kept; check that the server runs and repeat the command",
    )


def _channel_silent(exc: ChannelError) -> Problem:
    """A channel that cannot be reached, or cannot answer now; its own words follow ours."""
    return Problem(
        path="",
        code="channel_silent",
        th=f"ติดต่อช่องทางขายไม่ได้ในตอนนี้ ตรวจอินเทอร์เน็ตแล้วลองใหม่ (ช่องทางจำลองต้องเปิดก่อนด้วย: syndicator up) [{exc}]",
        en="the channel cannot be reached now; check the connection and try again "
        f"(simulated channels must be running: syndicator up) [{exc}]",
    )


def _plain(code: str, text: str) -> Problem:
    return Problem(path="", code=code, th=text, en=text)
