from collections.abc import Callable

import pytest

from adapters.testing.sandbox import sandbox_accounts
from adapters.testing.sandbox.control import SandboxControl
from tests.contract.sandbox.clients import Graph, clients_of, picture
from tests.contract.sandbox.test_page import error
from tests.support.factories import DictPictures


def children_of(account: Graph, *urls: str) -> list[str]:
    return [account.container(url, is_carousel_item="true").json()["id"] for url in urls]


def carousel_of(account: Graph, *children: str, caption: str = "") -> str:
    made = account.post(
        f"{account.id}/media", media_type="CAROUSEL", children=",".join(children), caption=caption
    )
    return str(made.json()["id"])


def test_single_picture_travels_through_a_container(instagram: Graph, square: str, control: SandboxControl):
    container = instagram.container(square, caption="กล้วย SY7K3M2Q9").json()["id"]

    assert instagram.get(container, fields="status_code").json()["status_code"] == "IN_PROGRESS"
    assert instagram.get(container, fields="status_code").json()["status_code"] == "FINISHED"
    assert control.visible("instagram") == []

    media = instagram.post(f"{instagram.id}/media_publish", creation_id=container).json()["id"]

    assert [listing.id for listing in control.visible("instagram")] == [media]
    assert instagram.get(container, fields="status_code").json()["status_code"] == "PUBLISHED"
    assert (len(media), len(instagram.id)) == (17, 17)


def test_carousel_keeps_the_order_of_its_children(
    instagram: Graph, square: str, other: str, control: SandboxControl
):
    carousel = carousel_of(instagram, *children_of(instagram, square, other), caption="สองภาพ")
    assert instagram.finished(carousel) == "FINISHED"

    media = instagram.post(f"{instagram.id}/media_publish", creation_id=carousel).json()["id"]

    read = instagram.get(media, fields="media_type,children,caption,permalink").json()
    assert (read["media_type"], len(read["children"]["data"]), read["caption"]) == (
        "CAROUSEL_ALBUM",
        2,
        "สองภาพ",
    )
    assert len(set(control.visible("instagram")[0].pictures)) == 2


def test_publishing_before_the_container_is_finished_is_refused(instagram: Graph, square: str):
    container = instagram.container(square).json()["id"]

    assert error(instagram.post(f"{instagram.id}/media_publish", creation_id=container)) == (9007, 2207027)


def test_publishing_twice_makes_no_second_media(instagram: Graph, square: str, control: SandboxControl):
    container = instagram.container(square).json()["id"]
    instagram.finished(container)
    instagram.post(f"{instagram.id}/media_publish", creation_id=container)

    assert error(instagram.post(f"{instagram.id}/media_publish", creation_id=container)) == (100, None)
    assert len(control.visible("instagram")) == 1


def test_unknown_and_expired_containers_cannot_be_published(
    instagram: Graph, square: str, control: SandboxControl
):
    container = instagram.container(square).json()["id"]
    instagram.finished(container)
    control.advance(86_400)

    assert instagram.get(container, fields="status_code").json()["status_code"] == "EXPIRED"
    for wanted in (container, "17900000000099999"):
        assert error(instagram.post(f"{instagram.id}/media_publish", creation_id=wanted)) == (24, 2207008)


@pytest.mark.parametrize(
    ("size", "kind", "expected"),
    [
        ((1080, 1080), "PNG", (36001, 2207005)),
        ((1080, 1400), "JPEG", (36003, 2207009)),
        ((1080, 500), "JPEG", (36003, 2207009)),
    ],
)
def test_pictures_are_judged_by_decoding(
    instagram: Graph, host: DictPictures, size: tuple[int, int], kind: str, expected: tuple[int, int]
):
    host.files["judged.jpg"] = picture(size, kind)

    assert error(instagram.container(f"{host.base_url}/judged.jpg")) == expected


@pytest.mark.parametrize("size", [(1080, 1350), (1080, 566)])
def test_extreme_allowed_ratios_pass(instagram: Graph, host: DictPictures, size: tuple[int, int]):
    host.files["allowed.jpg"] = picture(size)

    assert instagram.container(f"{host.base_url}/allowed.jpg").status_code == 200


def test_too_many_bytes_are_refused(instagram: Graph, host: DictPictures):
    host.files["heavy.jpg"] = picture() + b"\0" * (8 * 1024 * 1024)

    assert error(instagram.container(f"{host.base_url}/heavy.jpg")) == (36000, 2207004)


def test_unfetchable_picture_names_its_address(instagram: Graph, host: DictPictures):
    url = f"{host.base_url}/missing.jpg"

    response = instagram.container(url)

    assert error(response) == (9004, 2207052)
    assert url in response.json()["error"]["error_user_msg"]


@pytest.mark.parametrize("caption", ["ก" * 2201, "#ก " * 31, "@a " * 21])
def test_captions_beyond_a_limit_are_refused(instagram: Graph, square: str, caption: str):
    assert error(instagram.container(square, caption=caption)) == (36004, 2207010)


