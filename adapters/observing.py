"""The port of channels whose listings can be read back page by page, to find what is no longer as it was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from schemas.channel import Part
from schemas.listing import RemoteListing, Rendition


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingPage:
    """Some listings of an account as the channel shows them, and where to go on; ``cursor`` None ends the account."""

    listings: Sequence[RemoteListing]
    cursor: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a listing should show and what was seen instead, both in words a person can compare."""

    wanted: str
    seen: str


@runtime_checkable
class ObservedAdapter(Protocol):
    """A channel whose listings can be compared with what was sent to it."""

    def browse(self, cursor: Mapping[str, Any] | None) -> ListingPage:
        """Read the next page of the account's listings, those not ours included, in as few calls as the channel allows.

        A listing missing from the pages proves nothing: lists lag, and some leave out what is hidden.

        Raises:
            ChannelError: As any read.
        """
        ...

    def differences(self, rendition: Rendition, remote: RemoteListing) -> Mapping[Part, Difference]:
        """Return the parts of which the channel shows something else than the rendition. Pure.

        Only what the channel tells is compared: a part it does not show, or rewrites by itself, is never different.
        """
        ...
