"""However an inside address is written, a link to it is refused before anything is sent."""

import ipaddress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.media.fetch import PictureFetcher, SourceUnavailable
from syndicator.media.problems import MediaProblemError
from syndicator.outbound.addresses import is_public, resolve
from tests.support.picture_hosts import TIMEOUT, fetcher_over

INSIDE_BLOCKS = [
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "100.64.0.0/10",
]
INSIDE = st.sampled_from(INSIDE_BLOCKS).flatmap(
    lambda block: st.ip_addresses(v=4, network=ipaddress.ip_network(block))
)


def spellings(address: ipaddress.IPv4Address) -> list[str]:
    number = int(address)
    octets = str(address).split(".")
    return [
        str(address),
        f"{address}.",
        str(number),
        f"0x{number:x}",
        f"0{number:o}",
        ".".join(f"0x{int(octet):x}" for octet in octets),
        ".".join(f"0{int(octet):o}" for octet in octets),
        f"{octets[0]}.{number & 0xFFFFFF}",
        f"{octets[0]}.{octets[1]}.{number & 0xFFFF}",
        f"[::ffff:{address}]",
        f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]",
        f"[64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}]",
        f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]",
        f"[::{address}]",
        f"seller@{address}",
        f"example.com@{address}",
        f"example.com:443@{address}",
    ]


def never_sent(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"a request went out to {request.url}")


@given(INSIDE, st.data())
def test_inside_address_is_refused_however_it_is_written(
    address: ipaddress.IPv4Address, data: st.DataObject
) -> None:
    host = data.draw(st.sampled_from(spellings(address)))

    with pytest.raises(MediaProblemError) as refused:
        # The real resolver: numbers need no name server, and it reads all the forms that C libraries do.
        fetcher_over(never_sent, resolver=resolve).fetch(f"https://{host}/photo.jpg")

    assert refused.value.problem.code in {"url_refused", "url_invalid"}


@given(INSIDE)
def test_name_that_leads_inside_is_refused(address: ipaddress.IPv4Address) -> None:
    with pytest.raises(MediaProblemError, match="url_refused"):
        fetcher_over(never_sent, resolver=lambda _host: [str(address)]).fetch("https://shop.example/a.jpg")


@given(st.ip_addresses(v=4))
def test_mapped_address_is_judged_as_the_one_inside_it(address: ipaddress.IPv4Address) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))


@given(st.text(max_size=60))
def test_any_text_is_refused_or_unreachable_but_never_an_accident(text: str) -> None:
    def unknown(_host: str) -> list[str]:
        raise OSError("unknown name")

    with pytest.raises((MediaProblemError, SourceUnavailable)):
        fetcher_over(never_sent, resolver=unknown).fetch(text)
    with pytest.raises((MediaProblemError, SourceUnavailable)):
        fetcher_over(never_sent, resolver=unknown).fetch(f"https://{text}")


def test_fetcher_default_is_the_system_resolver_and_real_tls() -> None:
    with PictureFetcher(max_bytes=10, timeout=TIMEOUT) as fetcher, pytest.raises(MediaProblemError):
        fetcher.fetch("https://localhost/a.jpg")