@pytest.mark.parametrize("caption", ["ก" * 2200, "#ก " * 30, "@a " * 20])
def test_captions_at_a_limit_pass(instagram: Graph, square: str, caption: str):
    assert instagram.container(square, caption=caption).status_code == 200


def test_carousel_takes_two_to_ten_children_of_its_own(instagram: Graph, square: str):
    child = children_of(instagram, square)
    single = instagram.container(square).json()["id"]

    def refused(*children: str) -> tuple[int, int | None]:
        made = instagram.post(f"{instagram.id}/media", media_type="CAROUSEL", children=",".join(children))
        return error(made)

    assert refused(*child) == (100, 2207028)
    assert refused(*(child * 11)) == (100, 2207028)
    assert refused(child[0], single) == (100, None)


def test_quota_is_counted_over_a_rolling_day(start: Callable, square: str):
    server, clients = start(publishing_quota=2)
    account = clients.instagram
    for n in range(2):
        account.publish_media(square, f"โพสต์ {n}")
    third = account.container(square).json()["id"]
    account.finished(third)

    limit = account.get(f"{account.id}/content_publishing_limit", fields="quota_usage,config").json()["data"][
        0
    ]
    assert (limit["quota_usage"], limit["config"]["quota_total"]) == (2, 2)
    assert error(account.post(f"{account.id}/media_publish", creation_id=third)) == (9, 2207042)
    server.control.advance(86_401)
    assert account.publish_media(square)


def test_media_list_is_newest_first_and_narrowed_by_time(
    instagram: Graph, square: str, control: SandboxControl
):
    first = instagram.publish_media(square, "หนึ่ง")
    control.advance(100)
    second = instagram.publish_media(square, "สอง")
    now = int(control.run(lambda sandbox: sandbox.clock.now()))

    def listed(**narrow: int) -> list[str]:
        found = instagram.get(f"{instagram.id}/media", fields="id,caption", **narrow).json()["data"]
        return [entry["id"] for entry in found]

    assert listed() == [second, first]
    assert listed(since=now - 50) == [second]
    assert listed(until=now - 50) == [first]


def test_captions_lose_the_at_sign_when_read_back(instagram: Graph, square: str):
    media = instagram.publish_media(square, "ถึง @ผู้ซื้อ")

    assert instagram.get(media, fields="caption").json()["caption"] == "ถึง ผู้ซื้อ"


def test_only_comment_switching_is_editable(instagram: Graph, square: str):
    media = instagram.publish_media(square)

    assert error(instagram.post(media, caption="ใหม่")) == (100, None)
    assert instagram.post(media, comment_enabled="false").json() == {"success": True}
    assert error(instagram.post(f"{media}/comments", message="x"))[0] == 10


def test_comments_stand_under_a_media(instagram: Graph, square: str, control: SandboxControl):
    media = instagram.publish_media(square)
    instagram.post(f"{media}/comments", message="ราคาใหม่ 40 บาท")

    assert instagram.get(f"{media}/comments", fields="text").json()["data"][0]["text"] == "ราคาใหม่ 40 บาท"
    assert control.visible("instagram")[0].comments == ["ราคาใหม่ 40 บาท"]


def test_deleting_works_on_the_facebook_host_only(server, instagram: Graph, square: str, http, control):
    media = instagram.publish_media(square)
    assert instagram.delete(media).json() == {"success": True}

    direct = clients_of(server, sandbox_accounts(1, instagram_login="instagram"), http).instagram
    kept = direct.publish_media(square)

    assert error(direct.delete(kept)) == (100, 33)
    assert [listing.id for listing in control.visible("instagram")] == [kept]


def test_tokens_belong_to_their_host(server, instagram: Graph, http):
    misplaced = Graph(server.instagram_url, instagram.account, http)

    assert error(misplaced.get(instagram.id))[0] == 190


def test_page_token_reads_fail_in_outage_mode(start: Callable, square: str, http):
    _, clients = start(page_token_reads_fail=True)
    with_page_token = Graph(clients.instagram.base, clients.page.account, http)
    container = clients.instagram.container(square).json()["id"]

    assert error(with_page_token.get(container, fields="status_code")) == (100, 33)
    assert clients.instagram.get(container, fields="status_code").status_code == 200


def test_product_tags_are_refused(instagram: Graph, square: str):
    assert error(instagram.container(square, product_tags='[{"product_id":"1"}]')) == (100, None)


def test_four_hundred_containers_a_day_and_no_more(instagram: Graph, square: str, control: SandboxControl):
    now = control.run(lambda sandbox: sandbox.clock.now())
    control.run(lambda sandbox: sandbox.graph.containers_at.update({instagram.id: [now] * 400}))

    assert error(instagram.container(square))[0] == 9
