import pytest

from schemas.media import PictureSpec
from syndicator.media.geometry import place
from tests.support.pictures import FREE, SQUARE


def sizes(spec: PictureSpec, width: int, height: int) -> tuple[int, int, int, int]:
    placed = place(spec, width, height)
    return placed.width, placed.height, placed.canvas_width, placed.canvas_height


@pytest.mark.parametrize(
    ("spec", "source", "expected"),
    [
        (FREE, (4000, 3000), (2048, 1536, 2048, 1536)),
        (FREE, (3000, 4000), (1536, 2048, 1536, 2048)),
        (FREE, (800, 600), (800, 600, 800, 600)),
        (SQUARE, (4000, 3000), (1080, 810, 1080, 1080)),
        (SQUARE, (3000, 4000), (810, 1080, 1080, 1080)),
        (SQUARE, (500, 400), (500, 400, 500, 500)),
        (SQUARE, (1080, 1080), (1080, 1080, 1080, 1080)),
    ],
)
def test_picture_is_scaled_down_and_padded_never_cut(
    spec: PictureSpec, source: tuple[int, int], expected: tuple[int, int, int, int]
) -> None:
    assert sizes(spec, *source) == expected


def test_ratio_inside_the_range_is_left_alone() -> None:
    spec = PictureSpec(max_width=1440, max_height=1800, ratio_min=0.8, ratio_max=1.91, max_bytes=8_000_000)

    assert sizes(spec, 1440, 1080) == (1440, 1080, 1440, 1080)


def test_panorama_is_padded_to_the_widest_allowed_ratio() -> None:
    spec = PictureSpec(max_width=1440, max_height=1800, ratio_min=0.8, ratio_max=1.91, max_bytes=8_000_000)

    placed = place(spec, 3000, 500)

    assert placed.width == 1440
    assert placed.canvas_width / placed.canvas_height <= 1.91


def test_small_picture_is_enlarged_to_the_minimum() -> None:
    spec = PictureSpec(max_width=1440, max_height=1440, min_width=320, min_height=1, max_bytes=1_000_000)

    assert sizes(spec, 200, 150) == (320, 240, 320, 240)


def test_tiny_picture_is_enlarged_twice_and_then_padded() -> None:
    spec = PictureSpec(max_width=1440, max_height=1440, min_width=320, min_height=320, max_bytes=1_000_000)

    placed = place(spec, 100, 100)

    assert (placed.width, placed.canvas_width, placed.offset) == (200, 320, (60, 60))


def test_shrink_makes_a_picture_smaller_still() -> None:
    assert place(SQUARE, 4000, 3000, shrink=0.5).canvas_width == 540
