"""Sentences for sellers: in both languages, with what and where."""

import pytest

from schemas.channel import Part
from schemas.problem import Problem
from syndicator.domain import sentences
from tests.support.fake_channel import refusal

CHANNEL = "อินสตาแกรม"
EVERY = [
    sentences.unconfirmed(CHANNEL, "SY1234567"),
    sentences.edit_by_hand(CHANNEL, frozenset({Part.TEXT})),
    sentences.withdraw_by_hand(CHANNEL),
    sentences.publish_by_hand(CHANNEL),
    sentences.vanished(CHANNEL),
    sentences.gave_up(CHANNEL, "busy"),
]


@pytest.mark.parametrize("problem", EVERY, ids=lambda problem: problem.code)
def test_a_sentence_names_the_channel_in_both_languages(problem: Problem) -> None:
    assert CHANNEL in problem.th
    assert CHANNEL in problem.en


def test_codes_are_not_shared() -> None:
    assert len({problem.code for problem in EVERY}) == len(EVERY)


def test_an_unconfirmed_listing_says_which_code_to_look_for() -> None:
    problem = sentences.unconfirmed(CHANNEL, "SY1234567")

    assert "SY1234567" in problem.th
    assert "SY1234567" in problem.en


def test_parts_to_edit_are_named_in_thai_and_english() -> None:
    problem = sentences.edit_by_hand(CHANNEL, frozenset({Part.TEXT, Part.PICTURES}))

    assert (problem.path, "รูปภาพ" in problem.th, "text" in problem.en) == ("pictures,text", True, True)


def test_a_broken_picture_is_named_and_keeps_its_reason() -> None:
    problem = sentences.broken_picture("mango.jpg", refusal("corrupt"))

    assert (problem.path, problem.code) == ("image_files", "corrupt")
    assert problem.th.startswith("รูป mango.jpg")
