"""Taking products in: what is stored, what falls due, in which lane, and what is left alone."""

from datetime import UTC, datetime, timedelta

from schemas.channel import Lane
from schemas.ids import Sku
from schemas.listing import ListingState
from schemas.money import Money
from schemas.product import Media, Override
from syndicator.usecases.submit_products import BULK_FROM, CHUNK, Submission, submit_products
from tests.support.app import CoreApp, goods
from tests.support.factories import make_product, make_variant, sha
from tests.support.fake_channel import GRAM, POST, SPEC, capabilities, limit


def live(app: CoreApp, **options: object) -> None:
    app.connect(**options)
    app.submit(goods())
    app.run_until_quiet()


def test_a_new_product_falls_due_on_every_account(app: CoreApp) -> None:
    app.connect("page")
    app.connect("shop")

    result = app.submit(goods())

    assert result.created == ("P-1",)
    for account in ("page", "shop"):
        row = app.listing(account=account)
        assert (row.wanted, row.wish, row.due_at, row.lane) == ("live", 1, app.clock.now(), Lane.CONTENT)


def test_only_the_named_accounts_are_listed_on(app: CoreApp) -> None:
    app.connect("page")
    app.connect("shop")

    app.submit(goods(), accounts=[app.account_id("shop")])

    assert app.value("SELECT count(*) FROM listing") == 1
    assert app.state(account="shop") is ListingState.WORKING


def test_an_unchanged_product_is_not_touched(app: CoreApp) -> None:
    live(app)
    before = app.listing()

    result = app.submit(goods())

    assert (result.unchanged, result.updated) == (("P-1",), ())
    assert app.listing() == before


def test_an_unchanged_product_reaches_an_account_connected_later(app: CoreApp) -> None:
    live(app)
    app.connect("shop")

    result = app.submit(goods())

    assert result.unchanged == ("P-1",)
    assert app.listing(account="shop").due_at == app.clock.now()
    assert app.listing(account="page").due_at is None


def test_a_change_of_price_alone_takes_the_price_lane(app: CoreApp) -> None:
    live(app)

    result = app.submit(goods(price=9900))

    assert result.updated == ("P-1",)
    assert app.listing().lane == Lane.PRICE


def test_a_change_of_words_takes_the_content_lane(app: CoreApp) -> None:
    live(app)

    app.submit(goods(price=9900, name="ชื่อใหม่"))

    assert app.listing().lane == Lane.CONTENT


def test_a_change_of_stock_alone_takes_the_stock_lane(app: CoreApp) -> None:
    live(app)

    result = app.submit(goods(), stock=3)

    assert result.updated == ("P-1",)
    assert app.listing().lane == Lane.STOCK


def test_many_products_take_the_bulk_lane(app: CoreApp) -> None:
    app.connect()

    app.submit(*(goods(f"P-{number}") for number in range(BULK_FROM + 1)))

    assert app.value("SELECT array_agg(DISTINCT lane) FROM listing") == [Lane.BULK]


def test_a_waiting_listing_keeps_the_faster_lane(app: CoreApp) -> None:
    live(app)
    app.submit(goods(), stock=3)

    app.submit(goods(name="ชื่อใหม่"), stock=3)

    assert app.listing().lane == Lane.STOCK


def test_a_hidden_product_is_wished_away(app: CoreApp) -> None:
    live(app)

    app.submit(goods(status="hidden"))

    assert (app.listing().wanted, app.listing().due_at) == ("withdrawn", app.clock.now())


def test_a_product_for_a_later_day_falls_due_at_midnight_in_thailand(app: CoreApp) -> None:
    app.connect()

    app.submit(goods(available_from=datetime(2026, 12, 1, tzinfo=UTC).date()))

    midnight = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)
    assert (app.listing().due_at, app.listing().wished_at) == (midnight, midnight)


def test_a_live_listing_is_kept_true_at_once_even_when_its_day_is_moved(app: CoreApp) -> None:
    live(app)

    app.submit(goods(available_from=datetime(2027, 1, 1, tzinfo=UTC).date()), stock=0)

    assert app.listing().due_at == app.clock.now()


def test_a_new_wish_starts_patience_anew(app: CoreApp) -> None:
    live(app)
    app.execute("UPDATE listing SET attempts = 3, problems = '[{}]'")
    app.clock.advance(timedelta(days=1))

    app.submit(goods(price=9900))

    row = app.listing()
    assert (row.attempts, row.problems, row.wished_at) == (0, [], app.clock.now())


