"""Every row of the sheet's error table (meta.md section 4.2), with the expected class written here by hand."""

from datetime import timedelta

import pytest

from adapters.errors import (
    AccountRestricted,
    AuthExpired,
    ChannelError,
    OutcomeUnknown,
    PictureUnread,
    Rejected,
    Throttled,
    Transient,
)
from adapters.meta_graph.error_rows import ERROR_ROWS
from adapters.meta_graph.errors import GraphFailure, classify, meaning_of, row_for
from adapters.meta_graph.meanings import Effect, ErrorRow, Meaning

# code, subcode -> class at a visible write, class at an invisible one (an upload, a container)
EXPECTED: dict[tuple[int, int | None], tuple[type[ChannelError], type[ChannelError]]] = {
    (1, None): (OutcomeUnknown, Transient),
    (1, 99): (OutcomeUnknown, Transient),
    (2, None): (OutcomeUnknown, Transient),
    (3, None): (AccountRestricted, AccountRestricted),
    (4, None): (Throttled, Throttled),
    (4, 2207051): (OutcomeUnknown, Throttled),
    (9, 2207042): (Throttled, Throttled),
    (10, None): (AccountRestricted, AccountRestricted),
    (17, None): (Throttled, Throttled),
    (17, 2446079): (Throttled, Throttled),
    (24, 2207006): (AccountRestricted, AccountRestricted),
    (24, 2207008): (Transient, Transient),
    (25, 2207050): (AccountRestricted, AccountRestricted),
    (32, None): (Throttled, Throttled),
    (100, None): (Rejected, Rejected),
    (100, 33): (AccountRestricted, AccountRestricted),
    **{(100, sub): (Rejected, Rejected) for sub in (2207023, 2207028, 2207035, 2207036, 2207037, 2207040)},
    (102, None): (AuthExpired, AuthExpired),
    **{(190, sub): (AuthExpired, AuthExpired) for sub in (None, 452, 458, 459, 460, 463, 464, 465, 467)},
    (190, 492): (AccountRestricted, AccountRestricted),
    **{(code, None): (AccountRestricted, AccountRestricted) for code in (200, 230, 299)},
    (324, None): (PictureUnread, PictureUnread),
    (324, 2069019): (PictureUnread, PictureUnread),
    (341, None): (Throttled, Throttled),
    (352, 2207026): (Rejected, Rejected),
    (368, None): (Throttled, Throttled),
    (368, 1390008): (Throttled, Throttled),
    (368, 1404082): (OutcomeUnknown, Transient),
    (368, 4854002): (AccountRestricted, AccountRestricted),
    (506, None): (OutcomeUnknown, Transient),
    (613, None): (Throttled, Throttled),
    (613, 1996): (Throttled, Throttled),
    **{
        (code, None): (Throttled, Throttled)
        for code in (80000, 80001, 80002, 80003, 80004, 80005, 80006, 80008, 80009, 80014)
    },
    (9004, None): (PictureUnread, PictureUnread),
    (9004, 2207052): (PictureUnread, PictureUnread),
    (9007, None): (Transient, Transient),
    (9007, 2207027): (Transient, Transient),
    (-1, 2207001): (OutcomeUnknown, Transient),
    (-1, 2207032): (OutcomeUnknown, Transient),
    (-1, 2207053): (OutcomeUnknown, Transient),
    (-2, 2207003): (Transient, Transient),
    (-2, 2207020): (OutcomeUnknown, Transient),
    (36000, 2207004): (Rejected, Rejected),
    (36001, 2207005): (Rejected, Rejected),
    (36003, 2207009): (Rejected, Rejected),
    (36004, 2207010): (Rejected, Rejected),
    (1609005, None): (PictureUnread, PictureUnread),
    # Subcodes that decide whatever the code is.
    **{
        (100, sub): (Rejected, Rejected)
        for sub in (1366046, 1346003, 1404102, 1609008, 2061006, 1349125, 2207085)
    },
    (100, 1609005): (PictureUnread, PictureUnread),
    (100, 1366051): (OutcomeUnknown, Transient),
    (368, 1404006): (AccountRestricted, AccountRestricted),
    (368, 1404112): (AccountRestricted, AccountRestricted),
    (200, 1404078): (AccountRestricted, AccountRestricted),
    (100, 1363047): (OutcomeUnknown, Transient),
    (100, 1609010): (OutcomeUnknown, Transient),
}


def error_for(
    code: int | None,
    subcode: int | None = None,
    effect: Effect = Effect.VISIBLE,
    *,
    status: int = 400,
    message: str = "",
) -> ChannelError:
    failure = GraphFailure(http_status=status, code=code, subcode=subcode, message=message)
    return classify(failure, effect=effect, channel="Facebook")


@pytest.mark.parametrize(("code", "subcode"), EXPECTED)
def test_a_refusal_has_the_class_the_sheet_gives_it(code: int, subcode: int | None) -> None:
    visible, invisible = EXPECTED[code, subcode]

    assert type(error_for(code, subcode, Effect.VISIBLE)) is visible
    assert type(error_for(code, subcode, Effect.INVISIBLE)) is invisible


@pytest.mark.parametrize("row", [row for row in ERROR_ROWS if not row.message_says], ids=str)
def test_every_row_is_expected_here(row: ErrorRow) -> None:
    named = [key for key in EXPECTED if row_for(*key) is row]

    assert named, f"no expectation is written down for {row}"


