"""Blanks out the secrets of the accounts this process has opened, wherever and however they are written.

A pattern knows what a secret usually stands beside (``adapters.http.redact``); this knows the secrets themselves, so
that a channel that quotes one back in a sentence of its own gives nothing away.
"""

import base64
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote, quote_plus

BLANK: Final = "***"
SHORTEST_SECRET: Final = 8
"""Characters; anything shorter stands in ordinary words too. Source: our choice."""
MOST_SECRETS: Final = 4_096
"""Secrets that are remembered; the one not met for longest goes first. Source: our choice, some 10 MB."""
_NAMES_ITSELF: Final = re.compile(r"\b(syk_[a-z0-9]+_|whsec_)[A-Za-z0-9+/=-]+")
"""Our own keys: those of the HTTP API (``syk_``, a public name, the secret) and those that sign webhooks. Whoever sends one
to the wrong place is not known yet, so they are found by how they begin."""


class KnownSecrets:
    """Remembers secrets and finds them in texts; safe for use from many threads.

    Forms are found by their first characters, so that a look costs the length of the text, however many are known.
    """

    def __init__(self, most: int = MOST_SECRETS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._forms: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._by_start: dict[str, tuple[str, ...]] = {}

    def learn(self, secrets: Iterable[str]) -> None:
        """Remember secrets; those too short to be told from words are left out."""
        with self._lock:
            for secret in secrets:
                if secret in self._forms:
                    self._forms.move_to_end(secret)
                elif len(secret) >= SHORTEST_SECRET:
                    self._add(secret)

    def blank(self, text: str) -> str:
        """Return the text with every known secret, and every one that names itself, replaced by three stars."""
        text = _NAMES_ITSELF.sub(rf"\1{BLANK}", text)
        starts, end = self._by_start, len(text) - SHORTEST_SECRET + 1
        if not starts:
            return text
        kept, since, at = [], 0, 0
        while at < end:
            # Spelled out, for it runs at every character of every log line.
            if text[at : at + SHORTEST_SECRET] not in starts or (found := self._form_at(text, at)) is None:
                at += 1
                continue
            kept += [text[since:at], BLANK]
            since = at = at + len(found)
        return text if not kept else "".join([*kept, text[since:]])

    def _form_at(self, text: str, at: int) -> str | None:
        forms = self._by_start.get(text[at : at + SHORTEST_SECRET], ())
        return next((form for form in forms if text.startswith(form, at)), None)

    def _add(self, secret: str) -> None:
        if len(self._forms) >= self._most:
            _, forgotten = self._forms.popitem(last=False)
            for form in forgotten:
                self._drop(form)
        forms = tuple({form for form in _forms_of(secret) if len(form) >= SHORTEST_SECRET})
        self._forms[secret] = forms
        for form in forms:
            start = form[:SHORTEST_SECRET]
            others = self._by_start.get(start, ())
            self._by_start[start] = tuple(sorted((*others, form), key=len, reverse=True))

    def _drop(self, form: str) -> None:
        start = form[:SHORTEST_SECRET]
        left = list(self._by_start[start])
        left.remove(form)
        if left:
            self._by_start[start] = tuple(left)
        else:
            del self._by_start[start]


def _forms_of(secret: str) -> Iterator[str]:
    """Yield the ways a secret is written: as it is, in addresses, in JSON, and within base64."""
    yield secret
    for encoded in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield encoded
        yield encoded.replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d").replace("%7C", "%7c")
    for escaped in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        yield escaped
        yield escaped.replace("/", "\\/")
    yield from _within_base64(secret.encode())


def _within_base64(secret: bytes) -> Iterator[str]:
    """Yield what a secret looks like inside base64 (``Basic`` holds "name:secret"), at each of the three offsets."""
    for before in range(3):
        padded = bytes(before) + secret
        # Characters that hold bits of a neighbour differ from text to text.
        first, last = -(-before * 8 // 6), len(padded) * 8 // 6
        for encoded in (base64.b64encode(padded), base64.urlsafe_b64encode(padded)):
            yield encoded.decode()[first:last]


KNOWN: Final = KnownSecrets()
"""Those of this process. One for all, because a log line does not say whose secret it may hold."""
