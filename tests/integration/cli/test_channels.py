"""Connecting, checking and pausing accounts, as typed."""

from dataclasses import replace

import psycopg
import pytest

from adapters.testing.sandbox import dead_account
from adapters.testing.sandbox.accounts import LINE_SHOP
from syndicator.store.engine import Database
from syndicator.store.secrets import FernetCipher
from tests.support.cli import CommandLine, connect_options


def test_connecting_the_sandbox_lists_four_working_accounts(connected):
    listed = connected.json("channels", "list")

    assert [(a["name"], a["kind"], a["state"]) for a in listed["accounts"]] == [
        ("page", "facebook_page", "active"),
        ("ig", "instagram", "active"),
        ("line", "line_shop", "active"),
        ("market", "emarket", "active"),
    ]
    assert {kind["kind"] for kind in listed["kinds"]} >= {a["kind"] for a in listed["accounts"]}


def test_the_list_shows_when_a_refreshed_credential_expires(connected, database_url):
    assert {a["expires_at"] for a in connected.json("channels", "list")["accounts"]} == {None}
    libpq_url = database_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(libpq_url) as connection:
        connection.execute(
            "UPDATE channel_account SET expires_at = '2026-12-24 12:00Z', state = 'renewing' WHERE name = 'market'"
        )

    listed = connected.json("channels", "list")["accounts"][3]
    assert (listed["state"], listed["expires_at"][:10]) == ("renewing", "2026-12-24")
    connected.run("channels", "list").told(0, "กำลังต่ออายุสิทธิ์", "2026-12-24")


def test_the_list_shows_no_secret(connected, accounts):
    shown = connected.run("channels", "list").out + connected.run("channels", "list", "--json").out

    assert "page" in shown
    for account in accounts.values():
        for secret in account.credentials.values():
            if len(secret) > 12:
                assert secret not in shown


def test_the_addresses_that_channels_call_are_shown(connected):
    public = CommandLine({**connected.env, "SYNDICATOR_API__PUBLIC_URL": "https://shop.example.test/"})

    found = {hook["account"]: hook for hook in public.json("channels", "hooks")["hooks"]}

    assert found["page"]["address"] == "https://shop.example.test/hooks/facebook_page"
    assert (found["page"]["refused"], found["page"]["last_refused_at"]) == (0, None)
    assert "ig" not in found
    public.run("channels", "hooks").told(0, "https://shop.example.test/hooks/facebook_page")


def test_a_seller_without_such_accounts_is_told_so(cli):
    assert cli.json("channels", "hooks")["hooks"] == []
    cli.run("channels", "hooks").told(0, "ยังไม่มีบัญชี")


def test_an_account_is_connected_with_secrets_from_files(cli, accounts, tmp_path):
    cli.connect(accounts["line"], tmp_path / "secrets").told(0, "line")

    assert [a["name"] for a in cli.json("channels", "list")["accounts"]] == ["line"]


def stored_secrets(cli: CommandLine) -> dict[str, str]:
    """Open the secrets of the only account there is."""
    cipher = FernetCipher([cli.env["SYNDICATOR_SECRET_KEYS"]])
    database = Database(cli.env["SYNDICATOR_DATABASE_URL"], cipher)
    try:
        with database.begin() as uow:
            (stored,) = uow.accounts.of_seller(uow.accounts.ensure_seller("seller-1"))
        return dict(stored.credentials.values)
    finally:
        database.close()


def test_an_optional_secret_stays_until_it_is_replaced_or_taken_away(cli, accounts, tmp_path):
    account = accounts["line"]
    cli.connect(account, tmp_path / "secrets").told(0, "line")
    assert stored_secrets(cli) == account.credentials

    needed_only = replace(account, credentials={"api_key": account.credentials["api_key"]})
    cli.connect(needed_only, tmp_path / "again").told(0, "line")
    assert stored_secrets(cli) == account.credentials

    without = replace(account, credentials={**needed_only.credentials, "webhook_secret": ""})
    cli.connect(without, tmp_path / "without").told(0, "line")
    assert stored_secrets(cli) == needed_only.credentials


def test_a_secret_of_another_channel_is_answered_with_what_may_be_given(cli):
    refused = cli.run("channels", "connect", "line_shop", "--secret", "page_token=$HOME")

    refused.told(2, "api_key", "webhook_secret", "page_token")


def test_a_dead_token_is_refused_in_one_sentence_and_nothing_is_stored(cli, tmp_path):
    refused = cli.connect(dead_account(LINE_SHOP), tmp_path / "secrets")

    refused.told(5, "LINE")
    assert len(refused.err.strip().splitlines()) <= 2
    assert cli.json("channels", "list")["accounts"] == []


def test_a_secret_typed_into_the_command_line_is_not_taken(cli):
    refused = cli.run("channels", "connect", "line_shop", "--secret", "api_key=sbxline-1-live")

    refused.told(2, "อย่าพิมพ์รหัสลับ api_key")
    assert "sbxline" not in refused.err


def test_an_unknown_kind_is_answered_with_the_known_ones(cli):
    cli.run("channels", "connect", "myspace").told(
        2, "myspace", "facebook_page, instagram, line_shop, emarket"
    )


