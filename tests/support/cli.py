"""Run the command line: as a process of its own, or in this process where start-up time is not the point."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.testing.sandbox.accounts import SandboxAccount
from syndicator.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 240
"""Longest run of one command; the machine may be busy."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on standard output; anything beside it there is an error."""
        return json.loads(self.out)

    def told(self, code: int, *words: str) -> "Ran":
        """Assert the exit code, the words for people, and that nobody was shown a traceback."""
        assert self.code == code, self
        assert "Traceback" not in self.out + self.err, self
        for word in words:
            assert word in self.out + self.err, (word, self)
        return self


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The command line under one environment."""

    env: Mapping[str, str]

    def run(self, *args: object) -> Ran:
        """Run a command in this process."""
        out, err = io.StringIO(), io.StringIO()
        with _environment(self.env), _arguments(args), redirect_stdout(out), redirect_stderr(err):
            code = _exit_code()
        return Ran(code, out.getvalue(), err.getvalue())

    def json(self, *args: object) -> Any:
        """Run a command with ``--json`` and return its document; it must succeed."""
        return self.run(*args, "--json").told(0).json

    def start(self, *args: object, **options: Any) -> subprocess.Popen[str]:
        """Start a command as a process of its own, in a session of its own, as a terminal does."""
        return subprocess.Popen(
            [sys.executable, "-m", "syndicator", *map(str, args)],
            env=self.full_env,
            cwd=ROOT,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=options.pop("stderr", subprocess.PIPE),
            start_new_session=True,
            **options,
        )

    def run_process(self, *args: object) -> Ran:
        """Run a command as a process of its own."""
        process = self.start(*args)
        try:
            out, err = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
        return Ran(process.returncode, out, err)

    @property
    def full_env(self) -> dict[str, str]:
        """The environment of a process: ours, with these variables; UTF-8 as every terminal of today."""
        return {**os.environ, "PYTHONUTF8": "1", "COLUMNS": "80", **self.env}

    def connect(self, account: SandboxAccount, secrets: Path, *more: object) -> Ran:
        """Connect an account as a person does, its secrets in files below ``secrets``."""
        return self.run("channels", "connect", account.kind, *connect_options(account, secrets), *more)


def connect_options(account: SandboxAccount, secrets: Path) -> list[str]:
    """Return the options that connect an account; secrets and settings are written to files below ``secrets``."""
    secrets.mkdir(parents=True, exist_ok=True)
    options = ["--name", account.name, "--id", account.external_id]
    for name, value in account.credentials.items():
        path = secrets / f"{account.name}-{name}"
        path.write_text(value + "\n", encoding="utf-8")
        options += ["--secret", f"{name}=@{path}"]
    for name, value in account.settings.items():
        path = secrets / f"{account.name}-{name}.json"
        path.write_text(json.dumps(value), encoding="utf-8")
        options += ["--setting", f"{name}=@{path}"]
    return options


def _exit_code() -> int:
    try:
        main()
    except SystemExit as exc:
        return 0 if exc.code is None else int(exc.code)
    return 0


@contextmanager
def _environment(env: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update({"COLUMNS": "80", **env})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _arguments(args: tuple[object, ...]) -> Iterator[None]:
    before = sys.argv
    sys.argv = ["syndicator", *map(str, args)]
    try:
        yield
    finally:
        sys.argv = before
