"""Where the channels are: addresses and versions, by group. Read once, by ``syndicator.settings``."""

from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Group(BaseModel):
    """Base of a settings group: unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class HttpSettings(Group):
    """Bounds of every call to a channel."""

    connect_timeout: timedelta = timedelta(seconds=5)
    read_timeout: timedelta = timedelta(seconds=25)
    max_connections: int = 64
    user_agent: str = "Syndicator/0.1"
    trust_env: bool = False
    """Whether proxies named in the environment are used; off, so that no call leaves by a way nobody chose."""


class MetaSettings(Group):
    """The Graph API. Versions and their ends: ``docs/channels/meta.md``."""

    graph_url: str = "https://graph.facebook.com"
    instagram_url: str = "https://graph.instagram.com"
    version: str = "v26.0"
    app_secret: SecretStr | None = None
    """When set, every call carries ``appsecret_proof``."""
    photo_upload: str = "bytes"
    """How Page photos travel: ``bytes`` (multipart, needs no public media address) or ``url``."""


class LineSettings(Group):
    """MyShop (catalogue, stock, orders) and the Messaging API."""

    myshop_url: str = "https://developers-oaplus.line.biz"
    messaging_url: str = "https://api.line.me"


class EmarketSettings(Group):
    """Where the market files are; None means the ones shipped in ``config/emarkets/``."""

    dir: Path | None = None


class MediaSettings(Group):
    """Where pictures are kept, where channels fetch them, and what a source picture may cost us."""

    store: str | None = None
    """A folder, or ``s3://bucket/prefix``; None means ``media`` under the program's data folder."""
    public_url: str | None = None
    """Address channels fetch pictures from; None means the API's own ``/media/``."""
    s3_endpoint: str | None = None
    """Address of an S3-compatible service; None means Amazon's own."""
    s3_region: str = "us-east-1"
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    s3_path_style: bool = True
    """``endpoint/bucket/key`` instead of ``bucket.endpoint/key``; most S3-compatible services want it."""
    max_pixels: int = Field(default=80_000_000, gt=0, le=89_000_000)
    max_bytes: int = Field(default=40_000_000, gt=0)
    decode_timeout: timedelta = timedelta(seconds=20)
    decode_memory_bytes: int = Field(default=384 * 1024 * 1024, ge=128 * 1024 * 1024)
    """Private memory the decoding process may use before it is refused more."""
    fetch_timeout: timedelta = timedelta(seconds=30)
    """Total time for one picture from a URL, redirects included."""