def test_a_secret_file_that_is_missing_is_named(cli):
    cli.run("channels", "connect", "line_shop", "--secret", "api_key=@/nowhere/key").told(3, "/nowhere/key")


def test_check_says_that_an_account_works(connected):
    assert connected.json("channels", "check", "page") == {"name": "page", "works": True}


def test_an_account_that_died_waits_until_it_is_connected_again(connected, accounts, sandbox, tmp_path):
    from adapters.testing.sandbox import faults

    sandbox.control.fail(faults.ExpireToken(), channel="line_shop")

    connected.run("channels", "check", "line").told(5)
    states = {a["name"]: a["state"] for a in connected.json("channels", "list")["accounts"]}
    assert states == {"page": "active", "ig": "active", "line": "needs_reauth", "market": "active"}
    connected.run("channels", "list").told(0, "ต้องเชื่อมใหม่", "บัญชี line")
    connected.run("channels", "resume", "line").told(
        5, "ต้องเชื่อมใหม่ก่อน", "channels connect line_shop --name line", "channels check line"
    )

    sandbox.control.clear_faults()
    connected.connect(accounts["line"], tmp_path / "secrets").told(0)
    assert {a["state"] for a in connected.json("channels", "list")["accounts"]} == {"active"}


def test_pause_and_resume(connected):
    connected.run("channels", "pause", "page").told(0, "พักบัญชี page แล้ว")
    assert connected.json("channels", "list")["accounts"][0]["state"] == "paused"

    connected.run("channels", "resume", "page").told(0)
    assert connected.json("channels", "list")["accounts"][0]["state"] == "active"


def test_an_unknown_account_or_seller_is_named(connected):
    connected.run("channels", "pause", "shop9").told(3, "ไม่มีบัญชีชื่อ shop9")
    connected.run("channels", "pause", "page", "--seller", "nobody").told(3, "ไม่มีผู้ขายชื่อ nobody")


def test_a_market_file_with_an_unknown_key_is_named_and_other_channels_go_on(cli, accounts, tmp_path):
    path = tmp_path / "emarkets" / "sandbox-emarket.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\ncolour: red\n", encoding="utf-8")

    cli.connect(accounts["market"], tmp_path / "secrets").told(3, "colour", "sandbox-emarket.yaml")
    cli.connect(accounts["page"], tmp_path / "secrets").told(0)

    assert [a["name"] for a in cli.json("channels", "list")["accounts"]] == ["page"]


def test_a_wrong_setting_of_an_account_is_named(cli, accounts, tmp_path):
    wrong = ("--setting", "categories=5")

    cli.connect(accounts["line"], tmp_path / "secrets", *wrong).told(2, "categories", "line_shop")

    assert cli.json("channels", "list")["accounts"] == []


def test_an_account_whose_market_file_broke_later_is_shown_with_the_reason_and_the_others_work(
    connected, tmp_path
):
    path = tmp_path / "emarkets" / "sandbox-emarket.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\ncolour: red\n", encoding="utf-8")

    listed = {a["name"]: a["problem"] for a in connected.json("channels", "list")["accounts"]}
    assert [name for name, problem in listed.items() if problem] == ["market"]
    assert "colour" in listed["market"]["en"]
    connected.run("channels", "list").told(0, "บัญชี market รอคุณ", "colour")
    found = connected.run("doctor", "--json").told(4).json
    assert [one["what"] for one in found if not one["fine"]] == ["E-market market"]
    connected.run("channels", "check", "page").told(0)
    connected.run("channels", "check", "market").told(3, "sandbox-emarket.yaml", "colour")


def test_a_channel_that_cannot_be_reached_is_said_in_thai_and_nothing_is_stored(cli, accounts, tmp_path):
    unreachable = CommandLine({**cli.env, "SYNDICATOR_META__GRAPH_URL": "http://127.0.0.1:9"})

    refused = unreachable.connect(accounts["page"], tmp_path / "secrets")

    refused.told(5, "ติดต่อช่องทางขายไม่ได้", "syndicator up")
    assert cli.json("channels", "list")["accounts"] == []


KEY = "sbxline-1-live-21d1278833744f34ccc1"


@pytest.mark.parametrize(
    "wrong",
    [
        ("--secret", f"api_key={KEY}"),
        ("--secret", KEY),
        ("--secret", f"{KEY}=@/nowhere"),
        ("--setting", KEY),
        ("--setting", f"{KEY}=1"),
        ("--setting", f"categories={KEY}"),
        ("--setting", f"api_key={KEY}"),
    ],
)
def test_a_secret_typed_in_the_wrong_place_is_not_repeated(cli, accounts, tmp_path, wrong):
    options = connect_options(accounts["line"], tmp_path / "secrets")

    ran = cli.run("channels", "connect", "line_shop", *options, *wrong)

    assert ran.code != 0
    assert KEY not in ran.out + ran.err


def test_a_secret_typed_as_the_name_of_a_market_setting_is_not_repeated(cli, accounts, tmp_path):
    options = connect_options(accounts["market"], tmp_path / "secrets")

    ran = cli.run("channels", "connect", "emarket", *options, "--setting", f"{KEY}=1").told(2, "--setting")

    assert KEY not in ran.out + ran.err
