"""The error tables and the fact sheets hold the same codes with the same meaning: what stands in one stands in the other."""

import re
from collections.abc import Iterator

import pytest
import yaml

from adapters.config_files import config_dir
from adapters.emarket.errors import Refusal, classify
from adapters.emarket.loading import load_market
from adapters.emarket.market import ErrorFile, ErrorKind, Market, SourcedRule
from adapters.emarket.sentences import SAYINGS
from adapters.errors import ChannelError, Rejected
from adapters.line_shop.errors import ERROR_TABLE, STATUS_OF, Operation, row_for
from adapters.meta_graph.error_rows import ERROR_ROWS
from adapters.settings import EmarketSettings
from schemas.problem import Problem
from tests.support.fact_sheets import listed, rows_of

META = rows_of("meta.md", "code", "subcode", "class")
LINE = rows_of("line.md", "status", "code", "for", "class")
MARKETS = rows_of("emarkets.md", "file", "code", "message", "kind")
MARKET = load_market(EmarketSettings(), "sandbox-emarket").market
FILES = {path.stem: path for path in sorted((config_dir() / "emarkets" / "errors").glob("*.yaml"))}

GraphKey = tuple[int | None, int | None, int | None, str | None]


def is_told(problem: Problem) -> None:
    """A sentence in Thai and one in English, every word filled in."""
    assert any("\u0e00" <= letter <= "\u0e7f" for letter in problem.th)
    assert len(problem.en) > 20
    assert not {"{", "}"} & set(problem.th + problem.en)


# Meta


def graph_keys(row: dict[str, str]) -> Iterator[GraphKey]:
    """Yield (code, last code of a range, subcode, words) of a row of the sheet."""
    words = re.fullmatch(r'words "(.+)"', row["subcode"])
    for code in listed(row["code"]):
        first, _, last = code.partition(" to ")
        number = None if first == "any" else int(first)
        if words:
            yield number, None, None, words[1]
        else:
            for subcode in listed(row["subcode"]) or [None]:
                yield number, int(last) if last else None, None if subcode is None else int(subcode), None


SHEET = {key: row["class"] for row in META for key in graph_keys(row)}
ROWS = {(row.code, row.code_to, row.subcode, row.message_says): row for row in ERROR_ROWS}


def test_the_sheet_of_meta_names_no_code_twice() -> None:
    assert len(SHEET) == sum(1 for row in META for _ in graph_keys(row))
    assert len(SHEET) > 80


@pytest.mark.parametrize("key", SHEET, ids=str)
def test_a_code_in_the_sheet_of_meta_stands_in_the_table_with_that_class(key: GraphKey) -> None:
    assert key in ROWS, f"{key} stands in docs/channels/meta.md and not in error_rows.py"
    assert ROWS[key].meaning.name == SHEET[key]


@pytest.mark.parametrize("key", ROWS, ids=str)
def test_a_row_for_meta_stands_in_the_sheet(key: GraphKey) -> None:
    assert key in SHEET, f"{key} stands in error_rows.py and not in docs/channels/meta.md"


def test_codes_that_the_sheet_explains_whatever_their_subcode_say_so_there() -> None:
    said = {key for row in META if "whatever the subcode" in row["what it says"] for key in graph_keys(row)}

    assert said == {key for key, row in ROWS.items() if row.any_subcode}


# LINE

LINE_CASES = [
    (int(status), code, operation, row["class"])
    for row in LINE
    for status in listed(row["status"])
    for code in listed(row["code"]) or [None]
    for operation in (Operation if row["for"] == "any" else map(Operation, listed(row["for"])))
]


@pytest.mark.parametrize(("status", "code", "operation", "name"), LINE_CASES, ids=str)
def test_an_answer_in_the_sheet_of_line_has_the_class_it_says(
    status: int, code: str | None, operation: Operation, name: str
) -> None:
    row = row_for(status, operation, code)

    assert row is not None
    assert row.error.__name__ == name
    assert code is None or STATUS_OF[code] == status


