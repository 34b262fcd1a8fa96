"""Instagram containers: made, checked by really decoding, finished by and by. Source: meta.md §2.2, §2.3, §7 (22)-(26)."""

import re
from typing import Final

from adapters.testing.sandbox.accounts import TokenKind
from adapters.testing.sandbox.exchange import Answer, Call
from adapters.testing.sandbox.graph import params
from adapters.testing.sandbox.graph.errors import bad_parameter, missing_object, refusal
from adapters.testing.sandbox.graph.paging import select, wanted_fields
from adapters.testing.sandbox.graph.state import Container, ContainerState
from adapters.testing.sandbox.pictures import FetchProblem, Picture, PictureRefused

MAX_BYTES: Final = 8 * 1024 * 1024
MIN_RATIO: Final = 0.8
MAX_RATIO: Final = 1.91
MAX_CAPTION: Final = 2_200
MAX_HASHTAGS: Final = 30
MAX_MENTIONS: Final = 20
MAX_ALT: Final = 1_000
CHILDREN: Final = range(2, 11)
CONTAINERS_PER_DAY: Final = 400
LIFETIME_S: Final = 86_400
_RATIO_SLACK: Final = 0.005
"""A 1.91:1 picture is 1080x565 in whole pixels, a hair beyond the bound."""
_HASHTAG: Final = re.compile(r"(?<![\w#])#\w")
_MENTION: Final = re.compile(r"(?<![\w@.])@\w")


async def create(call: Call) -> Answer:
    """Make a container: a single picture, a carousel child, or a carousel."""
    _spend_container(call)
    if params.text(call, "product_tags"):
        raise bad_parameter("This account is not eligible for product tagging")
    media_type = params.text(call, "media_type")
    if media_type == "CAROUSEL":
        return await _create_carousel(call)
    if media_type not in {None, "IMAGE"}:
        raise refusal(100, "Only photo or video can be accepted as media type", subcode=2207023)
    return await _create_picture(call)


async def _create_picture(call: Call) -> Answer:
    is_child = params.flag(call, "is_carousel_item", default=False)
    caption = "" if is_child else _caption(call)
    alt = params.text(call, "alt_text") or ""
    if len(alt) > MAX_ALT:
        raise bad_parameter(f"Param alt_text must be at most {MAX_ALT} characters")
    picture = await _fetched(call, params.text(call, "image_url") or "")
    return _keep(call, Container("", call.account, call.now, picture, caption, alt, is_child))


async def _create_carousel(call: Call) -> Answer:
    children = [str(child) for child in params.items(call, "children") or []]
    if len(children) not in CHILDREN:
        raise refusal(100, "Carousel must have between 2 and 10 items", subcode=2207028)
    for child in children:
        container = call.sandbox.graph.containers.get(child)
        if container is None or container.user != call.account or not container.is_child:
            raise bad_parameter(f"Carousel item {child} is not a carousel item of this account")
        if state_of(call, container) is ContainerState.EXPIRED:
            raise bad_parameter(f"Carousel item {child} has expired")
    return _keep(call, Container("", call.account, call.now, None, _caption(call), children=children))


def _keep(call: Call, container: Container) -> Answer:
    state = call.sandbox.graph
    container.id = f"1790{state.next():013d}"
    state.containers[container.id] = container
    return Answer(200, {"id": container.id})


def _spend_container(call: Call) -> None:
    recent = _within_day(call, call.sandbox.graph.containers_at)
    if len(recent) >= CONTAINERS_PER_DAY:
        raise refusal(9, "Application request limit reached: too many containers", subcode=2207042)
    recent.append(call.now)


def _within_day(call: Call, moments: dict[str, list[float]]) -> list[float]:
    kept = moments.setdefault(call.account, [])
    while kept and kept[0] <= call.now - LIFETIME_S:
        kept.pop(0)
    return kept


def published_today(call: Call) -> list[float]:
    """Return the moments of the account's publishing in the last 24 hours, oldest first."""
    return _within_day(call, call.sandbox.graph.published_at)


def _caption(call: Call) -> str:
    caption = params.text(call, "caption") or ""
    too_long = len(caption) > MAX_CAPTION
    if (
        too_long
        or len(_HASHTAG.findall(caption)) > MAX_HASHTAGS
        or len(_MENTION.findall(caption)) > MAX_MENTIONS
    ):
        raise refusal(36004, "The caption is too long or has too many tags", subcode=2207010)
    return caption


async def _fetched(call: Call, url: str) -> Picture:
    try:
        picture = await call.sandbox.pictures.fetch(url)
    except PictureRefused as problem:
        raise _fetch_refusal(problem, url) from None
    if picture.format != "JPEG":
        raise refusal(36001, "The image format is not supported", subcode=2207005)
    if picture.size_bytes > MAX_BYTES:
        raise refusal(36000, "The image is too large", subcode=2207004)
    if not MIN_RATIO - _RATIO_SLACK <= picture.ratio <= MAX_RATIO + _RATIO_SLACK:
        raise refusal(36003, "The aspect ratio is not supported", subcode=2207009)
    return picture


def _fetch_refusal(problem: PictureRefused, url: str) -> Exception:
    if problem.problem is FetchProblem.TIMEOUT:
        return refusal(-2, "The media took too long to download", subcode=2207003)
    if problem.problem is FetchProblem.TOO_LARGE:
        return refusal(36000, "The image is too large", subcode=2207004)
    said = f"The media could not be fetched from this URI: {url}"
    return refusal(9004, "Only photo or video can be accepted as media type", subcode=2207052, user_msg=said)


def find(call: Call) -> Container:
    """Return the container the path names.

    Raises:
        Refused: Unknown, foreign, or a Page token reads during the outage mode (meta.md §2.2).
    """
    container = call.sandbox.graph.containers.get(call.params["_node"])
    if container is None or container.user != call.account:
        raise missing_object(call.params["_node"])
    refuse_page_token_read(call)
    return container


def refuse_page_token_read(call: Call) -> None:
    """Act the outage of May 2026 when it is switched on.

    Raises:
        Refused: The token is a Page's and the mode is on.
    """
    if call.sandbox.options.page_token_reads_fail and call.params["_token"] is TokenKind.PAGE:
        raise missing_object(call.params["_node"])


def state_of(call: Call, container: Container) -> ContainerState:
    """Return where a container stands by the clock and the polls so far."""
    options = call.sandbox.options
    if container.media:
        return ContainerState.PUBLISHED
    if container.error:
        return ContainerState.ERROR
    age = call.now - container.created
    if age >= LIFETIME_S:
        return ContainerState.EXPIRED
    children = [call.sandbox.graph.containers[child] for child in container.children]
    waiting = any(state_of(call, child) is not ContainerState.FINISHED for child in children)
    if waiting or age < options.container_s or container.polls < options.container_polls:
        return ContainerState.IN_PROGRESS
    return ContainerState.FINISHED


async def read(call: Call) -> Answer:
    """Answer with a container's status; each read brings it nearer to its end."""
    container = find(call)
    state = state_of(call, container)
    container.polls += 1
    for child in container.children:
        call.sandbox.graph.containers[child].polls += 1
    shown = {
        "id": lambda: container.id,
        "status_code": lambda: state.value,
        "status": lambda: f"{state.value.title()}: {container.error or state.value.lower()}",
    }
    return Answer(200, select(wanted_fields(call, ("id",)), shown))
