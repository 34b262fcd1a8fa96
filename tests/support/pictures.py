"""Small source pictures of every kind, and ways to look into what was made of them."""

import io
import struct
import zlib
from typing import Any

import pillow_heif
from PIL import Image, ImageDraw

from schemas.media import PictureSpec
from syndicator.media.limits import DecodeLimits
from syndicator.media.pipeline import RenderedPicture, render_pictures

FREE = PictureSpec(max_width=2048, max_height=2048, max_bytes=4_000_000)
SQUARE = PictureSpec(max_width=1080, max_height=1080, ratio_min=1, ratio_max=1, max_bytes=900_000)
LIMITS = DecodeLimits()

RED, GREEN, BLUE, GREY = (200, 30, 40), (40, 170, 60), (30, 60, 190), (128, 128, 128)


def quarters(width: int = 240, height: int = 160) -> Image.Image:
    """Red above left, green above right, blue below left, grey below right: shows how a picture is turned."""
    picture = Image.new("RGB", (width, height), GREY)
    pen = ImageDraw.Draw(picture)
    middle_x, middle_y = width // 2, height // 2
    pen.rectangle((0, 0, middle_x - 1, middle_y - 1), fill=RED)
    pen.rectangle((middle_x, 0, width, middle_y - 1), fill=GREEN)
    pen.rectangle((0, middle_y, middle_x - 1, height), fill=BLUE)
    return picture


def encode(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(picture).save(out, **options)
    else:
        picture.save(out, kind, **options)
    return out.getvalue()


def render_one(source: bytes, spec: PictureSpec = FREE, limits: DecodeLimits = LIMITS) -> RenderedPicture:
    return render_pictures(source, [spec], limits)[spec.fingerprint]


def opened(made: RenderedPicture) -> Image.Image:
    return Image.open(io.BytesIO(made.data))


def corner_colours(made: RenderedPicture) -> list[tuple[int, int, int]]:
    """Colours in the middle of the four quarters: above left, above right, below left, below right."""
    picture = opened(made).convert("RGB")
    width, height = picture.size
    places = [(1, 1), (3, 1), (1, 3), (3, 3)]
    return [picture.getpixel((width * x // 4, height * y // 4)) for x, y in places]  # type: ignore[misc]


def is_near(seen: tuple[int, int, int], wanted: tuple[int, int, int], within: int = 12) -> bool:
    return all(abs(a - b) <= within for a, b in zip(seen, wanted, strict=True))


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes whose header promises ``width`` x ``height`` pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
