"""Bring every colour model to plain 8-bit sRGB, with alpha kept only where a picture has some."""

import io
from functools import lru_cache
from typing import Final

from PIL import Image, ImageCms

from syndicator.media.problems import MediaCode, MediaProblemError

_WITH_ALPHA: Final = frozenset({"RGBA", "RGBa", "LA", "La", "PA"})
_SIXTEEN_TO_EIGHT: Final = 1 / 257
"""0..65535 to 0..255: both ends are met exactly."""


def to_eight_bits(image: Image.Image) -> Image.Image:
    """Turn 16-bit greys and palettes into modes that can be resized smoothly.

    Shape: the answer is L, LA, RGB, RGBA, CMYK or LAB; transparency named in a palette becomes an alpha band.

    Raises:
        MediaProblemError: ``unsupported_format`` for floating-point pixels, whose range nothing tells.
    """
    if image.mode == "F":
        raise MediaProblemError.of(MediaCode.UNSUPPORTED_FORMAT, format="TIFF 32-bit float")
    if image.mode == "I" or image.mode.startswith("I;16"):
        wide = image if image.mode == "I" else image.convert("I")
        return wide.point(lambda value: value * _SIXTEEN_TO_EIGHT).convert("L")
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode in {"L", "RGB", "CMYK", "LAB"}:
        return image
    return image.convert("RGB")


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to sRGB by the embedded ICC ``profile``; without one RGB is taken to be sRGB already.

    Shape: RGB, or RGBA when the picture has alpha. A profile that is broken or meant for another colour model is
    ignored, as browsers do: slightly wrong colours sell better than no picture.
    """
    target = "RGBA" if image.mode == "RGBA" else "RGB"
    if image.mode == "LAB":
        return _apply(image, _lab_transform())
    if profile:
        try:
            transform = _transform(profile, image.mode, target)
            if transform is not None:
                return _apply(image, transform)
        except (ImageCms.PyCMSError, OSError, ValueError):
            return image.convert(target)
    return image.convert(target)


def _apply(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    changed = ImageCms.applyTransform(image, transform)
    if changed is None:
        raise ImageCms.PyCMSError("the transform answered nothing")
    return changed


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str, target: str) -> ImageCms.ImageCmsTransform | None:
    """Build the transform once per profile: phones of one maker all embed the same one. None: it is sRGB."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if mode in {"RGB", "RGBA"} and "srgb" in ImageCms.getProfileDescription(source).lower():
        return None
    return ImageCms.buildTransform(source, _srgb(), mode, target)


@lru_cache(maxsize=1)
def _lab_transform() -> ImageCms.ImageCmsTransform:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    return ImageCms.buildTransform(lab, _srgb(), "LAB", "RGB")


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
