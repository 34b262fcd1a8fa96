"""Fair by construction: owners in turn, lanes in order, bounded for each account and in all."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.channel import Lane
from schemas.ids import SellerId
from syndicator.usecases.dispatch import MEDIA_QUEUE, QUEUES, RECONCILE
from tests.support.app import CoreApp, goods
from tests.support.factories import make_product, make_variant, sha
from tests.support.fake_channel import MARKET, SHOP


def backlog(app: CoreApp, account: str, count: int, *, lane: Lane = Lane.BULK) -> None:
    """Make many due listings quickly, as a large import leaves them."""
    values = {"account": app.account_id(account), "count": count, "now": app.clock.now(), "lane": lane.value}
    app.execute(
        "INSERT INTO product (seller_id, sku, fingerprint, canonical)"
        " SELECT seller_id, name || '-' || n, 'x', '{}' FROM channel_account, generate_series(1, :count) n"
        " WHERE id = :account",
        account=values["account"],
        count=count,
    )
    app.execute(
        "INSERT INTO listing (seller_id, product_id, account_id, wanted, lane, due_at)"
        " SELECT p.seller_id, p.id, a.id, 'live', :lane, :now FROM channel_account a"
        " JOIN product p ON p.sku LIKE a.name || '-%' WHERE a.id = :account AND p.fingerprint = 'x'",
        account=values["account"],
        now=values["now"],
        lane=values["lane"],
    )


def leased(app: CoreApp) -> dict[str, int]:
    """Count what is under lease, by account."""
    rows = app.rows(
        "SELECT a.name, count(*) AS n FROM listing l JOIN channel_account a ON a.id = l.account_id"
        " WHERE l.lease_token IS NOT NULL GROUP BY a.name"
    )
    return {row.name: row.n for row in rows}


def other_seller(app: CoreApp, code: str = "B") -> SellerId:
    with app.database.begin() as uow:
        return uow.accounts.ensure_seller(code)


def test_one_listing_of_b_goes_out_in_the_first_look_behind_ten_thousand_of_a(app: CoreApp) -> None:
    app.connect("a")
    app.connect("b", seller_id=other_seller(app))
    backlog(app, "a", 10_000)
    backlog(app, "b", 1)

    app.dispatch()

    assert leased(app) == {"a": app.limits.per_account, "b": 1}


def test_no_account_gets_more_than_its_bound(app: CoreApp) -> None:
    app.connect("a")
    backlog(app, "a", 100)

    for _ in range(3):
        app.dispatch()

    assert leased(app) == {"a": app.limits.per_account}


def test_all_together_get_no_more_than_the_bound(app: CoreApp) -> None:
    for name in ("a", "b", "c"):
        app.connect(name)
        backlog(app, name, 20)
    app.limits = replace(app.limits, outstanding=10)

    for _ in range(3):
        app.dispatch()

    assert sum(leased(app).values()) == 10


def test_room_is_dealt_out_evenly(app: CoreApp) -> None:
    for name in ("a", "b", "c"):
        app.connect(name)
        backlog(app, name, 20)
    app.limits = replace(app.limits, outstanding=6)

    app.dispatch()

    assert leased(app) == {"a": 2, "b": 2, "c": 2}


def test_more_accounts_than_room_take_turns(app: CoreApp) -> None:
    names = [f"shop-{number}" for number in range(7)]
    for name in names:
        app.connect(name)
        backlog(app, name, 3)
    app.limits = replace(app.limits, outstanding=3)
    served: list[set[str]] = []

    for _ in range(3):
        app.dispatch()
        served.append(set(leased(app)))
        app.execute("UPDATE listing SET lease_token = NULL, due_at = NULL WHERE lease_token IS NOT NULL")

    assert set.union(*served) == set(names)
    assert served[0].isdisjoint(served[1])


def test_lanes_are_served_in_order(app: CoreApp) -> None:
    app.connect("a")
    for lane in reversed(Lane):
        backlog(app, "a", 1, lane=lane)
        app.execute("UPDATE product SET fingerprint = 'y', sku = sku || :lane", lane=lane.name)

    sent = app.dispatch()

    assert [wake_up.queue for wake_up in sent] == ["stock", "price", "content", "bulk"]


def test_stock_changes_have_room_of_their_own_in_a_full_house(app: CoreApp) -> None:
    app.connect("a")
    app.connect("b")
    app.limits = replace(app.limits, outstanding=5)
    backlog(app, "a", 9, lane=Lane.BULK)
    app.dispatch()
    assert leased(app) == {"a": 5}
    backlog(app, "b", 9, lane=Lane.STOCK)

    app.dispatch()

    assert leased(app) == {"a": 5, "b": app.limits.cheap_slice}


def test_the_bulk_of_an_account_does_not_hold_back_its_own_stock_changes(app: CoreApp) -> None:
    app.connect("a")
    app.limits = replace(app.limits, per_account=3)
    backlog(app, "a", 9, lane=Lane.BULK)
    app.dispatch()
    app.execute(
        "UPDATE listing SET lane = 0 WHERE id IN (SELECT id FROM listing WHERE lease_token IS NULL ORDER BY id LIMIT 2)"
    )

    app.dispatch()

    assert leased(app) == {"a": 5}


def test_a_look_for_stock_changes_leases_nothing_else(app: CoreApp) -> None:
    app.connect("a")
    app.connect("b")
    backlog(app, "a", 3, lane=Lane.PRICE)
    backlog(app, "b", 3, lane=Lane.STOCK)

    app.dispatch(only_stock=True)

    assert leased(app) == {"b": 3}


def test_a_listing_that_may_be_published_travels_alone(app: CoreApp) -> None:
    app.connect()
    app.submit(goods("P-1"), goods("P-2"), goods("P-3"))

    sent = app.dispatch()

    assert len({wake_up.lease for wake_up in sent}) == 3
    assert {(wake_up.actor, wake_up.queue) for wake_up in sent} == {(RECONCILE, QUEUES[Lane.CONTENT])}


@pytest.mark.parametrize(("can", "slices"), [(SHOP, 2), (replace(MARKET, update_batch=12), 1)])
def test_live_listings_travel_together(app: CoreApp, can: object, slices: int) -> None:
    app.connect(can=can)
    app.limits = replace(app.limits, per_account=20)
    skus = [f"P-{number}" for number in range(12)]
    app.submit(*(goods(sku) for sku in skus))
    app.run_until_quiet()

    app.submit(*(goods(sku, price=9900) for sku in skus))

    assert len(app.dispatch()) == slices


def test_price_changes_go_out_in_whole_slices_however_little_room_there_is(app: CoreApp) -> None:
    skus = [f"P-{number}" for number in range(app.limits.cheap_slice)]
    for name in ("a", "b", "c"):
        app.connect(name)
    app.submit(*(goods(sku) for sku in skus))
    app.run_until_quiet()
    app.submit(*(goods(sku, price=9900) for sku in skus))
    app.limits = replace(app.limits, outstanding=2)

    sent = app.dispatch()

    assert len(sent) == 2
    assert sorted(leased(app).values()) == [len(skus), len(skus)]


def test_nothing_due_sends_nothing(app: CoreApp) -> None:
    app.connect()
    app.submit(goods(available_from=(app.clock.now() + timedelta(days=2)).date()))

    assert app.dispatch() == []


def test_a_broker_that_is_down_costs_one_lease_and_no_work(app: CoreApp) -> None:
    page = app.connect()
    app.submit(goods())
    app.wake_ups.is_down = True
    with pytest.raises(ConnectionError):
        app.dispatch()

    app.wake_ups.is_down = False
    assert app.dispatch() == []
    app.run_until_quiet()

    assert len(page.listings) == 1


def test_pictures_go_out_in_slices_of_one_seller(app: CoreApp) -> None:
    b = other_seller(app)
    app.connect("a")
    app.connect("b", seller_id=b)
    app.submit(*(_pictured(f"A-{letter}", letter) for letter in "abcde"))
    app.submit(_pictured("B-1", "f"), seller_id=b)

    sent = [wake_up for wake_up in app.dispatch() if wake_up.queue == MEDIA_QUEUE]

    rows = app.rows("SELECT seller_id, lease_token FROM media WHERE lease_token IS NOT NULL")
    assert len(sent) == len({row.lease_token for row in rows})
    by_lease = {
        token: {r.seller_id for r in rows if r.lease_token == token}
        for token in {r.lease_token for r in rows}
    }
    assert all(len(sellers) == 1 for sellers in by_lease.values())
    assert {row.seller_id for row in rows} == {app.seller_id, b}


def test_pictures_under_lease_are_bounded(app: CoreApp) -> None:
    app.connect("a")
    app.limits = replace(app.limits, media_outstanding=3)
    app.submit(*(_pictured(f"A-{letter}", letter) for letter in "abcdef"))

    for _ in range(4):
        app.dispatch()

    assert app.value("SELECT count(*) FROM media WHERE lease_token IS NOT NULL") == 3


def test_every_sellers_pictures_have_their_turn(app: CoreApp) -> None:
    app.limits = replace(app.limits, media_outstanding=2)
    for number, letter in enumerate("abcd"):
        seller = other_seller(app, f"S{number}")
        app.connect(f"shop-{number}", seller_id=seller)
        app.submit(_pictured(f"S-{number}", letter), seller_id=seller)
    served = set()

    for _ in range(4):
        app.dispatch()
        served |= {
            row.seller_id for row in app.rows("SELECT seller_id FROM media WHERE lease_token IS NOT NULL")
        }
        app.execute("UPDATE media SET lease_token = NULL, due_at = NULL WHERE lease_token IS NOT NULL")

    assert len(served) == 4


def _pictured(sku: str, letter: str):
    variant = make_variant(sku)
    media = variant.media[0].model_copy(update={"sha256": sha(letter)})
    return make_product(sku, variants=(variant.model_copy(update={"media": (media,)}),))
