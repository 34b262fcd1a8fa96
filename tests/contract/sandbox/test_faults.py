import time
from typing import Any

import httpx
import pytest

from adapters.testing.sandbox import Fault, SandboxServer, faults
from adapters.testing.sandbox.control import SandboxControl
from tests.contract.sandbox.clients import Clients, Graph, Line
from tests.contract.sandbox.test_page import error


def visible(control: SandboxControl) -> int:
    return len(control.visible("facebook_page"))


@pytest.mark.parametrize(("after_effect", "live"), [(True, 1), (False, 0)])
def test_dropped_answer_closes_the_connection(
    page: Graph, control: SandboxControl, after_effect: bool, live: int
):
    control.fail(faults.DropAnswer(after_effect=after_effect), operation="post.create")

    with pytest.raises(httpx.RemoteProtocolError):
        page.publish("ใครจะรู้")

    assert visible(control) == live
    assert control.calls("post.create")[0]["lost"] is True
    assert page.publish("ต่อได้").status_code == 200


def test_truncated_answer_breaks_off_after_the_effect(page: Graph, control: SandboxControl):
    control.fail(faults.TruncatedJson(), operation="post.create")

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        page.publish("ขาดกลางทาง")

    assert visible(control) == 1


def test_gateway_error_is_html(page: Graph, control: SandboxControl):
    control.fail(faults.Html502(), operation="post.create")

    response = page.publish("ไม่ถึง")

    assert (response.status_code, response.headers["content-type"]) == (502, "text/html")
    assert visible(control) == 0


def test_empty_body_hides_an_effect(page: Graph, control: SandboxControl):
    control.fail(faults.EmptyBody(), operation="post.create")

    response = page.publish("เงียบ")

    assert (response.status_code, response.content) == (200, b"")
    assert visible(control) == 1


def test_server_error_hides_an_effect_in_each_dialect(clients: Clients, square: str, control: SandboxControl):
    control.add_fault(Fault(effect=faults.ServerErrorWithEffect(), mutating=True))

    assert error(clients.page.publish("สำเร็จแต่ว่า 500")) == (2, None)
    assert clients.line.create(square).json()["code"] == "INTERNAL_ERROR"
    assert (visible(control), len(control.listings("line_shop"))) == (1, 1)


def test_ordered_error_speaks_the_channels_language(clients: Clients, square: str, control: SandboxControl):
    container = clients.instagram.container(square).json()["id"]
    clients.instagram.finished(container)
    control.fail(faults.Error(code=4, subcode=2207051, after_effect=True), operation="media.publish")
    control.fail(faults.Error(status=409, code="DATA_CONFLICT"), channel="line_shop")
    control.fail(faults.Error(code="4147", status=200), channel="emarket")
    control.fail(faults.Error(status=418, body={"odd": True}), operation="page.get")

    published = clients.instagram.post(f"{clients.instagram.id}/media_publish", creation_id=container)

    assert error(published) == (4, 2207051)
    assert len(control.visible("instagram")) == 1
    assert clients.line.call("GET", "products").json()["code"] == "DATA_CONFLICT"
    assert clients.market.call("GET", "/products")["code"] == "4147"
    assert clients.page.get(clients.page.id).json() == {"odd": True}


def test_slow_answer_comes_late_with_the_effect_done(
    page: Graph, control: SandboxControl, http: httpx.Client
):
    control.fail(faults.Slow(seconds=0.6), operation="post.create")
    impatient = Graph(page.base, page.account, httpx.Client(timeout=0.2))

    began = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        impatient.publish("ช้า")

    assert time.monotonic() - began < 0.6
    assert visible(control) == 1
    impatient.http.close()


def test_throttle_lasts_and_concerns_one_account(
    clients: Clients, server: SandboxServer, control: SandboxControl
):
    control.fail(faults.Throttle(seconds=30), channel="facebook_page")

    assert error(clients.page.publish("หนึ่ง")) == (80001, None)
    assert error(clients.page.publish("สอง")) == (80001, None)
    assert clients.line.call("GET", "products").status_code == 200
    control.advance(31)
    assert clients.page.publish("สาม").status_code == 200


def test_expired_token_stays_expired_until_cleared(line: Line, control: SandboxControl):
    control.fail(faults.ExpireToken(), channel="line_shop")

    assert [line.call("GET", "products").status_code for _ in range(2)] == [401, 401]
    control.clear_faults()
    assert line.call("GET", "products").status_code == 200


def test_created_thing_hides_from_look_ups_for_a_while(line: Line, square: str, control: SandboxControl):
    control.fail(faults.HideFromLookup(seconds=20), operation="product.create")
    line.create(square)

    assert line.call("GET", "products", skus=["P-1"]).json()["totalRow"] == 0
    control.advance(21)
    assert line.call("GET", "products", skus=["P-1"]).json()["totalRow"] == 1


def test_nth_and_count_choose_the_calls(page: Graph, control: SandboxControl):
    control.fail(faults.Html502(), operation="post.create", nth=2)
    control.fail(faults.Html502(), operation="page.get", count=2)

    assert [page.publish(str(n)).status_code for n in range(3)] == [200, 502, 200]
    assert [page.get(page.id).status_code for _ in range(3)] == [502, 502, 200]


def test_probability_is_seeded(start: Any):
    def pattern() -> list[int]:
        server, clients = start(seed=7)
        server.control.add_fault(Fault(effect=faults.Html502(), probability=0.5))
        return [clients.page.get(clients.page.id).status_code for _ in range(12)]

    first = pattern()

    assert first == pattern()
    assert set(first) == {200, 502}


def test_faults_on_a_batch_part_do_not_cut_the_batch(page: Graph, control: SandboxControl):
    control.fail(faults.DropAnswer(after_effect=True), operation="post.create")
    part = f'{{"method":"POST","relative_url":"{page.id}/feed","body":"message=x"}}'

    answers = page.post("", batch=f"[{part},{part}]").json()

    assert answers[0]["body"] == "null"
    assert visible(control) == 2
