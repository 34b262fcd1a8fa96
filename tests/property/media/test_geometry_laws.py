from hypothesis import given
from hypothesis import strategies as st

from schemas.media import PictureSpec
from syndicator.media.geometry import MAX_ENLARGEMENT, place
from tests.support.pictures import LIMITS

SIDES = st.integers(min_value=1, max_value=12_000)
REAL_SIDES = st.integers(min_value=LIMITS.min_side, max_value=12_000)
RATIOS = st.floats(min_value=0.3, max_value=3.0)


@st.composite
def specs(draw: st.DrawFn) -> PictureSpec:
    largest = draw(st.tuples(st.integers(300, 4000), st.integers(300, 4000)))
    low, high = sorted((draw(RATIOS), draw(RATIOS)))
    limited = draw(st.booleans())
    return PictureSpec(
        max_width=largest[0],
        max_height=largest[1],
        ratio_min=low if limited else None,
        ratio_max=high if limited else None,
        max_bytes=1_000_000,
    )


@given(specs(), SIDES, SIDES)
def test_canvas_stays_within_the_channel_bounds(spec: PictureSpec, width: int, height: int) -> None:
    placed = place(spec, width, height)

    assert 1 <= placed.canvas_width <= spec.max_width
    assert 1 <= placed.canvas_height <= spec.max_height


@given(specs(), SIDES, SIDES)
def test_goods_are_never_cut(spec: PictureSpec, width: int, height: int) -> None:
    placed = place(spec, width, height)

    assert 1 <= placed.width <= placed.canvas_width
    assert 1 <= placed.height <= placed.canvas_height
    assert min(placed.offset) >= 0


@given(specs(), SIDES, SIDES)
def test_goods_keep_their_ratio_to_the_pixel(spec: PictureSpec, width: int, height: int) -> None:
    placed = place(spec, width, height)

    # Rounding to whole pixels moves a side by one; staying inside the ratio bounds may move it by one more.
    assert abs(placed.width * height - placed.height * width) <= 2 * max(width, height)


@given(specs(), REAL_SIDES, REAL_SIDES)
def test_canvas_ratio_is_allowed_to_the_pixel(spec: PictureSpec, width: int, height: int) -> None:
    placed = place(spec, width, height)

    if spec.ratio_min is not None and spec.ratio_max is not None:
        assert (placed.canvas_width + 1) / max(1, placed.canvas_height - 1) >= spec.ratio_min
        assert (placed.canvas_width - 1) / (placed.canvas_height + 1) <= spec.ratio_max


@given(REAL_SIDES, REAL_SIDES)
def test_canvas_is_strictly_inside_a_range_of_ratios(width: int, height: int) -> None:
    spec = PictureSpec(max_width=1440, max_height=1800, ratio_min=0.8, ratio_max=1.91, max_bytes=8_000_000)

    placed = place(spec, width, height)

    assert 0.8 <= placed.canvas_width / placed.canvas_height <= 1.91


@given(specs(), SIDES, SIDES)
def test_goods_are_hardly_enlarged(spec: PictureSpec, width: int, height: int) -> None:
    placed = place(spec, width, height)

    assert placed.width <= max(1, round(width * MAX_ENLARGEMENT))
    assert placed.height <= max(1, round(height * MAX_ENLARGEMENT))


@given(SIDES, SIDES)
def test_square_is_exactly_square(width: int, height: int) -> None:
    square = PictureSpec(max_width=1080, max_height=1080, ratio_min=1, ratio_max=1, max_bytes=900_000)

    placed = place(square, width, height)

    assert placed.canvas_width == placed.canvas_height