def test_a_code_that_belongs_to_another_product_is_refused_and_the_rest_goes_in(app: CoreApp) -> None:
    app.connect()
    app.submit(goods("P-1"))
    thief = goods("P-9", variants=(make_variant("P-9", media=()), make_variant("P-1", media=())))

    result = app.submit(thief, goods("P-2"))

    assert result.created == ("P-2",)
    (problem,) = result.refused["P-9"]  # type: ignore[index]
    assert problem.code == "sku_taken"
    assert "P-1" in problem.th
    assert app.value("SELECT count(*) FROM product WHERE sku = 'P-9'") == 0


def test_two_sellers_may_use_the_same_code(app: CoreApp) -> None:
    with app.database.begin() as uow:
        other = uow.accounts.ensure_seller("B")
    app.submit(goods())

    assert app.submit(goods(), seller_id=other).created == ("P-1",)


def test_a_submission_repeated_under_its_name_counts_stock_once(app: CoreApp) -> None:
    app.connect()
    app.submit(goods(), stock=10, reference="file-1")
    app.execute("UPDATE stock_level SET on_hand = 7")

    result = app.submit(goods(), stock=10, reference="file-1")

    assert result.unchanged == ("P-1",)
    assert app.value("SELECT on_hand FROM stock_level") == 7
    assert app.value("SELECT count(*) FROM stock_movement") == 1


def test_a_count_makes_one_movement_with_what_changed(app: CoreApp) -> None:
    app.submit(goods(), stock=10)

    app.submit(goods(), stock=4)

    changes = app.rows("SELECT on_hand_change, on_hand_after FROM stock_movement ORDER BY id")
    assert [tuple(row) for row in changes] == [(10, 10), (-6, 4)]


def test_zero_units_are_a_count_too(app: CoreApp) -> None:
    app.submit(goods(), stock=0)

    assert app.value("SELECT on_hand FROM stock_level") == 0


def test_a_large_submission_is_stored_chunk_by_chunk(app: CoreApp) -> None:
    app.connect()
    products = [goods(f"P-{number}") for number in range(CHUNK + 1)]
    chunks = submit_products(
        app.seller_id,
        [Submission(product=product, stock={Sku(product.sku): 1}) for product in products],
        {},
        reference="file-1",
        account_ids=None,
        database=app.database,
        adapters=app.adapters,
        clock=app.clock,
    )

    assert len(next(chunks).created) == CHUNK
    assert app.value("SELECT count(*) FROM listing") == CHUNK
    assert len(next(chunks).created) == 1


def test_channels_with_equal_specs_share_one_picture(app: CoreApp) -> None:
    app.connect("page", can=POST)
    app.connect("gram", can=GRAM)

    app.submit(make_product())

    keys = app.rows("SELECT key FROM rendition")
    assert [row.key for row in keys] == [SPEC.key_for(sha("a"))]
    assert app.value("SELECT due_at FROM media") == app.clock.now()


def test_channels_with_other_specs_get_pictures_of_their_own(app: CoreApp) -> None:
    app.connect("page", can=POST)
    app.connect("shop", can=capabilities(picture=SPEC.model_copy(update={"max_width": 50})))

    app.submit(make_product())

    assert app.value("SELECT count(*) FROM rendition") == 2
    assert app.value("SELECT count(*) FROM media") == 1


def test_pictures_a_channel_would_leave_out_are_not_made(app: CoreApp) -> None:
    app.connect(can=capabilities(max_pictures=limit(1)))
    media = tuple(Media(source=f"{letter}.jpg", sha256=sha(letter)) for letter in "abc")

    app.submit(make_product(variants=(make_variant(media=media),)))

    assert app.value("SELECT count(*) FROM rendition") == 1
    assert app.value("SELECT count(*) FROM product_media") == 3


def test_pictures_that_a_channel_shows_instead_are_made_for_it(app: CoreApp) -> None:
    app.connect("page")
    shown = (Media(source="other.jpg", sha256=sha("b")),)
    app.submit(make_product(overrides={"page": Override(media=shown)}))

    app.finish_pictures()
    app.run_until_quiet()

    assert app.rows("SELECT key FROM rendition")[0].key == SPEC.key_for(sha("b"))
    assert app.state("UTT-BNB-100") is ListingState.LIVE


def test_a_price_for_one_channel_reaches_that_channel_only(app: CoreApp) -> None:
    page, shop = app.connect("page"), app.connect("shop")
    dearer = Override(prices={Sku("P-1"): Money(9900)})

    app.submit(goods(overrides={"shop": dearer}))
    app.run_until_quiet()

    (on_page,), (in_shop,) = page.visible("P-1"), shop.visible("P-1")
    assert on_page.parts != in_shop.parts
