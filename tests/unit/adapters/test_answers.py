"""What is kept of an answer: short, free of secrets, and only what it claims to be."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from adapters.answers import (
    MAX_CODE,
    MAX_SAID,
    UNLISTED,
    code_of,
    id_of,
    json_of,
    said,
    unlisted_problem,
    wait_of,
)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("BAD_REQUEST", "BAD_REQUEST"),
        (4105, "4105"),
        (-2, "-2"),
        ("product.error_param", "product.error_param"),
        ("  901 ", "901"),
        ("สินค้า", "สินค้า"),
        ("<b>oops</b>", "b_oops_/b"),
        ("", None),
        ("  ", None),
        (None, None),
        (True, None),
        ({"code": 1}, None),
        ([1], None),
    ],
)
def test_a_code_is_a_number_or_a_text(value: Any, code: str | None) -> None:
    assert code_of(value) == code


def test_a_code_is_kept_short_and_shows_no_secret() -> None:
    code = code_of("access_token=VERYSECRET " + "x" * 5000)

    assert code is not None
    assert "VERYSECRET" not in code
    assert len(code) <= MAX_CODE


@pytest.mark.parametrize(
    ("value", "kept"), [("r-1", "r-1"), (17, "17"), ("", None), (None, None), ({}, None)]
)
def test_an_id_is_a_number_or_a_text(value: Any, kept: str | None) -> None:
    assert id_of(value) == kept


def test_words_are_capped_and_lose_every_secret_that_is_known() -> None:
    kept = said("the key ABCDEF and " * 100, ["ABCDEF"])

    assert "ABCDEF" not in kept
    assert len(kept) == MAX_SAID


def test_a_secret_too_short_to_tell_apart_is_not_looked_for() -> None:
    assert said("stock is short", ["s"]) == "stock is short"


@pytest.mark.parametrize("value", [None, 17, {"a": 1}, ["x"]])
def test_words_that_are_no_text_are_none(value: Any) -> None:
    assert said(value) == ""


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b"\xff\xfe", b"[" * 200_000])
def test_a_body_that_is_no_json_is_none(body: bytes) -> None:
    assert json_of(httpx.Response(200, content=body)) is None


@pytest.mark.parametrize("is_refused", [True, False])
def test_an_unlisted_answer_is_told_with_its_code_in_both_languages(is_refused: bool) -> None:
    problem = unlisted_problem("ร้าน", "The shop", "X-1", is_refused=is_refused)

    assert problem.code == UNLISTED
    assert ("ร้าน" in problem.th, "X-1" in problem.th) == (True, True)
    assert ("The shop" in problem.en, "X-1" in problem.en) == (True, True)
    assert "ผู้ดูแลระบบ" in problem.th
    assert "administrator" in problem.en


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("999999", 999_999),
        ("1000000", None),
        ("9" * 400, None),
        ("-1", None),
        ("๗", None),
        ("", None),
    ],
)
def test_only_a_sensible_wait_is_taken(header: str, seconds: int | None) -> None:
    answer = httpx.Response(429, headers=[(b"retry-after", header.encode())])

    assert wait_of(answer) == (None if seconds is None else timedelta(seconds=seconds))
