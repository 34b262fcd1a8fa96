"""The program's settings: one typed object in nested groups, read once, in ``bootstrap``.

Every value is an environment variable with the prefix ``SYNDICATOR_``; groups nest by ``__``
(``SYNDICATOR_META__VERSION``). A variable that ends in ``_FILE`` names a file that holds the value, for secrets.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from adapters.settings import EmarketSettings, Group, HttpSettings, LineSettings, MetaSettings
from schemas.problem import Problem
from syndicator.media.settings import MediaSettings

PREFIX = "SYNDICATOR_"


class Language(StrEnum):
    """Languages that commands speak."""

    THAI = "th"
    ENGLISH = "en"


class SettingInvalid(ValueError):
    """A setting cannot be used; ``problem`` names it and says what to do, never its value."""

    def __init__(self, name: str, *, th: str, en: str) -> None:
        super().__init__(f"the setting {name} is not valid: {en}")
        self.problem = Problem(
            path=name, code="setting_invalid", th=f"ค่าตั้งระบบ {name} ไม่ถูกต้อง: {th}", en=str(self)
        )


class ApiSettings(Group):
    """Where the ``api`` process listens."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=8080, ge=0, le=65535)
    """Port; 0 takes a free one."""
    public_url: str | None = None
    """Address under which channels reach this process, for their webhooks; None means where it listens."""
    requests_per_minute: int = Field(default=600, ge=1)
    """Requests a key of another system may make in a minute, unless it was made with a limit of its own."""
    answers_kept: timedelta = Field(default=timedelta(days=3), ge=timedelta(hours=1))
    """How long a write that carried an ``Idempotency-Key`` is answered alike when it is sent again."""
    body_silence: timedelta = Field(default=timedelta(seconds=30), gt=timedelta(0))
    """A caller that sends nothing of its body for so long is let go of."""
    cors_origins: tuple[str, ...] = ()
    """Web pages of other hosts that may call the API from a browser, as a JSON list of origins; none unless given."""
    oldest_due: timedelta = Field(default=timedelta(minutes=10), ge=timedelta(seconds=1))
    """Age of the oldest listing that is due and not worked on at which `/health/ready` turns red."""
    metrics_token: SecretStr | None = None
    """What a monitor sends as `Authorization: Bearer` to read `/metrics`; None means that only this machine may."""
    webhooks_remembered: timedelta = Field(default=timedelta(days=30), ge=timedelta(days=2))
    """How long an event that a channel sent is known again when it is sent once more."""


class SandboxSettings(Group):
    """Where the simulated channels listen."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=8099, ge=0, le=65535)
    """Port; 0 takes a free one."""


class WorkerSettings(Group):
    """How much a worker process does at once."""

    threads: int = Field(default=16, ge=1, le=64)
    """Listings a worker process works on at once."""
    processes: int = Field(default=1, ge=1, le=32)
    """Worker processes that ``up`` starts."""
    stock_threads: int = Field(default=16, ge=1, le=64)
    """Threads of one more worker process that ``up`` starts, for stock changes alone."""
    media_processes: int = Field(default=2, ge=1, le=32)
    """Media worker processes that ``up`` starts; each decodes one picture at a time."""


class DispatchSettings(Group):
    """How due work is handed to the workers."""

    tick: timedelta = timedelta(milliseconds=200)
    """Longest pause between two looks for due listings; a change in the database cuts it short."""
    lease: timedelta = timedelta(seconds=45)
    """How long a worker may hold a listing; calls are cut so that they end before. Also the longest a listing rests
    after its worker was killed."""
    per_account: int = Field(default=16, ge=1)
    """Listings of one account that may be in work at once."""
    cheap_slice: int = Field(default=4, ge=1)
    """Live listings of one account handed over under one lease where calls do not batch."""
    outstanding_per_thread: int = Field(default=6, ge=1)
    """Leased slices of listings for every worker thread alive; more would only wait in Redis."""


class PaceSettings(Group):
    """How channels are spared: budgets, brakes, breakers, and what a slow channel may hold."""

    simulated: bool = False
    """Whether the published budgets also hold for channels on this machine; a simulated one sets its own limits."""
    share_without_redis: float = Field(default=0.25, gt=0, le=1)
    """Part of each budget that one worker process allows itself while Redis cannot be asked or was just emptied."""
    longest_brake: timedelta = timedelta(hours=24)
    """A channel's own word on waiting is believed no further; then one listing tries."""
    slow_call: timedelta = timedelta(seconds=5)
    """A call that takes longer is slow."""
    slow_share: float = Field(default=0.25, gt=0, le=1)
    """Share of the worker threads that channels whose calls are slow, or that are just coming back, may hold."""
    breaker_window: timedelta = timedelta(seconds=60)
    """How far back calls count when a channel is judged."""
    breaker_failures: int = Field(default=5, ge=1)
    """Fewer calls than this that met a broken channel never stop it."""
    breaker_share: float = Field(default=0.6, gt=0, le=1)
    """Share of the calls that must have met a broken channel before nothing more is sent to it."""
    first_probe: timedelta = timedelta(seconds=5)
    """Wait before a stopped channel is tried with one listing; it doubles with each try that fails."""
    longest_probe: timedelta = timedelta(minutes=5)
    """The wait between two tries grows no further."""


