"""Where the channels are: addresses and versions, by group. Read once, by ``syndicator.settings``."""

from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr


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
