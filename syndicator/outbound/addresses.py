"""Which network addresses a link that somebody typed may lead to: public ones only, whatever way they are written."""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

Resolver: TypeAlias = Callable[[str], Sequence[str]]
"""Turns a host name into its numeric addresses; raises ``OSError`` when it has none."""
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NUMERIC_LABEL: Final = re.compile(r"(?:[0-9]+|0[xX][0-9a-fA-F]*)")
_NAT64: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""RFC 6052, RFC 8215: a translator turns these into the IPv4 address in their last 32 bits."""
_IPV4_COMPATIBLE: Final = ipaddress.ip_network("::/96")
"""RFC 4291, deprecated: an IPv4 address in disguise."""
_EXTRA_REFUSED: Final = tuple(
    ipaddress.ip_network(block)
    for block in (
        "100.64.0.0/10",  # shared by the customers of a carrier (RFC 6598)
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.88.99.0/24",  # 6to4 relays, deprecated (RFC 7526)
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "2001::/23",  # protocol assignments, Teredo among them (RFC 2928)
        "2002::/16",  # 6to4: an IPv4 address inside (RFC 3056)
        "3fff::/20",  # documentation (RFC 9637)
        "5f00::/16",  # segment routing (RFC 9602)
    )
)
"""Named here as well as in the standard library, whose table differs between Python releases."""


class AddressRefused(ValueError):
    """The address leads into a private network, or to nothing."""


def resolve(host: str) -> Sequence[str]:
    """Ask the system for every address of ``host``.

    Raises:
        OSError: The name is unknown or the name server does not answer.
    """
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except UnicodeError as exc:
        raise OSError(f"not a host name: {exc}") from exc
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_address(addresses: Sequence[str]) -> str:
    """Return the address to connect to.

    Raises:
        AddressRefused: Any of them is not public. A name with one public and one private address is a trap.
    """
    if not addresses or not all(is_public(address) for address in addresses):
        raise AddressRefused
    return addresses[0]


def is_public(address: str) -> bool:
    """Tell whether a numeric address belongs to the public internet; text that is no address does not."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return _is_public(parsed)


def _is_public(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return _is_public(inner)
        if address.scope_id is not None or address.is_site_local:
            return False
    if any(address in block for block in _EXTRA_REFUSED if block.version == address.version):
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    )


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 form leads to, so that it is judged as what it is."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _IPV4_COMPATIBLE or any(address in block for block in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def is_odd_number(host: str) -> bool:
    """Tell whether ``host`` is an IPv4 address written so as not to look like one.

    Decimal (``2130706433``), hexadecimal, octal and shortened forms all lead somewhere in a C library; browsers
    take a host whose last label is a number for an address, and so do we, but only the plain form is accepted.
    """
    last = host.rstrip(".").rpartition(".")[2]
    if _NUMERIC_LABEL.fullmatch(last) is None:
        return False
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return True
    return False
