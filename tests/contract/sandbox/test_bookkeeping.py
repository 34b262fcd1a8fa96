import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.testing.sandbox import SandboxOptions, SandboxServer, sandbox_accounts
from adapters.testing.sandbox.control import SandboxControl
from tests.contract.sandbox.clients import Clients, clients_of


def publish_everywhere(clients: Clients, url: str) -> None:
    clients.page.publish("กล้วยอบเนย SY7K3M2Q9", clients.page.upload())
    clients.instagram.publish_media(url, "กล้วยอบเนย SY7K3M2Q9")
    product = clients.line.create(url, description="รหัส SY7K3M2Q9").json()
    clients.line.call("POST", f"products/{product['id']}/display-status/onsale")
    clients.market.create(url)


def test_summary_counts_calls_listings_and_duplicates(clients: Clients, square: str, control: SandboxControl):
    publish_everywhere(clients, square)
    counted = control.summary()

    assert {name: part["visible"] for name, part in counted["channels"].items()} == {
        "facebook_page": 1,
        "instagram": 1,
        "line_shop": 1,
        "emarket": 1,
    }
    assert counted["duplicates"] == 0
    assert counted["channels"]["facebook_page"]["mutating_calls"] == 2

    clients.page.publish("อีกครั้งรหัสSY7K3M2Q9ค่ะ")
    clients.page.publish("คนละชิ้น SY7K3M2Q8")
    clients.line.create(square)

    counted = control.summary()
    assert counted["channels"]["facebook_page"]["duplicates"] == 1
    assert counted["channels"]["line_shop"]["hidden"] == 1
    assert counted["duplicates"] == 1


def test_second_visible_product_with_the_same_code_is_a_duplicate(
    clients: Clients, square: str, control: SandboxControl
):
    for _ in range(2):
        product = clients.line.create(square).json()
        clients.line.call("POST", f"products/{product['id']}/display-status/onsale")

    assert control.summary()["channels"]["line_shop"]["duplicates"] == 1


def test_same_marker_on_two_accounts_is_no_duplicate(
    server: SandboxServer, control: SandboxControl, http: httpx.Client
):
    for seller in (1, 2):
        clients_of(server, sandbox_accounts(seller), http).page.publish("SY7K3M2Q9")

    assert control.summary()["visible"] == 2
    assert control.summary()["duplicates"] == 0


def test_any_seller_number_works_without_registration(
    server: SandboxServer, control: SandboxControl, http: httpx.Client
):
    assert clients_of(server, sandbox_accounts(987_654), http).page.publish("ใหม่").status_code == 200


def test_journal_tells_who_did_what(clients: Clients, control: SandboxControl):
    clients.page.publish("หนึ่ง")
    clients.page.get("120000000000099")

    published, missing = control.journal()

    assert published | {"t": 0} == {
        "n": 1,
        "t": 0,
        "channel": "facebook_page",
        "account": clients.page.id,
        "operation": "post.create",
        "mount": "/graph",
        "method": "POST",
        "path": f"/v26.0/{clients.page.id}/feed",
        "query": {},
        "body": {"message": "หนึ่ง"},
        "status": 200,
        "mutating": True,
        "visible": True,
        "error": None,
    }
    assert (missing["status"], missing["error"], missing["mutating"]) == (400, "100/33", False)
    assert [entry["n"] for entry in control.journal(after=1)] == [2]
    assert [entry["n"] for entry in control.journal(limit=1)] == [1]


def test_uploads_are_recorded_by_size(clients: Clients, control: SandboxControl):
    clients.page.upload()

    (entry,) = control.journal()
    assert entry["files"]["source"] > 1_000
    assert entry["body"] == {"published": "false"}
    assert entry["visible"] is False


def test_no_secret_is_recorded(clients: Clients, square: str, control: SandboxControl, http: httpx.Client):
    publish_everywhere(clients, square)
    token = clients.page.account.credentials["page_token"]
    clients.page.http.get(f"{clients.page.base}/me", params={"access_token": token})
    clients.page.http.post(
        f"{clients.page.base}/{clients.page.id}/feed", json={"message": "x", "access_token": token}
    )
    part = {"method": "GET", "relative_url": f"me?access_token={token}"}
    clients.page.post("", batch=json.dumps([part]))

    written = json.dumps(control.journal())

    for client in (clients.page, clients.instagram, clients.line, clients.market):
        for name, secret in client.account.credentials.items():
            assert secret not in written, name


def test_ring_forgets_but_counters_do_not(start: Callable):
    server, clients = start(journal_size=3)
    for _ in range(5):
        clients.page.get(clients.page.id)

    assert [entry["n"] for entry in server.control.journal()] == [3, 4, 5]
    assert [entry["n"] for entry in server.control.journal(after=4)] == [5]
    assert server.control.summary()["calls"] == 5


