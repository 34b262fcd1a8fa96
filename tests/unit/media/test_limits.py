from datetime import timedelta

from syndicator.media.limits import DecodeLimits
from syndicator.media.settings import MediaSettings


def test_limits_come_from_the_settings() -> None:
    settings = MediaSettings(
        max_pixels=1_000,
        max_bytes=2_000,
        decode_timeout=timedelta(seconds=3),
        decode_memory_bytes=200_000_000,
    )

    limits = DecodeLimits.from_settings(settings)

    assert (limits.max_pixels, limits.max_bytes, limits.memory_bytes) == (1_000, 2_000, 200_000_000)
    assert limits.timeout == timedelta(seconds=3)


def test_settings_and_limits_have_the_same_defaults() -> None:
    assert DecodeLimits.from_settings(MediaSettings()) == DecodeLimits()
