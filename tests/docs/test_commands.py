"""Every command, option, exit code, setting and make target that the documentation names exists."""

import re
import subprocess
from pathlib import Path

import pytest

from syndicator.cli.exit_codes import Exit
from syndicator.cli.main import COMMANDS, load_command
from syndicator.settings import Settings
from tests.docs.generated import ROOT, settings_of

PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("adapters/*/README.md"))
    if path.is_file()
)
_COMMAND = re.compile(r"(?<![\w./-])(?:\.venv/bin/)?syndicator ((?:[a-z]+)(?: [^`|#\n]*)?)")
_OPTION = re.compile(r"--[a-z][a-z-]+")
_MAKE = re.compile(r"(?:`|^ {4})make ((?:[a-z]+ ?)+)", re.MULTILINE)
_SETTING = re.compile(r"SYNDICATOR_[A-Z0-9_]*[A-Z0-9]")
OTHER_VARIABLES = {"SYNDICATOR_EMARKET_DIR", "SYNDICATOR_TRACEBACK"}
"""Read beside the settings object: a short name, and a switch for people who look for a fault."""


def named_commands(text):
    """Yield (words after ``syndicator``) of every command line in code spans and blocks."""
    code = "\n".join(re.findall(r"`([^`\n]+)`", text) + re.findall(r"^ {4}(.+)$", text, re.MULTILINE))
    for match in _COMMAND.finditer(code):
        yield match[1].split()


def command_of(words):
    """Return the real command those words name, a group's subcommand included."""
    assert words[0] in COMMANDS, f"there is no command {words[0]}"
    found = load_command(words[0])
    subcommands = getattr(found, "commands", {})
    if len(words) > 1 and not words[1].startswith("-") and subcommands:
        assert words[1] in subcommands, f"there is no command {' '.join(words[:2])}"
        return subcommands[words[1]]
    return found


def options_of(command):
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_options_of_a_page_exist(page):
    for words in named_commands(page.read_text(encoding="utf-8")):
        known = options_of(command_of(words))
        for option in _OPTION.findall(" ".join(words)):
            assert option in known, f"{' '.join(words)}: there is no {option}"


def test_options_in_a_row_of_the_command_table_exist():
    for readme in (ROOT / "README.md", ROOT / "README.th.md"):
        for row in re.findall(r"^\| `syndicator .*$", readme.read_text(encoding="utf-8"), re.MULTILINE):
            words = row.split("`")[1].split()[1:]
            known = options_of(command_of(words))
            assert set(_OPTION.findall(row)) <= known, row


def test_readme_lists_every_command():
    rows = re.findall(
        r"^\| `syndicator ([a-z -]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    listed = {" ".join(row.split()) for row in rows}

    for name in COMMANDS:
        subcommands = getattr(load_command(name), "commands", {})
        for full in [f"{name} {sub}" for sub in subcommands] or [name]:
            assert full in listed, f"README.md does not list: syndicator {full}"


@pytest.mark.parametrize("readme", ["README.md", "README.th.md"])
def test_readme_lists_every_exit_code(readme):
    rows = re.findall(r"^\| (\d+) \|", (ROOT / readme).read_text(encoding="utf-8"), re.MULTILINE)

    assert [int(row) for row in rows] == [code.value for code in Exit]


@pytest.mark.parametrize("page", [*PAGES, ROOT / "config" / "env.example"], ids=lambda page: page.name)
def test_settings_named_exist(page):
    known = {setting.name for setting in settings_of(Settings)} | OTHER_VARIABLES
    known |= {f"{name}_FILE" for name in known}

    unknown = set(_SETTING.findall(page.read_text(encoding="utf-8"))) - known

    assert unknown == set()


def make_targets():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", text, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_of_a_page_exist(page):
    for match in _MAKE.finditer(page.read_text(encoding="utf-8")):
        assert set(match[1].split()) <= make_targets() or page.name not in {"README.md", "CONTRIBUTING.md"}, (
            match[0]
        )


def test_make_help_explains_every_target():
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout

    assert set(re.findall(r"^ {2}make ([a-z]+)", shown, re.MULTILINE)) == make_targets()


def test_ci_runs_the_test_command_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    command = re.search(r"make --no-print-directory ([a-z]+)", script)

    assert command is not None
    assert f"`make {command[1]}` runs every test" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_facts_cited_in_the_code_are_written_down():
    cited = re.compile(r"\b(meta|line|emarkets)\.md\W{0,4}(?:,? ?(?:sections?|§)? ?)(\d+(?:\.\d+)?)")
    headings = {
        sheet.stem: set(re.findall(r"^#+ (\d+(?:\.\d+)?)", sheet.read_text(encoding="utf-8"), re.MULTILINE))
        for sheet in (ROOT / "docs" / "channels").glob("*.md")
    }
    sources = [
        *ROOT.glob("adapters/**/*.py"),
        *ROOT.glob("syndicator/**/*.py"),
        *ROOT.glob("config/**/*.yaml"),
    ]

    found = [
        (path, sheet, section)
        for path in sources
        for sheet, section in cited.findall(path.read_text(encoding="utf-8"))
    ]

    assert len(found) > 20
    for path, sheet, section in found:
        known = headings[sheet] | {number.partition(".")[0] for number in headings[sheet]}
        assert section in known or section.partition(".")[0] == "15", (
            f"{Path(path).name}: {sheet}.md {section}"
        )
