"""Pictures of the market: fetched by itself in a batch, asked for later. Source: emarkets.md §4, §14, §15.11."""

import asyncio
from typing import Any, Final
from urllib.parse import urlsplit

from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.market.envelope import RowError, refused, refused_rows, success
from adapters.testing.sandbox.market.rules import MAX_IMAGES
from adapters.testing.sandbox.market.state import HostedImage, ImageJob
from adapters.testing.sandbox.pictures import Picture, PictureRefused

MIN_PX: Final = 330
MAX_PX: Final = 5_000
MAX_BYTES: Final = 3_145_728
_FORMATS: Final = {"JPEG", "PNG"}
_running: set[asyncio.Task[None]] = set()
"""asyncio keeps only weak references to tasks; these keep the fetching ones alive."""


async def migrate(call: Call) -> Answer:
    """Begin to fetch up to eight pictures; the answer names the batch."""
    body = call.request.body
    urls = body.get("urls") if isinstance(body, dict) else None
    if not isinstance(urls, list) or not 1 <= len(urls) <= MAX_IMAGES:
        raise refused("4169", f"urls takes 1 to {MAX_IMAGES} addresses")
    state = call.sandbox.market
    batch = f"b{state.next()}"
    job = ImageJob(call.account, [HostedImage(str(url)) for url in urls])
    state.jobs[batch] = job
    task = asyncio.create_task(_run(call, job))
    _running.add(task)
    task.add_done_callback(_running.discard)
    return success({"batch_id": batch})


async def _run(call: Call, job: ImageJob) -> None:
    for image in job.images:
        await _take(call, image)
    job.done = True
    call.sandbox.changed()


async def _take(call: Call, image: HostedImage) -> None:
    try:
        picture = await call.sandbox.pictures.fetch(image.url)
    except PictureRefused as problem:
        image.error = problem.problem.value.upper()
        return
    image.error = _fault(picture)
    if image.error is None:
        call.sandbox.market.hosted[picture.sha] = picture
        image.hosted_url = f"{call.request.origin}/_pictures/{picture.sha}.jpg"


def _fault(picture: Picture) -> str | None:
    if picture.format not in _FORMATS:
        return "FORMAT"
    if picture.size_bytes > MAX_BYTES:
        return "TOO_LARGE"
    if not MIN_PX <= min(picture.width, picture.height) <= max(picture.width, picture.height) <= MAX_PX:
        return "PIXELS"
    return None


async def job_status(call: Call) -> Answer:
    """Answer how far a batch is: each picture's hosted address or why there is none."""
    job = call.sandbox.market.jobs.get(call.request.first("batch_id") or "")
    if job is None or job.shop != call.account:
        raise refused("BatchNotFound", "no such batch_id")
    return success({"done": job.done, "images": [_shown(image) for image in job.images]})


def _shown(image: HostedImage) -> dict[str, Any]:
    shown = {"url": image.url, "hosted_url": image.hosted_url, "error": image.error}
    return {name: value for name, value in shown.items() if value is not None}


def hosted_pictures(call: Call, urls: Any) -> list[Picture]:
    """Return the market's own pictures behind the addresses of a listing.

    Raises:
        Refused: None, too many, one twice, or one that the market does not host.
    """
    if not isinstance(urls, list) or not urls:
        raise refused_rows([RowError("4139", "a main picture is required", field="images")])
    if len(urls) > MAX_IMAGES:
        raise refused_rows([RowError("4169", f"at most {MAX_IMAGES} pictures", field="images")])
    shas = [_sha_of(str(url)) for url in urls]
    if len(set(shas)) != len(shas):
        raise refused_rows([RowError("4158", "the same picture twice", field="images")])
    hosted = call.sandbox.market.hosted
    if not all(sha in hosted for sha in shas):
        raise refused_rows([RowError("4138", "only pictures hosted by the market", field="images")])
    return [hosted[sha] for sha in shas]


def _sha_of(url: str) -> str:
    path = urlsplit(url).path
    name = path.removeprefix("/_pictures/").removesuffix(".jpg")
    return name if path == f"/_pictures/{name}.jpg" else url
