import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from adapters.limits import TextUnit
from adapters.text import count, cut, hashtag, normalize_thai, plain
from schemas.product import DescriptionFormat

THAI = st.text(st.characters(min_codepoint=0x0E01, max_codepoint=0x0E5B), max_size=120)
SYLLABLES = st.lists(
    st.sampled_from(
        [
            "น้ำ",
            "เมื่อ",
            "ที่นี่",
            "เปรี้ยว",
            "กล้วย",
            "แม่",
            "โอ่ง",
            "ไหม",
            "ใบ",
            " ",
            "OTOP",
            "🇹🇭",
            "👩🏽\u200d🌾",
            "\n",
        ]
    ),
    max_size=40,
).map("".join)
ANY = st.one_of(SYLLABLES, THAI, st.text(max_size=120))
UNITS = st.sampled_from(TextUnit)
LIMITS = st.integers(min_value=0, max_value=90)
GRAPHEME = regex.compile(r"\X")
DANGLING = regex.compile(r"[เแโใไ][\p{M}\p{Cf}\s]*\Z")


@given(ANY, LIMITS, UNITS)
def test_a_cut_never_exceeds_the_limit(text, limit, unit):
    assert count(cut(text, limit, unit), unit) <= limit


@given(ANY, UNITS)
def test_what_fits_is_unchanged(text, unit):
    assert cut(text, count(text, unit), unit) == text


@given(ANY, LIMITS, UNITS)
def test_what_is_kept_is_the_beginning_of_the_text_at_whole_graphemes(text, limit, unit):
    kept = cut(text, limit, unit, ellipsis="")
    ends = {0, *(match.end() for match in GRAPHEME.finditer(text))}

    assert text.startswith(kept)
    # White space at the end is dropped, so the cut stands where the kept text and that space end.
    space = len(text[len(kept) :]) - len(text[len(kept) :].lstrip())
    assert ends & set(range(len(kept), len(kept) + space + 1))


@given(ANY, LIMITS, UNITS)
def test_a_cut_leaves_no_leading_vowel_dangling(text, limit, unit):
    kept = cut(text, limit, unit, ellipsis="")

    assert kept == text or not DANGLING.search(kept)


@given(SYLLABLES, LIMITS, UNITS)
def test_a_cut_text_says_so(text, limit, unit):
    shortened = cut(text, limit, unit)

    assert shortened == text or limit < count("…", unit) or shortened.endswith("…")


@given(ANY, LIMITS, UNITS)
def test_cutting_again_changes_nothing(text, limit, unit):
    once = cut(text, limit, unit)

    assert cut(once, limit, unit) == once


@given(ANY)
def test_repairing_again_changes_nothing(text):
    once = normalize_thai(text)

    assert normalize_thai(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(ANY)
def test_the_composed_and_the_decomposed_spelling_become_the_same(text):
    assert normalize_thai(text) == normalize_thai(unicodedata.normalize("NFD", text))


@given(ANY)
def test_sara_am_written_in_two_parts_becomes_the_same(text):
    assert normalize_thai(text.replace("\u0e33", "\u0e4d\u0e32")) == normalize_thai(text)


@given(ANY)
def test_a_hashtag_has_no_space_and_one_hash_in_front(tag):
    written = hashtag(tag)

    assert not regex.search(r"\s", written)
    assert written.count("#") == (1 if written else 0)


@given(
    st.one_of(
        ANY,
        st.lists(
            st.sampled_from(
                ["<p>", "</p>", "<ul>", "<ol>", "<li>", "</ol>", "<br>", "ก", "&amp;", "<", "&", "<script>"]
            )
        ).map("".join),
    )
)
def test_plain_text_of_any_markup_is_tidy(html):
    text = plain(html, DescriptionFormat.HTML)

    assert text == text.strip()
    assert "\n\n\n" not in text


@pytest.mark.parametrize("unit", TextUnit)
@given(text=ANY, more=ANY)
def test_longer_text_never_counts_less(unit, text, more):
    assert count(text + more, unit) >= count(text, unit)
