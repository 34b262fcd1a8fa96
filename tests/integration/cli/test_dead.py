"""The commands that decide what gave up: dead list, show, replay, discard; and confirm."""

import pytest
from PIL import Image

from syndicator.store.engine import Database
from syndicator.store.secrets import FernetCipher
from tests.support.intake_files import a_row, write_csv


@pytest.fixture
def stored(connected, photos, tmp_path):
    """One product listed on every account of the seller; no worker runs."""
    file = write_csv(tmp_path / "one.csv", [a_row()])
    connected.run("publish", file, "--photos", photos, "--no-wait").told(0)
    return connected


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    (folder / "images").mkdir(parents=True)
    for name in ("a-1.jpg", "a-2.jpg"):
        Image.new("RGB", (640, 640), "green").save(folder / "images" / name)
    return folder


@pytest.fixture
def database(cli):
    opened = Database(cli.env["SYNDICATOR_DATABASE_URL"], FernetCipher([cli.env["SYNDICATOR_SECRET_KEYS"]]))
    yield opened
    opened.close()


@pytest.fixture
def buried(stored, database):
    """Every listing has given up for one cause."""
    with database.begin() as uow:
        uow.connection.exec_driver_sql(
            "UPDATE listing SET due_at = NULL, lease_token = NULL, state = 'needs_you'"
        )
        for (listing_id,) in uow.connection.exec_driver_sql("SELECT id FROM listing ORDER BY id").all():
            uow.attempts.bury_listing(
                listing_id, cause="Transient 2", detail=f"busy, call {listing_id}77", step="publish"
            )
    return stored


def test_without_trouble_nothing_waits(connected):
    assert connected.json("dead", "list") == {"groups": []}
    connected.run("dead", "list").told(0, "ไม่มีจดหมายตาย")
    connected.run("dead", "replay", "--all").told(0, "ไม่มีจดหมายตาย")


def test_causes_are_listed_in_words_with_where_and_how_many(buried):
    groups = buried.json("dead", "list")["groups"]

    assert {(group["cause"], group["count"], group["sellers"]) for group in groups} == {("Transient 2", 1, 1)}
    assert len(groups) == 4, "one for each kind of channel"
    buried.run("dead", "list").told(0, groups[0]["fingerprint"], "ช่องทางตอบว่ายังทำให้ไม่ได้")


def test_letters_are_listed_one_by_one_and_narrowed(buried):
    every = buried.json("dead", "list", "--flat")["letters"]
    page = buried.json("dead", "list", "--flat", "--channel", "page")["letters"]
    cause = buried.json("dead", "list", "--fingerprint", page[0]["fingerprint"])["groups"]

    assert len(every) == 4
    assert [letter["account"] for letter in page] == ["page"]
    assert [group["channels"] for group in cause] == [["facebook_page"]]
    assert buried.json("dead", "list", "--seller", "nobody") == {"groups": []}
    buried.run("dead", "list", "--flat").told(0, f"#{page[0]['id']} {page[0]['detail']}")


def test_a_letter_shows_what_was_tried_and_what_a_replay_would_do(buried):
    (letter,) = buried.json("dead", "list", "--flat", "--channel", "page")["letters"]

    by_number = buried.json("dead", "show", letter["id"])
    by_cause = buried.json("dead", "show", letter["fingerprint"])

    assert by_number == by_cause
    assert by_number["replay"]["step"] == "publish"
    assert [reason["code"] for reason in by_number["replay"]["why"]] == ["replay.pictures_first"]
    buried.run("dead", "show", letter["id"]).told(0, "ลงประกาศใหม่")


def test_a_rehearsal_lists_every_listing_and_changes_nothing(buried):
    before = buried.json("dead", "list", "--flat")

    shown = buried.json("dead", "replay", "--all", "--dry-run")

    assert {(one["account"], one["action"], one["planned"]["step"]) for one in shown["letters"]} == {
        (account, "due", "publish") for account in ("page", "ig", "line", "market")
    }
    assert buried.json("dead", "list", "--flat") == before
    buried.run("dead", "replay", "--all", "--dry-run").told(0, "ลงประกาศใหม่")


def test_a_replay_lets_the_listings_fall_due_once(buried):
    done = buried.json("dead", "replay", "--all", "--by", "teacher")
    again = buried.json("dead", "replay", "--all")

    assert [one["action"] for one in done["letters"]] == ["due"] * 4
    assert again["letters"] == []
    assert {listing["state"] for listing in buried.json("listings")} == {"working"}
    closed = buried.json("dead", "show", done["letters"][0]["id"])["letter"]
    assert (closed["resolution"], closed["resolved_by"]) == ("replayed", "teacher")
    buried.run("dead", "replay", done["letters"][0]["id"]).told(0, "ไม่มีจดหมายตาย")


