"""What gateways and the Graph API report of pace: each header, absurd values, missing ones, other shapes."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from adapters.meta_graph.usage import LONGEST, regain_after, usages
from adapters.pace import Usage, gateway_usages
from schemas.pace import PaceScope

ACCOUNT, APP = PaceScope.ACCOUNT, PaceScope.APP


def told(percent: float, seconds: float | None, scope: PaceScope = ACCOUNT) -> Usage:
    wait = None if seconds is None else timedelta(seconds=seconds)
    return Usage(scope=scope, percent=percent, regain_after=wait)


def business(**entry: Any) -> dict[str, str]:
    return {"x-business-use-case-usage": json.dumps({"1": [{"type": "pages", **entry}]})}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-RateLimit-Limit-Second": "50", "X-RateLimit-Remaining-Second": "5"}, [told(90, 1)]),
        ({"X-RateLimit-Limit-Minute": "1000", "X-RateLimit-Remaining-Minute": "0"}, [told(100, 60)]),
        ({"RateLimit-Limit": "10", "RateLimit-Remaining": "1", "RateLimit-Reset": "7"}, [told(90, 7)]),
        ({"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "10"}, [told(0, None)]),
        # A date instead of seconds, more left than there is, and things that are no numbers.
        (
            {"RateLimit-Limit": "10", "RateLimit-Remaining": "1", "RateLimit-Reset": "1795698000"},
            [told(90, None)],
        ),
        ({"RateLimit-Limit": "10", "RateLimit-Remaining": "99"}, [told(0, None)]),
        ({"RateLimit-Limit": "0", "RateLimit-Remaining": "0"}, []),
        ({"RateLimit-Limit": "10, 10;w=60", "RateLimit-Remaining": "1"}, []),
        ({"RateLimit-Limit": "10", "RateLimit-Remaining": "-1"}, []),
        ({"RateLimit-Limit": "10", "RateLimit-Remaining": "๓"}, []),
        ({"RateLimit-Limit": "10"}, []),
        ({"Retry-After": "30"}, []),
        ({}, []),
    ],
)
def test_rate_headers_of_gateways(headers: Mapping[str, str], expected: list[Usage]) -> None:
    assert gateway_usages(200, httpx.Headers({k: v.encode() for k, v in headers.items()})) == expected


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("30", 30), (" 30 ", 30), (None, 2), ("", 2), ("soon", 2), ("9" * 40, 2), ("-5", 2), ("0", 0)],
)
def test_a_429_holds_as_long_as_it_says_and_a_moment_where_it_says_nothing(
    retry_after: str | None, seconds: float
) -> None:
    headers = httpx.Headers({} if retry_after is None else {"Retry-After": retry_after})

    assert gateway_usages(429, headers) == [told(100, seconds)]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-app-usage": '{"call_count":28,"total_time":91,"total_cputime":25}'}, [told(91, None, APP)]),
        ({"x-app-usage": '{"call_count":0}'}, []),
        ({"x-app-usage": "[28]"}, []),
        ({"x-app-usage": "not json"}, []),
        ({"x-app-usage": '{"call_count":"92"}'}, []),
        ({"x-app-usage": '{"call_count":Infinity,"total_time":NaN,"total_cputime":true}'}, []),
        ({"x-app-usage": '{"call_count":1' + "0" * 400 + "}"}, []),
        ({"x-app-usage": "[" * 100_000}, []),
        (business(call_count=97, total_cputime=23, total_time=23), [told(97, None)]),
        (
            business(call_count=97, estimated_time_to_regain_access=19),
            [told(100, 19 * 60)],
        ),
        (business(estimated_time_to_regain_access=10**300), [told(100, LONGEST.total_seconds())]),
        (business(estimated_time_to_regain_access=-5), []),
        (
            {"x-business-use-case-usage": '{"1": {"call_count": 99}, "2": [5, {"call_count": 40}]}'},
            [told(40, None)],
        ),
        ({}, []),
    ],
)
def test_usage_headers_of_the_graph_api(headers: Mapping[str, str], expected: list[Usage]) -> None:
    assert list(usages(httpx.Headers(headers))) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (business(estimated_time_to_regain_access=10**9), LONGEST),
        ({"x-business-use-case-usage": '{"1": [{"estimated_time_to_regain_access": Infinity}]}'}, None),
        ({"retry-after": "9" * 30}, None),
        ({"retry-after": "9999999"}, LONGEST),
    ],
)
def test_an_absurd_wait_is_cut_or_not_believed(
    headers: Mapping[str, str], expected: timedelta | None
) -> None:
    assert regain_after(httpx.Headers(headers)) == expected
