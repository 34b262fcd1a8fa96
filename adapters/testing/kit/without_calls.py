"""Channels that are never called: one reads our file, at the other a person enters the goods."""

import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from adapters.base import FeedFile, FeedingAdapter, FeedShrank, PackingAdapter
from adapters.errors import Rejected, Unsupported
from adapters.testing.kit.channel import AdapterUnderTest
from adapters.testing.kit.desk import rendered
from schemas.channel import Verb
from schemas.listing import Pending, Receipt, Rendition


class FeedPromises:
    """The file carries every declared verb, so none is called by itself."""

    def test_the_same_goods_give_the_same_file(self, under_test: AdapterUnderTest) -> None:
        first, second = (_feed(under_test, [rendered(under_test)]) for _ in range(2))

        assert first == second
        assert first.sha256 == sha256(first.data).hexdigest()
        assert under_test.records == []

    def test_the_file_has_the_goods_and_their_marker(self, under_test: AdapterUnderTest) -> None:
        rendition = rendered(under_test)

        file = _feed(under_test, [rendition])

        assert file.row_count == len(rendition.marker.skus)
        for sku in rendition.marker.skus:
            assert sku.encode() in file.data

    def test_what_is_no_longer_wanted_is_no_longer_in_the_file(self, under_test: AdapterUnderTest) -> None:
        kept, dropped = rendered(under_test), rendered(under_test, under_test.product(sku="KIT-DROPPED"))

        both, one = _feed(under_test, [kept, dropped]), _feed(under_test, [kept])

        assert b"KIT-DROPPED" in both.data
        assert b"KIT-DROPPED" not in one.data
        assert one.row_count == both.row_count / 2

    def test_a_file_that_lost_most_of_its_rows_is_not_written(self, under_test: AdapterUnderTest) -> None:
        with pytest.raises(FeedShrank):
            _feed(under_test, [rendered(under_test)], previous_rows=10_000)

    def test_a_file_may_be_written_again_only_after_a_while(self, under_test: AdapterUnderTest) -> None:
        assert _feeding(under_test).feed_interval > timedelta(0)

    def test_no_secret_is_in_the_file(self, under_test: AdapterUnderTest) -> None:
        data = _feed(under_test, [rendered(under_test)]).data

        assert not any(secret.encode() in data for secret in under_test.secrets)

    def test_nothing_of_it_is_ever_called(self, under_test: AdapterUnderTest) -> None:
        adapter, rendition = under_test.connect(), rendered(under_test)

        assert {Verb.FETCH, Verb.FIND, Verb.COMMENT}.isdisjoint(adapter.capabilities.verbs)
        with pytest.raises(Unsupported):
            adapter.publish(rendition)
        with pytest.raises(Unsupported):
            adapter.resume(rendition, Pending(progress={}, check_after=timedelta(0)))
        assert not adapter.capabilities.visible_steps


class PackPromises:
    """A person carries the publish and brings the channel's code back."""

    good_code: str
    """A code of the channel's form."""
    bad_code: str = "?"
    """One that is not."""

    def test_a_publish_asks_a_person_and_says_what_to_do(self, under_test: AdapterUnderTest) -> None:
        answer = under_test.connect().publish(rendered(under_test))

        assert isinstance(answer, Pending)
        assert answer.needs_person
        assert all(problem.th != problem.en for problem in answer.problems)
        assert answer.problems

    def test_the_pack_is_a_zip_with_the_text_and_every_picture(self, under_test: AdapterUnderTest) -> None:
        rendition = rendered(under_test)

        pack = _packing(under_test).pack(rendition)

        with zipfile.ZipFile(io.BytesIO(pack.data)) as archive:
            assert archive.testzip() is None
            names = archive.namelist()
        assert sum(name.endswith(".jpg") for name in names) == len(rendition.pictures)
        assert pack.filename.endswith(".zip")

    def test_the_code_that_comes_back_is_the_listing(self, under_test: AdapterUnderTest) -> None:
        adapter, rendition = under_test.connect(), rendered(under_test)

        receipt = adapter.resume(rendition, _brought(adapter.publish(rendition), self.good_code))

        assert isinstance(receipt, Receipt)
        assert receipt.external_id == self.good_code

    def test_a_code_of_another_form_is_refused_with_what_to_do(self, under_test: AdapterUnderTest) -> None:
        adapter, rendition = under_test.connect(), rendered(under_test)

        with pytest.raises(Rejected) as caught:
            adapter.resume(rendition, _brought(adapter.publish(rendition), self.bad_code))

        assert caught.value.problems

    def test_without_a_code_it_goes_on_waiting(self, under_test: AdapterUnderTest) -> None:
        adapter, rendition = under_test.connect(), rendered(under_test)
        answer = adapter.publish(rendition)
        assert isinstance(answer, Pending)

        again = adapter.resume(rendition, answer)

        assert isinstance(again, Pending)
        assert again.needs_person

    def test_no_other_verb_is_declared(self, under_test: AdapterUnderTest) -> None:
        assert under_test.connect().capabilities.verbs == {Verb.PUBLISH}


def _feeding(under_test: AdapterUnderTest) -> FeedingAdapter:
    adapter = under_test.connect()
    assert isinstance(adapter, FeedingAdapter)
    return adapter


def _feed(
    under_test: AdapterUnderTest, renditions: list[Rendition], previous_rows: int | None = None
) -> FeedFile:
    return _feeding(under_test).feed(renditions, previous_rows=previous_rows)


def _packing(under_test: AdapterUnderTest) -> PackingAdapter:
    adapter = under_test.connect()
    assert isinstance(adapter, PackingAdapter)
    return adapter


def _brought(answer: Receipt | Pending, code: str) -> Pending:
    assert isinstance(answer, Pending)
    return replace(answer, progress={**answer.progress, "code": code})
