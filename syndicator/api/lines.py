"""A stream of bytes cut into lines, each of bounded length."""

from collections.abc import AsyncIterator
from typing import Final

_NEWLINE: Final = b"\n"


async def lines_of(stream: AsyncIterator[bytes], *, most_bytes: int) -> AsyncIterator[bytes | None]:
    """Yield the lines that are not blank, without their ends; None for each that is longer than ``most_bytes``."""
    held, is_skipping = bytearray(), False
    async for piece in stream:
        held += piece
        *whole, rest = held.split(_NEWLINE)
        for line in whole:
            if is_skipping or len(line) > most_bytes:
                yield None
            elif line.strip():
                yield bytes(line)
            is_skipping = False
        held = rest
        if len(held) > most_bytes:
            held, is_skipping = bytearray(), True
    if is_skipping or len(held) > most_bytes:
        yield None
    elif held.strip():
        yield bytes(held)
