"""The channels of the registry as the core asks for them: adapters of accounts, what they can do, who pays for their calls."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from adapters.base import AdapterContext, Capabilities, ChannelAdapter, ChannelType
from adapters.pace import Budget, Payer
from adapters.redaction import KNOWN
from adapters.registry import CHANNELS
from adapters.templates import JinjaTemplates
from schemas.channel import ChannelAccount, Credentials
from schemas.ids import ChannelKind
from schemas.listing import fingerprint
from syndicator.media.storage import StoredPictures
from syndicator.settings import Settings


class SystemClock:
    """This machine's time, which channels check signatures against."""

    def now(self) -> datetime:
        """Return the present moment, aware, UTC."""
        return datetime.now(UTC)


class RegisteredAdapters:
    """Makes adapters by the registry; implements ``syndicator.ports.Adapters``."""

    def __init__(self, settings: Settings, client: httpx.Client, pictures: StoredPictures) -> None:
        groups = {channel.settings_key for channel in CHANNELS.values()}
        self._groups: dict[str, Any] = {name: getattr(settings, name) for name in groups}
        self._secrets = settings.secrets
        self._client = client
        self._pictures = pictures
        self._templates = JinjaTemplates()
        self._clock = SystemClock()
        self._capabilities: dict[tuple[ChannelKind, str], Capabilities] = {}
        self._known_budgets: dict[tuple[ChannelKind, str], Sequence[Budget]] = {}

    def open(self, account: ChannelAccount, credentials: Credentials) -> ChannelAdapter:
        """Return the adapter of the account."""
        channel = CHANNELS[account.kind]
        # Ours again each time, or those of many accounts would push them out of memory.
        KNOWN.learn((*credentials.values.values(), *self._secrets))
        return channel.make(
            AdapterContext(
                account=account,
                credentials=credentials,
                http=self._client,
                clock=self._clock,
                pictures=self._pictures,
                templates=self._templates,
                settings=self._groups[channel.settings_key],
            )
        )

    def capabilities(self, account: ChannelAccount) -> Capabilities:
        """Return what the account's channel can do."""
        key = (account.kind, fingerprint(account.settings))
        known = self._capabilities.get(key)
        if known is None:
            known = self.open(account, _blank(CHANNELS[account.kind])).capabilities
            self._capabilities[key] = known
        return known

    def label(self, account: ChannelAccount) -> str:
        """Return the channel's Thai name."""
        return CHANNELS[account.kind].label_th

    def kinds(self) -> Sequence[ChannelKind]:
        """Return the registered kinds."""
        return tuple(CHANNELS)

    def payer(self, account: ChannelAccount) -> Payer:
        """Return for whom the account's calls are counted.

        Kinds that share a group of settings share an app; where accounts of a kind fail apart, each endpoint is its own.
        """
        channel = CHANNELS[account.kind]
        endpoint = channel.endpoint(account.settings)
        group = [one.kind for one in CHANNELS.values() if one.settings_key == channel.settings_key]
        is_apart = channel.endpoint_for is not None
        return Payer(
            endpoint=endpoint,
            app=endpoint if is_apart else channel.settings_key,
            app_endpoints=(endpoint,) if is_apart else tuple(group),
            account=f"{endpoint}/{account.external_id or account.id}",
            budgets=self._budgets(account, channel),
            read_usage=channel.read_usage,
        )

    def _budgets(self, account: ChannelAccount, channel: ChannelType) -> Sequence[Budget]:
        if channel.budgets_for is None:
            return ()
        key = (account.kind, fingerprint(account.settings))
        known = self._known_budgets.get(key)
        if known is None:
            known = channel.budgets_for(self._groups[channel.settings_key], account.settings)
            self._known_budgets[key] = known
        return known


def _blank(channel: ChannelType) -> Credentials:
    """Credentials that open nothing: capabilities are asked of an adapter that makes no call."""
    return Credentials(dict.fromkeys(channel.credential_names, ""))
