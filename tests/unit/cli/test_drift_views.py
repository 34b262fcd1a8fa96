"""What a sweep found is said in plain words, in both languages, and never more than it knows."""

from datetime import timedelta

import pytest
from rich.console import Console

from schemas.ids import ListingId, Sku
from syndicator.cli.drift_views import action_name, drift_json, kind_name, policy_name, show_drift
from syndicator.cli.output import Output
from syndicator.cli.reconcile_commands import report_lines
from syndicator.domain.drift import Action, DriftKind, Policy
from syndicator.settings import Language
from syndicator.store.drifts import DriftReport
from syndicator.store.sweeps import SweepReport
from tests.support.factories import NOON


def speaking(language: Language) -> Output:
    out = Output(language=language)
    out.console = Console(record=True, width=200, highlight=False)
    return out


PRICE = DriftReport(
    listing_id=ListingId(7),
    seller="A",
    account="page",
    sku=Sku("P-1"),
    kind=DriftKind.PRICE_EDITED,
    wanted="45.00",
    seen="39.00 [sale]",
    policy=Policy.ASK,
    action=Action.ASKED,
    at=NOON,
    closed_at=None,
)
CLEAN = SweepReport(began_at=NOON, ended_at=NOON + timedelta(minutes=1), pages=3, listings=250, known=240)


@pytest.mark.parametrize("language", Language)
def test_every_kind_action_and_policy_has_a_name(language: Language) -> None:
    out = speaking(language)
    names = [
        *(kind_name(out, kind.value) for kind in DriftKind),
        *(action_name(out, action.value) for action in Action),
        *(policy_name(out, policy) for policy in Policy),
    ]

    assert len(set(names)) == len(DriftKind) + len(Action) + len(Policy)
    assert all("_" not in name for name in names)


@pytest.mark.parametrize(
    ("language", "words"), [(Language.THAI, "ราคาถูกแก้"), (Language.ENGLISH, "price edited")]
)
def test_what_was_seen_stands_below_the_table(language: Language, words: str) -> None:
    out = speaking(language)
    show_drift(out, [PRICE])
    text = out.console.export_text()

    assert all(word in text for word in ("P-1", "page", words, "45.00", "39.00 [sale]"))


def test_nothing_found_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    out = speaking(Language.ENGLISH)
    show_drift(out, [])

    assert "Every channel shows what was sent." in out.console.export_text()


def test_a_clean_sweep_says_that_nothing_was_written() -> None:
    lines = report_lines(speaking(Language.ENGLISH), CLEAN)

    assert lines == ["3 pages, 250 listings, 240 of them ours", "nothing was written to the channel"]


def test_a_sweep_says_what_it_found_and_did() -> None:
    found = SweepReport(
        began_at=NOON,
        drift={"price_edited": 2},
        actions={"asked": 1, "sent_again": 1},
        missing=3,
        unknown=1,
        unknown_ids=("77",),
        error="Throttled: too many calls",
    )
    text = "\n".join(report_lines(speaking(Language.ENGLISH), found))

    assert "price edited 2 → asked 1, sent again 1" in text
    assert "nothing was written" not in text
    assert all(word in text for word in ("3 listings were not met", "77", "too many calls"))


def test_a_program_gets_every_figure() -> None:
    assert drift_json(PRICE) | {"at": None} == {
        "listing_id": 7,
        "seller": "A",
        "account": "page",
        "sku": "P-1",
        "kind": DriftKind.PRICE_EDITED,
        "wanted": "45.00",
        "seen": "39.00 [sale]",
        "policy": Policy.ASK,
        "action": Action.ASKED,
        "at": None,
        "closed_at": None,
    }
