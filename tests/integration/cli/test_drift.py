"""Reading channels back, drift and its policies, as typed; a simulated shop is edited by hand."""

import pytest


def test_without_drift_that_is_said(connected):
    assert connected.json("drift") == {"drift": []}
    connected.run("drift").told(0, "ทุกช่องทางแสดงตามที่ส่งไป")


def test_an_answer_needs_a_code_an_account_and_one_word(connected):
    connected.run("drift", "A-1", "--ours").told(2, "--channel")
    connected.run("drift", "--channel", "line", "--ours").told(2, "SKU")
    connected.run("drift", "A-1", "--channel", "line", "--ours", "--theirs").told(2, "--theirs")
    connected.run("drift", "A-1", "--channel", "line", "--ours").told(3, "A-1")


def test_a_policy_is_chosen_shown_and_taken_back(connected):
    before = connected.json("channels", "drift", "line")
    assert (before["chosen"], before["holds"]["price"], before["holds"]["deleted"]) == ({}, "ours", "ask")

    after = connected.json("channels", "drift", "line", "--price", "theirs", "--hidden", "ours")
    assert after["chosen"] == {"price": "theirs", "hidden": "ours"}
    again = connected.json("channels", "drift", "line", "--stock", "ask")
    assert again["chosen"] == {"price": "theirs", "stock": "ask", "hidden": "ours"}
    connected.run("channels", "drift", "line").told(0, "ราคาถูกแก้", "ของช่องทาง", "ถามก่อน")

    assert connected.json("channels", "drift", "line", "--default")["chosen"] == {}
    connected.run("channels", "drift", "line", "--price", "mine").told(2)
    connected.run("channels", "drift", "nowhere").told(2, "nowhere")


@pytest.mark.parametrize("args", [("stock", "reconcile"), ("drift",), ("channels", "drift", "line")])
def test_an_unknown_seller_is_named(cli, args):
    ran = cli.run(*args, "--seller", "nobody")

    assert ran.code in {3, 5}
    assert "nobody" in ran.out + ran.err


def test_a_shop_is_read_back_and_says_that_nothing_was_written(connected):
    (line,) = connected.json("stock", "reconcile", "--account", "line")["accounts"]

    assert (line["account"], line["end"]) == ("line", "done")
    assert (line["report"]["pages"], line["report"]["drift"], line["report"]["writes"]) == (1, {}, 0)
    connected.run("stock", "reconcile", "--account", "line").told(0, "อ่านครบแล้ว", "ไม่ได้เขียนอะไรไปที่ช่องทาง")


def test_a_paused_account_is_not_read(connected):
    connected.run("channels", "pause", "line").told(0)

    connected.run("stock", "reconcile", "--account", "line").told(5, "พัก")
