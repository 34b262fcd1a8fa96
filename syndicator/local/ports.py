"""TCP ports on this machine: find a free one, and say who has a taken one."""

import socket

import psutil

from schemas.problem import Problem
from syndicator.local.errors import PortTaken

LOOPBACK = "127.0.0.1"


def free_port(host: str = LOOPBACK) -> int:
    """Return a TCP port that nobody listens on right now; another program may still take it first."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind((host, 0))
        return int(sock.getsockname()[1])


def is_free(host: str, port: int) -> bool:
    """Say whether we could listen on a port right now."""
    try:
        check_port_free(host, port, setting="")
    except PortTaken:
        return False
    return True


def check_port_free(host: str, port: int, *, setting: str) -> None:
    """Return when we could listen on a port.

    Args:
        host: Address or name to listen on.
        port: TCP port.
        setting: What the reader changes to use another port, such as ``--port`` or an environment variable.

    Raises:
        PortTaken: We cannot; code ``port_taken`` (the sentence names the program when the system tells),
            ``port_forbidden`` (a port below 1024, for example) or ``host_unknown``.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as exc:
        raise PortTaken(_unknown_host(host, setting)) from exc
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        # Servers set this too: connections of an earlier run that are still closing do not count.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(address)
            sock.listen(1)
        except PermissionError as exc:
            raise PortTaken(_forbidden(host, port, setting)) from exc
        except OSError as exc:
            raise PortTaken(_taken(host, port, setting)) from exc


def _taken(host: str, port: int, setting: str) -> Problem:
    holder = _holder(port)
    by_th, by_en = (f" โดย {holder}", f" by {holder}") if holder else ("", "")
    return Problem(
        path=setting,
        code="port_taken",
        th=f"พอร์ต {port} บน {host} ถูกใช้อยู่{by_th} โปรดปิดโปรแกรมนั้น หรือเลือกพอร์ตอื่นด้วย {setting}",
        en=f"port {port} on {host} is already in use{by_en}; stop that program or choose another port with {setting}",
    )


def _forbidden(host: str, port: int, setting: str) -> Problem:
    return Problem(
        path=setting,
        code="port_forbidden",
        th=f"ระบบไม่อนุญาตให้ใช้พอร์ต {port} บน {host} โปรดเลือกพอร์ตตั้งแต่ 1024 ขึ้นไปด้วย {setting}",
        en=f"port {port} on {host} may not be used by this user; choose a port from 1024 up with {setting}",
    )


def _unknown_host(host: str, setting: str) -> Problem:
    return Problem(
        path=setting,
        code="host_unknown",
        th=f"ไม่รู้จักที่อยู่ {host} โปรดแก้ {setting}",
        en=f"the address {host} is not known here; change {setting}",
    )


def _holder(port: int) -> str | None:
    """Name the program that listens on a port; None when the system does not tell us (another user's)."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except (psutil.AccessDenied, OSError):
        return None
    for connection in connections:
        listens = connection.status == psutil.CONN_LISTEN and getattr(connection.laddr, "port", None) == port
        if listens and connection.pid:
            try:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
            except psutil.Error:
                return f"pid {connection.pid}"
    return None
