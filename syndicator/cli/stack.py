"""All our processes on this machine: private servers, api, workers, scheduler, and the simulated channels if wanted."""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from adapters.testing.sandbox_environment import sandbox_environment
from schemas.channel import Lane
from syndicator.bootstrap import App
from syndicator.local.children import Child, HealthUrl, Listens, ReadyFile
from syndicator.local.ports import free_port
from syndicator.local.probes import probe_database, probe_redis
from syndicator.local.servers import Endpoints, PrivateServers, holder, running_endpoints
from syndicator.local.supervisor import Supervisor
from syndicator.local.var import check_var
from syndicator.settings import Settings
from syndicator.store.migrate import migrate
from syndicator.store.secrets import load_or_make_key
from syndicator.usecases.dispatch import QUEUES
from workers.queues import WORK_QUEUES

WORKERS_STOP_WITHIN = timedelta(seconds=35)
GIVE_WAY = 5
"""Steps of Unix niceness: the scheduler, the servers and the stock worker get three times the processor of each of these."""
ATTACH_PATIENCE_S = 10.0


class Mode(StrEnum):
    """Which channels a stack talks to."""

    SANDBOX = "sandbox"
    """The simulated ones on this machine; nothing leaves it."""
    LIVE = "live"
    """The real ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackInfo:
    """What other commands need to know of a running stack. Holds no secret."""

    pid: int
    mode: Mode
    api_url: str
    sandbox_url: str | None
    env: Mapping[str, str] = field(default_factory=dict)


def stack_file(var: Path) -> Path:
    """Return where a running stack writes its info."""
    return var / "run" / "stack.json"


def running_stack(var: Path) -> StackInfo | None:
    """Return the info of the stack that runs on ``var``, or None."""
    try:
        raw = json.loads(stack_file(var).read_text(encoding="utf-8"))
        info = StackInfo(**{**raw, "mode": Mode(raw["mode"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return info if holder(var) == info.pid else None


def remembered_mode(var: Path) -> Mode:
    """Return the mode that ``up`` was last told for this folder; simulated channels until a person says otherwise."""
    try:
        return Mode((var / "mode").read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return Mode.SANDBOX


def remember_mode(var: Path, mode: Mode) -> None:
    """Keep the mode for the next start."""
    var.mkdir(parents=True, exist_ok=True)
    (var / "mode").write_text(mode.value, encoding="ascii")


@dataclass(slots=True)
class RunningStack:
    """A stack this process holds."""

    info: StackInfo
    app: App
    supervisor: Supervisor
    servers: PrivateServers | None

    def peaks(self) -> dict[str, int]:
        """Return the highest resident memory of each process in bytes."""
        return self.supervisor.peaks()


@contextmanager
def start_stack(settings: Settings, mode: Mode) -> Iterator[RunningStack]:
    """Start everything, wait until it is ready, and stop everything at the end of the block.

    Raises:
        LocalError: Something did not start; the sentence says what and where. What had started is stopped again.
    """
    with ExitStack() as stack:
        servers, endpoints = _open_servers(settings, stack)
        migrate(endpoints.database_url)
        plan = _Plan(settings, mode, endpoints)
        supervisor = stack.enter_context(
            Supervisor(settings.var / "log", each_look=servers.keep_running if servers else None)
        )
        children = plan.children()
        # Those that listen come first: a listing made before ``api`` serves its pictures would be refused for them.
        supervisor.start([child for child in children if child.listens is not None])
        supervisor.start([child for child in children if child.listens is None])
        info = plan.info()
        _announce(settings.var, info, stack)
        app = App(_with_env(settings, plan.env), endpoints.database_url, endpoints.redis_url)
        stack.callback(app.close)
        yield RunningStack(info=info, app=app, supervisor=supervisor, servers=servers)


@contextmanager
def open_app(settings: Settings) -> Iterator[App]:
    """Open the application for a short command: on the servers the settings name, on a running stack, or alone.

    Raises:
        LocalError: A server does not answer or did not start.
    """
    with ExitStack() as stack:
        info = running_stack(settings.var)
        endpoints = _running_endpoints(settings)
        if endpoints is None:
            _, endpoints = _open_servers(settings, stack)
            migrate(endpoints.database_url)
        env = _attached_env(settings, info)
        app = App(_with_env(settings, env), endpoints.database_url, endpoints.redis_url)
        stack.callback(app.close)
        yield app


def _attached_env(settings: Settings, info: StackInfo | None) -> Mapping[str, str]:
    if settings.database_url is not None:
        # A real database goes with addresses of its own; our children are handed theirs in the environment.
        return {}
    return info.env if info is not None else _channel_env(settings, remembered_mode(settings.var))


def _running_endpoints(settings: Settings) -> Endpoints | None:
    named = _named_endpoints(settings)
    if named is not None:
        return named
    until = time.monotonic() + ATTACH_PATIENCE_S
    while (endpoints := running_endpoints(settings.var)) is None:
        # Somebody holds the folder but is still starting, or just ending.
        if holder(settings.var) is None or time.monotonic() > until:
            return None
        time.sleep(0.1)
    return endpoints


def _named_endpoints(settings: Settings) -> Endpoints | None:
    if settings.database_url is None or settings.redis_url is None:
        return None
    database, redis = settings.database_url.get_secret_value(), settings.redis_url.get_secret_value()
    probe_database(database)
    probe_redis(redis)
    return Endpoints(database, redis)


def _open_servers(settings: Settings, stack: ExitStack) -> tuple[PrivateServers | None, Endpoints]:
    named = _named_endpoints(settings)
    if named is not None:
        check_var(settings.var)
        return None, named
    servers = PrivateServers(settings.var)
    stack.enter_context(servers)
    private = servers.endpoints
    return servers, Endpoints(
        settings.database_url.get_secret_value() if settings.database_url else private.database_url,
        settings.redis_url.get_secret_value() if settings.redis_url else private.redis_url,
    )


def _announce(var: Path, info: StackInfo, stack: ExitStack) -> None:
    path = stack_file(var)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(info)), encoding="utf-8")
    stack.callback(lambda: path.unlink(missing_ok=True))


def _with_env(settings: Settings, env: Mapping[str, str]) -> Settings:
    """Read the settings again with the stack's own addresses laid over the environment's."""
    before = {name: os.environ.get(name) for name in env}
    os.environ.update(env)
    try:
        return Settings(var=settings.var, seller=settings.seller, language=settings.language)
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _channel_env(settings: Settings, mode: Mode, sandbox_url: str | None = None) -> dict[str, str]:
    """Return the variables that point the channels at the sandbox; nothing in live mode."""
    if mode is Mode.LIVE:
        return {}
    url = sandbox_url or f"http://{settings.sandbox.host}:{settings.sandbox.port}"
    return sandbox_environment(url, settings.var / "run" / "emarkets")


class _Plan:
    """Which children a stack has and with what environment."""

    def __init__(self, settings: Settings, mode: Mode, endpoints: Endpoints) -> None:
        self._settings = settings
        self._mode = mode
        self._api_port = settings.api.port or free_port(settings.api.host)
        self._sandbox_port = settings.sandbox.port or free_port(settings.sandbox.host)
        self._ready = settings.var / "run" / "ready"
        self.env = self._environment(endpoints)

    @property
    def _api_url(self) -> str:
        return f"http://{self._settings.api.host}:{self._api_port}"

    @property
    def _sandbox_url(self) -> str | None:
        if self._mode is Mode.LIVE:
            return None
        return f"http://{self._settings.sandbox.host}:{self._sandbox_port}"

    def _environment(self, endpoints: Endpoints) -> dict[str, str]:
        settings = self._settings
        env = {
            "SYNDICATOR_VAR": str(settings.var),
            "SYNDICATOR_API__HOST": settings.api.host,
            "SYNDICATOR_API__PORT": str(self._api_port),
            "SYNDICATOR_STOCK__SOLD_OUT_AFTER": _iso(settings.stock.sold_out_after),
            "SYNDICATOR_STOCK__BACK_AFTER": _iso(settings.stock.back_after),
            **_channel_env(settings, self._mode, self._sandbox_url),
        }
        if settings.media.public_url is None:
            env["SYNDICATOR_MEDIA__PUBLIC_URL"] = f"{self._api_url}/media"
        if not settings.all_secret_keys and settings.database_url is None:
            load_or_make_key(settings.var / "secret.key")
            env["SYNDICATOR_SECRET_KEYS_FILE"] = str(settings.var / "secret.key")
        self._secret_env = {
            "SYNDICATOR_DATABASE_URL": endpoints.database_url,
            "SYNDICATOR_REDIS_URL": endpoints.redis_url,
        }
        return env

    def info(self) -> StackInfo:
        return StackInfo(
            pid=os.getpid(),
            mode=self._mode,
            api_url=self._api_url,
            sandbox_url=self._sandbox_url,
            env=self.env,
        )

    def children(self) -> list[Child]:
        settings = self._settings
        children = [self._api()]
        if self._mode is Mode.SANDBOX:
            children.append(self._sandbox())
        # Stock changes have a process of their own, to which the others give way: beside seven busy threads the eighth
        # waits for the interpreter, and beside busy processes the next one waits for a core.
        stock = QUEUES[Lane.STOCK]
        others = [name for name in WORK_QUEUES if name != stock]
        give_way = ("--nice", str(GIVE_WAY))
        children += [
            self._worker(f"worker-{n}", others, settings.worker.threads, *give_way)
            for n in range(1, settings.worker.processes + 1)
        ]
        children.append(self._worker("worker-stock", [stock], settings.worker.stock_threads))
        children += [
            self._own(f"media-{n}", "worker", "--media", *give_way, grace=WORKERS_STOP_WITHIN)
            for n in range(1, settings.worker.media_processes + 1)
        ]
        return [*children, self._own("scheduler", "scheduler")]

    def _worker(self, name: str, queues: Sequence[str], threads: int, *more: str) -> Child:
        argv = ("worker", "--queues", ",".join(queues), "--threads", str(threads), *more)
        return self._own(name, *argv, grace=WORKERS_STOP_WITHIN)

    def _own(self, name: str, *argv: str, grace: timedelta = timedelta(seconds=10)) -> Child:
        ready = self._ready / name
        return Child(
            name=name,
            argv=(sys.executable, "-m", "syndicator", *argv, "--ready-file", str(ready)),
            env={**os.environ, **self.env, **self._secret_env},
            ready=ReadyFile(ready),
            grace=grace,
        )

    def _api(self) -> Child:
        host = self._settings.api.host
        return Child(
            name="api",
            argv=(sys.executable, "-m", "syndicator", "api"),
            env={**os.environ, **self.env, **self._secret_env},
            ready=HealthUrl(f"{self._api_url}/health/live"),
            listens=Listens(host, self._api_port, "SYNDICATOR_API__PORT"),
        )

    def _sandbox(self) -> Child:
        settings = self._settings
        return Child(
            name="sandbox",
            argv=(
                sys.executable,
                "-m",
                "syndicator",
                "sandbox",
                "--port",
                str(self._sandbox_port),
                "--state",
                str(settings.var / "sandbox" / "state.json"),
                "--journal",
                str(settings.var / "sandbox" / "journal.ndjson"),
            ),
            env={**os.environ, **self.env},
            ready=HealthUrl(f"{self._sandbox_url}/_sandbox/health"),
            listens=Listens(settings.sandbox.host, self._sandbox_port, "SYNDICATOR_SANDBOX__PORT"),
        )


def _iso(span: timedelta) -> str:
    return f"PT{span.total_seconds()}S"
