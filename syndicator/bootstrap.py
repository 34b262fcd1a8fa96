"""The only place where concrete things meet: settings in, a working application out."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any

import httpx

from adapters.base import AdapterContext, Capabilities, ChannelAdapter, ChannelType
from adapters.http import make_client
from adapters.registry import CHANNELS
from adapters.templates import JinjaTemplates
from schemas.channel import ChannelAccount, Credentials
from schemas.ids import ChannelKind
from schemas.listing import fingerprint
from syndicator.domain.policy import RetryPolicy
from syndicator.local.probes import libpq_url
from syndicator.media.storage import ObjectStore, StoredPictures, open_store
from syndicator.settings import SettingInvalid, Settings
from syndicator.store.clock import DatabaseClock, ask_database
from syndicator.store.engine import Database
from syndicator.store.secrets import FernetCipher, load_or_make_key
from syndicator.telemetry import log_call
from syndicator.usecases.dispatch import DispatchLimits


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
        self._client = client
        self._pictures = pictures
        self._templates = JinjaTemplates()
        self._clock = SystemClock()
        self._capabilities: dict[tuple[ChannelKind, str], Capabilities] = {}

    def open(self, account: ChannelAccount, credentials: Credentials) -> ChannelAdapter:
        """Return the adapter of the account."""
        channel = CHANNELS[account.kind]
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


def _blank(channel: ChannelType) -> Credentials:
    """Credentials that open nothing: capabilities are asked of an adapter that makes no call."""
    return Credentials(dict.fromkeys(channel.credential_names, ""))


def _cipher(keys: Sequence[str]) -> FernetCipher:
    try:
        return FernetCipher(keys)
    except ValueError as exc:
        raise SettingInvalid(
            "SYNDICATOR_SECRET_KEYS",
            th="มีค่าที่ไม่ใช่กุญแจ (ต้องเป็น base64 แบบ url-safe ของ 32 ไบต์) สร้างกุญแจด้วย: syndicator doctor --new-key",
            en="it holds something that is not a key (url-safe base64 of 32 bytes); "
            "make one with: syndicator doctor --new-key",
        ) from exc


@dataclass(frozen=True)
class App:
    """The application of one process. Parts are made when first asked for, so that a command pays for what it uses."""

    settings: Settings
    database_url: str
    redis_url: str

    @cached_property
    def clock(self) -> DatabaseClock:
        """The time all our processes share."""
        return DatabaseClock(partial(ask_database, libpq_url(self.database_url)))

    @cached_property
    def cipher(self) -> FernetCipher:
        """Encrypts credentials with the configured keys, or with one kept under ``var`` beside private servers.

        Raises:
            SettingInvalid: The database is a real one and no key is configured, or one is no key.
        """
        if keys := self.settings.all_secret_keys:
            return _cipher(keys)
        if self.settings.database_url is not None:
            raise SettingInvalid(
                "SYNDICATOR_SECRET_KEYS",
                th="ยังไม่ได้ตั้งค่า ต้องมีเมื่อใช้ฐานข้อมูลจริงใน SYNDICATOR_DATABASE_URL สร้างกุญแจด้วย: syndicator doctor --new-key",
                en="it is not set, and is required when SYNDICATOR_DATABASE_URL names a real database; "
                "make one with: syndicator doctor --new-key",
            )
        return FernetCipher([load_or_make_key(self.settings.var / "secret.key")])

    @cached_property
    def database(self) -> Database:
        """The store."""
        return Database(self.database_url, self.cipher, pool_size=self.settings.worker.threads + 2)

    @cached_property
    def http(self) -> httpx.Client:
        """The client every adapter of this process shares."""
        return make_client(self.settings.http, log_call)

    @cached_property
    def media_store(self) -> ObjectStore:
        """Where pictures are."""
        return open_store(self.settings.media, default_folder=self.settings.var / "media")

    @cached_property
    def pictures(self) -> StoredPictures:
        """The pictures as channels see them."""
        return StoredPictures(self.media_store, self.public_media_url)

    @property
    def public_media_url(self) -> str:
        """The address channels fetch pictures from."""
        if self.settings.media.public_url is not None:
            return self.settings.media.public_url
        return f"http://{self.settings.api.host}:{self.settings.api.port}/media"

    @cached_property
    def adapters(self) -> RegisteredAdapters:
        """Makes adapters."""
        return RegisteredAdapters(self.settings, self.http, self.pictures)

    @cached_property
    def retry_policy(self) -> RetryPolicy:
        """The bounds of patience."""
        retry = self.settings.retry
        return RetryPolicy(
            first_wait=retry.first_wait,
            longest_wait=retry.longest_wait,
            max_attempts=retry.max_attempts,
            max_wish_age=retry.max_wish_age,
            jitter=random.random,
            looks_before_repeating=self.settings.testing.looks_before_repeating,
        )

    def dispatch_limits(self, *, listing_threads: int, media_threads: int) -> DispatchLimits:
        """Return the bounds of one look, from the threads of the workers that are alive."""
        dispatch = self.settings.dispatch
        return DispatchLimits(
            lease=dispatch.lease,
            media_lease=dispatch.lease,
            per_account=dispatch.per_account,
            cheap_slice=dispatch.cheap_slice,
            outstanding=max(1, listing_threads) * dispatch.outstanding_per_thread,
            media_outstanding=max(1, media_threads) * dispatch.outstanding_per_thread,
        )

    def close(self) -> None:
        """Let go of connections; what was never opened is not opened for it."""
        if "database" in self.__dict__:
            self.database.close()
        if "http" in self.__dict__:
            self.http.close()
