from datetime import timedelta

import pytest

from adapters.emarket.errors import AlreadyDone, ClockSkewed, DuplicateSku, Refusal, classify
from adapters.emarket.loading import load_market
from adapters.emarket.market import ErrorRule
from adapters.errors import (
    AuthExpired,
    ChannelError,
    Gone,
    Locked,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Transient,
)
from adapters.settings import EmarketSettings

MARKET = load_market(EmarketSettings(), "sandbox-emarket").market


def refusal(http: int | None = 200, code: str | None = "0", message: str = "", **more: object) -> Refusal:
    return Refusal(http=http, code=code, message=message, **more)


@pytest.mark.parametrize(
    ("http", "code", "message", "error"),
    [
        (429, None, "", Throttled),
        (200, "ApiCallLimit", "", Throttled),
        (200, "901", "", Throttled),
        (200, "IllegalAccessToken", "", AuthExpired),
        (401, None, "", AuthExpired),
        (200, "InvalidAppKey", "", AuthExpired),
        (200, "IncompleteSignature", "", AuthExpired),
        (200, "InvalidTimestamp", "", ClockSkewed),
        (200, "4105", "", DuplicateSku),
        (200, "4141", "", DuplicateSku),
        (200, "4170", "", Locked),
        (200, "4999", "locked by a PROMOTION", Locked),
        (200, "ITEM_NOT_FOUND", "", Gone),
        (200, "E0004", "", AlreadyDone),
        (200, "513", "", Transient),
        (200, "4118", "price", Rejected),
        (200, "9999", "never heard of", Rejected),
        (400, "9999", "never heard of", Rejected),
        (None, "9999", "a row", Rejected),
        (500, "500", "", OutcomeUnknown),
        (500, None, "", OutcomeUnknown),
        (502, None, "", OutcomeUnknown),
        (503, "9999", "", OutcomeUnknown),
        (200, None, "", OutcomeUnknown),
    ],
)
def test_rules_first_then_status_then_readability(
    http: int | None, code: str | None, message: str, error: type[ChannelError]
) -> None:
    assert type(classify(MARKET, refusal(http, code, message), mutating=True)) is error


@pytest.mark.parametrize(("http", "code"), [(500, "500"), (502, None), (200, None)])
def test_an_unknown_outcome_of_a_read_is_simply_repeated(http: int, code: str | None) -> None:
    assert type(classify(MARKET, refusal(http, code), mutating=False)) is Transient


def test_similar_codes_do_not_match_by_accident() -> None:
    assert type(classify(MARKET, refusal(code="14105"), mutating=True)) is Rejected
    assert type(classify(MARKET, refusal(code="90123"), mutating=True)) is Rejected


def test_the_first_matching_rule_wins() -> None:
    rules = (
        ErrorRule(code="^4105$", message="variant", kind="invalid_content"),
        ErrorRule(code="^4105$", kind="duplicate"),
    )
    market = MARKET.model_copy(update={"errors": rules})

    assert type(classify(market, refusal(code="4105", message="variant twice"), mutating=True)) is Rejected
    assert type(classify(market, refusal(code="4105", message="exists"), mutating=True)) is DuplicateSku


def test_the_market_s_own_wait_is_kept() -> None:
    found = classify(MARKET, refusal(429, None, retry_after=timedelta(seconds=9)), mutating=True)
    assert isinstance(found, Throttled)
    assert found.retry_after == timedelta(seconds=9)


def test_a_refusal_is_worded_for_the_seller_with_what_the_market_said() -> None:
    found = classify(MARKET, refusal(code="4110", message="description too short"), mutating=True)
    assert isinstance(found, Rejected)
    assert "ตลาดชุมชนจำลองไม่รับสินค้านี้" in found.problems[0].th
    assert "description too short" in found.problems[0].th


def test_secrets_in_an_answer_are_blanked() -> None:
    found = classify(
        MARKET, refusal(code="X", message="access_token=abc.def is bad " + "y" * 4000), mutating=True
    )
    assert "abc.def" not in str(found)
    assert len(str(found)) < 800
