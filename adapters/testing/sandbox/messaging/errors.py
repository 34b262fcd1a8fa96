"""The Messaging API's error envelope. Source: line.md §3.3."""

from adapters.testing.sandbox.exchange import Answer, Refused

RATE: str = "The API rate limit has been exceeded. Try again later."
MONTHLY: str = "You have reached your monthly limit."
"""The two 429s are told apart by their text alone."""
UNKNOWN_TOKEN: str = "Authentication failed due to the following reason: invalid token"  # noqa: S105 - words of LINE


def refusal(status: int, message: str, *properties: tuple[str, str]) -> Refused:
    """Refuse a call; ``properties`` are (place in the request, what is wrong there)."""
    body: dict[str, object] = {"message": message}
    if properties:
        body["details"] = [{"message": said, "property": place} for place, said in properties]
    return Refused(Answer(status, body, error=str(status)))


def invalid(*properties: tuple[str, str]) -> Refused:
    """Refuse the content of a body."""
    return refusal(400, f"The request body has {len(properties)} error(s)", *properties)
