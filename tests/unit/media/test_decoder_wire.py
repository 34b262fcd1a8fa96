import io
import struct

import pytest

from schemas.problem import Problem
from syndicator.media.decoder_wire import (
    Answer,
    Request,
    WireBroken,
    read_answer,
    read_request,
    write_answer,
    write_request,
)
from syndicator.media.pipeline import RenderedPicture
from tests.support.pictures import FREE, LIMITS, SQUARE

PICTURE = RenderedPicture(data=b"jpeg", width=10, height=20)


def test_request_arrives_as_it_left() -> None:
    wire = io.BytesIO()
    request = Request(specs=[FREE, SQUARE], limits=LIMITS, data=b"\x00picture")

    write_request(wire, request)
    wire.seek(0)

    assert read_request(wire) == request
    assert read_request(wire) is None


def test_answer_arrives_as_it_left() -> None:
    wire = io.BytesIO()
    answer = Answer(
        pictures={"abc": PICTURE}, problem=Problem(path="", code="x", th="เสีย", en="bad"), peak_bytes=7
    )

    write_answer(wire, answer)
    wire.seek(0)

    assert read_answer(wire, 100) == answer


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00",
        struct.pack(">I", 2**31),
        struct.pack(">I", 4) + b"{}",
        struct.pack(">I", 3) + b"abc",
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 2) + b"{}",
    ],
)
def test_nonsense_from_the_process_is_refused(sent: bytes) -> None:
    with pytest.raises(WireBroken):
        read_answer(io.BytesIO(sent), 100)


def test_picture_above_the_announced_limit_is_refused() -> None:
    wire = io.BytesIO()
    write_answer(wire, Answer(pictures={"abc": PICTURE}))
    wire.seek(0)

    with pytest.raises(WireBroken, match="4 bytes"):
        read_answer(wire, 3)


def test_silence_is_none() -> None:
    assert read_answer(io.BytesIO(), 100) is None
