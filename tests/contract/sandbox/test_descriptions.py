"""The sandbox's journal held against the vendors' descriptions: what is right passes, what is wrong is named."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.specs import SpecChecker
from tests.contract.sandbox.clients import Clients, Graph
from tests.contract.sandbox.test_line import two_levels

SPECS = Path(__file__).parents[2] / "data" / "specs"


@pytest.fixture(scope="module")
def checker() -> SpecChecker:
    return SpecChecker(SPECS)


def test_right_calls_of_all_channels_pass(
    checker: SpecChecker, clients: Clients, square: str, other: str, control: SandboxControl
):
    page, instagram, line, market = clients.page, clients.instagram, clients.line, clients.market
    post = page.publish("กล้วย", page.upload()).json()["id"]
    page.post(post, message="ใหม่")
    page.get(f"{page.id}/published_posts", fields="id,message,attachments{media}", limit="50", after="YzE")
    page.post(f"{post}/comments", message="หมดแล้ว")
    page.get(page.id, fields="id,name,instagram_business_account")
    instagram.publish_media(square, "ไอจี")
    instagram.get(f"{instagram.id}/content_publishing_limit", fields="quota_usage,config")
    instagram.get(
        f"{instagram.id}/media", fields="id,caption,timestamp,permalink,children{id}", since="1700000000"
    )
    product = line.create(square, **two_levels(square)).json()
    line.call("POST", f"products/{product['id']}/display-status/onsale")
    line.call("GET", "products", skus=["a", "b"], ids=[1, 2], perPage=100)
    line.call("PATCH", f"products/{product['id']}/variant", {"id": 1, "onHandNumber": 3})
    market.create(other)
    market.call("GET", "/product/by-sku", sku="P-1")
    page.delete(post)

    assert checker.check_all(control.journal()) == []
    assert len({entry["operation"] for entry in control.journal()}) >= 16


def violations(checker: SpecChecker, control: SandboxControl) -> str:
    return "\n".join(checker.check_all(control.journal()))


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"mesage": "x"}, "unknown parameter mesage"),
        ({"message": "x", "published": "False"}, "parameter published: 'False' is no bool"),
        ({"attached_media": "media_fbid"}, "parameter attached_media: 'media_fbid' is no Object"),
        ({"message": "x", "unpublished_content_type": "HIDDEN"}, "is not one of"),
        ({"message": "x", "fields": "id,permalink"}, "PagePost has no field permalink"),
    ],
)
def test_wrong_graph_parameter_is_named(
    checker: SpecChecker, page: Graph, control: SandboxControl, data: dict[str, str], named: str
):
    page.post(f"{page.id}/feed", **data)

    assert named in violations(checker, control)


def test_calls_meta_does_not_have_are_named(checker: SpecChecker, clients: Clients, control: SandboxControl):
    clients.page.post(f"{clients.page.id}/storefront", message="x")
    clients.page.get("not-an-id")
    clients.instagram.post(f"{clients.instagram.id}/media_publish")
    photo = clients.page.upload()
    clients.page.post(photo, caption="ใหม่")

    found = violations(checker, control)

    assert "Page has no POST storefront" in found
    assert "no described node has such an id" in found
    assert "required parameter creation_id is missing" in found
    assert "Photo has no POST on the node itself" in found


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("products", {"name": "x"}, "'code' is a required property"),
        ("products/1/prices", {"price": 1}, "'instantDiscount' is a required property"),
        ("products/1/variant", {"stock": 1}, "'stock' was unexpected"),
        ("products/1/variants/2", {}, "the description has no such call"),
        ("products/one/prices", {"instantDiscount": 0, "variants": []}, "path parameter id"),
    ],
)
def test_wrong_line_call_is_named(
    checker: SpecChecker, clients: Clients, control: SandboxControl, path: str, body: Any, named: str
):
    clients.line.call("POST" if path == "products" else "PATCH", path, body)

    assert named in violations(checker, control)


def test_wrong_line_query_and_missing_body_are_named(
    checker: SpecChecker, clients: Clients, control: SandboxControl
):
    clients.line.call("GET", "products", sku="P-1", perPage=101)
    clients.line.call("POST", "products")

    found = violations(checker, control)

    assert "unknown query parameter sku" in found
    assert "query parameter perPage" in found
    assert "the described body is missing" in found


def test_wrong_market_call_is_named(checker: SpecChecker, clients: Clients, control: SandboxControl):
    clients.market.call("POST", "/product/stock", {"items": [{"sku": "P-1", "stock": 3}]})
    clients.market.call("GET", "/product/by-sku", code="P-1")
    clients.market.call("GET", "/coupons")

    found = violations(checker, control)

    assert "'stock' was unexpected" in found
    assert "unknown query parameter code" in found
    assert "the description has no such call" in found


def test_descriptions_are_the_vendors_own_unchanged():
    """Nobody makes a test pass by editing a description."""
    listed = dict(reversed(line.split()) for line in (SPECS / "SHA256SUMS").read_text().splitlines())

    found = {name: hashlib.sha256((SPECS / name).read_bytes()).hexdigest() for name in listed}

    assert found == listed
    assert len(listed) == 15
