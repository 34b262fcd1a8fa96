import subprocess
import sys
from pathlib import Path

import pytest

from syndicator.outbound.addresses import AddressRefused, checked_address, is_odd_number, is_public, resolve

ROOT = Path(__file__).resolve().parents[3]
REFUSED = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3",  # noqa: S104 - refused, not bound
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "100.64.0.1", "100.127.255.255", "169.254.169.254", "169.254.0.1",
    "192.0.0.170", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1",
    "2001:db8::1", "2001::1", "2001:2::1", "3fff::1", "100::1", "5f00::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2002:7f00:1::1", "2002:c0a8:101::1",
    "localhost", "", "example.com", "127.1", "0x7f000001",
]  # fmt: skip
PUBLIC = [
    "93.184.216.34",
    "8.8.8.8",
    "172.32.0.1",
    "100.128.0.1",
    "2606:2800:220:1::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", REFUSED)
def test_address_inside_or_reserved_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_address_on_the_internet_is_public(address: str) -> None:
    assert is_public(address)


def test_one_private_address_among_public_ones_is_refused() -> None:
    with pytest.raises(AddressRefused):
        checked_address(["93.184.216.34", "10.0.0.1"])


def test_name_without_an_address_is_refused() -> None:
    with pytest.raises(AddressRefused):
        checked_address([])


def test_first_public_address_is_taken() -> None:
    assert checked_address(["93.184.216.34", "8.8.8.8"]) == "93.184.216.34"


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "1.2.3.4.",
        "0x",
        "a.1",
        "08.8.8.8",
    ],
)
def test_number_in_disguise_is_recognised(host: str) -> None:
    assert is_odd_number(host)


@pytest.mark.parametrize(
    "host", ["93.184.216.34", "example.com", "example.com.", "1and1.com", "7.example", "::1"]
)
def test_ordinary_host_is_no_number_in_disguise(host: str) -> None:
    assert not is_odd_number(host)


def test_system_resolver_gives_numeric_addresses() -> None:
    assert resolve("127.0.0.1") == ["127.0.0.1"]


def test_overlong_label_is_an_ordinary_look_up_failure() -> None:
    # In a process of its own: the test run forbids every look-up of a name, even one that never leaves.
    code = "from syndicator.outbound.addresses import resolve\ntry: resolve('a' * 80 + '.example')\nexcept OSError: print('failed')"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout == "failed\n"
