"""Preparing pictures: slices, wake-ups of listings, poison, and a store in trouble."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from schemas.ids import LeaseToken
from schemas.listing import ListingState
from schemas.media import PictureSpec
from syndicator.media.guard import Death, DecoderDied
from syndicator.media.originals import original_key
from syndicator.media.pipeline import RenderedPicture
from syndicator.media.problems import MediaCode, MediaProblemError
from syndicator.media.storage import StorageUnavailable
from syndicator.usecases.prepare_media import AGAIN_AFTER_DEATH, AGAIN_AFTER_STORE, prepare_media
from tests.support.app import LEASE, CoreApp, picture
from tests.support.factories import make_product, make_variant, sha
from tests.support.fake_channel import SPEC, WorkerKilled, capabilities, refusal

OTHER = SPEC.model_copy(update={"max_width": 50})


@dataclass(slots=True)
class DictStore:
    """A media store in memory; implements ``MediaStore``."""

    files: dict[str, bytes] = field(default_factory=dict)
    is_down: bool = False

    def put(self, key: str, data: bytes | Path) -> None:
        self._look()
        self.files[key] = data if isinstance(data, bytes) else data.read_bytes()

    def read(self, key: str) -> bytes:
        self._look()
        return self.files[key]

    def exists(self, key: str) -> bool:
        return key in self.files

    def size(self, key: str) -> int:
        return len(self.files[key])

    def stream(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        yield self.files[key][start:end]

    def _look(self) -> None:
        if self.is_down:
            raise StorageUnavailable(refusal("store"))


@dataclass(slots=True)
class FakeDecoder:
    """Renders nothing; does to a source what was ordered for its bytes."""

    orders: dict[bytes, Callable[[], BaseException]] = field(default_factory=dict)
    opened: list[bytes] = field(default_factory=list)

    def render(self, source: bytes, specs: Sequence[PictureSpec]) -> Mapping[str, RenderedPicture]:
        self.opened.append(source)
        if (order := self.orders.get(source)) is not None:
            raise order()
        return {spec.fingerprint: RenderedPicture(data=b"jpeg", width=9, height=9) for spec in specs}


@dataclass(slots=True)
class Studio:
    """The media worker's side of the core."""

    app: CoreApp
    store: DictStore = field(default_factory=DictStore)
    decoder: FakeDecoder = field(default_factory=FakeDecoder)

    def add(self, *letters: str) -> None:
        for letter in letters:
            self.store.files[original_key(sha(letter))] = letter.encode()

    def work(self) -> None:
        for wake_up in self.app.dispatch():
            if wake_up.queue == "media":
                self.prepare(wake_up.lease)

    def prepare(self, lease: str) -> int:
        return prepare_media(
            LeaseToken(lease),
            lease_time=LEASE,
            database=self.app.database,
            store=self.store,
            decoder=self.decoder,  # type: ignore[arg-type]
            clock=self.app.clock,
        )

    def media(self, letter: str = "a"):
        return self.app.rows("SELECT * FROM media WHERE sha256 = :sha", sha=sha(letter))[0]


@pytest.fixture
def studio(app: CoreApp) -> Studio:
    app.connect()
    made = Studio(app)
    made.add("a", "b", "c")
    return made


def pictured(*letters: str, sku: str = "P-1"):
    variant = make_variant(sku)
    media = tuple(
        variant.media[0].model_copy(update={"source": f"{letter}.jpg", "sha256": sha(letter)})
        for letter in letters
    )
    return make_product(sku, variants=(variant.model_copy(update={"media": media}),))


def died() -> DecoderDied:
    return DecoderDied(Death.DIED, "killed")


def refused() -> MediaProblemError:
    return MediaProblemError.of(MediaCode.CORRUPT)


def test_a_listing_waits_for_its_pictures_and_goes_out_when_they_are_there(studio: Studio) -> None:
    studio.app.submit(pictured("a", "b"))
    assert studio.app.run_once() == 0

    studio.app.clock.advance(LEASE)
    studio.work()
    studio.app.run_until_quiet()

    assert studio.app.state() is ListingState.LIVE
    assert studio.store.files[SPEC.key_for(sha("a"))] == b"jpeg"
    assert studio.media().state == "ready"


def test_a_picture_prepared_before_costs_no_work(studio: Studio) -> None:
    studio.app.submit(pictured("a"))
    studio.work()

    studio.app.submit(pictured("a", sku="P-2"))
    studio.work()

    assert studio.decoder.opened == [b"a"]
    assert studio.app.listing("P-2").waits_for_media is False


def test_a_channel_connected_later_wants_its_own_size_of_a_known_picture(studio: Studio) -> None:
    studio.app.submit(pictured("a"))
    studio.work()
    studio.app.connect("shop", can=capabilities(picture=OTHER))

    studio.app.submit(pictured("a"))
    studio.work()
    studio.app.run_until_quiet()

    assert OTHER.key_for(sha("a")) in studio.store.files
    assert studio.app.state(account="shop") is ListingState.LIVE


def test_a_broken_picture_holds_the_listing_and_names_the_file(studio: Studio) -> None:
    studio.decoder.orders[b"b"] = refused
    studio.app.submit(pictured("a", "b"))

    studio.work()
    studio.app.run_until_quiet()

    (problem,) = studio.app.listing().problems
    assert "b.jpg" in problem["th"]
    assert "b.jpg" in problem["en"]
    assert studio.app.state() is ListingState.NEEDS_YOU


