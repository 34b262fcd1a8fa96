"""The same of batches, feeds and packs: a shipped adapter with one thing spoilt is rejected."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Change, FeedFile
from adapters.errors import ChannelError, Transient
from adapters.testing.kit import loopback_pictures
from adapters.testing.kit.at_sandbox import ApiMarketChannel, FeedMarket, HandMarket
from adapters.testing.kit.batches import BatchingPromises
from adapters.testing.kit.without_calls import FeedPromises, PackPromises
from adapters.testing.sandbox import SandboxServer
from schemas.listing import Pending, Receipt

REJECTION = (AssertionError, pytest.fail.Exception)


class Spoilt:
    """An adapter with some methods replaced; each replacement is given the real adapter first."""

    def __init__(self, adapter: Any, **replaced: Callable[..., Any]) -> None:
        self._adapter = adapter
        for name, function in replaced.items():
            setattr(
                self, name, lambda *args, _function=function, **kwargs: _function(adapter, *args, **kwargs)
            )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)


def backwards(adapter: Any, changes: Sequence[Change]) -> Sequence[Receipt | ChannelError]:
    return adapter.update_many(changes)[::-1]


def one_by_one(adapter: Any, changes: Sequence[Change]) -> Sequence[Receipt | ChannelError]:
    return [adapter.update(change) for change in changes]


def all_or_nothing(adapter: Any, changes: Sequence[Change]) -> Sequence[Receipt | ChannelError]:
    answers = adapter.update_many(changes)
    failed = [answer for answer in answers if isinstance(answer, ChannelError)]
    return [Transient("the batch failed")] * len(answers) if failed else answers


@pytest.mark.parametrize(
    ("spoilt", "promise"),
    [
        (backwards, "test_a_batch_changes_every_listing_and_answers_in_order"),
        (one_by_one, "test_a_batch_takes_fewer_calls_than_its_listings"),
        (all_or_nothing, "test_one_bad_listing_does_not_fail_the_others"),
    ],
)
def test_a_spoilt_batch_is_rejected(spoilt: Callable[..., Any], promise: str, tmp_path: Path) -> None:
    class Channel(ApiMarketChannel):
        def connect(self) -> Any:
            return Spoilt(super().connect(), update_many=spoilt)

    with SandboxServer() as server, loopback_pictures() as pictures:
        channel = Channel(server, pictures, tmp_path)
        with channel.http, pytest.raises(REJECTION):
            getattr(BatchingPromises(), promise)(channel)


def another_each_time(adapter: Any, renditions: Any, **kwargs: Any) -> FeedFile:
    file = adapter.feed(renditions, **kwargs)
    return replace(file, data=file.data + str(id(file)).encode())


def everything_ever(adapter: Any, renditions: Any, **kwargs: Any) -> FeedFile:
    file = adapter.feed(renditions, **kwargs)
    return replace(file, data=file.data + b"KIT-DROPPED")


def shrunk_all_the_same(adapter: Any, renditions: Any, previous_rows: int | None = None) -> FeedFile:
    return adapter.feed(renditions)


@pytest.mark.parametrize(
    ("spoilt", "promise"),
    [
        (another_each_time, "test_the_same_goods_give_the_same_file"),
        (everything_ever, "test_what_is_no_longer_wanted_is_no_longer_in_the_file"),
        (shrunk_all_the_same, "test_a_file_that_lost_most_of_its_rows_is_not_written"),
    ],
)
def test_a_spoilt_feed_is_rejected(spoilt: Callable[..., Any], promise: str) -> None:
    class Market(FeedMarket):
        def connect(self) -> Any:
            return Spoilt(super().connect(), feed=spoilt)

    with pytest.raises(REJECTION):
        getattr(FeedPromises(), promise)(Market())


def any_code(adapter: Any, rendition: Any, pending: Pending) -> Any:
    if "code" in pending.progress:
        return Receipt(external_id=pending.progress["code"])
    return adapter.resume(rendition, pending)


def by_itself(adapter: Any, rendition: Any) -> Any:
    return replace(adapter.publish(rendition), needs_person=False)


@pytest.mark.parametrize(
    ("spoilt", "promise"),
    [
        ({"resume": any_code}, "test_a_code_of_another_form_is_refused_with_what_to_do"),
        ({"publish": by_itself}, "test_a_publish_asks_a_person_and_says_what_to_do"),
    ],
)
def test_a_spoilt_pack_is_rejected(spoilt: dict[str, Callable[..., Any]], promise: str) -> None:
    class Market(HandMarket):
        def connect(self) -> Any:
            return Spoilt(super().connect(), **spoilt)

    with pytest.raises(REJECTION):
        getattr(PackPromises(), promise)(Market())
