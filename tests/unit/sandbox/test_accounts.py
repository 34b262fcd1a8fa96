import csv
from pathlib import Path

import pytest

from adapters.testing.sandbox import accounts
from adapters.testing.sandbox.accounts import CATEGORY_CODES, TokenKind

DATA = Path(__file__).parents[2] / "data"


def test_accounts_are_the_same_every_time_and_differ_by_seller():
    assert accounts.sandbox_accounts(3) == accounts.sandbox_accounts(3)
    ours, theirs = accounts.sandbox_accounts(3), accounts.sandbox_accounts(4)
    assert not {one.external_id for one in ours} & {one.external_id for one in theirs}
    assert [one.name for one in ours] == ["page", "ig", "line", "market"]


@pytest.mark.parametrize("seller", [1, 999_999_999])
def test_ids_keep_their_length_and_lead_back_to_the_seller(seller: int):
    assert len(accounts.page_id(seller)) == 15
    assert len(accounts.instagram_id(seller)) == 17
    assert accounts.seller_of(accounts.page_id(seller)) == seller
    assert accounts.seller_of(accounts.instagram_id(seller)) == seller
    assert accounts.seller_of("120000000000001") is None
    assert accounts.seller_of("not-an-id") is None


def test_tokens_are_recognised_and_forgeries_are_not():
    token = accounts.make_token(TokenKind.LINE, 5)

    assert accounts.read_token(token) == accounts.Token(TokenKind.LINE, 5, "live")
    assert accounts.read_token(token.replace("-5-", "-6-")) is None
    assert accounts.read_token(token[:-1]) is None
    assert accounts.read_token("") is None
    assert accounts.read_token("โทเคน") is None


def test_credentials_do_not_show_in_repr():
    for account in (*accounts.sandbox_accounts(1), accounts.dead_account("line_shop")):
        assert not any(secret in repr(account) for secret in account.credentials.values())


def test_every_category_of_the_shipped_goods_is_known():
    with (DATA / "community-products.csv").open(encoding="utf-8", newline="") as file:
        used = {row["category_code"] for row in csv.DictReader(file)}

    assert used <= set(CATEGORY_CODES)
    assert len(CATEGORY_CODES) == len(set(CATEGORY_CODES)) == 28
    assert set(accounts.LINE_CATEGORIES) == set(accounts.MARKET_CATEGORIES) == set(CATEGORY_CODES)
