"""The only place where concrete things meet: settings in, a working application out."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial

import httpx

from adapters.http import make_client
from adapters.redaction import KNOWN
from adapters.registry import CHANNELS
from adapters.webhooks import WebhookScope
from schemas.channel import ChannelAccount
from syndicator.domain.breaker import BreakerPolicy
from syndicator.domain.policy import RetryPolicy
from syndicator.domain.sold_out import Settling
from syndicator.intake.limits import IntakeLimits
from syndicator.local.probes import libpq_url
from syndicator.media.fetch import PictureFetcher
from syndicator.media.storage import ObjectStore, StoredPictures, open_store
from syndicator.outbound.webhooks import HttpWebhookSender
from syndicator.pace.budgets import BudgetCounter
from syndicator.pace.gate import RedisGate
from syndicator.pace.ledger import CallLedger
from syndicator.pace.requests import RequestLimiter
from syndicator.pace.shared import SharedPace
from syndicator.pace.usage_board import UsageBoard
from syndicator.registered_adapters import RegisteredAdapters, SystemClock
from syndicator.settings import SettingInvalid, Settings
from syndicator.store.account_work import AccountWork
from syndicator.store.clock import DatabaseClock, ask_database
from syndicator.store.engine import Database
from syndicator.store.hook_addresses import HookAddresses
from syndicator.store.secrets import FernetCipher, load_or_make_key
from syndicator.telemetry import log_call
from syndicator.usecases.deliver_webhooks import WebhookWorker
from syndicator.usecases.dispatch import DispatchLimits
from syndicator.usecases.dispatch_accounts import ORDERS, ORDERS_QUEUE, SWEEP, SWEEP_QUEUE, AccountDispatch
from syndicator.usecases.dispatch_webhooks import WebhookRoom
from syndicator.usecases.intake_tools import IntakeTools
from syndicator.usecases.poll_orders import PollPace
from syndicator.usecases.sweep_account import SweepPace


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

    def __post_init__(self) -> None:
        KNOWN.learn(self.settings.secrets)

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
        key = load_or_make_key(self.settings.var / "secret.key")
        KNOWN.learn([key])
        return FernetCipher([key])

    @cached_property
    def database(self) -> Database:
        """The store."""
        return Database(self.database_url, self.cipher, pool_size=self.settings.worker.threads + 2)

    @cached_property
    def http(self) -> httpx.Client:
        """The client every adapter of this process shares."""
        # The documentation is made without servers; nothing is called then, so nobody pays.
        return make_client(self.settings.http, log_call, pace=self.pace if self.redis_url else None)

    @cached_property
    def call_ledger(self) -> CallLedger:
        """What this process sees of the channels."""
        pace = self.settings.pace
        hanging = max(1, int(self.settings.worker.threads * pace.slow_share))
        return CallLedger(slow_after=pace.slow_call, most_hanging=hanging)

    @cached_property
    def pace_gate(self) -> RedisGate:
        """The way to the Redis that pace is shared in."""
        return RedisGate(self.redis_url)

    @cached_property
    def request_limiter(self) -> RequestLimiter:
        """Counts what other systems ask of the API."""
        return RequestLimiter(self.pace_gate)

    @cached_property
    def pace(self) -> SharedPace:
        """The toll before every call, shared with all workers."""
        pace = self.settings.pace
        return SharedPace(
            UsageBoard(self.pace_gate, longest=pace.longest_brake),
            BudgetCounter(self.pace_gate, share=pace.share_without_redis),
            self.call_ledger,
            counts_simulated=pace.simulated,
        )

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
        return f"{self.public_url}/media"

    @property
    def public_url(self) -> str:
        """The address under which the HTTP door is reached from outside, without a slash at its end."""
        if self.settings.api.public_url is not None:
            return self.settings.api.public_url.rstrip("/")
        return f"http://{self.settings.api.host}:{self.settings.api.port}"

    @cached_property
    def hooks(self) -> HookAddresses:
        """Where channels call us."""
        return HookAddresses(public_url=self.public_url, names=self.cipher.names)

    def hook_address(self, account: ChannelAccount) -> str | None:
        """Return the public address that the account's channel calls; None where it sends nothing that is read."""
        reader = CHANNELS[account.kind].webhooks
        if reader is None:
            return None
        if reader.scope is WebhookScope.APP:
            return self.hooks.of_app(account.kind)
        return self.hooks.of_account(account.kind, account.id)

    @cached_property
    def picture_fetcher(self) -> PictureFetcher:
        """Fetches pictures from addresses that sellers give."""
        media = self.settings.media
        return PictureFetcher(max_bytes=media.max_bytes, timeout=media.fetch_timeout)

    @property
    def intake_tools(self) -> IntakeTools:
        """The ports of taking products in."""
        return IntakeTools(
            database=self.database,
            adapters=self.adapters,
            store=self.media_store,
            fetcher=self.picture_fetcher,
            clock=self.clock,
            limits=IntakeLimits(max_rows=self.settings.intake.max_rows),
        )

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
            longest_brake=self.settings.pace.longest_brake,
            looks_before_repeating=self.settings.testing.looks_before_repeating,
            settling=Settling(
                sold_out_after=self.settings.stock.sold_out_after, back_after=self.settings.stock.back_after
            ),
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
            slow_in_flight=max(1, int(listing_threads * self.settings.pace.slow_share)),
            breaker=self.breaker_policy,
        )

    def account_dispatches(self, listing_threads: int) -> Sequence[AccountDispatch]:
        """Return how accounts are handed out for work done account by account, the most urgent first."""
        return (
            AccountDispatch(
                work=AccountWork.ORDERS,
                actor=ORDERS,
                queue=ORDERS_QUEUE,
                lease=self.settings.dispatch.lease,
                outstanding=self.settings.orders.outstanding(listing_threads),
            ),
            AccountDispatch(
                work=AccountWork.SWEEP,
                actor=SWEEP,
                queue=SWEEP_QUEUE,
                lease=self.settings.dispatch.lease,
                outstanding=self.settings.sweep.outstanding(listing_threads),
            ),
        )

    @cached_property
    def webhook_sender(self) -> HttpWebhookSender:
        """Calls the addresses of other systems."""
        return HttpWebhookSender(
            # Receivers hold the time of a message against theirs.
            clock=SystemClock(),
            user_agent=self.settings.http.user_agent,
            allows_private=self.settings.webhooks.allow_private,
        )

    @property
    def webhook_worker(self) -> WebhookWorker:
        """Delivers events to one subscription at a time."""
        return WebhookWorker(
            database=self.database,
            sender=self.webhook_sender,
            clock=self.clock,
            lease_time=self.settings.dispatch.lease,
            timeout=self.settings.webhooks.timeout,
            pause_after=self.settings.webhooks.pause_after,
        )

    def webhook_room(self, listing_threads: int) -> WebhookRoom:
        """Return how many subscriptions may be in work at once with so many worker threads."""
        whole = max(2, int(listing_threads * self.settings.webhooks.threads_share))
        return WebhookRoom(swift=whole - whole // 2, others=whole // 2, lease=self.settings.dispatch.lease)

    @property
    def poll_pace(self) -> PollPace:
        """How often accounts are asked for orders."""
        orders = self.settings.orders
        return PollPace(
            every=orders.every, first_back=timedelta(days=orders.first_days), jitter=random.random
        )

    @property
    def sweep_pace(self) -> SweepPace:
        """How often accounts are read back, and how modestly."""
        return SweepPace(
            every=self.settings.sweep.every, share=self.settings.sweep.share, jitter=random.random
        )

    @property
    def breaker_policy(self) -> BreakerPolicy:
        """When a channel is left in peace, and how it is tried again."""
        pace = self.settings.pace
        return BreakerPolicy(
            window=pace.breaker_window,
            failures=pace.breaker_failures,
            share=pace.breaker_share,
            first_probe=pace.first_probe,
            longest_probe=pace.longest_probe,
            lease=self.settings.dispatch.lease,
        )

    def close(self) -> None:
        """Let go of connections; what was never opened is not opened for it."""
        if "database" in self.__dict__:
            self.database.close()
        if "http" in self.__dict__:
            self.http.close()
        if "webhook_sender" in self.__dict__:
            self.webhook_sender.close()
        if "picture_fetcher" in self.__dict__:
            self.picture_fetcher.close()
        if "pace_gate" in self.__dict__:
            self.pace_gate.close()
