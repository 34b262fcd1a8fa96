import pytest

from adapters.limits import TextUnit
from adapters.text import count, cut

FARMER = "👩🏽\u200d🌾"


@pytest.mark.parametrize(
    ("text", "code_points", "utf16", "utf8", "graphemes"),
    [
        ("", 0, 0, 0, 0),
        ("abc", 3, 3, 3, 3),
        ("น้ำ", 3, 3, 9, 1),
        ("ที่นี่", 6, 6, 18, 2),
        ("เมื่อ", 5, 5, 15, 3),
        ("🇹🇭", 2, 4, 8, 1),
        (FARMER, 4, 7, 15, 1),
    ],
)
def test_each_unit_counts_as_its_channel_does(text, code_points, utf16, utf8, graphemes):
    assert [count(text, unit) for unit in TextUnit] == [code_points, utf16, utf8, graphemes]


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("กล้วยอบเนย", 10, "กล้วยอบเนย"),
        ("กล้วยอบเนยบ้านสวน", 11, "กล้วยอบเนย…"),
        ("กล้วยอบเนยบ้านสวน", 10, "กล้วยอบ…"),
        ("กล้วยอบเนยบ้านสวน", 9, "กล้วยอบ…"),
        ("butter banana chips", 15, "butter banana…"),
        ("ขนม   อร่อยมาก", 7, "ขนม…"),
    ],
)
def test_text_is_cut_at_a_word_and_trailing_space_goes(text, limit, expected):
    assert cut(text, limit, TextUnit.CODE_POINTS) == expected


def test_a_word_too_long_for_the_room_is_cut_between_clusters():
    assert cut("เ" + "ปรี้ย" + "ฮฬฌ" * 40, 20, TextUnit.CODE_POINTS).endswith("…")
    assert len(cut("ฮฬฌ" * 40, 20, TextUnit.CODE_POINTS)) > 10


def test_an_address_without_a_word_boundary_still_uses_the_room():
    address = "x" * 200

    assert cut(address, 50, TextUnit.CODE_POINTS) == "x" * 49 + "…"


def test_no_leading_vowel_is_left_behind():
    assert cut("ก" * 3 + "แ" + "ฮ" * 9, 5, TextUnit.CODE_POINTS) == "กกก…"


def test_a_family_of_emoji_is_never_broken():
    assert cut(FARMER * 3, 15, TextUnit.UTF16_UNITS) == FARMER * 2 + "…"
    assert cut(FARMER * 3, 14, TextUnit.UTF16_UNITS) == FARMER + "…"


def test_another_ellipsis_is_counted_in_the_same_unit():
    assert cut("น้ำน้ำน้ำน้ำ", 22, TextUnit.UTF8_BYTES, ellipsis="...") == "น้ำน้ำ..."


def test_an_ellipsis_longer_than_the_limit_is_left_out():
    assert cut("abcdef", 2, TextUnit.CODE_POINTS, ellipsis="...") == "ab"


@pytest.mark.parametrize("limit", [0, -3])
def test_no_room_gives_no_text(limit):
    assert cut("กล้วย", limit, TextUnit.CODE_POINTS) == ""


def test_room_for_the_ellipsis_only_gives_the_ellipsis():
    assert cut("กล้วย", 1, TextUnit.CODE_POINTS) == "…"


def test_the_dictionary_is_not_loaded_before_a_cut_is_needed():
    import subprocess
    import sys

    program = (
        "import sys; from adapters import text; from adapters.limits import TextUnit as U; "
        "text.cut('น้ำ', 9, U.CODE_POINTS); text.normalize_thai('นํ้า'); sys.exit('pythainlp' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
