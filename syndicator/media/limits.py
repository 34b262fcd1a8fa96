"""What opening one source picture may cost."""

from dataclasses import dataclass
from datetime import timedelta

from syndicator.media.settings import MediaSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeLimits:
    """Bounds of one decode.

    Attributes:
        max_pixels: Width times height of the source; read from its header before any pixel is decoded.
        max_bytes: Size of the source file.
        min_side: Shorter side in pixels below which nobody could see the goods. House rule.
        timeout: Wall-clock time of one picture in the decoding process, after which the process is killed.
        memory_bytes: Private memory (heap and anonymous maps) the decoding process may hold.
    """

    max_pixels: int = 80_000_000
    max_bytes: int = 40_000_000
    min_side: int = 50
    timeout: timedelta = timedelta(seconds=20)
    memory_bytes: int = 384 * 1024 * 1024

    @classmethod
    def from_settings(cls, settings: MediaSettings) -> "DecodeLimits":
        """Take the limits out of the program's settings."""
        return cls(
            max_pixels=settings.max_pixels,
            max_bytes=settings.max_bytes,
            timeout=settings.decode_timeout,
            memory_bytes=settings.decode_memory_bytes,
        )
