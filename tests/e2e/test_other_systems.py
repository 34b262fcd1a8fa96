"""Another system submits by each of the three ways, follows its jobs to live on four channels, and hears of it, signed."""

import ast
import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from syndicator.client import Client
from syndicator.local.servers import running_endpoints
from tests.docs.generated import ROOT
from tests.support.cutting_proxy import cutting_proxy

CUT_OFF = itertools.count(901)
PRODUCT = json.loads((ROOT / "docs" / "examples" / "product.json").read_text(encoding="utf-8"))
SCRIPT = Path(__file__).parent / "another_system.py"
ACCOUNTS = {"page", "ig", "line", "market"}


def key_of(seller):
    return seller.cli.json("api-keys", "create", "another system")["key"]


@pytest.fixture
def seen(stack, seller):
    """What a process of its own saw, which was told where things are."""
    endpoints = running_endpoints(stack.var)
    told = {
        "url": stack.api_url,
        "key": key_of(seller),
        "seller": seller.cli.env["SYNDICATOR_SELLER"],
        "redis_url": endpoints.redis_url,
        "photo": str(ROOT / "docs" / "examples" / "photo.jpg"),
        "product": PRODUCT,
    }
    ran = subprocess.run(
        [sys.executable, SCRIPT],
        input=json.dumps(told),
        env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_three_ways_lead_to_four_channels_and_signed_events_say_so(seen, stack, seller):
    for way, one in seen["ways"].items():
        assert one["job"]["created"] == 1, way
        assert one["job"]["listings"]["live"] == 4, way
        assert set(one["live"]) == ACCOUNTS, way
    told = {(event["data"]["sku"], event["data"]["account"]) for event in seen["events"]}
    assert told == {(one["sku"], account) for one in seen["ways"].values() for account in ACCOUNTS}
    assert {event["type"] for event in seen["events"]} == {"listing.live"}
    assert len(stack.channels.visible(*seller.accounts)) == 12
    assert stack.channels.duplicates() == 0


def test_an_import_that_is_cut_off_goes_on_under_the_same_name(stack):
    seller = stack.seller(next(CUT_OFF))
    key = key_of(seller)
    products = [
        json.loads(json.dumps(PRODUCT).replace(PRODUCT["sku"], f"CUT-{number}")) for number in range(900)
    ]

    with (
        cutting_proxy(stack.api_url, after_bytes=600_000) as proxy,
        Client(proxy.url, key, seller.cli.env["SYNDICATOR_SELLER"]) as client,
    ):
        job = client.publish_many(products)
        jobs = list(client.jobs())
        lines = list(client.lines(job))

    assert proxy.connections > 1
    assert [one.id for one in jobs] == [job.id]
    assert (job.state, job.lines, job.created) == ("received", 900, 900)
    assert [line.sku for line in lines] == [product["sku"] for product in products]


def test_the_other_system_knows_nothing_of_ours_but_the_client():
    imported = {
        name
        for node in ast.walk(ast.parse(SCRIPT.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
    }
    ours = {
        name
        for name in imported
        if name.split(".")[0] in {"schemas", "adapters", "syndicator", "workers", "tests"}
    }

    assert ours == {"syndicator.client"}


def test_the_example_of_the_readme_runs(stack, seller):
    """As it stands there, but for the address and the key."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = [part for part in page.split("```python\n")[1:] if "syndicator.client" in part]
    code = example.partition("```")[0]
    code = code.replace("http://127.0.0.1:8080", stack.api_url).replace("syk_…", key_of(seller))
    code = code.replace('"seller-1"', repr(seller.cli.env["SYNDICATOR_SELLER"]))
    assert len(code.splitlines()) <= 10

    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("live") == 4
