"""Every adapter that ships keeps the promises of the kit, as far as its verbs go."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from adapters.testing.kit import (
    AdapterContract,
    BatchingContract,
    FeedContract,
    MadePictures,
    ObservingPromises,
    OrderingPromises,
    PackContract,
    loopback_pictures,
)
from adapters.testing.kit.at_sandbox import (
    ApiMarketChannel,
    FeedMarket,
    HandMarket,
    InstagramChannel,
    InstagramLoginChannel,
    LineShopChannel,
    PageChannel,
    SandboxChannel,
)
from adapters.testing.sandbox import SandboxServer
from schemas.channel import Verb


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture(scope="module")
def pictures() -> Iterator[MadePictures]:
    with loopback_pictures() as host:
        yield host


class AtSandbox:
    """The stand-in of a shipped channel is an account at the sandbox."""

    channel_class: ClassVar[type[SandboxChannel]]

    @pytest.fixture
    def under_test(
        self, server: SandboxServer, pictures: MadePictures, tmp_path: Path
    ) -> Iterator[SandboxChannel]:
        channel = self.channel_class(server, pictures, tmp_path)
        with channel.http:
            yield channel


class TestFacebookPage(AtSandbox, ObservingPromises, AdapterContract):
    channel_class = PageChannel
    lacks = frozenset({Verb.SET_STOCK, Verb.COMMENT})


class TestInstagramThroughFacebook(AtSandbox, ObservingPromises, AdapterContract):
    channel_class = InstagramChannel
    lacks = frozenset({Verb.UPDATE, Verb.SET_STOCK})


class TestInstagramByItsOwnLogin(AtSandbox, ObservingPromises, AdapterContract):
    channel_class = InstagramLoginChannel
    lacks = frozenset({Verb.UPDATE, Verb.SET_STOCK, Verb.WITHDRAW})


class TestLineShop(AtSandbox, OrderingPromises, ObservingPromises, AdapterContract):
    channel_class = LineShopChannel
    lacks = frozenset({Verb.COMMENT})


class TestApiMarket(AtSandbox, OrderingPromises, ObservingPromises, BatchingContract):
    channel_class = ApiMarketChannel
    lacks = frozenset({Verb.COMMENT})


class TestFeedMarket(FeedContract):
    def make(self) -> FeedMarket:
        return FeedMarket()


class TestAssistedMarket(PackContract):
    good_code = "1013460000816"
    bad_code = "10134600"

    def make(self) -> HandMarket:
        return HandMarket()