def test_letters_are_discarded_with_a_reason(buried):
    (letter,) = buried.json("dead", "list", "--flat", "--channel", "ig")["letters"]

    assert buried.json("dead", "discard", letter["id"], "--reason", "sold elsewhere") == {
        "discarded": [letter["id"]]
    }
    buried.run("dead", "discard", letter["id"], "--reason", "again").told(0, "0")
    buried.run("dead", "discard", letter["id"], "--reason", " ").told(2, "เหตุผล")
    assert len(buried.json("dead", "list", "--flat")["letters"]) == 3


@pytest.mark.parametrize("args", [("show", "99"), ("replay", "cabc"), ("discard", "99", "--reason", "x")])
def test_what_is_not_there_is_named(buried, args):
    buried.run("dead", *args).told(3, args[1])


@pytest.mark.parametrize("args", [(), ("17", "--all")])
def test_a_replay_wants_one_target_or_all(connected, args):
    connected.run("dead", "replay", *args).told(2, "--all")


def test_messages_and_notices_are_shown_for_what_they_are(stored, database):
    with database.begin() as uow:
        listing_id = uow.connection.exec_driver_sql("SELECT min(id) FROM listing").scalar_one()
        uow.attempts.bury_listing(
            listing_id, cause="DuplicateFound", detail="buyers see 2 listings", is_notice=True
        )
        uow.attempts.bury_message(
            actor="listing.reconcile", queue="bulk", message={"args": ["abc"]}, cause="KeyError", detail="'x'"
        )
    notice, message = sorted(stored.json("dead", "list", "--flat")["letters"], key=lambda one: one["id"])

    stored.run("dead", "show", notice["id"]).told(0, "dead discard")
    stored.run("dead", "show", message["id"]).told(0, "กลับมาเอง", "abc")
    done = stored.json("dead", "replay", "--all")["letters"]

    assert {one["id"]: one["action"] for one in done} == {notice["id"]: "kept", message["id"]: "needless"}
    assert [letter["id"] for letter in stored.json("dead", "list", "--flat")["letters"]] == [notice["id"]]


def test_an_answer_wants_exactly_one_of_its_options(connected):
    connected.run("confirm", "X", "--channel", "page").told(2, "--absent")
    connected.run("confirm", "X", "--channel", "page", "--done", "--absent").told(2, "--absent")


def test_an_answer_nobody_asked_for_is_refused(stored):
    sku = stored.json("listings")[0]["sku"]

    stored.run("confirm", sku, "--channel", "page", "--done").told(3, "syndicator status")
    stored.run("confirm", "NO-SUCH", "--channel", "page", "--done").told(3, "NO-SUCH")


def test_an_edit_made_by_hand_is_recorded(stored, database):
    sku = stored.json("listings")[0]["sku"]
    problem = '[{"path": "price", "code": "listing.edit_by_hand", "th": "แก้ราคา", "en": "change the price"}]'
    with database.begin() as uow:
        uow.connection.exec_driver_sql(
            "UPDATE listing SET due_at = NULL, state = 'needs_you', external_id = '1', problems = %s",
            (problem,),
        )

    told = stored.json("confirm", sku, "--channel", "page", "--done", "--by", "teacher")
    attempts = stored.json(
        "attempts", next(one["id"] for one in stored.json("listings") if one["account"] == "page")
    )

    assert told == {"sku": sku, "account": "page", "answer": "done", "parts": ["price"]}
    assert [(one["outcome"], one["message"]) for one in attempts] == [("done_by_hand", "teacher: price")]


def test_a_code_that_the_channel_does_not_have_is_refused(stored, database):
    sku = stored.json("listings")[0]["sku"]
    with database.begin() as uow:
        uow.connection.exec_driver_sql(
            "UPDATE listing SET due_at = NULL, state = 'needs_you', intent_verb = 'publish', intent_at = now()"
        )

    stored.run("confirm", sku, "--channel", "line", "--live", "4711").told(3, "4711")
    stored.run("confirm", sku, "--channel", "line", "--absent").told(3, "dead replay")


def test_the_history_of_a_listing_shows_what_a_person_said(stored, database):
    sku = stored.json("listings")[0]["sku"]
    problem = '[{"path": "", "code": "listing.withdraw_by_hand", "th": "ลบเอง", "en": "remove it"}]'
    with database.begin() as uow:
        uow.connection.exec_driver_sql(
            "UPDATE listing SET due_at = NULL, wanted = 'withdrawn', external_id = '1', problems = %s",
            (problem,),
        )
    stored.run("confirm", sku, "--channel", "market", "--done").told(0, "บันทึกแล้ว")

    listing = next(one for one in stored.json("listings") if one["account"] == "market")

    assert listing["external_id"] is None
    stored.run("attempts", listing["id"]).told(0, "withdrawn")
