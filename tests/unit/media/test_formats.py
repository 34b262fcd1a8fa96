import pytest

from syndicator.media.formats import SNIFF_BYTES, PictureFormat, sniff, webp_size
from syndicator.media.problems import MediaProblemError
from tests.support.pictures import encode, quarters


@pytest.mark.parametrize("kind", list(PictureFormat))
def test_kind_is_told_by_content(kind: PictureFormat) -> None:
    assert sniff(encode(quarters(), kind.value)[:SNIFF_BYTES]) is kind


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", "picture_empty"),
        (b"<!DOCTYPE html><html>", "not_a_picture"),
        (b"\x1f\x8b\x08\x00 gzip", "not_a_picture"),
        (b"MZ\x90\x00 a program", "not_a_picture"),
        (b"\x00\x00\x00\x1cftypmp42", "not_a_picture"),
        (b"GIF89a", "unsupported_format"),
        (b"BM\x00\x00", "unsupported_format"),
        (b"%PDF-1.7", "unsupported_format"),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00mif1", "unsupported_format"),
    ],
)
def test_what_is_not_opened_is_refused_by_name(head: bytes, code: str) -> None:
    with pytest.raises(MediaProblemError) as refused:
        sniff(head)

    assert refused.value.problem.code == code


def test_unsupported_kind_is_named_in_both_languages() -> None:
    with pytest.raises(MediaProblemError) as refused:
        sniff(b"GIF89a")

    assert "GIF" in refused.value.problem.th
    assert "GIF" in refused.value.problem.en


@pytest.mark.parametrize(
    "options", [{"lossless": True}, {"quality": 50}, {"quality": 50, "exif": b"Exif\x00\x00II*\x00"}]
)
def test_webp_size_is_read_off_its_head(options: dict[str, object]) -> None:
    assert webp_size(encode(quarters(301, 77), "WEBP", **options)[:SNIFF_BYTES]) == (301, 77)


@pytest.mark.parametrize("head", [b"RIFF\0\0\0\0WEBPVP8 ", b"RIFF\0\0\0\0WEBPJUNK" + bytes(20)])
def test_webp_without_a_size_is_left_to_the_decoder(head: bytes) -> None:
    assert webp_size(head) is None
