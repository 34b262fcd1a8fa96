import re
from pathlib import Path

import pytest

from adapters.emarket import EMARKET, market_ids
from adapters.emarket.loading import MarketFileInvalid, load_market
from adapters.emarket.market import MarketKind
from adapters.limits import Grade
from adapters.settings import EmarketSettings

FIRST = "schema_version: 1\n"
API = "sandbox-emarket"


def spoil(folder: Path, name: str, old: str, new: str) -> None:
    file = folder / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal(settings: EmarketSettings, market: str = API) -> str:
    with pytest.raises(MarketFileInvalid) as caught:
        load_market(settings, market)
    return str(caught.value)


def test_the_shipped_markets_are_valid() -> None:
    shipped = EmarketSettings()
    assert {m: load_market(shipped, m).market.kind for m in market_ids(shipped)} == {
        "sandbox-emarket": MarketKind.API,
        "postmart": MarketKind.ASSISTED,
        "google-products": MarketKind.FEED,
    }


def test_guessed_numbers_are_graded_as_guessed() -> None:
    assert load_market(EmarketSettings(), "postmart").market.grade is Grade.ASSUMED


def test_an_unknown_market_names_those_that_exist(settings: EmarketSettings) -> None:
    assert re.search(r"no market 'shopi'.*postmart, sandbox-emarket", refusal(settings, "shopi"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (FIRST, FIRST + "colour: red\n", r"unknown key colour; allowed are: schema_version, id, label_th"),
        ("title: {min: 5,", "title: {mini: 5,", r"unknown key title\.mini; allowed are: min, max, unit"),
        ("create: {method", "create: {verb: x, method", r"unknown key ops\.create\.verb; allowed are: method, path"),
        ("per_second: 5", "per_second: fast", r"limits\.per_second: .*integer"),
        ('{code: "^E0003$"', '{code: "E0003("', r"errors\.\d+\.code: .*not a regular expression"),
        ("kind: auth_revoked, says: app", "kind: auth_revoked, says: nothing", r"errors\.\d+\.says: .*'nothing' is no sentence; there are: app"),
        ("errors/lazada.yaml", "errors/lazade.yaml", r"errors/lazade\.yaml cannot be read"),
        ("  hide: {method", "  cancel: {method", r"ops\.cancel.*"),
        ("get_by_sku,\n", "\n", r"create needs get_by_sku"),
        ("  hide: {method: POST, path: /product/hide, batch_max: 50, partial_success: true}\n", "", r"without an operation of that name: hide"),
        ("poll: poll_image,", "poll: order_detail,", r"ops\.upload_image\.poll names order_detail"),
        ("  poll_image: {", "  order_detail: {method: GET, path: /order}\n  poll_image: {", r"need api\.orders\.detail together with the operation order_detail"),
        ("base_url: http", "# base_url: http", r"kind api needs base_url and envelope"),
        ("kind: api", "kind: feed", r"kind feed needs a feed block"),
        ("kind: api", "kind: magic", r"kind: .*'api', 'feed' or 'assisted'"),
        ("id: sandbox-emarket", "id: other", r"id is 'other', but the file name says 'sandbox-emarket'"),
        ("- {http: 429, kind: throttled}", "- {kind: throttled}", r"a rule needs http, code or message"),
        ("parts: [path,", "parts: [road,", r"auth\.signing\.parts\.0"),
        ("  orders: {method: GET, path: /orders,", "  order_detail: {method: GET, path: /orders,", r"without an operation of that name: orders"),
        ("style: time_window, size: 100,", "style: offset, size: 100,", r"ops\.orders\.page must be of the style time_window"),
        ("max_window_s: 1296000", "max_window_s: 300", r"ops\.orders\.page\.max_window_s must be above orders\.overlap_s"),
        ("page: {style: cursor, size: 50}", "page: {style: page}", r"ops\.list_changed\.page must be of the style cursor"),
        ("orders: {interval_s: 60,", "orders: {interval: 60,", r"unknown key orders\.interval; allowed are: interval_s, overlap_s"),
        ("orders, webhook, variants", "orders, variants", r"capability webhook and the block webhook go together"),
        ("orders, webhook, variants", "webhook, variants", r"webhook\.events\.orders needs the capability orders"),
        ('"secret:app_key", body]', '"secret:app_key"]', r"webhook\.signature: .*parts must hold body"),
        ('"secret:app_key", body]', '"key:app_key", body]', r"webhook\.signature\.parts\.0"),
        ("    listing_id: data.item_id\n", "", r"webhook\.events: .*listings needs listing_id"),
        ('    orders: ["0"]\n    listings: ["3", "4", "5"]\n', "", r"webhook\.events: .*needs orders, listings, or both"),
        ("    type: message_type\n", "", r"webhook\.events\.type: .*required"),
        (FIRST, "{[", r"not a readable YAML file"),
        ("fields: fields/sandbox-emarket.yaml", "fields: fields/none.yaml", r"none\.yaml cannot be read"),
    ],
)  # fmt: skip
def test_a_wrong_market_file_is_refused_by_name_and_key(
    folder: Path, settings: EmarketSettings, old: str, new: str, said: str
) -> None:
    spoil(folder, f"{API}.yaml", old, new)

    message = refusal(settings)

    assert re.search(said, message), message
    assert str(folder) in message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    title: title", "    title: headline", r"product: headline unknown; allowed are"),
        ("    stock: available", "    stock: qty", r"variant: qty unknown"),
        (
            "  sku_query: sku",
            "  sku_quary: sku",
            r"unknown key api\.sku_quary; allowed are: product, variant",
        ),
        ("api:", "columns: []\napi2:", r"unknown key api2"),
        ("    next_cursor: data.next_cursor\n", "", r"sandbox-emarket need api\.reads\.next_cursor"),
        ("    variant_held: [withheld, occupied]\n", "", r"sandbox-emarket need api\.reads\.variant_held"),
        ("    stock_rows: data.items\n", "", r"sandbox-emarket need api\.reads\.stock_rows"),
        ("      paid: [paid]", "      paid: [unpaid]", r"statuses: unpaid stands for more than one"),
        ("      paid: [paid]", "      unknown: [paid]", r"statuses: unknown is what stands nowhere"),
        ("      paid: [paid]", "      payed: [paid]", r"api\.orders\.statuses\.payed"),
        ("      time: iso", "      time: sundial", r"api\.orders\.query\.time"),
        (
            "      row_sku: sku",
            "      rowsku: sku",
            r"unknown key api\.orders\.reads\.rowsku; allowed are: orders",
        ),
    ],
)
def test_a_wrong_field_file_is_refused(
    folder: Path, settings: EmarketSettings, old: str, new: str, said: str
) -> None:
    spoil(folder, f"fields/{API}.yaml", old, new)
    assert re.search(said, refusal(settings))


