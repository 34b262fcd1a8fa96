"""What a message may be: number, lengths, addresses, the sizes of flex bubbles. Source: line.md §3.4, §5 item 20."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from adapters.testing.sandbox.exchange import Call
from adapters.testing.sandbox.messaging.errors import invalid, refusal

MAX_MESSAGES: Final = 5
MAX_TEXT_UTF16: Final = 5_000
MAX_ALT_TEXT: Final = 1_500
MAX_URL: Final = 2_000
MAX_BUBBLES: Final = 12
MAX_BUBBLE_BYTES: Final = 30 * 1024
MAX_CAROUSEL_BYTES: Final = 50 * 1024
MAX_BODY_BYTES: Final = 2 * 1024 * 1024
TYPES: Final = frozenset(
    {
        "text",
        "textV2",
        "sticker",
        "image",
        "video",
        "audio",
        "location",
        "imagemap",
        "template",
        "flex",
        "coupon",
    }
)
Fault = tuple[str, str]


def checked_messages(call: Call) -> list[dict[str, Any]]:
    """Return the messages of a body.

    Raises:
        Refused: 400 with every fault and its place, or 413.
    """
    if len(call.request.raw_body) > MAX_BODY_BYTES:
        raise refusal(413, "The request body is too large")
    body = call.request.body
    messages = body.get("messages") if isinstance(body, Mapping) else None
    if not isinstance(messages, list) or not 1 <= len(messages) <= MAX_MESSAGES:
        raise invalid(("messages", f"Size must be between 1 and {MAX_MESSAGES}"))
    faults = [fault for n, message in enumerate(messages) for fault in _faults(f"messages[{n}]", message)]
    if faults:
        raise invalid(*faults)
    return messages


def _faults(place: str, message: Any) -> Iterator[Fault]:
    if not isinstance(message, Mapping) or message.get("type") not in TYPES:
        yield f"{place}.type", "Must be one of the following values: [" + ", ".join(sorted(TYPES)) + "]"
        return
    match message["type"]:
        case "text":
            yield from _length(f"{place}.text", message.get("text"), MAX_TEXT_UTF16)
        case "image":
            yield from _address(f"{place}.originalContentUrl", message.get("originalContentUrl"))
            yield from _address(f"{place}.previewImageUrl", message.get("previewImageUrl"))
        case "flex":
            yield from _length(f"{place}.altText", message.get("altText"), MAX_ALT_TEXT)
            yield from _flex(f"{place}.contents", message.get("contents"))


def _length(place: str, text: Any, most: int) -> Iterator[Fault]:
    if not isinstance(text, str) or not text:
        yield place, "May not be empty"
    elif len(text.encode("utf-16-le")) // 2 > most:
        yield place, f"Length must be between 0 and {most}"


def _address(place: str, url: Any) -> Iterator[Fault]:
    if not isinstance(url, str) or not url.startswith("https://") or not url.isascii():
        yield place, "Must be a valid HTTPS URL"
    elif len(url) > MAX_URL:
        yield place, f"Length must be between 0 and {MAX_URL}"


def _flex(place: str, contents: Any) -> Iterator[Fault]:
    kind = contents.get("type") if isinstance(contents, Mapping) else None
    if kind == "bubble":
        yield from _bubble(place, contents)
    elif kind == "carousel":
        yield from _carousel(place, contents)
    else:
        yield f"{place}.type", "Must be one of the following values: [bubble, carousel]"


def _carousel(place: str, carousel: Mapping[str, Any]) -> Iterator[Fault]:
    bubbles = carousel.get("contents")
    if not isinstance(bubbles, list) or not 1 <= len(bubbles) <= MAX_BUBBLES:
        yield f"{place}.contents", f"Size must be between 1 and {MAX_BUBBLES}"
        return
    if _bytes(carousel) > MAX_CAROUSEL_BYTES:
        yield place, "The size of the carousel is too large"
    if len({bubble.get("size", "mega") for bubble in bubbles if isinstance(bubble, Mapping)}) > 1:
        yield f"{place}.contents", "All bubbles of a carousel must have the same size"
    for n, bubble in enumerate(bubbles):
        yield from _bubble(f"{place}.contents[{n}]", bubble)


def _bubble(place: str, bubble: Any) -> Iterator[Fault]:
    if not isinstance(bubble, Mapping) or not any(
        bubble.get(block) for block in ("header", "hero", "body", "footer")
    ):
        yield place, "At least one block must be specified"
        return
    if _bytes(bubble) > MAX_BUBBLE_BYTES:
        yield place, "The size of the bubble is too large"
    for block in ("header", "hero", "body", "footer"):
        yield from _component(f"{place}.{block}", bubble.get(block))


def _component(place: str, component: Any) -> Iterator[Fault]:
    if not isinstance(component, Mapping):
        return
    if component.get("type") == "image":
        yield from _address(f"{place}.url", component.get("url"))
    if component.get("type") == "text" and not component.get("contents"):
        yield from _length(f"{place}.text", component.get("text"), MAX_TEXT_UTF16)
    for n, inner in enumerate(component.get("contents") or []):
        yield from _component(f"{place}.contents[{n}]", inner)


def _bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
