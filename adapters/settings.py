"""Where the channels are: addresses and versions, by group. Read once, by ``syndicator.settings``."""

from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr


class Group(BaseModel):
    """Base of a settings group: unknown keys are refused."""

    # The docstring under each attribute is its meaning in docs/settings.md.
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class HttpSettings(Group):
    """Bounds of every call to a channel."""

    connect_timeout: timedelta = timedelta(seconds=5)
    """Longest wait for a connection."""
    read_timeout: timedelta = timedelta(seconds=25)
    """Longest silence of a channel in mid-answer; the lease cuts a call earlier where less is left of it."""
    max_connections: int = 64
    """Open connections of one process, all channels together."""
    user_agent: str = "Syndicator/0.1"
    """How calls name this program; LINE asks integrations to say who they are."""
    trust_env: bool = False
    """Whether proxies named in the environment are used; off, so that no call leaves by a way nobody chose."""


class MetaSettings(Group):
    """The Graph API. Versions and their ends: ``docs/channels/meta.md``."""

    graph_url: str = "https://graph.facebook.com"
    """Where Pages are, and Instagram accounts that log in through Facebook."""
    instagram_url: str = "https://graph.instagram.com"
    """Where Instagram accounts are that log in by themselves."""
    version: str = "v26.0"
    """Graph version of every call."""
    app_secret: SecretStr | None = None
    """When set, every call carries ``appsecret_proof``; webhooks are believed only with it, for it signs them."""
    verify_token: SecretStr | None = None
    """What is typed into Meta's console beside our webhook address; Meta proves with it that it asks for us."""
    photo_upload: str = "bytes"
    """How Page photos travel: ``bytes`` (multipart, needs no public media address) or ``url``."""
    lookup_settles: timedelta = timedelta(seconds=60)
    """How long a new post may be missing from what Meta's reads show; before that, "not found" is not believed. Meta names
    no figure (meta.md 1.4: read replicas lag), so this one is assumed: too short may post twice, too long only waits."""


class LineSettings(Group):
    """MyShop (catalogue, stock, orders) and the Messaging API."""

    myshop_url: str = "https://developers-oaplus.line.biz"
    """Where MyShop is."""
    messaging_url: str = "https://api.line.me"
    """Where the Messaging API is; no call is made to it yet."""
    lookup_settles: timedelta = timedelta(seconds=20)
    """How long a new product may be missing from MyShop's own search; assumed, as with Meta."""


class EmarketSettings(Group):
    """E-markets; each is a YAML file."""

    dir: Path | None = None
    """Folder of the market files; None means the ones shipped in ``config/emarkets/``."""
