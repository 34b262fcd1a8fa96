"""The kit can fail: an adapter that breaks a promise is rejected, by the promise it breaks.

That the same adapter without the fault keeps every one of them is seen in ``toy_channel/test_toy_channel.py``.
"""

import pytest

from tests.contract.kit.toy_channel import broken
from tests.contract.kit.toy_channel.adapter import ToyAdapter

REJECTED_BY = {
    broken.RetriesALostPublish: "test_trouble_at_any_call_of_a_publish_ends_with_one_listing[answer lost after the effect]",
    broken.TakesALostPublishForAFailedOne: "test_trouble_at_any_call_of_a_publish_ends_with_one_listing[500 with the effect done]",
    broken.PublishesTwice: "test_a_publish_makes_one_listing_with_the_text_the_marker_and_the_pictures",
    broken.LetsTheTransportErrorOut: "test_trouble_at_any_call_of_a_change_is_mended_by_repeating[answer lost before the effect]",
    broken.QuotesItsTokenInAnError: "test_no_secret_leaves_the_adapter[gateway page]",
    broken.LogsItsToken: "test_no_secret_leaves_the_adapter[answer lost]",
    broken.HasAClientOfItsOwn: "test_check_succeeds_with_a_good_account_and_changes_nothing",
    broken.CommentsAlthoughUndeclared: "test_a_verb_works_if_and_only_if_it_is_declared[comment]",
    broken.DeclaresCommentsItDoesNotHave: "test_the_adapter_declares_every_verb_the_channel_does_not_lack",
    broken.DeclaresPicturesEditable: "test_a_part_changes_in_place_if_and_only_if_it_is_declared_editable[pictures]",
    broken.DeclaresThatWithdrawnGoodsStay: "test_a_withdrawn_listing_stays_if_and_only_if_that_is_declared",
    broken.ForgetsTheMarker: "test_a_published_listing_is_found_by_its_marker_and_no_other",
    broken.RendersByChance: "test_rendering_the_same_goods_twice_gives_the_same_rendition",
    broken.TakesEverything: "test_the_most_pictures_are_taken_and_one_more_refused",
    broken.CountsInAnotherUnit: "test_a_text_at_the_limit_is_taken_and_one_unit_more_refused",
    broken.FindsEverything: "test_a_published_listing_is_found_by_its_marker_and_no_other",
    broken.AddsStockInsteadOfSettingIt: "test_stock_is_written_as_an_absolute_figure",
    broken.ReadsPricesInBaht: "test_a_listing_is_read_back_as_it_was_written",
    broken.FailsToWithdrawTwice: "test_withdrawing_takes_it_off_sale_and_twice_is_fine",
    broken.TakesAThrottleForAFailure: "test_a_refusal_for_pace_is_a_throttle_and_nothing_was_done",
    broken.ForgetsHowLongToWait: "test_a_refusal_for_pace_is_a_throttle_and_nothing_was_done",
    broken.MakesWhatIsGoneAnew: "test_updating_what_was_removed_says_that_it_is_gone",
    broken.DoubtsAFailedRead: "test_a_failed_fetch_leaves_nothing_in_doubt",
}
MODULE = """
from adapters.testing.kit import AdapterContract
from schemas.channel import Verb
from {module} import {adapter}
from tests.contract.kit.toy_channel.channel import ToyChannel


class TestToy(AdapterContract):
    lacks = frozenset({{Verb.COMMENT}})

    def make(self):
        return ToyChannel({adapter})
"""


def held_to(pytester: pytest.Pytester, adapter: type[ToyAdapter], promise: str) -> tuple[int, int]:
    """Hold an adapter to one promise; return how many tests passed and how many failed."""
    pytester.makepyfile(test_toy=MODULE.format(module=adapter.__module__, adapter=adapter.__name__))
    run = pytester.inline_run(f"test_toy.py::TestToy::{promise}", "-q", "-p", "no:randomly")
    passed, skipped, failed = run.listoutcomes()
    assert not skipped
    return len(passed), len(failed)


@pytest.mark.parametrize("adapter", REJECTED_BY, ids=lambda adapter: adapter.__name__)
def test_an_adapter_that_breaks_a_promise_is_rejected_by_it(
    pytester: pytest.Pytester, adapter: type[ToyAdapter]
) -> None:
    assert held_to(pytester, adapter, REJECTED_BY[adapter]) == (0, 1)


def test_a_channel_that_batches_must_be_held_to_batches(pytester: pytest.Pytester) -> None:
    promise = "test_a_channel_that_batches_is_held_to_the_promises_of_batches"

    assert held_to(pytester, broken.SaysThatItBatches, promise) == (0, 1)
