"""The table of commands: it lists what exists, and listing costs little."""

import inspect
import os
import subprocess
import sys
from importlib import import_module

import pytest
import typer

from syndicator.cli.exit_codes import Exit
from syndicator.cli.main import COMMANDS, load_command
from tests.support.cli import ROOT, CommandLine


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_where_the_table_says_and_does_what_it_says(name):
    where, summary = COMMANDS[name]
    module, _, attribute = where.partition(":")
    found = getattr(import_module(module), attribute)
    words = found.info.help if isinstance(found, typer.Typer) else inspect.getdoc(found)

    assert words.partition("\n\n")[0].replace("\n", " ").startswith(summary)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name):
    ran = CommandLine({}).run(name, "--help").told(0, f"syndicator {name}")

    assert len(ran.out.splitlines()) > 5


def test_every_option_of_every_command_says_what_it_is_for():
    silent = [
        f"{name} {parameter.opts}"
        for name in COMMANDS
        for parameter in load_command(name).params
        if not getattr(parameter, "help", None) and not getattr(parameter, "hidden", False)
    ]

    assert silent == []


def test_the_help_lists_all_commands_and_imports_none():
    program = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from syndicator.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as exc: assert exc.code == 0\n"
        "heavy = {'sqlalchemy', 'httpx', 'dramatiq', 'fastapi', 'PIL', 'pydantic', 'openpyxl'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )

    assert ran.returncode == 0, ran.stderr
    assert all(name in ran.stdout for name in COMMANDS)


def test_a_worker_carries_neither_the_web_server_nor_the_simulated_channels():
    program = (
        "import sys, syndicator.cli.worker_commands\n"
        "found = {'fastapi', 'uvicorn', 'starlette', 'adapters.testing.sandbox'} & set(sys.modules)\n"
        "assert not found, found\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )

    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (["publsh"], "publish"),
        (["publish"], "file"),
        (["publish", "x.csv", "--fotos", "y"], "--photos"),
        (["listings", "--state", "sold"], "needs_you"),
        (["channels", "conect"], "connect"),
        (["worker", "--threads", "0"], "greater than or equal to 1"),
    ],
)
def test_a_wrong_command_line_is_answered_with_the_right_one(args, word):
    CommandLine({}).run(*args).told(2, word)


def test_no_command_at_all_shows_the_help():
    ran = CommandLine({}).run()

    assert ran.code == 2
    assert "publish" in ran.out + ran.err


def test_ctrl_c_ends_in_a_sentence_and_the_code_of_unfinished_work():
    program = (
        "import os, signal, sys, time\n"
        "from syndicator.cli import main as cli\n"
        "def stopped_by_hand():\n"
        "    'Wait to be stopped.'\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    while True: time.sleep(0.05)\n"
        "sys.modules['waiting'] = type(sys)('waiting')\n"
        "sys.modules['waiting'].wait = stopped_by_hand\n"
        "cli.COMMANDS['wait'] = ('waiting:wait', 'Wait to be stopped.')\n"
        "sys.argv[1:] = ['wait']\n"
        "cli.main()\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert ran.returncode == Exit.UNFINISHED, ran.stderr
    assert "งานที่ค้างอยู่จะทำต่อ" in ran.stderr
    assert "Traceback" not in ran.stderr
