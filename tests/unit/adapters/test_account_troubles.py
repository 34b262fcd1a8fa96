"""Adapters tell the troubles of an account apart, as far as their channel does."""

import pytest

from adapters.errors import AccountRefused
from adapters.meta_graph.errors import GraphFailure, classify
from adapters.meta_graph.meanings import Effect
from schemas.channel import AccountTrouble


@pytest.mark.parametrize(
    ("code", "subcode", "trouble"),
    [
        (190, None, AccountTrouble.EXPIRED),
        (190, 463, AccountTrouble.EXPIRED),
        (190, 458, AccountTrouble.REVOKED),
        (190, 460, AccountTrouble.REVOKED),
        (190, 459, AccountTrouble.CHECKPOINT),
        (10, None, AccountTrouble.MISSING_SCOPE),
        (200, None, AccountTrouble.MISSING_SCOPE),
        (190, 492, AccountTrouble.RESTRICTED),
    ],
)
def test_a_graph_code_names_the_trouble(code: int, subcode: int | None, trouble: AccountTrouble) -> None:
    failure = GraphFailure(http_status=400, code=code, subcode=subcode)

    error = classify(failure, effect=Effect.READ, channel="Facebook")

    assert isinstance(error, AccountRefused)
    assert error.trouble is trouble
