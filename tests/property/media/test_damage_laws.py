"""Whatever is done to a picture's bytes, it is rendered or refused with a problem; nothing else can happen."""

from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.problem import Problem
from syndicator.media.problems import MediaProblemError
from tests.support.pictures import encode, quarters, render_one

KINDS = ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "MPO"]


@cache
def whole(kind: str) -> bytes:
    return encode(quarters(96, 64), kind, exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00")


def outcome(source: bytes) -> bytes | Problem:
    try:
        return render_one(source).data
    except MediaProblemError as refused:
        return refused.problem


def rendered_or_refused(source: bytes) -> None:
    found = outcome(source)

    assert isinstance(found, Problem) or found.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_flipped_bytes(kind: str, data: st.DataObject) -> None:
    source = bytearray(whole(kind))
    for place in data.draw(st.lists(st.integers(0, len(source) - 1), min_size=1, max_size=8)):
        source[place] = data.draw(st.integers(0, 255))

    rendered_or_refused(bytes(source))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_cut_off_anywhere(kind: str, data: st.DataObject) -> None:
    rendered_or_refused(whole(kind)[: data.draw(st.integers(0, len(whole(kind))))])


@given(st.binary(max_size=400))
@example(b"\xff\xd8\xff")
@example(b"\x89PNG\r\n\x1a\n")
def test_any_bytes(source: bytes) -> None:
    rendered_or_refused(source)
