"""What a channel accepts as a picture, and the sized picture made for it."""

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.ids import PictureKey, Sha256


class PictureSpec(BaseModel):
    """How a source picture is sized for a channel. Declared by the adapter in its capabilities.

    The goods are never cut: a picture whose ratio lies outside ``ratio_min``..``ratio_max`` is padded with
    ``background`` to the nearest bound. All lengths are pixels, ``ratio`` is width / height.
    Equal specs of two channels give equal keys, so the picture is made once for both.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_width: int = Field(gt=0)
    max_height: int = Field(gt=0)
    min_width: int = Field(default=1, gt=0)
    min_height: int = Field(default=1, gt=0)
    ratio_min: float | None = Field(default=None, gt=0)
    ratio_max: float | None = Field(default=None, gt=0)
    background: str = Field(default="#ffffff", pattern=r"^#[0-9a-f]{6}$")
    format: Literal["jpeg"] = "jpeg"
    max_bytes: int = Field(gt=0)
    quality: int = Field(default=85, ge=40, le=95)
    """JPEG quality to start from; the pipeline goes down from it until the file fits ``max_bytes``."""
    min_quality: int = Field(default=55, ge=30, le=95)

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that change with anything that changes the pixels."""
        text = json.dumps(self.model_dump(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def key_for(self, source: Sha256) -> PictureKey:
        """Return the storage key of the picture made from ``source``; pure, so a preview knows it beforehand."""
        return PictureKey(f"pictures/{source[:2]}/{source}-{self.fingerprint}.jpg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A sized picture as stored: ``key`` in the media store, size in pixels and bytes."""

    key: PictureKey
    width: int
    height: int
    size_bytes: int
