"""How large a picture becomes and where it sits: pure arithmetic, nothing is ever cut."""

import math
from dataclasses import dataclass
from typing import Final

from schemas.media import PictureSpec

MAX_ENLARGEMENT: Final = 2.0
"""A picture below a channel's minimum is enlarged up to this factor, then padded; more would show only blur."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A picture of ``width`` x ``height`` pixels centred on a canvas; both are at least one pixel."""

    width: int
    height: int
    canvas_width: int
    canvas_height: int

    @property
    def is_padded(self) -> bool:
        """Whether some of the canvas shows its background."""
        return (self.width, self.height) != (self.canvas_width, self.canvas_height)

    @property
    def offset(self) -> tuple[int, int]:
        """Left and top edge of the picture on the canvas."""
        return (self.canvas_width - self.width) // 2, (self.canvas_height - self.height) // 2


def place(spec: PictureSpec, width: int, height: int, *, shrink: float = 1.0) -> Placement:
    """Place a source of ``width`` x ``height`` pixels within ``spec``.

    The picture keeps its ratio (to the pixel) and is only made smaller, except to reach the channel's minimum.
    ``shrink`` below one makes it smaller still, for files that do not fit the byte limit.
    """
    canvas_ratio = _clamp_ratio(spec, width / height)
    full_width, full_height = max(width, height * canvas_ratio), max(height, width / canvas_ratio)
    scale = _scale(spec, full_width, full_height, shrink)
    canvas_width, canvas_height = _canvas(spec, full_width * scale, full_height * scale)
    return Placement(
        width=min(canvas_width, max(1, round(width * scale))),
        height=min(canvas_height, max(1, round(height * scale))),
        canvas_width=canvas_width,
        canvas_height=canvas_height,
    )


def _clamp_ratio(spec: PictureSpec, ratio: float) -> float:
    return min(max(ratio, spec.ratio_min or 0.0), spec.ratio_max or math.inf)


def _scale(spec: PictureSpec, width: float, height: float, shrink: float) -> float:
    largest = min(spec.max_width / width, spec.max_height / height)
    smallest = max(spec.min_width / width, spec.min_height / height)
    return min(largest, max(1.0, min(smallest, MAX_ENLARGEMENT))) * shrink


def _canvas(spec: PictureSpec, width: float, height: float) -> tuple[int, int]:
    """Round to whole pixels inside the ratio and the bounds; the minimum is reached by padding."""
    whole_width = min(spec.max_width, max(spec.min_width, round(width), 1))
    whole_height = min(spec.max_height, max(spec.min_height, round(height), 1))
    if spec.ratio_min is not None and whole_width / whole_height < spec.ratio_min:
        whole_width = min(spec.max_width, math.ceil(whole_height * spec.ratio_min))
        whole_height = min(whole_height, max(1, math.floor(whole_width / spec.ratio_min)))
    if spec.ratio_max is not None and whole_width / whole_height > spec.ratio_max:
        whole_height = min(spec.max_height, math.ceil(whole_width / spec.ratio_max))
        whole_width = min(whole_width, max(1, math.floor(whole_height * spec.ratio_max)))
    return whole_width, whole_height
