"""What leaves the pipeline: sizes, bytes, quality, and nothing of the seller's home."""

import io
from functools import cache

import numpy as np
import pytest
from PIL import Image

from schemas.media import PictureSpec
from syndicator.media.encoding import encode_jpeg
from syndicator.media.pipeline import render_pictures
from syndicator.media.sample_files import PhotoKind, orientation_of, write_photo
from syndicator.media.sample_scenes import draw_scene
from tests.support.pictures import FREE, LIMITS, SQUARE, encode, opened, quarters, render_one

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><home>Ban Suan</home></x:xmpmeta>"
MIN_PSNR_DB = 42.0
"""Luma, against a full decode and LANCZOS. Measured: 45.7 to 46.0 dB for 12-megapixel photos at 1080 pixels."""


@cache
def photo() -> bytes:
    """A 3-megapixel phone photo; small enough to be quick, large enough to be scaled while it is decoded."""
    return write_photo(draw_scene("quality", (2160, 1620)), "quality", PhotoKind.PHONE)


def test_one_call_serves_every_spec_once() -> None:
    made = render_pictures(photo(), [FREE, SQUARE, SQUARE], LIMITS)

    assert set(made) == {FREE.fingerprint, SQUARE.fingerprint}
    assert (made[SQUARE.fingerprint].width, made[SQUARE.fingerprint].height) == (1080, 1080)


def test_no_spec_means_no_work() -> None:
    assert render_pictures(b"never looked at", [], LIMITS) == {}


def test_stated_size_is_the_real_one() -> None:
    for made in render_pictures(photo(), [FREE, SQUARE], LIMITS).values():
        assert opened(made).size == (made.width, made.height)


def test_same_source_gives_the_same_bytes() -> None:
    first, second = (render_pictures(photo(), [FREE, SQUARE], LIMITS) for _ in range(2))

    assert first == second


def test_picture_does_not_depend_on_what_else_is_made_at_the_larger_end() -> None:
    alone = render_one(photo(), FREE)

    assert render_pictures(photo(), [SQUARE, FREE], LIMITS)[FREE.fingerprint] == alone


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
def test_no_metadata_survives(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x013B] = "SecretMaker", "SecretArtist"
    exif[0x8825] = {1: "N", 2: (17.0, 37.0, 12.5), 3: "E", 4: (100.0, 6.0, 7.5)}
    comment = {"comment": b"SecretComment"} if kind == "JPEG" else {}
    xmp = {} if kind in {"PNG", "TIFF"} else {"xmp": XMP}
    source = encode(quarters(), kind, exif=exif.tobytes(), **comment, **xmp)
    assert b"SecretMaker" in source

    made = render_one(source)

    picture = opened(made)
    assert not picture.getexif()
    assert not {"exif", "xmp", "comment", "icc_profile", "photoshop"} & set(picture.info)
    assert not any(secret in made.data for secret in (b"Secret", b"Exif", b"http", b"adobe", b"ICC_PROFILE"))
    assert [segment for segment, _ in picture.applist] == ["APP0"]  # type: ignore[attr-defined]


def test_sample_photo_carries_its_place_and_the_result_does_not() -> None:
    source = Image.open(io.BytesIO(photo()))
    assert source.getexif().get_ifd(0x8825)

    assert not opened(render_one(photo())).getexif().get_ifd(0x8825)


def test_padding_has_the_background_colour() -> None:
    spec = SQUARE.model_copy(update={"background": "#204060"})

    picture = opened(render_one(encode(quarters(400, 200), "PNG"), spec))

    assert picture.size == (400, 400)
    red, green, blue = picture.getpixel((200, 20))  # type: ignore[misc]
    assert max(abs(red - 0x20), abs(green - 0x40), abs(blue - 0x60)) <= 4


def test_file_is_brought_under_the_byte_limit_by_quality() -> None:
    noisy = encode(draw_scene("bytes", (1000, 1000)), "PNG")
    free = render_one(noisy)
    tight = FREE.model_copy(update={"max_bytes": int(len(free.data) * 0.6)})

    made = render_one(noisy, tight)

    assert len(made.data) <= tight.max_bytes
    assert (made.width, made.height) == (free.width, free.height)
    assert len(made.data) > tight.max_bytes * 0.8


def test_file_is_made_smaller_when_quality_alone_does_not_fit() -> None:
    noisy = encode(draw_scene("bytes", (1000, 1000)), "PNG")
    tiny = SQUARE.model_copy(update={"max_bytes": 40_000})

    made = render_one(noisy, tiny)

    assert len(made.data) <= tiny.max_bytes
    assert made.width == made.height < 1000


def test_quality_is_never_below_the_spec() -> None:
    scene = draw_scene("bytes", (600, 600))
    floor = len(encode_jpeg(scene, 55, optimize=True))
    spec = FREE.model_copy(update={"max_bytes": floor})

    made = render_one(encode(scene, "PNG"), spec)

    assert (made.width, len(made.data)) == (600, floor)


def test_result_is_close_to_a_full_decode_with_lanczos() -> None:
    # At 1080 pixels the JPEG is decoded at half its size; the reference decodes all of it.
    spec = PictureSpec(max_width=1080, max_height=1080, max_bytes=4_000_000, quality=95)

    made = opened(render_one(photo(), spec))

    reference = Image.open(io.BytesIO(photo())).convert("RGB")
    if orientation_of("quality") != 1:
        turn = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 8: Image.Transpose.ROTATE_90}
        reference = reference.transpose(turn[orientation_of("quality")])
    assert psnr(made, reference.resize(made.size, Image.Resampling.LANCZOS)) >= MIN_PSNR_DB


def psnr(first: Image.Image, second: Image.Image) -> float:
    a, b = (np.asarray(picture.convert("L"), dtype=float) for picture in (first, second))
    return float(10 * np.log10(255**2 / ((a - b) ** 2).mean()))


def test_scaled_decode_just_below_the_bound_is_taken_as_it_is() -> None:
    source = encode(draw_scene("slack", (2000, 1500)), "JPEG")
    spec = PictureSpec(max_width=1024, max_height=1024, max_bytes=4_000_000)

    made = render_one(source, spec)

    assert (made.width, made.height) == (1000, 750)
