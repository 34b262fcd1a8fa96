"""What no error table explains: looked up, sent once more at most, counted, shown to a person."""

import threading
from datetime import timedelta

from adapters.errors import Transient
from schemas.channel import Verb
from schemas.ids import ChannelKind, ListingId
from schemas.listing import ListingState
from syndicator.store.attempts import AttemptEnd
from syndicator.store.unlisted import UnlistedAnswer
from syndicator.usecases.outcomes import attempt_end
from tests.support.app import CoreApp, goods
from tests.support.fake_channel import KIND, MARKET, Fault


def ranked(app: CoreApp, limit: int = 50) -> list[UnlistedAnswer]:
    with app.database.begin() as uow:
        return list(uow.unlisted.ranked(limit=limit))


def end(
    code: str | None = "NEW-1", *, status: int | None = 418, outcome: str = "outcome_unknown"
) -> AttemptEnd:
    return AttemptEnd(
        outcome=outcome, vendor_code=code, http_status=status, message="odd", unlisted_in="fake/table.py"
    )


def note(app: CoreApp, *ends: AttemptEnd, kind: str = KIND) -> None:
    listing = ListingId(app.listing().id)
    for one in ends:
        with app.database.begin() as uow:
            uow.unlisted.note(ChannelKind(kind), {listing: one}, now=app.clock.now())


def test_an_unlisted_answer_is_counted_with_what_an_operator_needs(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.UNLISTED_BEFORE)
    app.submit(goods())

    app.run_once()

    (answer,) = ranked(app)
    assert (answer.kind, answer.unlisted_in) == (KIND, "fake/table.py")
    assert (answer.vendor_code, answer.http_status, answer.count) == ("NEW-1", 418, 1)
    assert (answer.outcome, answer.request_id) == ("outcome_unknown", "call-7")
    assert answer.listing_id == app.listing().id
    assert answer.first_seen_at == answer.last_seen_at == app.clock.now()


def test_what_the_channel_said_is_kept_short_and_without_secrets(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.UNLISTED_BEFORE)
    app.submit(goods())

    app.run_once()

    (answer,) = ranked(app)
    assert "TOPSECRET" not in answer.message
    assert len(answer.message) <= 2_000


def test_an_effect_behind_an_unlisted_answer_is_adopted(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.UNLISTED_AFTER)
    app.submit(goods())

    app.run_until_quiet()

    assert app.state() is ListingState.LIVE
    assert page.count(Verb.PUBLISH) == 1
    assert page.most_visible["P-1"] == 1


def test_a_publish_answered_so_twice_waits_for_a_person(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, *[Fault.UNLISTED_BEFORE] * 10)
    app.submit(goods())

    app.run_until_quiet()

    assert page.count(Verb.PUBLISH) == 2
    assert app.state() is ListingState.NEEDS_YOU
    assert len(app.dead()) == 1
    assert [(answer.count, answer.vendor_code) for answer in ranked(app)] == [(2, "NEW-1")]


def test_the_second_answer_may_have_had_its_effect_and_is_looked_up_too(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.UNLISTED_BEFORE, Fault.UNLISTED_AFTER)
    app.submit(goods())

    app.run_until_quiet()

    assert app.state() is ListingState.LIVE
    assert app.dead() == []
    assert page.most_visible["P-1"] == 1


def test_an_update_answered_so_twice_shows_the_code_to_a_person(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods())
    app.run_until_quiet()
    page.order(Verb.UPDATE, *[Fault.UNLISTED_BEFORE] * 10)
    app.submit(goods(price=9900))

    app.run_until_quiet()

    assert page.count(Verb.UPDATE) == 2
    assert (app.state(), app.codes()) == (ListingState.NEEDS_YOU, ["unlisted_answer"])
    assert [letter.cause for letter in app.dead()] == ["OutcomeUnknown NEW-1"]


def test_while_it_is_looked_into_the_seller_reads_the_code(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.UNLISTED_BEFORE)
    app.submit(goods())

    app.run_once()

    assert (app.state(), app.codes()) == (ListingState.WORKING, ["unlisted_answer"])


