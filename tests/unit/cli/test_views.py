"""What people see: short tables, and whole sentences below them at any width of the terminal."""

from datetime import UTC, datetime

import pytest
from rich.cells import cell_len

from schemas.ids import AccountId, ChannelKind, ListingId, Sku
from schemas.listing import ListingState
from schemas.problem import Problem
from syndicator.cli.output import Output
from syndicator.cli.views import counts_by_account, show_counts, show_listings, show_what_to_do, step_name
from syndicator.domain.listing import Wanted
from syndicator.domain.plan import StepKind
from syndicator.settings import Language
from syndicator.store.reports import ListingReport

TOO_HEAVY = Problem(
    path="weight_g",
    code="too_heavy",
    th="พัสดุของ PLK-BFN-SET หนักเกิน 40 กิโลกรัม ตลาดไม่รับ กรุณาแบ่งเป็นหลายกล่องหรือหลายสินค้า แล้วส่งไฟล์ใหม่อีกครั้ง",
    en="The parcel of PLK-BFN-SET is heavier than 40 kg.",
)


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def a_report(**values):
    return ListingReport(
        **{
            "id": ListingId(1),
            "sku": Sku("PLK-BFN-SET"),
            "name": "ชุดโต๊ะเก้าอี้ไม้ไผ่ 4 ที่นั่ง สำหรับตั้งในสวนหรือใต้ถุนบ้าน งานฝีมือ",
            "account_id": AccountId(4),
            "account": "market",
            "kind": ChannelKind("emarket"),
            "state": ListingState.NEEDS_YOU,
            "wanted": Wanted.LIVE,
            "problems": (TOO_HEAVY,),
            "external_id": None,
            "permalink": None,
            "seen_at": None,
            "confirmed_at": datetime(2026, 11, 22, tzinfo=UTC),
            "due_at": None,
            "unconfirmed": False,
            "pending": None,
        }
        | values
    )


def test_what_to_do_is_printed_whole_and_not_squeezed_into_a_cell(capsys):
    show_listings(Output(), [a_report()])

    shown = capsys.readouterr().out
    assert TOO_HEAVY.th in shown, "the sentence stands in one piece; the terminal wraps it"
    table = [line for line in shown.splitlines() if line[:1] in "┏┃┡│└"]
    assert table
    assert all(cell_len(line) <= 80 for line in table)
    assert len([line for line in table if line.startswith("│")]) == 1, "a listing is one line of the table"


def test_accounts_with_the_same_trouble_share_one_block(capsys):
    both = [a_report(), a_report(account="line"), a_report(account="page", problems=())]

    show_what_to_do(Output(), both)

    shown = capsys.readouterr().out
    assert shown.count(TOO_HEAVY.th) == 1
    assert "market, line:" in shown


def test_an_unconfirmed_listing_is_said_to_be_so(capsys):
    show_listings(
        Output(language=Language.ENGLISH),
        [a_report(state=ListingState.WORKING, unconfirmed=True, problems=())],
    )

    assert "working (unconfirmed)" in capsys.readouterr().out


def test_counts_have_every_state_of_every_account(capsys):
    listings = [
        a_report(),
        a_report(state=ListingState.LIVE),
        a_report(account="page", state=ListingState.LIVE),
    ]

    assert counts_by_account(listings) == {
        "market": {"live": 1, "working": 0, "needs_you": 1, "stopped": 0},
        "page": {"live": 1, "working": 0, "needs_you": 0, "stopped": 0},
    }
    show_counts(Output(), listings)
    assert "ขายอยู่" in capsys.readouterr().out


def test_for_programs_standard_output_is_the_document_alone(capsys):
    out = Output(as_json=True)

    show_listings(out, [a_report()])
    out.say("สวัสดี", "Hello")
    out.data({"moment": datetime(2026, 11, 22, tzinfo=UTC), "problem": TOO_HEAVY})

    shown = capsys.readouterr()
    assert shown.out.startswith("{")
    assert '"2026-11-22T00:00:00+00:00"' in shown.out
    assert "สวัสดี" in shown.err


def test_words_of_sellers_are_never_read_as_markup(capsys):
    out = Output()

    out.say("[bold]ลด 50%[/bold]", "")
    out.block("[red]ก[/red]", ["[link=x]ข[/link]"])
    out.table(["[i]h[/i]"], [["[i]c[/i]"]])

    shown = capsys.readouterr().out
    for text in ("[bold]ลด 50%[/bold]", "[red]ก[/red]", "[link=x]ข[/link]", "[i]c[/i]"):
        assert text in shown


def test_every_step_has_a_name_in_both_languages():
    for kind in StepKind:
        assert step_name(Output(language=Language.THAI), kind.value) != step_name(
            Output(language=Language.ENGLISH), kind.value
        )
