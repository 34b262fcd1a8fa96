"""Every kind of source picture comes out upright, in its own colours, first frame only."""

import pytest
from PIL import Image, ImageCms

from syndicator.media.display_p3 import display_p3_profile
from tests.support.pictures import (
    BLUE,
    GREEN,
    GREY,
    RED,
    corner_colours,
    encode,
    is_near,
    opened,
    quarters,
    render_one,
)

QUARTERS = [RED, GREEN, BLUE, GREY]
STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def assert_quarters(source: bytes, within: int = 12) -> None:
    colours = corner_colours(render_one(source))
    assert all(is_near(a, b, within) for a, b in zip(colours, QUARTERS, strict=True)), colours


def oriented(picture: Image.Image, orientation: int) -> tuple[Image.Image, bytes]:
    turn = STORED_AS[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    return (picture if turn is None else picture.transpose(turn)), exif.tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "MPO"])
def test_each_kind_keeps_size_and_colours(kind: str) -> None:
    source = encode(quarters(), kind)

    made = render_one(source)

    assert (made.width, made.height) == (240, 160)
    assert opened(made).format == "JPEG"
    assert_quarters(source)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied(kind: str, orientation: int) -> None:
    stored, exif = oriented(quarters(), orientation)

    made = render_one(encode(stored, kind, exif=exif))

    assert (made.width, made.height) == (240, 160)
    assert_quarters(encode(stored, kind, exif=exif))


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_heif_is_turned_once_and_only_once(orientation: int) -> None:
    stored, exif = oriented(quarters(), orientation)

    source = encode(stored, "HEIF", exif=exif)

    assert_quarters(source)


def test_damaged_exif_does_not_stop_the_picture() -> None:
    source = encode(quarters(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7f broken")

    assert_quarters(source)


def test_cmyk_jpeg_is_not_inverted() -> None:
    assert_quarters(encode(quarters().convert("CMYK"), "JPEG", quality=95))


def test_cmyk_tiff_keeps_its_colours() -> None:
    assert_quarters(encode(quarters().convert("CMYK"), "TIFF"))


def test_palette_picture_keeps_its_colours() -> None:
    assert_quarters(encode(quarters().quantize(16), "PNG"))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_keeps_its_tones(kind: str) -> None:
    ramp = Image.linear_gradient("L")
    wide = ramp.convert("I").point(lambda value: value * 257).convert("I;16")

    picture = opened(render_one(encode(wide, kind))).convert("L")

    assert [abs(picture.getpixel((128, y)) - y) <= 3 for y in (2, 60, 128, 200, 253)] == [True] * 5  # type: ignore[operator]


def test_bilevel_tiff_becomes_black_and_white() -> None:
    half = Image.new("1", (100, 100), 1)
    half.paste(0, (0, 0, 50, 100))

    colours = corner_colours(render_one(encode(half, "TIFF", compression="group4")))

    assert is_near(colours[0], (0, 0, 0))
    assert is_near(colours[1], (255, 255, 255))


def test_lab_tiff_becomes_srgb() -> None:
    lab = ImageCms.applyTransform(
        quarters(),
        ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"),
    )
    assert lab is not None

    assert_quarters(encode(lab, "TIFF"), within=20)


def test_float_tiff_is_refused_by_name() -> None:
    from syndicator.media.problems import MediaProblemError

    with pytest.raises(MediaProblemError, match="unsupported_format"):
        render_one(encode(Image.new("F", (100, 100), 0.5), "TIFF"))


def test_display_p3_is_converted_to_srgb() -> None:
    plain = Image.new("RGB", (100, 100), (200, 100, 80))
    tagged = encode(plain, "PNG", icc_profile=display_p3_profile())

    red, green, blue = corner_colours(render_one(tagged))[0]

    # The same numbers in a wider space mean a stronger red: more red, less green and blue.
    assert red > 204
    assert green < 99
    assert blue < 78
    assert "icc_profile" not in opened(render_one(tagged)).info


def test_display_p3_grey_stays_grey() -> None:
    tagged = encode(Image.new("RGB", (100, 100), GREY), "PNG", icc_profile=display_p3_profile())

    assert is_near(corner_colours(render_one(tagged))[0], GREY, within=4)


def test_srgb_profile_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    assert_quarters(encode(quarters(), "JPEG", icc_profile=profile))


@pytest.mark.parametrize("profile", [b"not a profile", display_p3_profile()[:200]])
def test_broken_profile_is_ignored(profile: bytes) -> None:
    assert_quarters(encode(quarters(), "JPEG", icc_profile=profile))


def test_rgb_profile_on_a_grey_picture_is_ignored() -> None:
    grey = encode(Image.new("L", (100, 100), 128), "JPEG", icc_profile=display_p3_profile())

    assert is_near(corner_colours(render_one(grey))[0], GREY)


def test_transparent_parts_take_the_background() -> None:
    from tests.support.pictures import FREE

    picture = quarters().convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 120, 160))
    blue_ground = FREE.model_copy(update={"background": "#0000ff"})

    colours = corner_colours(render_one(encode(picture, "PNG")))
    on_blue = corner_colours(render_one(encode(picture, "WEBP", lossless=True), blue_ground))

    assert is_near(colours[0], (255, 255, 255))
    assert is_near(colours[1], GREEN)
    assert is_near(on_blue[0], (0, 0, 255), within=16)


def test_palette_transparency_takes_the_background() -> None:
    picture = Image.new("P", (100, 100), 0)
    picture.putpalette([0, 0, 0, 200, 30, 40])
    picture.paste(1, (50, 0, 100, 100))

    colours = corner_colours(render_one(encode(picture, "PNG", transparency=0)))

    assert is_near(colours[0], (255, 255, 255))
    assert is_near(colours[1], RED)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_animation_gives_its_first_frame(kind: str) -> None:
    black = Image.new("RGB", (240, 160))

    assert_quarters(encode(quarters(), kind, save_all=True, append_images=[black, black], duration=100))


def test_tiff_of_many_pages_gives_its_first() -> None:
    pages = [Image.new("RGB", (60, 60))] * 200

    assert_quarters(encode(quarters(), "TIFF", save_all=True, append_images=pages))


def test_second_picture_of_a_phone_file_is_left_out() -> None:
    depth = Image.new("RGB", (60, 40))

    assert_quarters(encode(quarters(), "MPO", save_all=True, append_images=[depth]))
