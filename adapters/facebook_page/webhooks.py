"""The webhooks of Pages: posts that were edited, hidden or removed. Shape: docs/channels/meta.md section 5."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from adapters.meta_graph.hooks import answered_challenge, signed_body
from adapters.settings import MetaSettings
from adapters.webhooks import InboundEvent, WebhookRequest, WebhookScope
from schemas.channel import Credentials
from schemas.ids import ExternalId

_BESIDE_THE_POST: Final = frozenset({"comment", "reaction", "like"})
"""Items that carry the id of a post and leave it as it is."""
_NEW: Final = "add"
"""The verb of a post that has just come; it changed nothing that was there."""


class PageReader:
    """Reads the ``feed`` events of all Pages of the app.

    Which items and verbs there are is nowhere listed in full, so an unknown one leads to a look at the post: a look too many
    costs one call, a change not noticed stays until the next sweep. Our own edits come back as events too.
    """

    scope = WebhookScope.APP

    def read(
        self,
        request: WebhookRequest,
        *,
        settings: MetaSettings,
        account_settings: Mapping[str, Any],  # noqa: ARG002 the port's shape
        credentials: Credentials,  # noqa: ARG002 the port's shape
    ) -> Sequence[InboundEvent]:
        """Check the signature, then read which posts were changed.

        Raises:
            WebhookRefused: The signature does not hold.
            ValueError: The body is no JSON, or not of the shape Meta sends.
        """
        body = signed_body(request, settings.app_secret)
        if not isinstance(body, dict) or not isinstance(body.get("entry"), list):
            raise ValueError("the body has no entries")  # noqa: TRY004 - the port's error
        if body.get("object") != "page":
            return ()
        return [event for entry in body["entry"] for event in _events(entry)]

    def handshake(self, query: Mapping[str, str], *, settings: MetaSettings) -> str | None:
        """Answer Meta's test of the address."""
        return answered_challenge(query, settings.verify_token)


def _events(entry: Any) -> Iterator[InboundEvent]:
    """Yield the events of one Page; what cannot be understood tells us nothing."""
    page = None if not isinstance(entry, dict) else _id(entry.get("id"))
    if page is None or not isinstance(entry.get("changes"), list):
        return
    for change in entry["changes"]:
        if not isinstance(change, dict) or change.get("field") != "feed":
            continue
        value = change.get("value")
        post = _changed_post(value)
        if post is not None:
            yield InboundEvent(
                key=_key(page, entry.get("time"), value),
                account=ExternalId(page),
                touched=(ExternalId(post),),
            )


def _changed_post(value: Any) -> str | None:
    if not isinstance(value, dict) or value.get("verb") == _NEW or value.get("item") in _BESIDE_THE_POST:
        return None
    return _id(value.get("post_id"))


def _id(value: Any) -> str | None:
    """Return an id as text; some senders write short ones as numbers."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    text = str(value) if is_number or isinstance(value, str) else ""
    return text or None


def _key(page: str, time: Any, value: Any) -> str:
    """Name the event by all it tells: Meta gives events no id, and sends one that was not taken word for word again."""
    told = json.dumps([page, time, value], sort_keys=True, separators=(",", ":"))
    return f"feed:{hashlib.sha256(told.encode()).hexdigest()[:32]}"
