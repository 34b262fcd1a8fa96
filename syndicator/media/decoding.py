"""Open one source picture, whatever it is, and hand on upright 8-bit pixels no larger than needed.

Pillow does the decoding. Every way a file can be wrong leaves here as a ``MediaProblemError``.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Final

from PIL import ExifTags, Image, UnidentifiedImageError

from schemas.media import PictureSpec
from syndicator.media.colour import to_eight_bits, to_srgb
from syndicator.media.formats import SNIFF_BYTES, PictureFormat, sniff, webp_size
from syndicator.media.geometry import place
from syndicator.media.limits import DecodeLimits
from syndicator.media.problems import MediaCode, MediaProblemError

DRAFT_SLACK: Final = 0.95
"""A scaled JPEG decode that misses the wanted size by up to 5 % is taken as it is.

A 12-megapixel phone photo halves to 2000 or 2016 pixels, just short of 2048. Decoding it in full for those last
pixels costs 3.5 times the CPU (measured: 56 + 120 ms against 38 + 0 ms), and no channel asks for them.
"""
SHRINK_FILTER: Final = Image.Resampling.BICUBIC
"""Anti-aliased when shrinking. LANCZOS costs 1.4 times as much for 0.2 dB (measured against a full decode)."""

WEBP_BYTES_PER_PIXEL: Final = 16
"""Two canvases in the decoder, its answer and our pixels; measured: 200 MB for 12 megapixels."""

_TRANSPOSE: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation to what sets the picture upright (EXIF 2.32, tag 0x0112)."""
_SIDEWAYS: Final = frozenset({5, 6, 7, 8})

_DAMAGE: Final = (
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    OSError,
    RuntimeError,
    struct.error,
    zlib.error,
    OverflowError,
    NotImplementedError,
    AssertionError,
)
"""What Pillow's and libheif's readers raise on damaged files (all seen while feeding them broken ones)."""


def decode(source: bytes, specs: Sequence[PictureSpec], limits: DecodeLimits) -> Image.Image:
    """Decode ``source`` once, at the smallest scale that still serves every spec.

    Shape: an upright RGB or RGBA image in sRGB whose ``info`` is empty, so that no metadata can reach a file
    made from it. Of several frames or pages the first is taken.

    Raises:
        MediaProblemError: The file is refused; the code says why.
    """
    if len(source) > limits.max_bytes:
        raise MediaProblemError.of(MediaCode.TOO_MANY_BYTES, limit=limits.max_bytes // 1_000_000)
    kind = sniff(source[:SNIFF_BYTES])
    if kind is PictureFormat.WEBP:
        _check_webp(source[:SNIFF_BYTES], limits)
    with _damage_as_problem(limits), _quiet():
        image = _open(source, kind)
        _check_size(image, limits)
        return _upright_srgb(image, specs)


@contextmanager
def _damage_as_problem(limits: DecodeLimits) -> Iterator[None]:
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise _too_many_pixels(limits) from exc
    except MemoryError as exc:
        raise MediaProblemError.of(MediaCode.OUT_OF_MEMORY) from exc
    except UnidentifiedImageError as exc:
        raise MediaProblemError.of(MediaCode.CORRUPT) from exc
    except _DAMAGE as exc:
        code = MediaCode.TRUNCATED if "truncated" in str(exc).lower() else MediaCode.CORRUPT
        raise MediaProblemError.of(code) from exc


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Pillow's remarks on odd metadata, which nobody could act on; its size alarm becomes an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _open(source: bytes, kind: PictureFormat) -> Image.Image:
    if kind is PictureFormat.HEIF:
        _register_heif()
    # An MPO is a JPEG with further pictures behind it (phones write depth maps so); only the JPEG is read.
    return Image.open(io.BytesIO(source), formats=[kind.value])


@cache
def _register_heif() -> None:
    import pillow_heif  # noqa: PLC0415 - libheif is loaded only by a process that meets such a picture

    pillow_heif.options.DECODE_THREADS = 1
    pillow_heif.register_heif_opener(thumbnails=False)


def _check_webp(head: bytes, limits: DecodeLimits) -> None:
    size = webp_size(head)
    if size is None:
        return  # The decoder will say what is wrong with it.
    if size[0] * size[1] > limits.max_pixels:
        raise _too_many_pixels(limits)
    if size[0] * size[1] * WEBP_BYTES_PER_PIXEL > limits.memory_bytes:
        raise MediaProblemError.of(MediaCode.OUT_OF_MEMORY)


def _check_size(image: Image.Image, limits: DecodeLimits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise _too_many_pixels(limits)
    if min(width, height) < limits.min_side:
        raise MediaProblemError.of(MediaCode.TOO_SMALL, width=width, height=height, limit=limits.min_side)


def _too_many_pixels(limits: DecodeLimits) -> MediaProblemError:
    return MediaProblemError.of(MediaCode.TOO_MANY_PIXELS, limit=limits.max_pixels // 1_000_000)


def _upright_srgb(image: Image.Image, specs: Sequence[PictureSpec]) -> Image.Image:
    profile = image.info.get("icc_profile")
    sideways = _orientation(image) in _SIDEWAYS
    if image.format in {"JPEG", "MPO"}:
        # Half the pixels cost half the time: libjpeg scales while it decodes.
        image.draft(None, _wanted(image.size, specs, sideways=sideways, slack=DRAFT_SLACK))
    image.load()
    # Read again: some readers (TIFF, HEIF) turn the picture themselves and drop the tag.
    orientation = _orientation(image)
    smaller = _reduce(to_eight_bits(image), specs, sideways=orientation in _SIDEWAYS)
    plain = to_srgb(smaller, profile)
    upright = plain.transpose(_TRANSPOSE[orientation]) if orientation in _TRANSPOSE else plain
    upright.info = {}
    return upright


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _DAMAGE:
        return 1  # Damaged EXIF is common and harmless: the picture is shown as stored.
    return value if isinstance(value, int) else 1


def _wanted(
    size: tuple[int, int], specs: Sequence[PictureSpec], *, sideways: bool, slack: float = 1.0
) -> tuple[int, int]:
    """Return the smallest stored size (before turning upright) that serves every spec."""
    width, height = (size[1], size[0]) if sideways else size
    placements = [place(spec, width, height) for spec in specs]
    wanted_width = max(1, int(max(p.width for p in placements) * slack))
    wanted_height = max(1, int(max(p.height for p in placements) * slack))
    return (wanted_height, wanted_width) if sideways else (wanted_width, wanted_height)


def _reduce(image: Image.Image, specs: Sequence[PictureSpec], *, sideways: bool) -> Image.Image:
    """Shrink to the largest size any spec needs before colours are converted; never enlarge."""
    width, height = _wanted(image.size, specs, sideways=sideways)
    if width >= image.width or height >= image.height:
        return image
    if max(width / image.width, height / image.height) > DRAFT_SLACK:
        return image
    return image.resize((width, height), SHRINK_FILTER, reducing_gap=2.0)
