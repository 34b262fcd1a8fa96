"""``syndicator codes``, as typed."""

import psycopg
import pytest

from tests.support.cli import CommandLine

ROWS = [
    (
        "facebook_page",
        "adapters/meta_graph/error_rows.py",
        "100/7654321",
        400,
        7,
        "rejected",
        "Facebook answered 400",
    ),
    (
        "emarket",
        "sandbox-emarket.yaml",
        "9999",
        0,
        12,
        "outcome_unknown",
        "market sandbox-emarket answered row 9999",
    ),
    (
        "line_shop",
        "adapters/line_shop/errors.py",
        "http_418",
        418,
        1,
        "outcome_unknown",
        "MyShop answered 418",
    ),
    ("gone_channel", "somewhere.py", "", 407, 1, "odd_class", ""),
]


@pytest.fixture
def met(cli, database_url):
    """Four answers that were met."""
    cli.run("migrate").told(0)
    with psycopg.connect(
        database_url.replace("postgresql+psycopg", "postgresql"), autocommit=True
    ) as connection:
        connection.cursor().executemany(
            "INSERT INTO unlisted_answer (kind, unlisted_in, vendor_code, http_status, count, outcome, message)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            ROWS,
        )
    return cli


def test_without_any_the_command_says_so(cli):
    cli.run("codes").told(0, "ยังไม่มีคำตอบใดจากช่องทาง")
    assert cli.json("codes") == []


def test_codes_are_ranked_by_how_often_they_were_met(met):
    found = met.json("codes")

    assert [(one["vendor_code"], one["http_status"], one["count"]) for one in found][:2] == [
        ("9999", None, 12),
        ("100/7654321", 400, 7),
    ]
    assert {one["vendor_code"] for one in found[2:]} == {"http_418", None}
    assert len(met.json("codes", "--limit", "1")) == 1


def test_each_code_comes_with_what_to_do_in_both_languages(met):
    for one in met.json("codes"):
        assert one["unlisted_in"] in one["to_do"]["th"]
        assert one["unlisted_in"] in one["to_do"]["en"]
        assert "treated as unknown" in one["to_do"]["en"]
        assert "ไม่รู้จักรหัส" in one["to_do"]["th"]


def test_people_read_the_channel_the_code_and_the_file_that_lacks_it(met):
    met.run("codes").told(
        0, "เพจเฟซบุ๊ก", "9999", "12", "sandbox-emarket.yaml", "เพิ่มแถว", "HTTP 407", "MyShop answered 418"
    )


def test_the_same_is_said_in_english(met):
    english = CommandLine({**met.env, "SYNDICATOR_LANGUAGE": "en"})

    english.run("codes").told(0, "Facebook Page", "outcome unknown", "add the row", "gone_channel")
