"""Sentences for sellers: in both languages, with what and where."""

import pytest

from schemas.channel import Part
from schemas.problem import Problem
from syndicator.domain import sentences
from tests.support.fake_channel import refusal

CHANNEL = "อินสตาแกรม"
HOW = sentences.Answering(sku="P-1", account="ig")
EVERY = [
    sentences.unconfirmed(CHANNEL, "SY1234567", HOW),
    sentences.edit_by_hand(CHANNEL, frozenset({Part.TEXT}), HOW),
    sentences.withdraw_by_hand(CHANNEL, HOW),
    sentences.publish_by_hand(CHANNEL, HOW),
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
    problem = sentences.unconfirmed(CHANNEL, "SY1234567", HOW)

    assert "SY1234567" in problem.th
    assert "SY1234567" in problem.en


@pytest.mark.parametrize(
    ("problem", "answers"),
    [
        (EVERY[0], ["--live CODE", "--absent"]),
        (EVERY[1], ["--done"]),
        (EVERY[2], ["--done"]),
        (EVERY[3], ["--live CODE"]),
    ],
    ids=lambda value: getattr(value, "code", ""),
)
def test_a_question_names_the_command_that_answers_it(problem: Problem, answers: list[str]) -> None:
    for answer in answers:
        command = f"syndicator confirm P-1 --channel ig {answer}"
        assert command in problem.th
        assert command in problem.en


def test_a_code_with_a_space_is_quoted_in_the_command() -> None:
    asked = sentences.withdraw_by_hand(CHANNEL, sentences.Answering(sku="P 1", account="ig"))

    assert "confirm 'P 1' --channel ig" in asked.th


def test_parts_to_edit_are_named_in_thai_and_english() -> None:
    problem = sentences.edit_by_hand(CHANNEL, frozenset({Part.TEXT, Part.PICTURES}), HOW)

    assert (problem.path, "รูปภาพ" in problem.th, "text" in problem.en) == ("pictures,text", True, True)


def test_a_broken_picture_is_named_and_keeps_its_reason() -> None:
    problem = sentences.broken_picture("mango.jpg", refusal("corrupt"))

    assert (problem.path, problem.code) == ("image_files", "corrupt")
    assert problem.th.startswith("รูป mango.jpg")
