"""One source picture in, every channel's picture out. Pure: bytes to bytes, one decode for all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image

from schemas.media import PictureSpec
from syndicator.media.decoding import SHRINK_FILTER, decode
from syndicator.media.encoding import fit_jpeg
from syndicator.media.geometry import Placement, place
from syndicator.media.limits import DecodeLimits
from syndicator.media.problems import MediaCode, MediaProblemError

PYRAMID_GAP: Final = 1.25
"""A smaller picture is made from a larger one already made only when that is at least this much larger.

Nearer than this, resampling twice would soften what the buyer sees, so the decoded picture is used again.
"""
_SHRINK_STEP: Final = 0.85
_SHRINK_TRIES: Final = 12
"""0.85 ** 12 is a seventh of the side; a byte limit that is still missed then was never meant for a photo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPicture:
    """A finished JPEG and its size in pixels."""

    data: bytes
    width: int
    height: int


def render_pictures(
    source: bytes, specs: Sequence[PictureSpec], limits: DecodeLimits
) -> Mapping[str, RenderedPicture]:
    """Make the picture of every spec out of one source.

    Shape: one entry per distinct ``spec.fingerprint``; upright sRGB JPEG without metadata, padded and never cut.
    Pure, but a hostile source can cost time and memory: use ``GuardedDecoder`` for files that people send.

    Raises:
        MediaProblemError: The source is refused; nothing is made.
    """
    distinct = {spec.fingerprint: spec for spec in specs}
    if not distinct:
        return {}
    pyramid = _Pyramid(decode(source, list(distinct.values()), limits))
    largest_first = sorted(distinct.values(), key=lambda spec: -_area(pyramid.place(spec)))
    made = {spec.fingerprint: _render(pyramid, spec) for spec in largest_first}
    return {fingerprint: made[fingerprint] for fingerprint in distinct}


class _Pyramid:
    """The decoded picture and the smaller versions made from it so far."""

    def __init__(self, base: Image.Image) -> None:
        self._base = base
        self._levels = {base.size: base}

    def place(self, spec: PictureSpec, *, shrink: float = 1.0) -> Placement:
        return place(spec, self._base.width, self._base.height, shrink=shrink)

    def level(self, size: tuple[int, int]) -> Image.Image:
        if size not in self._levels:
            self._levels[size] = self._source_for(size).resize(size, SHRINK_FILTER, reducing_gap=2.0)
        return self._levels[size]

    def _source_for(self, size: tuple[int, int]) -> Image.Image:
        wide = [
            level
            for level in self._levels.values()
            if level.width >= size[0] * PYRAMID_GAP and level.height >= size[1] * PYRAMID_GAP
        ]
        return min(wide, key=lambda level: level.width, default=self._base)


def _area(placement: Placement) -> int:
    return placement.width * placement.height


def _render(pyramid: _Pyramid, spec: PictureSpec) -> RenderedPicture:
    shrink = 1.0
    for _ in range(_SHRINK_TRIES):
        placement = pyramid.place(spec, shrink=shrink)
        data = fit_jpeg(_compose(pyramid, placement, spec.background), spec)
        if data is not None:
            return RenderedPicture(data=data, width=placement.canvas_width, height=placement.canvas_height)
        shrink *= _SHRINK_STEP
    raise MediaProblemError.of(MediaCode.CANNOT_FIT, limit=spec.max_bytes // 1_000)


def _compose(pyramid: _Pyramid, placement: Placement, background: str) -> Image.Image:
    picture = pyramid.level((placement.width, placement.height))
    if not placement.is_padded and picture.mode == "RGB":
        return picture
    canvas = Image.new("RGB", (placement.canvas_width, placement.canvas_height), background)
    canvas.paste(picture, placement.offset, picture if picture.mode == "RGBA" else None)
    return canvas