def test_journal_file_gets_one_line_a_call(tmp_path: Path, http: httpx.Client):
    file = tmp_path / "journal.ndjson"
    with SandboxServer(SandboxOptions(journal_file=file)) as server:
        clients_of(server, sandbox_accounts(1), http).page.publish("หนึ่ง")
        clients_of(server, sandbox_accounts(1), http).page.publish("สอง")

    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line["body"]["message"] for line in lines] == ["หนึ่ง", "สอง"]


def test_state_survives_a_restart(tmp_path: Path, http: httpx.Client, square: str):
    options = SandboxOptions(state_file=tmp_path / "state" / "sandbox.json")
    with SandboxServer(options) as server:
        publish_everywhere(clients_of(server, sandbox_accounts(1), http), square)
        server.control.advance(5_000)
        before, moment = server.control.listings(), server.control.run(lambda sandbox: sandbox.clock.now())

    with SandboxServer(options) as server:
        clients = clients_of(server, sandbox_accounts(1), http)

        assert server.control.listings() == before
        assert server.control.run(lambda sandbox: sandbox.clock.now()) >= moment
        assert clients.line.call("GET", "products", skus=["P-1"]).json()["totalRow"] == 1
        assert clients.market.create(square)["code"] == "4141"
        assert len(clients.page.get(f"{clients.page.id}/published_posts").json()["data"]) == 1
        assert http.get(f"{server.url}/_pictures/{before[0].pictures[0]}.jpg").status_code == 200
        fresh = clients.page.publish("ใหม่").json()["id"]
        assert fresh not in {listing.id for listing in before}


def test_state_is_saved_while_running(tmp_path: Path, http: httpx.Client):
    file = tmp_path / "sandbox.json"
    with SandboxServer(SandboxOptions(state_file=file)) as server:
        clients_of(server, sandbox_accounts(1), http).page.publish("กันไว้ก่อน")
        server.control.run(lambda sandbox: sandbox.save())

        assert "กันไว้ก่อน" in file.read_text(encoding="utf-8")


def test_unreadable_state_stops_the_start_and_stays_untouched(tmp_path: Path):
    file = tmp_path / "sandbox.json"
    file.write_text('{"listings": []}')

    with pytest.raises(SystemExit, match="move it away"):
        SandboxServer(SandboxOptions(state_file=file)).__enter__()

    assert file.read_text() == '{"listings": []}'


def asked(
    server: SandboxServer, http: httpx.Client, method: str, path: str, body: Any = None
) -> httpx.Response:
    return http.request(method, f"{server.url}/_sandbox{path}", json=body)


def test_control_api_orders_faults_and_reads_the_books(
    server: SandboxServer, clients: Clients, http: httpx.Client
):
    order = {"operation": "post.create", "nth": 1, "effect": {"kind": "drop_answer", "after_effect": True}}
    assert asked(server, http, "POST", "/faults", [order]).json() == {"faults": 1}
    assert asked(server, http, "GET", "/faults").json()["faults"][0]["operation"] == "post.create"

    with pytest.raises(httpx.RemoteProtocolError):
        clients.page.publish("SY7K3M2Q9")

    assert asked(server, http, "GET", "/health").json()["status"] == "ok"
    assert asked(server, http, "GET", "/summary").json()["faults_fired"] == 1
    assert asked(server, http, "GET", "/journal?after=0&limit=5").json()["total"] == 1
    found = asked(server, http, "GET", "/listings?channel=facebook_page").json()["listings"]
    assert [listing["marker"] for listing in found] == ["SY7K3M2Q9"]
    assert asked(server, http, "GET", "/listings?account=nobody").json() == {"listings": []}
    assert asked(server, http, "DELETE", "/faults").json() == {"faults": 0}
    before = asked(server, http, "POST", "/clock", {"advance_s": 0}).json()["now"]
    assert asked(server, http, "POST", "/clock", {"advance_s": 60}).json()["now"] >= before + 60
    asked(server, http, "POST", "/reset")
    assert asked(server, http, "GET", "/summary").json()["calls"] == 0


@pytest.mark.parametrize(
    "order",
    [
        {"effect": {"kind": "unheard_of"}},
        {"effect": {"kind": "slow"}},
        {"effect": {"kind": "html_502"}, "opreation": "post.create"},
        None,
    ],
)
def test_misspelt_fault_orders_are_refused_with_the_reason(
    server: SandboxServer, control: SandboxControl, http: httpx.Client, order: Any
):
    response = asked(server, http, "POST", "/faults", order)

    assert response.status_code == 400
    assert response.json()["error"]
    assert asked(server, http, "POST", "/clock", {}).status_code == 400


def test_consent_anew_makes_the_first_credentials_work_again(
    server: SandboxServer, clients: Clients, http: httpx.Client
):
    market = clients.market
    market.call("POST", "/auth/token/refresh", {"refresh_token": market.account.credentials["refresh_token"]})
    assert market.call("GET", "/products")["code"] == "IllegalAccessToken"

    http.post(
        f"{server.url}/_sandbox/authorise", json={"channel": "emarket", "account": market.account.external_id}
    ).raise_for_status()

    assert market.call("GET", "/products")["code"] == "0"
