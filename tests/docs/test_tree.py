"""What must never be in the tree: secrets, addresses of registries, paths of a machine, unfinished work, large files."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_FILE_BYTES = 500_000
LOCKS = ("requirements.lock", "requirements-dev.lock")


def unseamed(text):
    """Join what is written with seams (~), so that this file does not hold what it looks for."""
    return text.replace("~", "")


FORBIDDEN = {
    what: re.compile(unseamed(pattern))
    for what, pattern in {
        "address of a package registry": r"py~pi\.org|python~hosted\.org|--(?:extra-)?index-~url|--find-~links",
        "path of somebody's machine": r"(?<![\w.])/(?:wo~rk|ho~me|Us~ers)/[\w.]+|/tm~p/h/",
        "unfinished work": r"\b(?:TO~DO|FIX~ME|X~XX)\b|raise Not~ImplementedError",
        "private key": r"-----BEGIN [A-Z ]*PRIVATE ~KEY-----",
        "access key": r"\bAK~IA[0-9A-Z]{16}\b|\bgh~[pousr]_[A-Za-z0-9]{36}\b|\bEA~A[A-Za-z0-9]{60,}",
    }.items()
}
ALLOWED = {
    # Lock files are compiled with this switched off; the Makefile names the options that do so.
    ("Makefile", "address of a package registry"): re.compile(r"--no-emit-(?:index-url|find-links)"),
}


def tracked_files():
    """Return the files of the project, as git knows them; without git (a source archive), all but the generated ones."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    skipped = {".venv", "var", "__pycache__"}
    return [p for p in ROOT.rglob("*") if p.is_file() and not skipped & set(p.relative_to(ROOT).parts)]


FILES = tracked_files()


def texts():
    for path in FILES:
        data = path.read_bytes()
        if b"\0" not in data[:8_000]:
            yield path.relative_to(ROOT).as_posix(), data.decode("utf-8", errors="replace")


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what):
    found = [
        f"{name}: {match[0]}"
        for name, text in texts()
        for match in FORBIDDEN[what].finditer(_without_allowed(name, what, text))
    ]

    assert found == []


def _without_allowed(name, what, text):
    allowed = ALLOWED.get((name, what))
    return text if allowed is None else allowed.sub("", text)


@pytest.mark.parametrize(
    "text",
    [
        "https://py~pi.org/simple",
        "see /ho~me/somebody/notes",
        "# TO~DO later",
        "-----BEGIN RSA PRIVATE ~KEY-----",
        "AK~IAABCDEFGHIJKLMNOP",
    ],
)
def test_the_patterns_find_what_they_are_for(text):
    assert any(pattern.search(unseamed(text)) for pattern in FORBIDDEN.values())


def test_no_file_is_large():
    large = [path.relative_to(ROOT).as_posix() for path in FILES if path.stat().st_size > MAX_FILE_BYTES]

    assert large == []


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_pins_everything_with_hashes(lock):
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith((" ", "#"))]

    assert pins
    for pin in pins:
        assert re.match(r"[a-z0-9][a-z0-9.\[\],-]*==[^ ]+( ; .*)? \\$", pin), pin
    assert sum("--hash=sha256:" in line for line in lines) >= len(pins)


def test_both_locks_agree():
    def versions(lock):
        text = (ROOT / lock).read_text(encoding="utf-8")
        return set(re.findall(r"^([a-z0-9.-]+)(?:\[[^\]]*\])?==(\S+)", text, re.MULTILINE))

    assert versions(LOCKS[0]) <= versions(LOCKS[1])


def test_top_level_holds_only_what_belongs_there():
    known = {
        "adapters", "config", "docs", "schemas", "syndicator", "tests", "workers", ".ci",
        "README.md", "README.th.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "pyproject.toml", *LOCKS,
    }  # fmt: skip
    found = {path.relative_to(ROOT).parts[0] for path in FILES}

    assert {name for name in found - known if not name.startswith(".")} == set()