def test_a_lost_role_on_one_page_is_told_from_an_expired_token_by_its_words() -> None:
    error = error_for(190, message="(#190) This method requires Impersonating a User's Page")

    assert type(error) is AccountRestricted


@pytest.mark.parametrize("row", ERROR_ROWS, ids=str)
def test_every_row_has_a_source_and_speaks_thai_and_english(row: ErrorRow) -> None:
    assert row.source
    assert row.grade
    assert any("\u0e00" <= letter <= "\u0e7f" for letter in row.sentence.th)
    assert row.sentence.en.isascii()
    assert "{" not in row.sentence.th.format(channel="Facebook")


def test_a_missing_object_is_worth_another_look_on_a_read_only() -> None:
    assert type(error_for(100, 33, Effect.READ)) is Transient
    assert type(error_for(100, 33, Effect.VISIBLE)) is AccountRestricted


@pytest.mark.parametrize(
    ("effect", "expected"),
    [(Effect.VISIBLE, OutcomeUnknown), (Effect.INVISIBLE, Transient), (Effect.READ, Transient)],
)
def test_an_unlisted_code_is_unknown_at_a_visible_write_only(
    effect: Effect, expected: type[ChannelError]
) -> None:
    error = error_for(987654, 321, effect)

    assert type(error) is expected
    assert error.vendor_code == "987654/321"
    assert meaning_of(error) is None
    assert error.problem is not None
    assert error.problem.code == "unlisted_answer"
    assert "987654/321" in error.problem.th
    assert "987654/321" in error.problem.en
    assert error.unlisted_in == "adapters/meta_graph/error_rows.py"


@pytest.mark.parametrize(
    ("status", "effect", "expected", "is_news"),
    [
        (500, Effect.VISIBLE, OutcomeUnknown, False),
        (502, Effect.VISIBLE, OutcomeUnknown, False),
        (503, Effect.READ, Transient, False),
        (429, Effect.VISIBLE, Throttled, False),
        (401, Effect.VISIBLE, OutcomeUnknown, True),
        (403, Effect.INVISIBLE, Transient, True),
        (413, Effect.READ, Transient, True),
    ],
)
def test_an_answer_without_a_code_goes_by_its_status(
    status: int, effect: Effect, expected: type[ChannelError], is_news: bool
) -> None:
    error = error_for(None, effect=effect, status=status)

    assert type(error) is expected
    assert (error.unlisted_in is not None) is is_news
    assert error.problem is not None
    assert (f"HTTP {status}" in error.problem.th) is is_news


@pytest.mark.parametrize(
    ("code", "subcode", "is_news"),
    [
        (100, 7654321, True),
        (190, 999, True),
        (200, 7654321, True),
        (80001, 2446079, True),
        (1, 7654321, False),
        (2, 7654321, False),
        (324, 7654321, False),
        (190, None, False),
        (100, 33, False),
        (987654, 1404102, False),
    ],
)
def test_a_new_subcode_of_a_known_code_is_handled_by_the_code_and_counted(
    code: int, subcode: int | None, is_news: bool
) -> None:
    error = error_for(code, subcode)

    assert type(error) is type(error_for(code, None if is_news else subcode))
    assert (error.unlisted_in is not None) is is_news


def test_an_unlisted_code_beside_429_is_a_throttle_and_counted() -> None:
    error = error_for(987654, status=429)

    assert type(error) is Throttled
    assert error.unlisted_in is not None


@pytest.mark.parametrize(("code", "subcode"), EXPECTED)
def test_a_listed_code_is_never_counted(code: int, subcode: int | None) -> None:
    assert {error_for(code, subcode, effect).unlisted_in for effect in Effect} == {None}


def test_a_wrong_app_proof_is_told_from_wrong_content_by_its_words() -> None:
    error = error_for(100, message="(#100) Invalid appsecret_proof provided in the API argument")

    assert type(error) is AccountRestricted
    assert error.problem is not None
    assert error.problem.code == "meta_app_secret"


@pytest.mark.parametrize("code", [330, 4590, 1900, 20, 3240, 199, 300])
def test_codes_that_only_look_like_listed_ones_are_unlisted(code: int) -> None:
    assert row_for(code) is None


def test_a_subcode_alone_decides_where_the_code_is_not_stated() -> None:
    row = row_for(987654, 1404102)

    assert row is not None
    assert row.meaning is Meaning.CONTENT


def test_an_instagram_code_whose_subcode_is_left_out_is_still_recognised() -> None:
    assert type(error_for(36003, None, Effect.INVISIBLE)) is Rejected


def test_an_expired_token_is_not_taken_for_a_lost_role() -> None:
    error = error_for(190, 463, message="The session was impersonating a user's page")

    assert type(error) is AuthExpired


def test_a_block_that_ends_by_itself_says_how_long_to_rest() -> None:
    error = error_for(368)

    assert isinstance(error, Throttled)
    assert error.retry_after == timedelta(hours=6)


def test_the_seller_reads_the_channels_name_and_never_the_vendors_words() -> None:
    error = error_for(100, 2207028, message="raw vendor words")

    assert isinstance(error, Rejected)
    assert "Facebook" in error.problems[0].th
    assert "raw vendor words" not in error.problems[0].th + error.problems[0].en


def test_the_meaning_of_an_error_survives_in_its_vendor_code() -> None:
    assert meaning_of(error_for(-1, 2207032)) is Meaning.REBUILD
    assert meaning_of(error_for(324)) is Meaning.UNFETCHED
    assert meaning_of(Transient("never sent")) is None
