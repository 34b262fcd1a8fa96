import itertools
from collections.abc import Callable, Iterator

import httpx
import pytest

from syndicator.media.fetch import SourceUnavailable
from syndicator.media.problems import MediaProblemError
from tests.support.picture_hosts import PUBLIC_ADDRESS, fetcher_over
from tests.support.pictures import encode, quarters

PICTURE = encode(quarters(), "JPEG")
URL = "https://shop.example/photos/a.jpg?size=large"


def page(body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    """Answer as a connection does: headers now, the body when it is read."""
    return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))


def serves_picture(_request: httpx.Request) -> httpx.Response:
    return page(PICTURE)


def refusal(
    url: str, answer: Callable[[httpx.Request], httpx.Response] = serves_picture, **options: object
) -> str:
    with pytest.raises(MediaProblemError) as refused:
        fetcher_over(answer, **options).fetch(url)  # type: ignore[arg-type]
    return refused.value.problem.code


def unavailable(answer: Callable[[httpx.Request], httpx.Response], **options: object) -> str:
    with pytest.raises(SourceUnavailable) as failed:
        fetcher_over(answer, **options).fetch(URL)  # type: ignore[arg-type]
    return failed.value.problem.code


def redirects_to(*targets: str) -> Callable[[httpx.Request], httpx.Response]:
    steps = iter(targets)

    def answer(_request: httpx.Request) -> httpx.Response:
        target = next(steps, None)
        return page(PICTURE) if target is None else httpx.Response(302, headers={"Location": target})

    return answer


def test_picture_is_fetched() -> None:
    assert fetcher_over(serves_picture).fetch(f"  {URL}\n") == PICTURE


def test_connection_goes_to_the_checked_number_under_the_right_name() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return page(PICTURE)

    fetcher_over(answer).fetch(URL)

    (request,) = seen
    assert request.url.host == PUBLIC_ADDRESS
    assert request.url.raw_path == b"/photos/a.jpg?size=large"
    assert request.headers["Host"] == "shop.example"
    assert request.headers["Accept-Encoding"] == "identity"
    assert request.extensions["sni_hostname"] == "shop.example"
    assert not {"cookie", "authorization", "referer"} & set(request.headers)


def test_thai_name_is_resolved_and_sent_in_its_wire_form() -> None:
    asked: list[str] = []
    hosts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.headers["Host"])
        return page(PICTURE)

    def resolver(host: str) -> list[str]:
        asked.append(host)
        return [PUBLIC_ADDRESS]

    fetcher_over(answer, resolver=resolver).fetch("https://ร้านค้า.ไทย/รูป.jpg")

    assert asked == hosts
    assert asked[0].startswith("xn--")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://shop.example/a.jpg", "url_not_https"),
        ("ftp://shop.example/a.jpg", "url_not_https"),
        ("file:///etc/passwd", "url_not_https"),
        ("shop.example/a.jpg", "url_invalid"),
        ("", "url_invalid"),
        ("https://", "url_invalid"),
        ("https:///a.jpg", "url_invalid"),
        ("https://shop example/a.jpg", "url_invalid"),
        ("https://shop.example/" + "a" * 3_000, "url_invalid"),
        ("https://user:secret@shop.example/a.jpg", "url_refused"),
        ("https://shop.example:8443/a.jpg", "url_refused"),
        ("https://2130706433/a.jpg", "url_refused"),
    ],
)
def test_address_is_refused_before_anything_is_sent(url: str, code: str) -> None:
    assert refusal(url) == code


def test_redirect_is_followed() -> None:
    answer = redirects_to("/other.jpg", "https://cdn.example/b.jpg", "//cdn.example/c.jpg")

    assert fetcher_over(answer).fetch(URL) == PICTURE


