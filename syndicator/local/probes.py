"""Ask a PostgreSQL or a Redis whether it is there, and say in one sentence when it is not."""

from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from schemas.problem import Problem
from syndicator.local.errors import ServerDown

PROBE_TIMEOUT = timedelta(seconds=5)
MIN_POSTGRES = 140000
"""The oldest server_version_num still maintained by its makers when this was written."""
MIN_REDIS = (6, 2)


def libpq_url(database_url: str) -> str:
    """Turn the SQLAlchemy form ``postgresql+psycopg://`` into the one libpq reads."""
    scheme, separator, rest = database_url.partition("://")
    return f"{scheme.partition('+')[0]}{separator}{rest}"


def where(url: str) -> str:
    """Name the place an address points at: ``host:port/database`` or the socket; never user, password or options."""
    parts = urlsplit(url)
    sockets = parse_qs(parts.query).get("host")
    if sockets:
        return f"{sockets[0]}{unquote(parts.path)}"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname or ''}{port}{unquote(parts.path)}"


def probe_database(url: str, *, timeout: timedelta = PROBE_TIMEOUT) -> None:
    """Return when the PostgreSQL at ``url`` answers a query.

    Raises:
        ServerDown: It does not (code ``database_unreachable``), is too old (``database_too_old``), or the
            address makes no sense (``database_url_invalid``). The sentence names host, port, database and
            reason, and never the password.
    """
    _check_readable("database", "PostgreSQL", url)
    try:
        with psycopg.connect(
            libpq_url(url), connect_timeout=max(2, int(timeout.total_seconds())), autocommit=True
        ) as connection:
            connection.execute("SELECT 1")
            version = connection.info.server_version
    except (psycopg.Error, ValueError) as exc:
        raise ServerDown(_unreachable("database", "PostgreSQL", url, exc)) from None
    if version < MIN_POSTGRES:
        raise ServerDown(_too_old("database", "PostgreSQL", url, version // 10000, MIN_POSTGRES // 10000))


def probe_redis(url: str, *, timeout: timedelta = PROBE_TIMEOUT) -> None:
    """Return when the Redis at ``url`` answers.

    Raises:
        ServerDown: It does not (code ``redis_unreachable``), is too old (``redis_too_old``), or the address
            makes no sense (``redis_url_invalid``). The sentence names host, port, database and reason, and
            never the password.
    """
    _check_readable("redis", "Redis", url)
    seconds = timeout.total_seconds()
    try:
        with redis.Redis.from_url(
            url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), 0)
        ) as client:
            version = str(client.info("server")["redis_version"])
    except (redis.RedisError, OSError, ValueError) as exc:
        raise ServerDown(_unreachable("redis", "Redis", url, exc)) from None
    if tuple(int(number) for number in version.split(".")[:2]) < MIN_REDIS:
        raise ServerDown(_too_old("redis", "Redis", url, version, ".".join(map(str, MIN_REDIS))))


def _check_readable(kind: str, name: str, url: str) -> None:
    """Refuse an address whose parts cannot be told apart; any of them may then be a piece of the password."""
    try:
        parts = urlsplit(url)
        readable = parts.port is None or parts.port > 0
    except ValueError:
        readable = False
    if readable and parts.scheme and not parts.fragment and "@" not in parts.path:
        return
    setting = f"SYNDICATOR_{kind.upper()}_URL"
    raise ServerDown(
        Problem(
            path=setting,
            code=f"{kind}_url_invalid",
            th=f"อ่านที่อยู่ของ {name} ใน {setting} ไม่ได้ อักขระพิเศษในรหัสผ่าน เช่น # / @ : ต้องเขียนแบบ % (เช่น %23 แทน #)",
            en=f"the address of {name} in {setting} cannot be read; special characters of a password, such as"
            " # / @ :, must be percent-encoded (%23 for #)",
        )
    )


def _unreachable(kind: str, name: str, url: str, exc: Exception) -> Problem:
    reason = _reason(url, exc)
    setting = f"SYNDICATOR_{kind.upper()}_URL"
    return Problem(
        path=setting,
        code=f"{kind}_unreachable",
        th=f"เชื่อมต่อ {name} ที่ {where(url)} ไม่ได้ ({reason}) โปรดตรวจว่าเซิร์ฟเวอร์เปิดอยู่ และค่า {setting} ถูกต้อง",
        en=f"{name} at {where(url)} cannot be reached ({reason}); check that it runs and that {setting} is right",
    )


def _too_old(kind: str, name: str, url: str, version: object, needed: object) -> Problem:
    return Problem(
        path=f"SYNDICATOR_{kind.upper()}_URL",
        code=f"{kind}_too_old",
        th=f"{name} ที่ {where(url)} เป็นรุ่น {version} ซึ่งเก่าเกินไป ต้องใช้รุ่น {needed} ขึ้นไป",
        en=f"{name} at {where(url)} is version {version}; version {needed} or newer is needed",
    )


def _reason(url: str, exc: Exception) -> str:
    """Shorten a driver's message to what the system or the server said, without any password it may quote."""
    lines = [line.strip() for line in str(exc).splitlines() if line.strip()]
    telling = [line for line in lines if "failed: " in line] or lines[:1] or [type(exc).__name__]
    reason = telling[-1].rpartition("failed: ")[2].removeprefix("FATAL:").strip()
    for secret in _secrets(url):
        reason = reason.replace(secret, "***")
    return reason.removesuffix(".")


def _secrets(url: str) -> list[str]:
    """Collect every spelling of the password in an address."""
    user_info = url.partition("://")[2].rpartition("@")[0]
    raw = [user_info.partition(":")[2], *parse_qs(urlsplit(url).query).get("password", [])]
    return [spelling for secret in raw if secret for spelling in (secret, unquote(secret))]
