"""The program's settings: one typed object in nested groups, read once, in ``bootstrap``.

Every value is an environment variable with the prefix ``SYNDICATOR_``; groups nest by ``__``
(``SYNDICATOR_META__VERSION``). A variable that ends in ``_FILE`` names a file that holds the value, for secrets.
"""

import os
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
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


class SandboxSettings(Group):
    """Where the simulated channels listen."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=8099, ge=0, le=65535)
    """Port; 0 takes a free one."""


class WorkerSettings(Group):
    """How much a worker process does at once."""

    threads: int = Field(default=8, ge=1, le=64)
    """Listings a worker process works on at once."""
    processes: int = Field(default=1, ge=1, le=32)
    """Worker processes that ``up`` starts."""
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
    cheap_slice: int = Field(default=16, ge=1)
    """Live listings of one account handed over under one lease where calls do not batch."""
    outstanding_per_thread: int = Field(default=6, ge=1)
    """Leased listings for every worker thread alive; more would only wait in Redis."""


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
    """Redis for the broker alone; unset means a private server under ``var``."""
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
    retry: RetrySettings = RetrySettings()
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