class RetrySettings(Group):
    """When a step is tried again, and when it is given up for a person."""

    first_wait: timedelta = timedelta(seconds=2)
    """Wait before the second try; it doubles with each further one, less up to half of it by chance."""
    longest_wait: timedelta = timedelta(minutes=30)
    """The wait grows no further than this."""
    max_attempts: int = Field(default=8, ge=1)
    """Tries of one wish before it is given to a person; throttling does not count."""
    max_wish_age: timedelta = timedelta(days=7)
    """A wish that could not be carried out for this long is given to a person."""
    replays_per_second: float = Field(default=10.0, gt=0)
    """Listings that fall due each second when dead letters are replayed, over all replays together."""


class StockSettings(Group):
    """When changes of stock are said."""

    sold_out_after: timedelta = Field(default=timedelta(seconds=60), ge=timedelta(0))
    """How long goods must have been sold out before a post says so, on channels that show no number of units."""
    back_after: timedelta = Field(default=timedelta(seconds=60), ge=timedelta(0))
    """How long all of them must have been for sale again before a post says that."""


class RefreshSettings(Group):
    """How credentials that expire are refreshed; the leading scheduler does it."""

    every: timedelta = Field(default=timedelta(seconds=5), gt=timedelta(0))
    """Pause between two looks for credentials that are due. Also the longest that an account whose credential was refused
    waits for its refresh."""
    threads: int = Field(default=2, ge=1, le=32)
    """Accounts refreshed at once."""


class OrderSettings(Group):
    """How orders are read from the channels that report them."""

    every: timedelta = Field(default=timedelta(minutes=1), gt=timedelta(0))
    """Pause between two reads of an account's orders; a channel that wants to be asked less often is."""
    first_days: int = Field(default=3, ge=0, le=90)
    """Days that the first read of an account goes back; what was sold before is in the count."""
    threads_share: float = Field(default=0.25, gt=0, le=1)
    """Share of the worker threads that reading orders may hold; one in any case."""

    def outstanding(self, threads: int) -> int:
        """Return how many accounts may be asked at once with so many worker threads."""
        return max(1, int(threads * self.threads_share))


class SweepSettings(Group):
    """How listings are read back from the channels, to find what somebody changed there."""

    every: timedelta = Field(default=timedelta(hours=6), gt=timedelta(0))
    """Pause between two sweeps of an account, more or less by a tenth so that accounts do not march in step."""
    share: float = Field(default=0.5, gt=0, le=1)
    """Part of an account's budget of calls that reading back may use up; the rest stays free for what changes something."""
    threads_share: float = Field(default=0.125, gt=0, le=1)
    """Share of the worker threads that sweeps may hold; one in any case."""

    def outstanding(self, threads: int) -> int:
        """Return how many accounts may be read back at once with so many worker threads."""
        return max(1, int(threads * self.threads_share))


class WebhookSettings(Group):
    """How other systems are told of events."""

    timeout: timedelta = Field(default=timedelta(seconds=10), gt=timedelta(0), le=timedelta(seconds=20))
    """Longest call to an endpoint, its answer included."""
    pause_after: timedelta = Field(default=timedelta(days=3), gt=timedelta(0))
    """An endpoint that failed again and again for so long is paused, until a person sets it going."""
    kept: timedelta = Field(default=timedelta(days=30), ge=timedelta(days=4))
    """How long events and their deliveries are kept to be looked at and replayed."""
    old_secret_signs: timedelta = Field(default=timedelta(days=1), ge=timedelta(0))
    """How long the secret before a rotation signs beside the new one."""
    threads_share: float = Field(default=0.25, gt=0, le=1)
    """Share of the worker threads that deliveries may hold; two in any case, one of them for endpoints that are swift."""
    allow_private: bool = False
    """Whether endpoints may be plain http and lie in private networks: for tests and demonstrations on one machine."""


class TestingSettings(Group):
    """Switches for tests that must be able to fail. Refused where a channel is not simulated on this machine."""

    looks_before_repeating: bool = True
    """Off: a publish whose outcome is unknown is simply repeated. ``make chaos`` shows with it that its count of
    duplicates can rise."""


class IntakeSettings(Group):
    """Bounds of a product file."""

    max_rows: int = Field(default=100_000, ge=1)
    """Rows of one file; a longer one is refused whole."""


