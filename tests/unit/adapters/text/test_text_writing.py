import pytest

from adapters.text import hashtag, normalize_thai, plain
from schemas.product import DescriptionFormat


@pytest.mark.parametrize(
    ("written", "repaired"),
    [
        ("น\u0e4d\u0e49\u0e32", "น้ำ"),
        ("น\u0e49\u0e4d\u0e32", "น้ำ"),
        ("น\u0e33\u0e49", "น้ำ"),
        ("เเม่", "แม่"),
        ("ป\u0e48\u0e31น", "ปั่น"),
        ("ก\u0e48\u0e48า", "ก่า"),
        ("กา\u0e49", "ก้า"),
        ("ข้าว\u200bหอม\u200c\u2060\ufeff", "ข้าวหอม"),
        ("ข้าว\u00a0หอม", "ข้าว หอม"),
        ("Cafe\u0301", "Café"),
        ("บรรทัดหนึ่ง\n\nบรรทัด  สอง", "บรรทัดหนึ่ง\n\nบรรทัด  สอง"),
        ("👩🏽\u200d🌾", "👩🏽\u200d🌾"),
        ("น้ำ", "น้ำ"),
    ],
)
def test_spellings_that_look_alike_become_one(written, repaired):
    assert normalize_thai(written) == repaired


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("ของฝากอุตรดิตถ์", "#ของฝากอุตรดิตถ์"),
        ("กล้วย อบ-เนย!", "#กล้วยอบเนย"),
        ("#OTOP 5 ดาว", "#OTOP5ดาว"),
        ("butter_banana", "#butter_banana"),
        ("น\u0e4d\u0e49\u0e32", "#น้ำ"),
        ("🐘", "#🐘"),
        ("👩🏽\u200d🌾", "#👩🏽\u200d🌾"),
        ("!?", ""),
        ("_", ""),
        ("", ""),
    ],
)
def test_a_hashtag_is_one_word(tag, expected):
    assert hashtag(tag) == expected


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>ก</p><p>ข</p>", "ก\n\nข"),
        ("ก<br>ข<br/>ค", "ก\nข\nค"),
        ("<b>ก</b> <strong>ข</strong> <i>ค</i> <em>ง</em>", "ก ข ค ง"),
        ("<p>มี</p><ul><li>หนึ่ง</li><li>สอง</li></ul>จบ", "มี\n\n• หนึ่ง\n• สอง\n\nจบ"),
        ("<ol><li>ต้ม</li><li>พัก</li></ol>", "1. ต้ม\n2. พัก"),
        ("<ul><li>ก<li>ข</ul>", "• ก\n• ข"),
        ("pH 8&ndash;9 &amp; &lt;b&gt; &#3585;", "pH 8–9 & <b> ก"),
        ("ก\n   ข", "ก ข"),
        ("<script>x()</script>ก<style>p{}</style>", "ก"),
        ("<p>ก", "ก"),
        ("</ul></li>ก", "ก"),
    ],
)
def test_html_becomes_lines_and_bullets(html, text):
    assert plain(html, DescriptionFormat.HTML) == text


def test_plain_text_keeps_its_signs_and_gets_one_kind_of_line_end():
    assert plain(" ก < ข\r\n&amp;\rค ", DescriptionFormat.PLAIN) == "ก < ข\n&amp;\nค"