def test_orders_without_a_way_to_read_them_are_refused(folder: Path, settings: EmarketSettings) -> None:
    file = folder / "fields" / f"{API}.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.index("  orders:\n")], encoding="utf-8")

    assert re.search(r"the capabilities of sandbox-emarket need api\.orders", refusal(settings))


def test_the_secret_that_webhooks_are_signed_with_is_asked_for(
    folder: Path, settings: EmarketSettings
) -> None:
    spoil(folder, f"{API}.yaml", "secret: app_secret, parts", "secret: push_secret, parts")

    assert "push_secret" in load_market(settings, API).market.secrets


def test_a_column_needs_one_source(folder: Path, settings: EmarketSettings) -> None:
    spoil(folder, "fields/postmart.yaml", "product: sku}", "product: sku, value: x}")
    assert "needs exactly one of product, variant, value" in refusal(settings, "postmart")


def test_an_assisted_market_may_not_pretend_to_have_calls(folder: Path, settings: EmarketSettings) -> None:
    spoil(folder, "postmart.yaml", "capabilities: []", "capabilities: [create, get_by_sku]")
    assert "has no ops and no capabilities" in refusal(settings, "postmart")


def test_a_category_table_without_its_columns_is_refused(folder: Path, settings: EmarketSettings) -> None:
    (folder / "categories" / "postmart.csv").write_text("code,name\na,b\n", encoding="utf-8")
    assert "needs the columns category_code, market_category" in refusal(settings, "postmart")


def test_an_edited_file_is_read_again(folder: Path, settings: EmarketSettings) -> None:
    load_market(settings, API)
    spoil(folder, f"{API}.yaml", "max: 120", "max: 1200")
    assert load_market(settings, API).market.title.max == 1200


def test_the_credentials_follow_the_market() -> None:
    ask = EMARKET.credential_names_for
    assert ask is not None
    assert ask(EmarketSettings(), {"market": "postmart"}) == ()
    assert ask(EmarketSettings(), {"market": API}) == EMARKET.credential_names


def test_an_account_must_name_its_market_and_nothing_else() -> None:
    ask = EMARKET.credential_names_for
    assert ask is not None
    with pytest.raises(ValueError, match="market"):
        ask(EmarketSettings(), {})
    with pytest.raises(ValueError, match="colour"):
        ask(EmarketSettings(), {"market": API, "colour": "red"})


def test_a_rule_file_without_a_source_is_refused(settings: EmarketSettings, folder: Path) -> None:
    spoil(folder, "errors/lazada.yaml", "source: emarkets.md 4.3, grade: documented", "grade: documented")

    assert re.search(r"errors/lazada\.yaml: rules\.0\.source: .*required", refusal(settings))


def test_a_markets_own_rules_come_before_those_of_its_files() -> None:
    rules = load_market(EmarketSettings(), API).market.errors

    assert rules[0].http == 429
    assert rules[-1].code == "^E0004$"
