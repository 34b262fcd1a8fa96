"""The media group of the program's settings."""

from datetime import timedelta

from pydantic import Field, SecretStr

from adapters.settings import Group


class MediaSettings(Group):
    """Where pictures are kept, where channels fetch them, and what a source picture may cost us."""

    store: str | None = None
    """A folder, or ``s3://bucket/prefix``; None means ``media`` under the program's data folder."""
    public_url: str | None = None
    """Address channels fetch pictures from; None means the API's own ``/media/``."""
    s3_endpoint: str | None = None
    """Address of an S3-compatible service; None means Amazon's own."""
    s3_region: str = "us-east-1"
    """Region of the bucket."""
    s3_access_key: SecretStr | None = None
    """Name of the key that may write to the bucket."""
    s3_secret_key: SecretStr | None = None
    """The key itself."""
    s3_path_style: bool = True
    """``endpoint/bucket/key`` instead of ``bucket.endpoint/key``; most S3-compatible services want it."""
    max_pixels: int = Field(default=80_000_000, gt=0, le=89_000_000)
    """Pixels of a source picture; a larger one is refused before it is decoded."""
    max_bytes: int = Field(default=40_000_000, gt=0)
    """Bytes of a source picture."""
    decode_timeout: timedelta = timedelta(seconds=20)
    """Longest time one picture may take for all its sizes."""
    decode_memory_bytes: int = Field(default=384 * 1024 * 1024, ge=128 * 1024 * 1024)
    """Private memory the decoding process may use before it is refused more."""
    fetch_timeout: timedelta = timedelta(seconds=30)
    """Total time for one picture from a URL, redirects included."""
