from datetime import timedelta

import pytest
import yaml

from adapters.config_files import config_dir
from adapters.emarket.errors import AlreadyDone, ClockSkewed, DuplicateSku, Refusal, classify, kind_of
from adapters.emarket.loading import load_market
from adapters.emarket.market import ErrorFile, ErrorKind, ErrorRule
from adapters.errors import (
    AccountRestricted,
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
from schemas.channel import AccountTrouble

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
        (200, "4147", "", Transient),
        (200, "513", "", OutcomeUnknown),
        (200, "ServiceTimeout", "", OutcomeUnknown),
        (200, "4118", "price", Rejected),
        (200, "SellerNotActive", "", AccountRestricted),
        (200, "9999", "never heard of", OutcomeUnknown),
        (400, "9999", "never heard of", OutcomeUnknown),
        (None, "9999", "a row", OutcomeUnknown),
        (None, None, "a row without a code", OutcomeUnknown),
        (403, None, "", OutcomeUnknown),
        (429, "9999", "", Throttled),
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
    for code in ("14105", "90123"):
        error = classify(MARKET, refusal(code=code), mutating=True)
        assert (type(error), error.unlisted_in) == (OutcomeUnknown, "sandbox-emarket.yaml")


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


@pytest.mark.parametrize(
    ("given", "is_news"),
    [
        (refusal(200, "9999"), True),
        (refusal(503, "9999"), True),
        (refusal(403, None), True),
        (refusal(200, None), True),
        (refusal(None, None), True),
        (refusal(429, "9999"), False),
        (refusal(401, "9999"), True),
        (refusal(500, "9999"), True),
        (refusal(500, "500"), False),
        (refusal(401, None), False),
        (refusal(502, None), False),
        (refusal(200, None, is_readable=False), False),
        (refusal(403, None, is_readable=False), True),
        (refusal(200, "4105"), False),
    ],
)
def test_what_no_rule_explains_is_counted(given: Refusal, is_news: bool) -> None:
    error = classify(MARKET, given, mutating=True)

    assert (error.unlisted_in == "sandbox-emarket.yaml") is is_news


@pytest.mark.parametrize("mutating", [True, False])
def test_an_unlisted_code_is_told_with_the_code_and_without_the_markets_words(mutating: bool) -> None:
    error = classify(MARKET, refusal(code="9999", message="raw vendor words"), mutating=mutating)

    assert type(error) is (OutcomeUnknown if mutating else Transient)
    assert error.problem is not None
    for sentence in (error.problem.th, error.problem.en):
        assert "9999" in sentence
        assert "raw vendor words" not in sentence


def test_a_rule_may_name_a_sentence_of_its_own() -> None:
    error = classify(MARKET, refusal(code="4160", message="raw vendor words"), mutating=True)

    assert isinstance(error, Rejected)
    assert error.problems[0].code == "market_title_length"
    assert "raw vendor words" not in error.problems[0].th


def test_one_code_of_two_causes_is_told_apart_by_its_words() -> None:
    rules = ErrorFile.model_validate(
        yaml.safe_load((config_dir() / "emarkets" / "errors" / "shopee.yaml").read_text(encoding="utf-8"))
    ).rules
    market = MARKET.model_copy(update={"errors": rules})

    assert (
        kind_of(market, refusal(code="error_auth", message="below reserved stock"))
        is ErrorKind.RESERVED_CONFLICT
    )
    assert kind_of(market, refusal(code="error_auth", message="no permission")) is ErrorKind.AUTH_EXPIRED
    assert kind_of(market, refusal(code="xerror_auth")) is None


@pytest.mark.parametrize(
    ("http", "code", "trouble", "sentence"),
    [
        (200, "IllegalAccessToken", AccountTrouble.EXPIRED, "market_reconnect"),
        (401, None, AccountTrouble.EXPIRED, "market_reconnect"),
        (200, "IllegalRefreshToken", AccountTrouble.REVOKED, "market_reconnect"),
        (200, "InvalidAppKey", AccountTrouble.REVOKED, "market_app"),
        (200, "IncompleteSignature", AccountTrouble.REVOKED, "market_app"),
    ],
)
@pytest.mark.parametrize("mutating", [True, False])
def test_a_dead_credential_says_whether_it_ran_out_or_was_taken_back(
    http: int, code: str | None, trouble: AccountTrouble, sentence: str, mutating: bool
) -> None:
    error = classify(MARKET, refusal(http, code), mutating=mutating)

    assert isinstance(error, AuthExpired)
    assert error.trouble is trouble
    assert error.problem is not None
    assert error.problem.code == sentence
