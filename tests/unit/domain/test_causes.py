"""Fingerprints of causes: the same trouble of many listings is one, different troubles are several."""

from dataclasses import replace

import pytest

from syndicator.domain.causes import Cause, in_words, normalised

BUSY = Cause(
    where="publish",
    error="Transient",
    channel="facebook_page",
    vendor_code="2",
    message="Facebook answered: Service temporarily unavailable (fbtrace AbC1dEf2, SY7K3M2Q9, 1015551234567)",
)

SAME = [
    (
        "Facebook answered: (#100) param ids 123, 456 and 17841400008460056 are not yours (trace AzX09-1)",
        "Facebook answered: (#100) param ids 99 and 17841400008460999 are not yours (trace Bx7712)",
    ),
    (
        "product 1000071365 answers but cannot be read yet",
        "product 1000071366 answers but cannot be read yet",
    ),
    (
        "stock of UTT-BNB-100 moved twice while it was written; it is written again later",
        "stock of CRI-CFE-250-A moved twice while it was written; it is written again later",
    ),
    (
        "ReadTimeout: timed out after 20.001 s",
        "ReadTimeout: timed out after 19.998 s",
    ),
    (
        "the picture https://media.example.test/a/3f2a9c.jpg is not there (SY7K3M2Q9)",
        "the picture https://media.example.test/b/77aa01.jpg is not there (SYABCDEFG)",
    ),
    (
        "รหัสสินค้า ๑๒๓ ไม่ผ่าน เมื่อ 2026-11-22T05:00:00+00:00",
        "รหัสสินค้า ๙๙ ไม่ผ่าน เมื่อ 2026-11-23T17:41:09+07:00",
    ),
    (
        "request 550e8400-e29b-41d4-a716-446655440000 from 10.0.0.7:52114 failed",
        "request 6ba7b810-9dad-11d1-80b4-00c04fd430c8 from 10.0.0.8:40001 failed",
    ),
    ("the  answer\nbroke off", "the answer broke off"),
]
DIFFERENT = [
    ("HTTP 500 from the gateway", "HTTP 502 from the gateway"),
    ("Unknown field 'price' in request", "Unknown field 'stock' in request"),
    ("ReadTimeout: timed out", "ConnectError: connection refused"),
    ("ไม่พบหมวดหมู่สินค้า", "ไม่พบรูปสินค้า"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_differs_from_listing_to_listing_is_blanked(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_tells_troubles_apart_stays(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_names_of_the_listing_are_blanked_wherever_they_stand() -> None:
    one = normalised("ไม่พบสินค้า HONEY-A ในร้าน (HONEY-A/HONEY)", ["HONEY", "HONEY-A", ""])
    other = normalised("ไม่พบสินค้า MANGO-B ในร้าน (MANGO-B/MANGO)", ["MANGO", "MANGO-B"])

    assert one == other
    assert "ไม่พบสินค้า" in one


def test_a_name_inside_another_word_is_not_blanked() -> None:
    assert "HONEYMOON" in normalised("HONEYMOON offer refused", ["HONEY"])


def test_thousands_of_listings_with_one_trouble_have_one_fingerprint() -> None:
    found = {
        replace(
            BUSY,
            message=f"Facebook answered: busy (fbtrace A{number:x}Z, SY{number:07d}), product P-{number} of 4312",
        ).fingerprint([f"P-{number}"])
        for number in range(4_312)
    }

    assert len(found) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"where": "update"},
        {"error": "Throttled"},
        {"channel": "instagram"},
        {"vendor_code": "100/33"},
        {"message": "Facebook answered: Please reduce the amount of data"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_step_error_channel_code_and_message_each_tell_causes_apart(changes: dict[str, str]) -> None:
    assert replace(BUSY, **changes).fingerprint() != BUSY.fingerprint()


def test_a_fingerprint_stays_the_same_from_release_to_release() -> None:
    # Letters are kept for as long as nobody decides; their groups must not fall apart with an update.
    assert BUSY.fingerprint() == "c2a7a52fe3"


def test_a_fingerprint_is_never_taken_for_the_number_of_a_letter() -> None:
    found = {replace(BUSY, message="x" * length).fingerprint() for length in range(200)}

    assert len(found) == 200
    assert not any(one.isdecimal() for one in found)
    assert {len(one) for one in found} == {10}


def test_a_long_message_without_digits_is_read_in_no_time() -> None:
    assert normalised("a" * 2_000 + " " + "/" * 2_000).startswith("aaa")


@pytest.mark.parametrize(
    "error", ["Transient", "WorkerLost", "DuplicateFound", "MalformedMessage", "KeyError"]
)
def test_every_cause_has_words_in_thai_and_english(error: str) -> None:
    th, en = in_words(error)

    assert th
    assert en
    assert any("฀" <= letter <= "๿" for letter in th)
