"""What address a message may be sent to, said to whoever typed it."""

from collections.abc import Callable
from typing import Final

import httpx

from schemas.problem import Problem
from syndicator.outbound.addresses import AddressRefused, Resolver, checked_address, is_odd_number

MOST_LETTERS: Final = 2_000


class TargetRefused(ValueError):
    """An address cannot be a target; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.en)
        self.problem = problem


def parse_target(address: str, *, allows_private: bool) -> httpx.URL:
    """Read an address as somebody typed it.

    Raises:
        TargetRefused: Not https, malformed, or with a user name in it.
    """
    if len(address) > MOST_LETTERS or any(ord(char) <= ord(" ") for char in address):
        raise TargetRefused(_invalid())
    try:
        url = httpx.URL(address)
        host = url.host
        url.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError, UnicodeError) as exc:
        raise TargetRefused(_invalid()) from exc
    if not host:
        raise TargetRefused(_invalid())
    if url.scheme != "https" and not (allows_private and url.scheme == "http"):
        raise TargetRefused(_not_https())
    # A name before the @ is how links pretend to lead elsewhere.
    if url.userinfo or is_odd_number(host):
        raise TargetRefused(refused())
    return url


def numbered(url: httpx.URL, resolver: Resolver, *, allows_private: bool) -> str:
    """Look up the host of ``url`` and return the address to connect to.

    Raises:
        TargetRefused: The name is unknown, or leads into a private network.
    """
    check: Callable[..., str] = _first if allows_private else checked_address
    try:
        # The name as it goes over the wire: the C library would encode Thai letters by older rules.
        return check(resolver(url.raw_host.decode("ascii")))
    except OSError as exc:
        raise TargetRefused(unresolved()) from exc
    except AddressRefused as exc:
        raise TargetRefused(refused()) from exc


def _first(addresses: list[str]) -> str:
    if not addresses:
        raise AddressRefused
    return addresses[0]


def _invalid() -> Problem:
    return Problem(
        path="url",
        code="url_invalid",
        th="ที่อยู่ปลายทางไม่ถูกต้อง กรุณาคัดลอกใหม่ให้ครบ โดยขึ้นต้นด้วย https://",
        en="the address is not valid; copy the whole of it again, starting with https://",
    )


def _not_https() -> Problem:
    return Problem(
        path="url",
        code="url_not_https",
        th="ที่อยู่ปลายทางต้องขึ้นต้นด้วย https:// กรุณาแก้ที่อยู่",
        en="the address must start with https://; mend it",
    )


def refused() -> Problem:
    """Say that an address leads where nothing may be sent."""
    return Problem(
        path="url",
        code="url_refused",
        th="ที่อยู่ปลายทางชี้ไปยังเครือข่ายภายในหรือที่อยู่ที่ไม่อนุญาต กรุณาใช้ที่อยู่ที่เปิดได้จากอินเทอร์เน็ต",
        en="the address leads into a private network or is forbidden; use one that is reached from the internet",
    )


def unresolved() -> Problem:
    """Say that the name of an address is unknown."""
    return Problem(
        path="url",
        code="url_unresolved",
        th="ไม่พบชื่อเครื่องปลายทางนี้ในอินเทอร์เน็ต กรุณาตรวจตัวสะกด หรือรอให้ชื่อใช้งานได้แล้วลองใหม่",
        en="the name in the address is not known; check its spelling, or wait until it works, and try again",
    )
