"""The files that markets read, as the HTTP door serves them."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from schemas.ids import AccountId
from syndicator.api.app import create_app
from syndicator.bootstrap import App
from syndicator.settings import Settings
from syndicator.store.feeds import feed_key

DATA = "<rss>กล้วยอบเนย</rss>".encode()
KEY = feed_key(AccountId(7), "a secret", "google-products.xml")


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(settings=Settings(var=tmp_path), database_url="", redis_url="")


class Client:
    """Asks the web application without a socket."""

    def __init__(self, api: FastAPI) -> None:
        self._transport = httpx.ASGITransport(api)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return asyncio.run(self._ask("GET", path, headers))

    def head(self, path: str) -> httpx.Response:
        return asyncio.run(self._ask("HEAD", path, None))

    async def _ask(self, method: str, path: str, headers: Mapping[str, str] | None) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url="http://test") as client:
            return await client.request(method, path, headers=headers)


@pytest.fixture
def client(app: App) -> Client:
    app.media_store.put(KEY, DATA)
    return Client(create_app(app))


@pytest.mark.parametrize("below", ["", "/media"])
def test_the_file_is_served_as_it_was_written(client: Client, below: str) -> None:
    answer = client.get(f"{below}/{KEY}")

    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-type"] == "application/xml"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["cache-control"] == "private, no-cache"


def test_the_address_people_are_shown_is_one_that_is_served(app: App, client: Client) -> None:
    shown = app.pictures.url(KEY)  # type: ignore[arg-type]
    assert (
        client.get(shown.removeprefix(f"http://{app.settings.api.host}:{app.settings.api.port}")).content
        == DATA
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("m.csv", "text/csv; charset=utf-8"),
        ("m.tsv", "text/tab-separated-values; charset=utf-8"),
        ("m.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_each_format_has_its_type(app: App, client: Client, name: str, kind: str) -> None:
    key = feed_key(AccountId(7), "a secret", name)
    app.media_store.put(key, DATA)
    assert client.get(f"/{key}").headers["content-type"] == kind


def test_head_says_the_same_without_the_file(client: Client) -> None:
    head, got = client.head(f"/{KEY}"), client.get(f"/{KEY}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == got.headers["etag"]


def test_a_reader_that_has_the_file_is_not_sent_it_again(app: App, client: Client) -> None:
    first = client.get(f"/{KEY}")

    assert client.get(f"/{KEY}", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert (
        client.get(f"/{KEY}", headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'}).status_code == 304
    )
    assert client.get(f"/{KEY}", headers={"If-None-Match": "*"}).status_code == 304
    app.media_store.put(KEY, DATA + b" ")
    assert client.get(f"/{KEY}", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_a_date_decides_where_there_is_no_tag(client: Client) -> None:
    first = client.get(f"/{KEY}")
    written = parsedate_to_datetime(first.headers["last-modified"])

    def status(**headers: str) -> int:
        return client.get(
            f"/{KEY}", headers={name.replace("_", "-"): v for name, v in headers.items()}
        ).status_code

    earlier = format_datetime(written - timedelta(hours=1), usegmt=True)
    assert status(if_modified_since=first.headers["last-modified"]) == 304
    assert status(if_modified_since=earlier) == 200
    assert status(if_modified_since="yesterday") == 200
    assert status(if_modified_since=first.headers["last-modified"], if_none_match='"x"') == 200


@pytest.mark.parametrize(
    "path",
    [
        feed_key(AccountId(7), "another secret", "google-products.xml"),
        feed_key(AccountId(8), "a secret", "google-products.xml"),
        KEY.replace(".xml", ".csv"),
    ],
)
def test_a_guessed_address_leads_nowhere(client: Client, path: str) -> None:
    assert client.get(f"/{path}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "feeds",
        "feeds/7",
        KEY.rpartition("/")[0],
        f"{KEY.rpartition('/')[0]}/..%2f..%2fsecret.key",
        f"{KEY.rpartition('/')[0]}/.hidden.xml",
        KEY.replace("feeds/7", "feeds/x"),
        KEY.replace("feeds/7", "feeds/0"),
        "feeds/7/../../originals/x.xml",
    ],
)
def test_nothing_else_can_be_reached_or_listed(client: Client, path: str) -> None:
    assert client.get(f"/{path}").status_code in {404, 422}
    assert client.get(f"/media/{path}").status_code in {404, 422}