def test_every_row_for_line_stands_in_the_sheet() -> None:
    reached = {id(row_for(status, operation, code)) for status, code, operation, _ in LINE_CASES}

    assert [row for row in ERROR_TABLE if id(row) not in reached] == []


def test_every_code_that_line_declares_stands_in_the_sheet() -> None:
    assert {code for _, code, _, _ in LINE_CASES if code} == set(STATUS_OF)


@pytest.mark.parametrize("row", ERROR_TABLE, ids=str)
def test_every_row_for_line_names_its_source_and_speaks_both_languages(row) -> None:
    is_told(row.sentence.problem(said="x"))
    assert row.source
    assert row.why


# E-markets


def market_of(name: str) -> Market:
    """A market that knows the rules of one file only."""
    return MARKET.model_copy(update={"errors": rules_of(name)})


def rules_of(name: str) -> tuple[SourcedRule, ...]:
    return ErrorFile.model_validate(yaml.safe_load(FILES[name].read_text(encoding="utf-8"))).rules


MARKET_CASES = [
    (row["file"], code, "" if row["message"] == "–" else row["message"], row["kind"])
    for row in MARKETS
    for code in listed(row["code"])
]
RULES = [(name, rule) for name in FILES for rule in rules_of(name)]


def first_rule(name: str, code: str, message: str) -> SourcedRule | None:
    return next(
        (
            rule
            for rule in rules_of(name)
            if (rule.code is None or re.search(rule.code, code))
            and (rule.message is None or re.search(rule.message, message))
        ),
        None,
    )


@pytest.mark.parametrize(("name", "code", "message", "kind"), MARKET_CASES, ids=str)
def test_a_code_in_the_sheet_of_markets_has_a_rule_of_that_kind(
    name: str, code: str, message: str, kind: str
) -> None:
    rule = first_rule(name, code, message)

    assert rule is not None, f"{code} stands in docs/channels/emarkets.md and not in errors/{name}.yaml"
    assert rule.kind is ErrorKind(kind)


@pytest.mark.parametrize(("name", "rule"), RULES, ids=str)
def test_a_rule_for_a_market_decides_over_a_code_of_the_sheet(name: str, rule: SourcedRule) -> None:
    decided = [case for case in MARKET_CASES if case[0] == name and first_rule(*case[:3]) == rule]

    assert decided, f"no code of docs/channels/emarkets.md is decided by this rule of errors/{name}.yaml"


@pytest.mark.parametrize(("name", "code", "message", "kind"), MARKET_CASES, ids=str)
def test_a_listed_code_of_a_market_is_told_in_both_languages_and_is_no_news(
    name: str, code: str, message: str, kind: str
) -> None:
    refusal = Refusal(http=200, code=code, message=message)

    for mutating in (True, False):
        error = classify(market_of(name), refusal, mutating=mutating)
        assert error.unlisted_in is None
        is_told(shown(error))


@pytest.mark.parametrize(("name", "rule"), RULES, ids=str)
def test_a_rule_for_a_market_names_a_section_of_the_sheet(name: str, rule: SourcedRule) -> None:
    assert re.fullmatch(r"emarkets\.md \d+(\.\d+)?", rule.source)


def test_every_sentence_a_rule_can_name_is_named_by_one() -> None:
    assert {rule.says for _, rule in RULES if rule.says} == set(SAYINGS)


@pytest.mark.parametrize("kind", ErrorKind)
def test_every_kind_of_refusal_has_an_error_and_a_sentence(kind: ErrorKind) -> None:
    rule = SourcedRule(code="^X$", kind=kind, source="made up", grade="assumed")
    market = MARKET.model_copy(update={"errors": (rule,)})

    for mutating in (True, False):
        error = classify(market, Refusal(http=200, code="X", message="why"), mutating=mutating)
        is_told(shown(error))


def shown(error: ChannelError) -> Problem:
    problem = error.problems[0] if isinstance(error, Rejected) else error.problem
    assert problem is not None
    return problem
