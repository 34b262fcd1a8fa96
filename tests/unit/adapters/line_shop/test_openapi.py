"""Requests against the vendor's own description."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from adapters.line_shop import wire
from schemas.money import Money
from schemas.product import Product
from tests.support.factories import make_product, make_variant
from tests.unit.adapters.line_shop.test_mapping import rendered, url

SPEC = json.loads(
    (Path(__file__).parents[3] / "data/specs/line/myshop-openapi.json").read_text(encoding="utf-8")
)


def check(request: Any, schema: str) -> None:
    """Validate, and refuse keys the description does not know at any level."""
    components = json.loads(json.dumps(SPEC["components"]))
    for part in components["schemas"].values():
        if part.get("type") == "object" and "additionalProperties" not in part:
            part["additionalProperties"] = False
    jsonschema.validate(request, {"$ref": f"#/components/schemas/{schema}", "components": components})


def sized() -> Product:
    variants = (
        make_variant("A-S", options=("แดง", "S"), compare_at=Money(5000), gtin="2000000001012"),
        make_variant("A-M", options=("แดง", "M"), compare_at=Money(5000), fda_no="99-2-00167-2-0001"),
    )
    return make_product("A", options=("สี", "ไซซ์"), variants=variants)


@pytest.mark.parametrize("product", [make_product(), sized()], ids=["plain", "sized"])
def test_requests_have_the_shape_line_describes(product: Product) -> None:
    body = rendered(product).body
    ids = dict.fromkeys(product.skus, 7)

    check(wire.create_request(body, url), "product.CreateProductRequest")
    fields = wire.text_fields(body) | wire.detail_fields(body) | wire.picture_fields(body, url)
    check(fields, "product.UpdateProductDetailsRequest")
    check(wire.prices_request(body, ids), "product.ProductPriceUpdateValidator")


def test_added_variants_have_the_shape_line_describes() -> None:
    body = rendered(sized()).body
    check(wire.new_variants_request(body, {"A-M"}, url), "product.productVariantCreateRequest")


def test_the_check_itself_refuses_an_unknown_key() -> None:
    request = wire.create_request(rendered().body, url)
    with pytest.raises(jsonschema.ValidationError):
        check(request | {"stock": 1}, "product.CreateProductRequest")
