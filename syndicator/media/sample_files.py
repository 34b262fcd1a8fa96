"""Write sample photos as phones and chat programs leave them: turned, full of metadata, and not always JPEG."""

import io
import random
from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeAlias

import pillow_heif
from PIL import ExifTags, Image, ImageDraw

from syndicator.media.display_p3 import display_p3_profile

PHOTO_QUALITY: Final = 90
_STORED_AS: Final = {
    3: Image.Transpose.ROTATE_180,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}
"""EXIF orientation to how the sensor saw the upright scene."""
_ORIENTATIONS: Final = (1, 1, 6, 6, 8, 3)
_COMMENT: Final = b"sample photo, taken at home"


class PhotoKind(StrEnum):
    """What is really in a file named ``.jpg``."""

    PHONE = "phone"
    HEIC = "heic"
    PNG = "png"
    WEBP = "webp"
    TIFF = "tiff"
    PNG_16_BIT = "png-16-bit"
    TIFF_16_BIT = "tiff-16-bit"
    CMYK = "cmyk"
    TRANSPARENT = "transparent"
    PALETTE = "palette"
    ANIMATED = "animated"
    DISPLAY_P3 = "display-p3"
    TWO_PICTURES = "two-pictures"


_Writer: TypeAlias = Callable[[Image.Image, bytes, io.BytesIO], None]


def orientation_of(name: str) -> int:
    """Return the EXIF orientation that the photo ``name`` is stored with."""
    return random.Random(f"{name} orientation").choice(_ORIENTATIONS)  # noqa: S311 - no secret


def write_photo(scene: Image.Image, name: str, kind: PhotoKind) -> bytes:
    """Encode the upright ``scene`` as the photo ``name``, with its metadata, and its orientation where it has one."""
    orientation = orientation_of(name) if kind in _CAN_BE_TURNED else 1
    turned = scene.transpose(_STORED_AS[orientation]) if orientation in _STORED_AS else scene
    out = io.BytesIO()
    _WRITERS[kind](turned, _exif(name, orientation), out)
    return out.getvalue()


def _exif(name: str, orientation: int) -> bytes:
    """Write what a phone writes, the place of the seller's home included; the place is drawn by lot."""
    chance = random.Random(f"{name} place")  # noqa: S311 - no secret
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Sample"
    exif[ExifTags.Base.Model] = "Phone 12MP"
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.DateTime] = "2025:01:15 09:30:00"
    exif[ExifTags.IFD.GPSInfo] = {
        ExifTags.GPS.GPSLatitudeRef: "N",
        ExifTags.GPS.GPSLatitude: (float(chance.randint(13, 18)), float(chance.randint(0, 59)), 30.0),
        ExifTags.GPS.GPSLongitudeRef: "E",
        ExifTags.GPS.GPSLongitude: (float(chance.randint(99, 103)), float(chance.randint(0, 59)), 15.0),
    }
    return exif.tobytes()


def _jpeg(scene: Image.Image, exif: bytes, out: io.BytesIO) -> None:
    scene.save(out, "JPEG", quality=PHOTO_QUALITY, subsampling="4:2:0", exif=exif, comment=_COMMENT)


def _display_p3(scene: Image.Image, exif: bytes, out: io.BytesIO) -> None:
    scene.save(out, "JPEG", quality=PHOTO_QUALITY, exif=exif, icc_profile=display_p3_profile())


def _cmyk(scene: Image.Image, exif: bytes, out: io.BytesIO) -> None:
    scene.convert("CMYK").save(out, "JPEG", quality=80, exif=exif)


def _two_pictures(scene: Image.Image, exif: bytes, out: io.BytesIO) -> None:
    small = scene.resize((scene.width // 8, scene.height // 8)).convert("L").convert("RGB")
    scene.save(out, "MPO", save_all=True, append_images=[small], quality=PHOTO_QUALITY, exif=exif)


def _heic(scene: Image.Image, exif: bytes, out: io.BytesIO) -> None:
    pillow_heif.from_pillow(scene).save(out, quality=50, exif=exif, enc_params={"preset": "ultrafast"})


def _png(scene: Image.Image, exif: bytes, out: io.BytesIO) -> None:
    scene.save(out, "PNG", compress_level=1, exif=exif)


def _transparent(scene: Image.Image, exif: bytes, out: io.BytesIO) -> None:
    """Cut the goods out in an oval, as background removers do."""
    mask = Image.new("L", scene.size)
    ImageDraw.Draw(mask).ellipse((0, 0, scene.width, scene.height), fill=255)
    cut = scene.copy()
    cut.putalpha(mask)
    cut.save(out, "PNG", compress_level=1, exif=exif)


def _palette(scene: Image.Image, exif: bytes, out: io.BytesIO) -> None:
    scene.quantize(128, method=Image.Quantize.FASTOCTREE).save(out, "PNG", compress_level=1, exif=exif)


def _sixteen_bits(scene: Image.Image) -> Image.Image:
    return scene.convert("L").convert("I").point(lambda value: value * 257).convert("I;16")


def _png_16_bit(scene: Image.Image, exif: bytes, out: io.BytesIO) -> None:
    _sixteen_bits(scene).save(out, "PNG", compress_level=1, exif=exif)


def _tiff_16_bit(scene: Image.Image, exif: bytes, out: io.BytesIO) -> None:
    _sixteen_bits(scene).save(out, "TIFF", exif=exif)


def _tiff(scene: Image.Image, exif: bytes, out: io.BytesIO) -> None:
    scene.save(out, "TIFF", exif=exif)


def _webp(scene: Image.Image, exif: bytes, out: io.BytesIO) -> None:
    scene.save(out, "WEBP", quality=80, method=0, exif=exif)


def _animated(scene: Image.Image, exif: bytes, out: io.BytesIO) -> None:
    """Write a short chat sticker: the scene, then the scene fading out."""
    still = scene.resize((scene.width // 4, scene.height // 4))
    faded = Image.blend(still, Image.new("RGB", still.size, "black"), 0.7)
    still.save(
        out, "WEBP", save_all=True, append_images=[faded], duration=400, quality=80, method=0, exif=exif
    )


_WRITERS: Final[dict[PhotoKind, _Writer]] = {
    PhotoKind.PHONE: _jpeg,
    PhotoKind.HEIC: _heic,
    PhotoKind.PNG: _png,
    PhotoKind.WEBP: _webp,
    PhotoKind.TIFF: _tiff,
    PhotoKind.PNG_16_BIT: _png_16_bit,
    PhotoKind.TIFF_16_BIT: _tiff_16_bit,
    PhotoKind.CMYK: _cmyk,
    PhotoKind.TRANSPARENT: _transparent,
    PhotoKind.PALETTE: _palette,
    PhotoKind.ANIMATED: _animated,
    PhotoKind.DISPLAY_P3: _display_p3,
    PhotoKind.TWO_PICTURES: _two_pictures,
}
_CAN_BE_TURNED: Final = frozenset(
    {
        PhotoKind.PHONE,
        PhotoKind.CMYK,
        PhotoKind.DISPLAY_P3,
        PhotoKind.TWO_PICTURES,
        PhotoKind.WEBP,
        PhotoKind.PNG,
    }
)
"""Kinds whose readers everywhere obey the EXIF orientation."""
