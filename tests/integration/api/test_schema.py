"""The whole API asked at random by its own description: no crash, and every answer is as the description says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from syndicator.api.app import OPENAPI_PATH
from tests.support.api_door import ApiDoor, Caller
from tests.support.documents import document
from tests.support.pictures import encode, quarters

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 12
SHARDS = 6
"""Parts of the API that are asked side by side, each over a database of its own."""
USUALLY = 4
STRANGE = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class Shop:
    """An admin's key, and the names of one of everything that a seller has."""

    caller: Caller
    names: Mapping[str, Any]


@pytest.fixture
def shop(door: ApiDoor) -> Shop:
    door.core.connect()
    seller = door.caller("A")
    sha = seller.post("/v1/sellers/A/media", files={"file": ("a.png", encode(quarters(), "PNG"))}).json()[
        "sha256"
    ]
    job = seller.put("/v1/sellers/A/products/P-1", json=document("P-1")).headers["Syndicator-Job"]
    door.core.run_until_quiet()
    names = {
        "seller": "A",
        "sku": "P-1",
        "account": "page",
        "sha256": sha,
        "job": job,
        "listing_id": door.core.listing().id,
        "kind": "products",
    }
    return Shop(door.caller(requests_per_minute=1_000_000), names)


def operations(door: ApiDoor) -> Iterator[Any]:
    schema = schemathesis.openapi.from_asgi(OPENAPI_PATH, door.api)
    for found in schema.get_all_operations():
        yield found.ok()


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_operation_answers_as_it_is_described(door: ApiDoor, shop: Shop, shard: int) -> None:
    statuses = [
        status
        for number, operation in enumerate(operations(door))
        if number % SHARDS == shard
        for status in ask(operation, shop)
    ]

    assert len(statuses) > EXAMPLES
    assert min(statuses) == HTTPStatus.OK, "some of it was carried out, not only refused"


def ask(operation: Any, shop: Shop) -> list[int]:
    """Ask one operation at random; return the status of every answer."""
    statuses: list[int] = []

    @STRANGE
    @given(case=operation.as_strategy())
    def once(case: Any) -> None:
        for name, strange in case.path_parameters.items():
            # Most of the time what there is, or little but 404 would be seen.
            if name in shop.names and len(str(strange)) % USUALLY:
                case.path_parameters[name] = shop.names[name]
        key = {"Authorization": f"Bearer {shop.caller.key}"}
        statuses.append(case.call_and_validate(headers=key, checks=CHECKS).status_code)

    once()
    return statuses