def test_a_code_that_was_mended_is_tried_with_new_patience(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.UNLISTED_BEFORE, Fault.UNLISTED_BEFORE)
    app.submit(goods())
    app.run_until_quiet()

    app.submit(goods(price=9900))
    app.run_until_quiet()

    assert app.state() is ListingState.LIVE
    assert app.dead() == []


def test_each_listing_of_a_batch_that_was_answered_so_counts(app: CoreApp) -> None:
    market = app.connect(can=MARKET)
    app.submit(goods("P-1"), goods("P-2"), goods("P-3"))
    app.run_until_quiet()
    market.order(Verb.UPDATE, Fault.UNLISTED_BEFORE)
    app.submit(*(goods(sku, price=9900) for sku in ("P-1", "P-2", "P-3")))

    app.run_once()

    assert [answer.count for answer in ranked(app)] == [3]


def test_listed_failures_write_nothing(app: CoreApp) -> None:
    page = app.connect()
    page.order(Verb.PUBLISH, Fault.TRANSIENT, Fault.LOST_BEFORE, Fault.REJECTED, Fault.BUG)
    app.submit(goods())

    app.run_until_quiet()

    assert ranked(app) == []
    assert app.value("SELECT pg_sequence_last_value('unlisted_answer_id_seq')") is None


def test_equal_answers_are_one_row_that_remembers_first_and_last(app: CoreApp) -> None:
    app.connect()
    app.submit(goods())
    began = app.clock.now()

    note(app, end(), end())
    app.clock.advance(timedelta(hours=1))
    note(app, end(outcome="transient"))

    (answer,) = ranked(app)
    assert (answer.count, answer.outcome) == (3, "transient")
    assert (answer.first_seen_at, answer.last_seen_at) == (began, app.clock.now())


def test_channel_code_and_status_keep_answers_apart_and_the_most_frequent_comes_first(app: CoreApp) -> None:
    app.connect()
    app.submit(goods())

    note(app, end("A"), end("B"), end("B"), end("B", status=500), end(None, status=None))
    note(app, end("B"), kind="other")

    found = ranked(app)
    assert (found[0].kind, found[0].vendor_code, found[0].http_status, found[0].count) == (KIND, "B", 418, 2)
    assert {(a.kind, a.vendor_code, a.http_status) for a in found} == {
        (KIND, "A", 418),
        (KIND, "B", 418),
        (KIND, "B", 500),
        (KIND, "", 0),
        ("other", "B", 418),
    }
    assert len(ranked(app, limit=2)) == 2


def test_a_listing_that_is_deleted_leaves_its_answers(app: CoreApp) -> None:
    app.connect()
    app.submit(goods())
    note(app, end())

    app.execute("DELETE FROM listing")

    assert [(answer.count, answer.listing_id) for answer in ranked(app)] == [(1, None)]


def test_workers_that_meet_the_same_answers_at_once_lose_no_count(app: CoreApp) -> None:
    app.connect()
    skus = ("P-1", "P-2", "P-3")
    app.submit(*(goods(sku) for sku in skus))
    listings = [ListingId(app.listing(sku).id) for sku in skus]

    def work(codes: str) -> None:
        for _ in range(10):
            with app.database.begin() as uow:
                ends = {id_: end(code) for id_, code in zip(listings, codes, strict=True)}
                uow.unlisted.note(KIND, ends, now=app.clock.now())

    threads = [threading.Thread(target=work, args=(codes,)) for codes in ("ABC", "CBA", "BCA")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert {answer.vendor_code: answer.count for answer in ranked(app)} == {"A": 30, "B": 30, "C": 30}


def test_the_end_of_an_attempt_says_whether_a_table_lists_it() -> None:
    assert attempt_end(Transient("busy")).unlisted_in is None
    assert attempt_end(Transient("odd", unlisted_in="x.py")).unlisted_in == "x.py"