def test_fourth_redirect_is_too_many() -> None:
    assert refusal(URL, redirects_to("/1", "/2", "/3", "/4")) == "url_redirects"


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("http://shop.example/a.jpg", "url_not_https"),
        ("https://127.0.0.1/a.jpg", "url_refused"),
        ("https://[::1]/a.jpg", "url_refused"),
        ("https://inside.example/a.jpg", "url_refused"),
        ("https://0x7f000001/", "url_refused"),
        ("file:///etc/passwd", "url_not_https"),
    ],
)
def test_redirect_is_checked_like_the_first_address(target: str, code: str) -> None:
    def resolver(host: str) -> list[str]:
        return [PUBLIC_ADDRESS] if host == "shop.example" else ["127.0.0.1"]

    assert refusal(URL, redirects_to(target), resolver=resolver) == code


def test_name_that_changes_its_address_on_the_second_look_is_caught() -> None:
    addresses = iter([[PUBLIC_ADDRESS], ["127.0.0.1"]])

    assert refusal(URL, redirects_to("/again.jpg"), resolver=lambda _host: next(addresses)) == "url_refused"


@pytest.mark.parametrize("status", [204, 304, 400, 401, 403, 404, 410])
def test_site_that_refuses_is_final(status: int) -> None:
    assert refusal(URL, lambda _request: httpx.Response(status)) == "url_status"


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_site_in_trouble_is_tried_again_later(status: int) -> None:
    assert unavailable(lambda _request: httpx.Response(status)) == "url_unreachable"


def test_name_that_is_unknown_is_tried_again_later() -> None:
    def unknown(_host: str) -> list[str]:
        raise OSError("Name or service not known")

    assert unavailable(serves_picture, resolver=unknown) == "url_unreachable"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (httpx.ConnectError, "url_unreachable"),
        (httpx.ReadError, "url_unreachable"),
        (httpx.ReadTimeout, "url_time"),
    ],
)
def test_broken_connection_is_tried_again_later(error: type[httpx.TransportError], code: str) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise error("broken")

    assert unavailable(answer) == code


def test_announced_size_is_refused_before_the_body_is_read() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Length": "2000000"}, content=exploding())

    assert refusal(URL, answer) == "too_many_bytes"


def exploding() -> Iterator[bytes]:
    raise AssertionError("the body was read")
    yield b""


def test_endless_body_is_cut_off() -> None:
    sent = itertools.count()

    def endless() -> Iterator[bytes]:
        for _ in sent:
            yield bytes(10_000)

    assert refusal(URL, lambda _request: httpx.Response(200, content=endless())) == "too_many_bytes"
    assert next(sent) <= 103


def test_slow_drip_ends_at_the_total_time() -> None:
    seconds = itertools.count(0, 2)

    def drip() -> Iterator[bytes]:
        while True:
            yield b"\xff"

    answer = unavailable(
        lambda _request: httpx.Response(200, content=drip()), monotonic=lambda: float(next(seconds))
    )

    assert answer == "url_time"


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"<html>not here</html>", "not_a_picture"), (b"", "picture_empty"), (b"GIF89a", "unsupported_format")],
)
def test_what_is_not_a_picture_is_refused_whatever_the_header_says(body: bytes, code: str) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return page(body, {"Content-Type": "image/jpeg"})

    assert refusal(URL, answer) == code


def test_packed_answer_is_not_unpacked() -> None:
    packed = b"\x1f\x8b\x08\x00" + bytes(40)

    def answer(_request: httpx.Request) -> httpx.Response:
        return page(packed, {"Content-Encoding": "gzip"})

    assert refusal(URL, answer) == "not_a_picture"


@pytest.mark.parametrize(
    ("error", "code"), [(httpx.ReadError, "url_unreachable"), (httpx.ReadTimeout, "url_time")]
)
def test_connection_that_breaks_in_mid_picture_is_tried_again_later(
    error: type[httpx.TransportError], code: str
) -> None:
    def breaking() -> Iterator[bytes]:
        yield PICTURE[:100]
        raise error("broken")

    assert unavailable(lambda _request: httpx.Response(200, content=breaking())) == code