def test_replacing_a_broken_picture_brings_the_listing_out(studio: Studio) -> None:
    studio.decoder.orders[b"b"] = refused
    studio.app.submit(pictured("a", "b"))
    studio.work()
    studio.app.run_until_quiet()

    studio.app.submit(pictured("a", "c"))
    studio.work()
    studio.app.run_until_quiet()

    assert studio.app.state() is ListingState.LIVE


def test_a_picture_that_ends_its_decoder_twice_is_quarantined(studio: Studio) -> None:
    studio.decoder.orders[b"a"] = died
    studio.app.submit(pictured("a"))

    studio.work()
    assert (studio.media().state, studio.media().due_at) == (
        "new",
        studio.app.clock.now() + AGAIN_AFTER_DEATH,
    )
    studio.app.clock.advance(AGAIN_AFTER_DEATH)
    studio.work()

    assert studio.decoder.opened == [b"a", b"a"]
    assert studio.media().state == "failed"
    studio.app.run_until_quiet()
    assert studio.app.codes() == [MediaCode.KILLED]


def test_a_picture_that_killed_the_worker_itself_twice_is_not_opened_again(studio: Studio) -> None:
    studio.decoder.orders[b"a"] = WorkerKilled
    studio.app.submit(pictured("a"))
    for _ in range(2):
        with pytest.raises(WorkerKilled):
            studio.work()
        studio.app.clock.advance(LEASE)

    studio.work()

    assert studio.decoder.opened == [b"a", b"a"]
    assert studio.media().state == "failed"


def test_a_picture_behind_a_poisonous_one_in_the_same_slice_is_not_blamed(studio: Studio) -> None:
    studio.decoder.orders[b"a"] = WorkerKilled
    studio.app.submit(pictured("a", sku="P-1"), pictured("b", sku="P-2"))
    for _ in range(2):
        with pytest.raises(WorkerKilled):
            studio.work()
        studio.app.clock.advance(LEASE)

    studio.work()

    assert studio.media("a").state == "failed"
    assert studio.media("b").state == "ready"


def test_trouble_of_the_store_does_not_count_against_the_picture(studio: Studio) -> None:
    studio.app.submit(pictured("a"))
    studio.store.is_down = True
    for _ in range(4):
        studio.work()
        studio.app.clock.advance(AGAIN_AFTER_STORE)
    assert (studio.media().starts, studio.media().state) == (0, "new")

    studio.store.is_down = False
    studio.work()

    assert studio.media().state == "ready"


def test_a_message_delivered_twice_prepares_once(studio: Studio) -> None:
    studio.app.submit(pictured("a"))
    (wake_up,) = studio.app.dispatch()

    assert [studio.prepare(wake_up.lease), studio.prepare(wake_up.lease)] == [1, 0]
    assert studio.decoder.opened == [b"a"]


def test_a_size_wanted_in_mid_work_is_made_next(studio: Studio) -> None:
    studio.app.submit(pictured("a"))
    (wake_up,) = studio.app.dispatch()
    with studio.app.database.begin() as uow:
        (media,) = uow.media.claim(LeaseToken(wake_up.lease), until=studio.app.clock.now() + LEASE)
        uow.media.want([(media.id, media.sha256, OTHER)], now=studio.app.clock.now())

    with studio.app.database.begin() as uow:
        uow.media.ready(media.id, media.token, [], now=studio.app.clock.now())

    assert (studio.media().state, studio.media().due_at) == ("new", studio.app.clock.now())


def test_a_size_wanted_unseen_while_its_source_was_finished_is_asked_for_again(studio: Studio) -> None:
    studio.app.submit(pictured("a"))
    (wake_up,) = studio.app.dispatch()
    now = studio.app.clock.now()
    with studio.app.database.begin() as uow:
        (media,) = uow.media.claim(LeaseToken(wake_up.lease), until=now + LEASE)
    with studio.app.database.begin() as wanting:
        wanting.media.want([(media.id, media.sha256, OTHER)], now=now)
        with studio.app.database.begin() as finishing:
            finishing.media.ready(media.id, media.token, _made(media), now=now)
    assert (studio.media().state, studio.media().due_at) == ("ready", None)

    with studio.app.database.begin() as uow:
        assert uow.media.want([(media.id, media.sha256, OTHER)], now=now) == 0

    assert (studio.media().state, studio.media().due_at) == ("new", now)


def test_of_two_pictures_that_finish_together_the_second_wakes_the_listing(studio: Studio) -> None:
    app = studio.app
    app.submit(pictured("a", "b"))
    leases = [LeaseToken(wake_up.lease) for wake_up in app.dispatch()]
    now = app.clock.now()
    with app.database.begin() as uow:
        first, second = [m for lease in leases for m in uow.media.claim(lease, until=now + LEASE)]
    settled: list[Sequence[int]] = []

    def finish_second() -> None:
        with app.database.begin() as uow:
            uow.media.ready(second.id, second.token, _made(second), now=now)
            settled.append(uow.media.settled_products(second.id))

    with app.database.begin() as uow:
        uow.media.ready(first.id, first.token, _made(first), now=now)
        assert uow.media.settled_products(first.id) == []
        other = threading.Thread(target=finish_second)
        other.start()
        _until_somebody_waits_for_a_lock(app)
    other.join(timeout=10)

    assert len(settled) == 1
    assert len(settled[0]) == 1


def _made(media):
    return [picture(spec.key_for(media.sha256)) for spec in media.specs]


def _until_somebody_waits_for_a_lock(app: CoreApp) -> None:
    for _ in range(1_000):
        if app.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            return
    raise AssertionError("nobody waited: the rows were not locked")