class _FileVariants(PydanticBaseSettingsSource):
    """Reads ``SYNDICATOR_X_FILE`` as the value of ``SYNDICATOR_X``; nested names work alike."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """Give nothing field by field: the call below reads everything at once."""
        del field
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, path in os.environ.items():
            if name.startswith(PREFIX) and name.endswith("_FILE"):
                keys = name[len(PREFIX) : -len("_FILE")].lower().split("__")
                _put(found, keys, _read_secret_file(name, Path(path)))
        return found


def _read_secret_file(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise SettingInvalid(
            name,
            th=f"อ่านไฟล์ {path} ไม่ได้ ({exc.strerror})",
            en=f"the file {path} cannot be read ({exc.strerror})",
        ) from exc


def _put(tree: dict[str, Any], keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
    tree[keys[-1]] = value


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}


def read_settings() -> "Settings":
    """Read the environment once.

    Raises:
        SettingInvalid: A setting is wrong, or a file that holds one cannot be read.
    """
    try:
        return Settings()
    except ValidationError as exc:
        first = exc.errors(include_input=False)[0]
        where = "__".join(str(part).upper() for part in first["loc"])
        name = where if where.startswith(PREFIX) else f"{PREFIX}{where}"
        raise SettingInvalid(name, th=first["msg"], en=first["msg"]) from None


class Settings(BaseSettings):
    """Everything that can be set from outside."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        use_attribute_docstrings=True,
    )

    database_url: SecretStr | None = None
    """PostgreSQL; unset means a private server under ``var``."""
    redis_url: SecretStr | None = None
    """Redis for the broker and the budgets, nothing else; unset means a private server under ``var``."""
    var: Path = Path("var")
    """Folder for private servers, media, logs and results."""
    secret_key: SecretStr | None = None
    """The Fernet key that encrypts credentials; ``SYNDICATOR_SECRET_KEYS`` replaces it when keys rotate."""
    secret_keys: SecretStr | None = None
    """Comma-separated Fernet keys; the first encrypts, all decrypt."""
    seller: str = "seller-1"
    """The seller that commands act for when ``--seller`` is not given."""
    language: Language = Language.THAI
    """Language of what commands print for people."""

    api: ApiSettings = ApiSettings()
    sandbox: SandboxSettings = SandboxSettings()
    worker: WorkerSettings = WorkerSettings()
    dispatch: DispatchSettings = DispatchSettings()
    pace: PaceSettings = PaceSettings()
    retry: RetrySettings = RetrySettings()
    stock: StockSettings = StockSettings()
    refresh: RefreshSettings = RefreshSettings()
    orders: OrderSettings = OrderSettings()
    sweep: SweepSettings = SweepSettings()
    webhooks: WebhookSettings = WebhookSettings()
    intake: IntakeSettings = IntakeSettings()
    media: MediaSettings = MediaSettings()
    http: HttpSettings = HttpSettings()
    meta: MetaSettings = MetaSettings()
    line: LineSettings = LineSettings()
    emarket: EmarketSettings = EmarketSettings()
    """``SYNDICATOR_EMARKET_DIR`` is the documented name of ``SYNDICATOR_EMARKET__DIR``; both work."""
    testing: TestingSettings = TestingSettings()

    @model_validator(mode="before")
    @classmethod
    def _market_folder(cls, values: Any) -> Any:
        folder = os.environ.get("SYNDICATOR_EMARKET_DIR")
        if folder and isinstance(values, dict):
            given = values.get("emarket") or {}
            values["emarket"] = given if not isinstance(given, dict) else {"dir": folder, **given}
        return values

    @model_validator(mode="after")
    def _harmless_tests(self) -> Self:
        channels = (self.meta.graph_url, self.meta.instagram_url, self.line.myshop_url)
        if not self.testing.looks_before_repeating and not all(map(_is_loopback, channels)):
            raise ValueError("TESTING__LOOKS_BEFORE_REPEATING may be off only with simulated channels")
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret in the settings: the password within an address, each key within a list."""
        return tuple(_secrets_in(self))

    @property
    def all_secret_keys(self) -> tuple[str, ...]:
        """Return the configured keys, the one that encrypts first; empty when none is set."""
        given = self.secret_keys or self.secret_key
        texts = () if given is None else given.get_secret_value().split(",")
        return tuple(text.strip() for text in texts if text.strip())

    @field_validator("var")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.absolute()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order: given in code, environment, ``_FILE`` variants."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _FileVariants(settings_cls)


def _secrets_in(group: BaseModel) -> Iterator[str]:
    for name in type(group).model_fields:
        held = getattr(group, name)
        if isinstance(held, BaseModel):
            yield from _secrets_in(held)
        elif isinstance(held, SecretStr):
            yield from _secrets_of(held.get_secret_value())


def _secrets_of(value: str) -> Iterator[str]:
    """Yield the keys of a list and the password of an address; where a server is may be told."""
    if "://" not in value:
        yield from (part.strip() for part in value.split(","))
        return
    password = urlsplit(value).password
    if password is not None:
        yield from {password, unquote(password)}
