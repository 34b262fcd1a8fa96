"""A preview shows what would be sent and which step would come, and sends nothing."""

from pathlib import Path

from schemas.ids import Sku
from schemas.product import Product
from syndicator.usecases.preview import Preview, preview_product
from tests.support.app import CoreApp, goods
from tests.support.factories import free_units, make_product
from tests.support.fake_channel import FORBIDDEN, SPEC


def preview(app: CoreApp, product: Product, **changes: object) -> Preview:
    with app.database.begin() as uow:
        (stored,) = uow.accounts.of_seller(app.seller_id)
        stock = free_units({Sku(sku): 10 for sku in product.skus})
        return preview_product(uow, app.adapters, stored, product, stock, **changes)  # type: ignore[arg-type]


def test_a_product_nobody_has_sent_would_be_published(app: CoreApp) -> None:
    page = app.connect()

    shown = preview(app, goods())

    assert (shown.step, shown.problems, page.calls) == ("publish", (), [])
    assert app.value("SELECT count(*) FROM listing") == 0


def test_the_preview_of_a_live_listing_shows_the_step_that_then_happens(app: CoreApp) -> None:
    app.connect()
    app.submit(goods())
    app.run_until_quiet()
    assert preview(app, goods()).step == "nothing"

    shown = preview(app, goods(price=9900))
    app.submit(goods(price=9900))
    app.run_until_quiet()

    assert shown.step == app.outcomes()[-1][0] == "update"
    assert {p.value: v for p, v in shown.rendition.parts.items()} == app.listing().sent


def test_a_broken_rule_is_shown_instead_of_a_step(app: CoreApp) -> None:
    app.connect()

    shown = preview(app, goods(name=FORBIDDEN))

    assert (shown.step, [problem.code for problem in shown.problems]) == ("ask", ["text_refused"])
    assert shown.document()["problems"] == shown.summary()["problems"]


def test_photos_not_stored_yet_are_only_hashed(app: CoreApp, tmp_path: Path) -> None:
    app.connect()
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"not even a picture")
    product = make_product()
    source = product.media[0].source

    shown = preview(app, product, photos={source: photo})

    assert shown.rendition.pictures != (SPEC.key_for(product.media[0].sha256),)
    assert app.value("SELECT count(*) FROM media") == 0
