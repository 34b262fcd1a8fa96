"""A stream cut into lines, however it comes."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from syndicator.api.lines import lines_of

WHOLE = b'{"a":1}\r\n\n  \n{"b":2}\n' + b"x" * 30 + b"\nend"


def lines(pieces: list[bytes], most: int = 20) -> list[bytes | None]:
    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def read() -> list[bytes | None]:
        return [line async for line in lines_of(stream(), most_bytes=most)]

    return asyncio.run(read())


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_lines_are_the_same_however_they_come(size: int) -> None:
    pieces = [WHOLE[at : at + size] for at in range(0, len(WHOLE), size)]

    assert lines(pieces) == [b'{"a":1}\r', b'{"b":2}', None, b"end"]


def test_a_last_line_that_is_too_long_is_told_and_a_stream_may_be_empty() -> None:
    assert lines([b"x" * 21]) == [None]
    assert lines([b"x" * 15, b"x" * 15, b"x"]) == [None]
    assert lines([]) == lines([b"\n \n"]) == []
