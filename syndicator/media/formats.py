"""What kind of picture a file is, told by its first bytes; names and extensions are never believed."""

from enum import StrEnum
from typing import Final

from syndicator.media.problems import MediaCode, MediaProblemError

SNIFF_BYTES: Final = 32
"""How many leading bytes :func:`sniff` looks at."""


class PictureFormat(StrEnum):
    """Kinds of source picture we open; the values are the decoder names."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    TIFF = "TIFF"
    HEIF = "HEIF"


_MAGIC: Final[tuple[tuple[bytes, PictureFormat], ...]] = (
    (b"\xff\xd8\xff", PictureFormat.JPEG),
    (b"\x89PNG\r\n\x1a\n", PictureFormat.PNG),
    (b"II*\x00", PictureFormat.TIFF),
    (b"MM\x00*", PictureFormat.TIFF),
)
_KNOWN_BUT_UNSUPPORTED: Final[tuple[tuple[bytes, str], ...]] = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"8BPS", "PSD"),
    (b"%PDF", "PDF"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP", "JPEG 2000"),
    (b"II+\x00", "BigTIFF"),
    (b"MM\x00+", "BigTIFF"),
)
_HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def sniff(head: bytes) -> PictureFormat:
    """Tell the kind of a picture from its first ``SNIFF_BYTES`` bytes.

    Raises:
        MediaProblemError: ``picture_empty``, ``unsupported_format`` (a picture we know but do not open) or
            ``not_a_picture``.
    """
    if not head:
        raise MediaProblemError.of(MediaCode.EMPTY)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PictureFormat.WEBP
    if head[4:8] == b"ftyp":
        return _sniff_box_file(head)
    for magic, name in _KNOWN_BUT_UNSUPPORTED:
        if head.startswith(magic):
            raise MediaProblemError.of(MediaCode.UNSUPPORTED_FORMAT, format=name)
    raise MediaProblemError.of(MediaCode.NOT_A_PICTURE)


def _sniff_box_file(head: bytes) -> PictureFormat:
    # AVIF files often carry "mif1" as a compatible brand, so the major brand decides.
    brand = head[8:12]
    if brand in _HEIF_BRANDS:
        return PictureFormat.HEIF
    if brand in {b"avif", b"avis"}:
        raise MediaProblemError.of(MediaCode.UNSUPPORTED_FORMAT, format="AVIF")
    raise MediaProblemError.of(MediaCode.NOT_A_PICTURE)


def webp_size(head: bytes) -> tuple[int, int] | None:
    """Read width and height off the first ``SNIFF_BYTES`` bytes of a WebP file; None when they make no sense.

    Its decoder takes memory for the whole canvas before it tells the size, so the size is read here first.
    Source: RFC 9649, sections 2.7 (VP8X) and 3.4 (VP8L); RFC 6386, section 9.1 (VP8).
    """
    chunk, body = head[12:16], head[20:]
    if len(body) < 10:  # noqa: PLR2004 - the shortest frame header
        return None
    if chunk == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    return None
