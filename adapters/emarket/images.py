"""Bringing pictures to a market: by address as they are, or fetched by the market first (asynchronously)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import tenacity

from adapters.answers import said
from adapters.emarket.client import MarketClient
from adapters.emarket.fields import ApiFields, at
from adapters.emarket.market import Market, OpName
from adapters.errors import Rejected
from schemas.ids import PictureKey
from schemas.problem import Problem

_FIRST_LOOK_S: Final = 0.05
_LONGEST_LOOK_S: Final = 0.4
"""Pauses between looks at the pictures grow from one to the other; markets advise about half a second."""


@dataclass(slots=True)
class Moving:
    """Where the pictures stand: address at the market by key, batches it is still fetching, batches asked for."""

    hosted: dict[str, str] = field(default_factory=dict)
    batches: list[str] = field(default_factory=list)
    tries: int = 0

    @property
    def is_done(self) -> bool:
        """Whether nothing is being fetched any more."""
        return not self.batches

    def missing(self, keys: Sequence[PictureKey]) -> list[PictureKey]:
        """Return the pictures the market does not have."""
        return [key for key in keys if key not in self.hosted]

    def as_json(self) -> dict[str, Any]:
        """Return what ``from_json`` reads."""
        return {"hosted": dict(self.hosted), "batches": list(self.batches), "tries": self.tries}

    @classmethod
    def from_json(cls, progress: Mapping[str, Any]) -> "Moving":
        """Read what ``as_json`` wrote; missing keys mean nothing was moved yet."""
        return cls(
            dict(progress.get("hosted", {})), list(progress.get("batches", [])), int(progress.get("tries", 0))
        )


class PictureMover:
    """Asks the market to fetch pictures and follows it."""

    def __init__(
        self, client: MarketClient, market: Market, fields: ApiFields, url: Callable[[PictureKey], str]
    ) -> None:
        self._client = client
        self._market = market
        self._fields = fields
        self._url = url

    def begin(self, keys: Sequence[PictureKey], before: Moving) -> Moving:
        """Start moving the pictures that are not at the market yet; invisible, so repeating it is harmless."""
        moving = Moving(
            {key: before.hosted[key] for key in keys if key in before.hosted}, [], before.tries + 1
        )
        missing = moving.missing(keys)
        if self._market.images.supply != "migrate":
            moving.hosted |= {key: self._url(key) for key in missing}
            return moving
        size = self._market.ops[OpName.UPLOAD_IMAGE].batch_max
        moving.batches = [self._ask(missing[start : start + size]) for start in range(0, len(missing), size)]
        return moving

    def follow(self, moving: Moving, keys: Sequence[PictureKey]) -> None:
        """Ask once how far every batch is and take over what is there.

        A picture that the market could not fetch for now stays missing, for the caller to begin again.

        Raises:
            Rejected: The market refused a picture.
        """
        key_of = {self._url(key): key for key in keys}
        reads = self._fields.reads
        for batch in list(moving.batches):
            answer = self._client.call(OpName.POLL_IMAGE, {self._fields.image_batch_id: batch})
            for image in at(answer.body, reads.images) or ():
                self._take(moving, key_of, image)
            if at(answer.body, reads.image_done):
                moving.batches.remove(batch)

    def watch(self, moving: Moving, keys: Sequence[PictureKey], looks: int) -> None:
        """Follow until the pictures are there, at most ``looks`` times with a short pause between. Raises as ``follow``."""
        looking = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(looks),
            wait=tenacity.wait_exponential(multiplier=_FIRST_LOOK_S, max=_LONGEST_LOOK_S),
            retry=tenacity.retry_if_result(lambda is_done: not is_done),
            retry_error_callback=lambda _state: None,
        )
        looking(self._look, moving, keys)

    def _look(self, moving: Moving, keys: Sequence[PictureKey]) -> bool:
        self.follow(moving, keys)
        return moving.is_done

    def _ask(self, keys: Sequence[PictureKey]) -> str:
        answer = self._client.call(
            OpName.UPLOAD_IMAGE, {self._fields.image_urls: [self._url(k) for k in keys]}
        )
        return str(at(answer.body, self._fields.reads.image_batch_id))

    def _take(self, moving: Moving, key_of: Mapping[str, PictureKey], image: Mapping[str, Any]) -> None:
        reads = self._fields.reads
        key = key_of.get(str(at(image, reads.image_url)))
        fault = at(image, reads.image_error)
        if key is not None and fault and not self._may_pass(str(fault)):
            raise Rejected([picture_refused(self._market, str(fault))])
        hosted = at(image, reads.image_hosted_url)
        if key is not None and hosted:
            moving.hosted[key] = str(hosted)

    def _may_pass(self, fault: str) -> bool:
        pattern = self._fields.reads.image_retry
        return pattern is not None and re.search(pattern, fault) is not None


def picture_refused(market: Market, words: str) -> Problem:
    """Say that the market does not take a picture."""
    told = said(words)
    return Problem(
        path="image_files",
        code="picture_refused",
        th=f"{market.label_th}ไม่รับรูปสินค้า โดยแจ้งว่า “{told}” กรุณาเปลี่ยนรูป",
        en=f"The market refused a picture, saying {told!r}; use another picture.",
    )
