"""Which error ends a command with which sentence and code."""

import errno
from io import StringIO

import pytest
import redis
import sqlalchemy as sa

from schemas.problem import Problem
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed, explain, report
from syndicator.cli.main import EPILOG
from syndicator.local.errors import PortTaken

A_PROBLEM = Problem(path="x", code="x", th="ประโยค", en="A sentence.")


def lost_database():
    return sa.exc.OperationalError("SELECT secret", {"password": "hunter2"}, Exception("gone"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandFailed(A_PROBLEM, Exit.UNFINISHED), Exit.UNFINISHED),
        (PortTaken(A_PROBLEM), Exit.UNREACHABLE),
        (lost_database(), Exit.UNREACHABLE),
        (redis.ConnectionError("refused"), Exit.UNREACHABLE),
        (FileNotFoundError(errno.ENOENT, "No such file", "goods.csv"), Exit.BAD_INPUT),
        (OSError(errno.ENOSPC, "No space left on device", "var/x"), Exit.UNREACHABLE),
        (ValueError("the market file m.yaml has an unknown key"), Exit.BAD_INPUT),
    ],
)
def test_an_error_people_can_mend_becomes_a_sentence_and_a_code(error, code):
    found = explain(error)

    assert found is not None
    problem, given = found
    assert given is code
    assert problem.th
    assert problem.en


def test_a_lost_database_is_told_without_the_statement_or_its_values():
    problem, _ = explain(lost_database())

    assert "SELECT" not in problem.th + problem.en
    assert "hunter2" not in problem.th + problem.en


@pytest.mark.parametrize("error", [KeyError("x"), AssertionError("x"), OSError("no file named")])
def test_a_fault_of_ours_is_not_dressed_up(error, monkeypatch):
    shown = StringIO()
    monkeypatch.setattr("sys.stderr", shown)

    assert explain(error) is None
    assert report(error) is Exit.FAULT
    assert type(error).__name__ in shown.getvalue()
    assert "Traceback" in shown.getvalue() or type(error).__name__ in shown.getvalue()


def test_thai_comes_first_and_english_follows(capsys):
    assert report(PortTaken(A_PROBLEM)) is Exit.UNREACHABLE

    assert capsys.readouterr().err == "ประโยค\nA sentence.\n"


def test_the_help_documents_every_exit_code():
    for code in Exit:
        assert f"{code.value} " in EPILOG
