"""The whole test catalogue against the rules the sandbox's market applies: both must reach the same verdict."""

import hashlib
from pathlib import Path

from adapters.emarket.loading import load_market
from adapters.emarket.mapping import render
from adapters.emarket.payloads import product_payload
from adapters.emarket.rules import problems_of
from adapters.settings import EmarketSettings
from adapters.templates import JinjaTemplates
from adapters.testing.sandbox.market import rules as market_rules
from schemas.ids import Sha256
from schemas.product import Media, Product
from syndicator.intake.reading import read_products
from tests.support.factories import make_marker, make_offers

CATALOGUE = Path(__file__).parents[2] / "data" / "community-products.csv"


def stored(media: Media) -> Media:
    sha256 = Sha256(hashlib.sha256(media.source.encode()).hexdigest())
    return media.model_copy(update={"sha256": sha256})


def with_stored_pictures(product: Product) -> Product:
    variants = tuple(v.model_copy(update={"media": tuple(map(stored, v.media))}) for v in product.variants)
    return product.model_copy(update={"media": tuple(map(stored, product.media)), "variants": variants})


def test_the_market_and_we_refuse_the_same_goods() -> None:
    loaded = load_market(EmarketSettings(), "sandbox-emarket")
    assert loaded.fields.api is not None
    ours, theirs = set(), set()

    for read in read_products(CATALOGUE).products:
        product = with_stored_pictures(read.product)
        rendition = render(
            product, make_offers(product, read.stock), make_marker(product), loaded, JinjaTemplates()
        )
        if problems_of(rendition, product, loaded.market):
            ours.add(product.sku)
        if market_rules.problems_of(product_payload(rendition.body, loaded.fields.api, {})):
            theirs.add(product.sku)

    assert ours == theirs == {"PLK-BFN-SET", "UTT-HNY", "CRI-CFE"}
