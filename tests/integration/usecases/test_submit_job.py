"""Submissions of other systems: every line has its outcome, a cut one goes on, nothing is taken twice."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from schemas.channel import Lane
from schemas.product import Media
from syndicator.store.jobs import Job, JobSource, JobState
from syndicator.usecases.submit_job import (
    Announcement,
    Expected,
    JobMoved,
    LinesRefused,
    VersionDiffers,
    close_job,
    line_of,
    open_job,
    submit_one,
    take_chunk,
    take_lines,
)
from syndicator.usecases.submit_products import CHUNK
from tests.support.app import CoreApp
from tests.support.documents import document, tools_of
from tests.support.pictures import encode, quarters


def announced(app: CoreApp, reference: str = "r-1", accounts: Sequence[str] | None = None) -> Announcement:
    return Announcement(
        seller_id=app.seller_id,
        reference=reference,
        source=JobSource.API,
        account_names=accounts,
        request_id="req-1",
    )


def take(app: CoreApp, lines: Iterable[dict[str, Any]], reference: str = "r-1") -> Job:
    job = open_job(announced(app, reference), tools=tools_of(app))
    for taken in take_lines(job, lines, tools=tools_of(app), lane=Lane.BULK):
        job = taken.job
    return close_job(job, tools=tools_of(app))


def outcomes(app: CoreApp) -> list[tuple[int, str | None, str, list[str]]]:
    rows = app.rows("SELECT line, sku, outcome, problems FROM job_line ORDER BY job_id, line")
    return [(row.line, row.sku, row.outcome, [one["code"] for one in row.problems]) for row in rows]


def test_every_line_has_its_outcome_beside_what_it_stored(app: CoreApp) -> None:
    app.connect("page")
    take(app, [document("P-1")], "before")
    job = take(
        app,
        [document("P-1"), document("P-2"), document("P-2"), document("P-3", vat_rate=8), {"sku": "P-4"}],
    )

    assert outcomes(app)[1:] == [
        (1, "P-1", "unchanged", []),
        (2, "P-2", "created", []),
        (3, "P-2", "refused", ["sku_sent_before"]),
        (4, "P-3", "refused", ["choice_unknown"]),
        (5, "P-4", "refused", ["missing"] * 10),
    ]
    assert (job.state, job.lines, job.created, job.unchanged, job.refused) == (
        JobState.RECEIVED,
        5,
        1,
        1,
        3,
    )
    assert app.listing("P-2").request_id == "req-1"
    assert app.value("SELECT on_hand FROM stock_level s JOIN variant v ON v.id = s.variant_id LIMIT 1") == 10


def test_a_submission_that_was_cut_off_goes_on_behind_its_last_line(app: CoreApp) -> None:
    documents = [document(f"P-{number}") for number in range(CHUNK + 5)]

    def cut() -> Iterable[dict[str, Any]]:
        yield from documents[: CHUNK + 2]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        take(app, cut())
    assert app.value("SELECT lines FROM job") == CHUNK

    job = take(app, documents)

    assert (job.lines, job.created) == (CHUNK + 5, CHUNK + 5)
    assert app.value("SELECT count(*) FROM job") == 1
    assert app.value("SELECT count(*) FROM job_line") == CHUNK + 5


def test_two_who_take_in_the_same_job_do_not_take_its_lines_twice(app: CoreApp) -> None:
    job = open_job(announced(app), tools=tools_of(app))
    take_chunk(job, [line_of(document("P-1"))], tools=tools_of(app))

    with pytest.raises(JobMoved):
        take_chunk(job, [line_of(document("P-1"))], tools=tools_of(app))

    assert app.value("SELECT count(*) FROM job_line") == 1


def test_a_variant_that_belongs_to_another_product_of_the_same_chunk_is_refused(app: CoreApp) -> None:
    second = document("P-2", stock={})
    second["variants"][0]["sku"] = "P-1"

    take(app, [document("P-1"), second])

    assert outcomes(app) == [(1, "P-1", "created", []), (2, "P-2", "refused", ["sku_taken"])]


def test_an_account_that_the_seller_does_not_have_is_refused_before_anything_is_stored(app: CoreApp) -> None:
    app.connect("page")

    with pytest.raises(LinesRefused) as refused:
        open_job(announced(app, accounts=["page", "nowhere"]), tools=tools_of(app))

    assert [one.code for one in refused.value.problems] == ["account_unknown"]
    assert app.value("SELECT count(*) FROM job") == 0


def test_new_products_are_listed_on_the_named_accounts_only(app: CoreApp) -> None:
    app.connect("page")
    app.connect("shop")

    submit_one(announced(app, accounts=["shop"]), line_of(document()), tools=tools_of(app))

    assert app.value("SELECT count(*) FROM listing") == 1


def test_one_product_is_stored_only_over_the_version_its_sender_knows(app: CoreApp) -> None:
    made = submit_one(announced(app, "1"), line_of(document()), tools=tools_of(app))
    assert (made.stored.version, made.job.state) == (1, JobState.RECEIVED)
    changed = line_of(document(name="ชื่อใหม่"))

    for expected in (Expected(version=2), Expected(exists=False)):
        with pytest.raises(VersionDiffers):
            submit_one(announced(app, "2"), changed, tools=tools_of(app), expected=expected)
    assert app.value("SELECT count(*) FROM job") == 1, "nothing is kept of what was refused"

    again = submit_one(announced(app, "3"), changed, tools=tools_of(app), expected=Expected(version=1))
    assert (again.stored.version, again.outcome.value) == (2, "updated")


def test_a_write_whose_answer_was_lost_is_answered_and_not_done_again(app: CoreApp) -> None:
    expected = Expected(exists=False)
    first = submit_one(announced(app), line_of(document()), tools=tools_of(app), expected=expected)
    again = submit_one(announced(app), line_of(document()), tools=tools_of(app), expected=expected)

    assert (again.job.id, again.outcome) == (first.job.id, first.outcome)
    assert app.value("SELECT count(*) FROM job_line") == 1


def test_pictures_are_fetched_from_their_addresses_and_an_uploaded_one_must_be_the_sellers(
    app: CoreApp,
) -> None:
    web = {"https://shop.example.test/a.png": encode(quarters(), "PNG")}
    tools = tools_of(app, web)
    good = document("P-1", media=[{"source": "https://shop.example.test/a.png"}])
    gone = document("P-2", media=[{"source": "https://shop.example.test/b.png"}])
    foreign = document("P-3", media=[{"sha256": "0" * 64}])

    job = open_job(announced(app), tools=tools)
    list(take_lines(job, [good, gone, foreign], tools=tools))

    assert outcomes(app) == [
        (1, "P-1", "created", []),
        (2, "P-2", "refused", ["url_status"]),
        (3, "P-3", "refused", ["picture_unknown"]),
    ]
    stored = app.value("SELECT canonical FROM product WHERE sku = 'P-1'")
    sha = Media.model_validate(stored["media"][0]).sha256
    submit_one(announced(app, "2"), line_of(document("P-4", media=[{"sha256": sha}])), tools=tools_of(app))
    assert app.value("SELECT count(*) FROM product_media") == 2
