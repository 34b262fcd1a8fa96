import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.comparing import prices_apart, texts_apart, units_apart
from adapters.line_shop.wire import html
from adapters.observing import Difference
from adapters.text import plain
from schemas.product import DescriptionFormat


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ("", ""),
        ("กล้วย อบเนย", "กล้วยอบเนย"),
        ("หนึ่ง\n\nสอง", "หนึ่ง สอง\r\n"),
        ("cafe\u0301", "café"),
    ],
)
def test_white_space_and_ways_of_writing_a_letter_are_no_difference(wanted: str, seen: str) -> None:
    assert texts_apart(wanted, seen) is None


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [("กล้วยอบเนย", "กล้วยอบเนยสด"), ("กล้วยอบเนยสด", "กล้วยอบเนย"), ("a", ""), ("น้ำ", "นำ"), ("a b c", "a bd")],
)
def test_other_letters_are_a_difference(wanted: str, seen: str) -> None:
    assert texts_apart(wanted, seen) == Difference(wanted=wanted, seen=seen)


def test_long_texts_are_cut_to_where_they_part() -> None:
    head, tail = "ก" * 500, "ข" * 500

    difference = texts_apart(f"{head} เดิม {tail}", f"{head} ใหม่ {tail}")

    assert difference is not None
    assert "เดิม" in difference.wanted
    assert "ใหม่" in difference.seen
    assert difference.wanted[0] == difference.wanted[-1] == "…"
    assert len(difference.wanted) < 100


@given(st.text(alphabet=st.characters(codec="utf-8", categories=["L", "M", "N", "P", "S", "Zs"])))
def test_a_text_that_a_shop_shows_as_html_is_still_the_same(text: str) -> None:
    assert texts_apart(text, plain(html(text), DescriptionFormat.HTML)) is None


def test_prices_and_units_are_shown_for_what_differs_only() -> None:
    assert prices_apart({"A": 4500, "B": 10_000}, {"A": 4950, "B": 10_000, "C": 1}) == Difference(
        wanted="A: ฿45", seen="A: ฿49.50"
    )
    assert units_apart({"A": 1, "B": 0}, {"A": 0, "B": 5}) == Difference(
        wanted="A: 1, B: 0", seen="A: 0, B: 5"
    )


def test_what_the_channel_does_not_name_is_not_compared() -> None:
    assert prices_apart({"A": 4500}, {}) is None
    assert units_apart({"A": 1}, {"B": 2}) is None
