"""Files that are not what they seem end in one clear problem each."""

import io
import random
from dataclasses import replace

import pytest
from PIL import Image, PngImagePlugin

from syndicator.media.problems import MediaProblemError
from tests.support.pictures import FREE, LIMITS, encode, png_claiming, quarters, render_one


def code_of(source: bytes, **changed: int) -> str:
    with pytest.raises(MediaProblemError) as refused:
        render_one(source, limits=replace(LIMITS, **changed))
    return refused.value.problem.code


def test_empty_file() -> None:
    assert code_of(b"") == "picture_empty"


def test_web_page_named_as_a_picture() -> None:
    assert code_of(b"<!DOCTYPE html><html><body>not found</body></html>") == "not_a_picture"


@pytest.mark.parametrize("side", [9_000, 30_000, 2_000_000])
def test_header_that_promises_too_many_pixels(side: int) -> None:
    assert code_of(png_claiming(side, side)) == "too_many_pixels"


def webp_claiming(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + sides + bytes(40)


def test_webp_that_promises_too_much_is_refused_before_its_canvas_is_made() -> None:
    assert code_of(webp_claiming(16_000, 16_000)) == "too_many_pixels"
    assert code_of(webp_claiming(8_000, 8_000)) == "out_of_memory"


def test_pixel_limit_is_exact() -> None:
    source = encode(quarters(100, 80), "PNG")

    assert render_one(source, limits=replace(LIMITS, max_pixels=8_000)).width == 100
    assert code_of(source, max_pixels=7_999) == "too_many_pixels"


def test_byte_limit_is_exact() -> None:
    source = encode(quarters(), "PNG")

    assert render_one(source, limits=replace(LIMITS, max_bytes=len(source))).width == 240
    assert code_of(source, max_bytes=len(source) - 1) == "too_many_bytes"


def test_picture_too_small_to_see_says_its_size() -> None:
    with pytest.raises(MediaProblemError) as refused:
        render_one(encode(quarters(200, 20), "PNG"))

    assert refused.value.problem.code == "too_small"
    assert "200x20" in refused.value.problem.th


def test_header_that_promises_more_than_there_is() -> None:
    assert code_of(png_claiming(4_000, 4_000)) in {"corrupt", "truncated"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_file_cut_short(kind: str) -> None:
    noisy = Image.effect_noise((400, 300), 60).convert("RGB")
    whole = encode(noisy, kind)

    assert code_of(whole[: len(whole) // 2]) in {"truncated", "corrupt"}


def test_jpeg_cut_short_is_called_truncated() -> None:
    whole = encode(Image.effect_noise((400, 300), 60).convert("RGB"), "JPEG")

    assert code_of(whole[: len(whole) // 2]) == "truncated"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
def test_magic_bytes_with_rubbish_behind(kind: str) -> None:
    head = encode(quarters(), kind)[:32]

    assert code_of(head + random.Random(1).randbytes(2_000)) in {"corrupt", "truncated", "too_many_pixels"}


def test_text_bomb_in_a_png_is_refused() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "a" * 80_000_000, zip=True)
    out = io.BytesIO()
    quarters().save(out, "PNG", pnginfo=text)

    assert len(out.getvalue()) < 200_000
    assert code_of(out.getvalue()) == "corrupt"


def test_limit_that_nothing_fits_says_so() -> None:
    noisy = encode(Image.effect_noise((1000, 1000), 90).convert("RGB"), "PNG")

    with pytest.raises(MediaProblemError) as refused:
        render_one(noisy, FREE.model_copy(update={"max_bytes": 500}))

    assert refused.value.problem.code == "cannot_fit"
