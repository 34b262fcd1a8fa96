"""``syndicator orders`` and ``syndicator oversold``, as typed."""

from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from schemas.ids import AccountId, SellerId
from schemas.orders import OrderState
from syndicator.store.engine import Database
from syndicator.store.secrets import FernetCipher
from syndicator.usecases.record_orders import record_orders
from tests.support.intake_files import A_ROW, a_row, write_csv
from tests.support.order_channel import an_account, an_order

SKU = A_ROW["sku"]
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def stocked(connected, tmp_path):
    """A seller with one product of 120 units, wanted on four accounts."""
    folder = tmp_path / "photos"
    (folder / "images").mkdir(parents=True)
    for name in ("a-1.jpg", "a-2.jpg"):
        Image.new("RGB", (640, 640), "green").save(folder / "images" / name)
    file = write_csv(tmp_path / "goods.csv", [a_row()])
    connected.run("publish", file, "--photos", folder, "--no-wait").told(0)
    return connected


@pytest.fixture
def record(stocked):
    """Take orders in for an account, as its channel reports them."""
    database = Database(
        stocked.env["SYNDICATOR_DATABASE_URL"], FernetCipher([stocked.env["SYNDICATOR_SECRET_KEYS"]])
    )
    names = {"line": 3, "market": 4}
    with database.begin() as uow:
        accounts = uow.accounts.of_seller(SellerId(1))
    ids = {one.account.name: one.account.id for one in accounts}

    def take(account: str, *orders) -> None:
        assert account in names
        with database.begin() as uow:
            record_orders(
                uow, an_account(AccountId(ids[account]), SellerId(1), account), orders, now=datetime.now(UTC)
            )

    yield take
    database.close()


def ordered(reference: str, units: int, **more):
    return an_order(reference, units, **{"sku": SKU, "placed_at": NOW - timedelta(minutes=5), **more})


def references(document) -> list[str]:
    return [one["order"] for one in document["orders"]]


def test_without_orders_that_is_said(connected):
    connected.run("orders").told(0, "ไม่มีออร์เดอร์ตามที่ขอ")
    connected.run("oversold").told(0, "ไม่มีออร์เดอร์ที่ขายเกิน")
    assert connected.json("oversold") == {"oversold": []}


def test_orders_are_listed_newest_first_and_narrowed(stocked, record):
    record("line", ordered("SO-1", 3), ordered("SO-2", 2, shipped=2, state=OrderState.SHIPPED, placed_at=NOW))
    record("market", ordered("M-1", 1, sku="NEW", placed_at=NOW - timedelta(hours=1)))

    stocked.run("orders").told(0, "line SO-1: จ่ายแล้ว", f"{SKU} × 2 (ส่งแล้ว 2)", "NEW × 1 (ระบบไม่รู้จักรหัสนี้)")
    assert references(stocked.json("orders")) == ["SO-2", "SO-1", "M-1"]
    assert references(stocked.json("orders", "--limit", "1")) == ["SO-2"]
    assert references(stocked.json("orders", "--account", "market")) == ["M-1"]
    assert references(stocked.json("orders", "--state", "open")) == ["SO-1", "M-1"]
    assert references(stocked.json("orders", "--state", "shipped")) == ["SO-2"]
    assert references(stocked.json("orders", "--unknown")) == ["M-1"]
    (line,) = stocked.json("orders", "--account", "line", "--state", "open")["orders"][0]["lines"]
    assert (line["sku"], line["ordered"], line["open"], line["known"]) == (SKU, 3, 3, True)


def test_an_unknown_code_is_told_of(stocked, record):
    record("market", ordered("M-1", 1, sku="NEW"))

    stocked.run("notices").told(0, "NEW", "syndicator orders --unknown")


def test_an_oversell_is_told_with_what_to_do_and_is_settled_by_it(stocked, record):
    record("line", ordered("SO-1", 120))
    record("market", ordered("M-1", 4, placed_at=NOW))

    stocked.run("oversold").told(0, "M-1", "market", f"syndicator stock adjust {SKU}=+4", "5.0 นาที")
    (found,) = stocked.json("oversold")["oversold"]
    assert (found["units"], found["delay_s"], found["closed_at"]) == (4, 300.0, None)
    stocked.run("orders").told(0, f"{SKU} × 4 (ขายเกิน 4)")
    stocked.run("stock", "show").told(0, "120", "4")

    stocked.run("stock", "adjust", f"{SKU}=+4").told(0)

    stocked.run("oversold").told(0, "ไม่มีออร์เดอร์ที่ขายเกิน")
    assert stocked.json("oversold", "--all")["oversold"][0]["closed_at"] is not None


def test_a_channel_without_orders_says_so_and_a_paused_one_is_not_asked(connected):
    assert connected.json("orders", "poll", "--account", "page")["accounts"] == [
        {"account": "page", "end": "no_orders", "new": 0}
    ]
    connected.run("channels", "pause", "line").told(0)
    connected.run("orders", "poll", "--account", "line").told(5, "พัก")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("orders", "--account", "nowhere"), 2),
        (("orders", "--state", "lost"), 2),
        (("orders", "poll", "--account", "nowhere"), 2),
        (("orders", "--seller", "nobody"), 3),
        (("oversold", "--seller", "nobody"), 3),
    ],
)
def test_what_cannot_be_is_refused(connected, words, code):
    connected.run(*words).told(code)
