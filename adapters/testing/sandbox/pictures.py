"""Pictures as a channel takes them: fetched by address or given as bytes, really decoded, kept small."""

import asyncio
import hashlib
import io
import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import httpx
from PIL import Image

from adapters.testing.sandbox.options import SandboxOptions

MAX_FETCH_BYTES: Final = 16 * 1024 * 1024
"""More is not read; every channel's own limit is lower."""
FETCH_TIMEOUT_S: Final = 5.0
"""Seconds a market waits for a picture. Source: emarkets.md §15.11."""
THUMBNAIL_PX: Final = 320
_KEPT_THUMBNAILS: Final = 4_000
_MAX_PIXELS: Final = 60_000_000


class FetchProblem(StrEnum):
    """Why a picture was not taken."""

    SCHEME = "scheme"
    PRIVATE_HOST = "private_host"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    STATUS = "status"
    PARTIAL = "partial"
    NOT_A_PICTURE = "not_a_picture"
    TOO_LARGE = "too_large"


class PictureRefused(Exception):
    """The picture could not be had; ``problem`` says why."""

    def __init__(self, problem: FetchProblem, detail: str = "") -> None:
        super().__init__(f"{problem.value}: {detail}")
        self.problem = problem
        self.detail = detail


@dataclass(frozen=True)
class Picture:
    """A picture that decoded: ``sha`` names its bytes, ``format`` is Pillow's word (JPEG, PNG)."""

    sha: str
    width: int
    height: int
    format: str
    size_bytes: int

    @property
    def ratio(self) -> float:
        """Width divided by height."""
        return self.width / self.height


class PictureStore:
    """Fetches, decodes and remembers pictures; thumbnails go beside the state file when there is one."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._client: httpx.AsyncClient | None = None
        self._known: dict[str, Picture] = {}
        self._by_url: dict[str, Picture] = {}
        self._thumbnails: OrderedDict[str, bytes] = OrderedDict()
        self._folder: Path | None = None
        if options.state_file:
            self._folder = options.state_file.with_name(options.state_file.name + ".pictures")
            self._folder.mkdir(parents=True, exist_ok=True)

    async def fetch(self, url: str, *, ranged: bool = False) -> Picture:
        """Fetch a picture as the channel's crawler does and decode it.

        ``ranged`` sends ``Range: bytes=0-`` as Meta's crawler may (meta.md §1.3).

        Raises:
            PictureRefused: It cannot be had or is no picture.
        """
        if self._options.cache_pictures and url in self._by_url:
            return self._by_url[url]
        await self._check_host(url)
        picture = await self.keep(await self._download(url, ranged=ranged))
        if self._options.cache_pictures:
            self._by_url[url] = picture
        return picture

    async def keep(self, data: bytes) -> Picture:
        """Decode given bytes and remember a small version.

        Raises:
            PictureRefused: The bytes are no picture.
        """
        sha = hashlib.sha256(data).hexdigest()
        known = self._known.get(sha)
        if known is not None:
            return known
        picture, small = await asyncio.to_thread(_decode, data, sha, with_thumbnail=self._options.thumbnails)
        self._known[sha] = picture
        if small:
            self._remember(sha, small)
        return picture

    def thumbnail(self, sha: str) -> bytes | None:
        """Return the small JPEG, None when it is not (or no longer) kept."""
        kept = self._thumbnails.get(sha)
        if kept is None and self._folder and sha.isalnum():
            file = self._folder / f"{sha}.jpg"
            return file.read_bytes() if file.exists() else None
        return kept

    async def close(self) -> None:
        """Close the connections to picture hosts."""
        if self._client:
            await self._client.aclose()
            self._client = None

    def _remember(self, sha: str, small: bytes) -> None:
        self._thumbnails[sha] = small
        if len(self._thumbnails) > _KEPT_THUMBNAILS:
            self._thumbnails.popitem(last=False)
        if self._folder:
            (self._folder / f"{sha}.jpg").write_bytes(small)

    async def _check_host(self, url: str) -> None:
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL:
            raise PictureRefused(FetchProblem.SCHEME, "no address") from None
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            raise PictureRefused(FetchProblem.SCHEME, parsed.scheme)
        if parsed.host in self._options.allowed_picture_hosts:
            return
        for address in await _addresses(parsed.host):
            if not ipaddress.ip_address(address).is_global:
                raise PictureRefused(FetchProblem.PRIVATE_HOST, parsed.host)

    async def _download(self, url: str, *, ranged: bool) -> bytes:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=FETCH_TIMEOUT_S, trust_env=False)
        headers = {"Range": "bytes=0-"} if ranged else {}
        try:
            async with self._client.stream("GET", url, headers=headers) as response:
                self._check_status(response)
                return await _read_bounded(response)
        except httpx.TimeoutException:
            raise PictureRefused(FetchProblem.TIMEOUT, url) from None
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise PictureRefused(FetchProblem.UNREACHABLE, type(exc).__name__) from None

    def _check_status(self, response: httpx.Response) -> None:
        if response.status_code == httpx.codes.PARTIAL_CONTENT and not self._options.reject_partial_content:
            return
        if response.status_code == httpx.codes.PARTIAL_CONTENT:
            raise PictureRefused(FetchProblem.PARTIAL, "206")
        if response.status_code != httpx.codes.OK:
            raise PictureRefused(FetchProblem.STATUS, str(response.status_code))
        if response.headers.get("content-type", "").startswith("text/"):
            raise PictureRefused(FetchProblem.NOT_A_PICTURE, response.headers["content-type"])


async def _addresses(host: str) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None)
    except OSError as exc:
        raise PictureRefused(FetchProblem.UNREACHABLE, str(exc)) from None
    return [str(entry[4][0]) for entry in found]


async def _read_bounded(response: httpx.Response) -> bytes:
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > MAX_FETCH_BYTES:
            raise PictureRefused(FetchProblem.TOO_LARGE, f"more than {MAX_FETCH_BYTES} bytes")
    return bytes(data)


def _decode(data: bytes, sha: str, *, with_thumbnail: bool) -> tuple[Picture, bytes | None]:
    try:
        with Image.open(io.BytesIO(data)) as image:
            picture = Picture(sha, image.width, image.height, image.format or "", len(data))
            is_shrunk = with_thumbnail and image.width * image.height <= _MAX_PIXELS
            return picture, _shrink(image) if is_shrunk else None
    except Exception as exc:  # noqa: BLE001 - Pillow raises many kinds for broken files; all mean: no picture
        raise PictureRefused(FetchProblem.NOT_A_PICTURE, type(exc).__name__) from None


def _shrink(image: Image.Image) -> bytes:
    image.draft("RGB", (THUMBNAIL_PX, THUMBNAIL_PX))
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    small = io.BytesIO()
    image.convert("RGB").save(small, "JPEG", quality=78)
    return small.getvalue()
