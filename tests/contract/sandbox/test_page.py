import json
from collections.abc import Callable

import pytest

from adapters.testing.sandbox import dead_account, limited_account, sandbox_accounts
from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.sandbox.options import DuplicatePosts
from tests.contract.sandbox.clients import Graph, picture
from tests.support.factories import DictPictures


def error(response: object) -> tuple[int, int | None]:
    body = response.json()["error"]  # type: ignore[attr-defined]
    return body["code"], body.get("error_subcode")


def test_uploads_stay_invisible_until_the_one_visible_call(page: Graph, control: SandboxControl):
    photos = [page.upload(), page.upload(picture(shade=10))]

    assert control.visible("facebook_page") == []

    post = page.publish("กล้วยอบเนย SY7K3M2Q9", *photos).json()["id"]

    (listing,) = control.visible("facebook_page")
    assert (listing.id, listing.marker, len(listing.pictures)) == (post, "SY7K3M2Q9", 2)
    assert post.startswith(f"{page.id}_")


def test_a_post_answers_with_asked_fields_and_reads_back(page: Graph):
    created = page.post(f"{page.id}/feed", message="สวัสดี", fields="id,permalink_url").json()

    read = page.get(created["id"], fields="message,application,is_published,created_time").json()

    assert created["permalink_url"].endswith(created["id"].split("_")[1])
    assert read["message"] == "สวัสดี"
    assert read["is_published"] is True
    assert set(read) == {"id", "message", "application", "is_published", "created_time"}


def test_published_photo_becomes_a_post_of_its_own(page: Graph, square: str):
    made = page.post(f"{page.id}/photos", url=square, caption="ภาพเดียว").json()

    assert page.get(made["post_id"], fields="message").json()["message"] == "ภาพเดียว"
    assert page.get(made["id"], fields="page_story_id").json()["page_story_id"] == made["post_id"]


@pytest.mark.parametrize(
    "attached", ["media_fbid", '["media_fbid"]', '[{"media_fbid":"120000000000099"}]', "[{}]"]
)
def test_malformed_or_unknown_attachments_are_refused(page: Graph, attached: str):
    assert error(page.post(f"{page.id}/feed", message="x", attached_media=attached)) == (100, None)


def test_indexed_attachment_keys_mean_a_list(page: Graph, control: SandboxControl):
    photo = page.upload()

    page.post(f"{page.id}/feed", **{"message": "x", "attached_media[0]": json.dumps({"media_fbid": photo})})

    assert len(control.visible("facebook_page")[0].pictures) == 1


def test_a_photo_is_attached_once_only(page: Graph):
    photo = page.upload()
    page.publish("หนึ่ง", photo)

    assert error(page.publish("สอง", photo)) == (100, None)


def test_python_booleans_are_refused(page: Graph):
    assert error(page.post(f"{page.id}/feed", message="x", published="False")) == (100, None)


def test_empty_post_is_refused(page: Graph):
    assert error(page.post(f"{page.id}/feed")) == (100, None)


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"<html>", (324, 2069019)), (b"", (324, 2069019)), (b"\xff\xd8" + b"x" * 90, (324, 2069019))],
)
def test_bytes_that_do_not_decode_are_refused(page: Graph, data: bytes, expected: tuple[int, int]):
    files = {"source": ("x.jpg", data, "image/jpeg")}

    assert error(page.post(f"{page.id}/photos", files=files, published="false")) == expected


def test_a_photo_above_four_megabytes_is_refused(page: Graph):
    padded = picture() + b"\0" * (4 * 1024 * 1024)

    response = page.post(f"{page.id}/photos", files={"source": ("x.jpg", padded)}, published="false")

    assert error(response) == (100, 1366046)


@pytest.mark.parametrize(
    "address", ["http://10.0.0.7/x.jpg", "ftp://127.0.0.1/x.jpg", "http://127.0.0.1:9/x.jpg"]
)
def test_addresses_that_cannot_be_fetched_are_refused(page: Graph, address: str):
    assert error(page.post(f"{page.id}/photos", url=address, published="false")) == (324, 2069019)


def test_missing_picture_at_the_host_is_refused(page: Graph, host: DictPictures):
    url = f"{host.base_url}/nothing.jpg"

    assert error(page.post(f"{page.id}/photos", url=url, published="false")) == (324, 2069019)


def test_edit_changes_the_text_and_moves_updated_time(page: Graph, control: SandboxControl):
    post = page.publish("เดิม").json()["id"]
    control.advance(60)

    assert page.post(post, message="ใหม่").json() == {"success": True}

    read = page.get(post, fields="message,created_time,updated_time").json()
    assert read["message"] == "ใหม่"
    assert read["updated_time"] > read["created_time"]


def test_only_the_app_that_made_a_post_may_edit_it(page: Graph, control: SandboxControl):
    post = page.publish("โพสต์ของแอปอื่น").json()["id"]
    control.run(lambda sandbox: setattr(sandbox.graph.posts[post], "app", "1"))

    assert error(page.post(post, message="ใหม่"))[0] == 200


def test_deleted_post_is_gone_and_deleting_twice_says_so(page: Graph):
    post = page.publish("ลบทีหลัง").json()["id"]

    assert page.delete(post).json() == {"success": True}
    assert error(page.get(post)) == (100, 33)
    assert error(page.delete(post)) == (100, 33)


def test_lists_run_newest_first_and_page_by_cursor(page: Graph):
    posts = [page.publish(f"โพสต์ {n}").json()["id"] for n in range(5)]

    first = page.get(f"{page.id}/published_posts", limit=3, fields="id").json()
    second = page.get(
        f"{page.id}/published_posts", limit=3, fields="id", after=first["paging"]["cursors"]["after"]
    ).json()

    seen = [entry["id"] for entry in first["data"] + second["data"]]
    assert seen == list(reversed(posts))
    assert "next" in first["paging"]
    assert "next" not in second["paging"]
    assert "access_token" not in first["paging"]["next"]


def test_limit_above_one_hundred_is_refused(page: Graph):
    assert error(page.get(f"{page.id}/feed", limit=101)) == (100, None)


def test_unpublished_posts_stand_in_feed_only(page: Graph, control: SandboxControl):
    moment = str(int(control.run(lambda sandbox: sandbox.clock.now())) + 3600)
    page.post(f"{page.id}/feed", message="ตั้งเวลา", published="false", scheduled_publish_time=moment)

    def listed(edge: str) -> int:
        return len(page.get(f"{page.id}/{edge}").json()["data"])

    assert (listed("feed"), listed("published_posts"), listed("scheduled_posts")) == (1, 0, 1)
    control.advance(3700)
    assert (listed("published_posts"), listed("scheduled_posts")) == (1, 0)


def test_schedule_outside_the_window_is_refused(page: Graph):
    response = page.post(f"{page.id}/feed", message="x", published="false", scheduled_publish_time="1000")

    assert error(response) == (100, None)


def test_comments_are_added_edited_listed_and_deleted(page: Graph, control: SandboxControl):
    post = page.publish("มีคนถาม").json()["id"]
    comment = page.post(f"{post}/comments", message="ของหมดแล้วค่ะ").json()["id"]
    page.post(comment, message="มีของแล้วค่ะ")

    assert page.get(f"{post}/comments", fields="message").json()["data"] == [
        {"id": comment, "message": "มีของแล้วค่ะ"}
    ]
    assert control.visible("facebook_page")[0].comments == ["มีของแล้วค่ะ"]
    assert page.delete(comment).json() == {"success": True}
    assert page.get(f"{post}/comments").json()["data"] == []


def test_another_sellers_page_is_as_good_as_missing(page: Graph):
    foreign = sandbox_accounts(2)[0].external_id

    assert error(page.post(f"{foreign}/feed", message="x")) == (100, 33)


def test_credentials_are_told_apart(page: Graph, http):
    def refused_with(account) -> tuple[int, int | None]:
        return error(Graph(page.base, account, http).publish("x"))

    assert refused_with(dead_account("facebook_page")) == (190, 463)
    assert refused_with(limited_account("facebook_page"))[0] == 200
    assert error(http.post(f"{page.base}/v26.0/{page.id}/feed", data={"message": "x"})) == (190, None)
    assert error(http.get(f"{page.base}/{page.id}", params={"access_token": "made-up"})) == (190, None)


def test_token_may_travel_as_a_parameter(page: Graph, http):
    token = page.account.credentials["page_token"]

    assert http.get(f"{page.base}/me", params={"access_token": token}).json()["id"] == page.id


@pytest.mark.parametrize(("mode", "expected"), [("code_506", (506, None)), ("code_368", (368, 1404082))])
def test_repeated_post_is_refused_when_so_switched(start: Callable, mode: str, expected: tuple):
    _, clients = start(duplicate_posts=DuplicatePosts(mode))
    clients.page.publish("ซ้ำ")

    assert error(clients.page.publish("ซ้ำ")) == expected
    assert clients.page.publish("ไม่ซ้ำ").status_code == 200


def test_read_lag_hides_a_new_post_from_lists_for_a_while(start: Callable):
    server, clients = start(read_lag_s=30.0)
    post = clients.page.publish("ยังไม่ขึ้น").json()["id"]

    assert clients.page.get(f"{clients.page.id}/published_posts").json()["data"] == []
    assert clients.page.get(post).json()["id"] == post
    server.control.advance(31)
    assert len(clients.page.get(f"{clients.page.id}/published_posts").json()["data"]) == 1


def test_appsecret_proof_is_enforced_when_so_switched(start: Callable):
    _, clients = start(app_secret="app-secret", require_appsecret_proof=True)

    assert error(clients.page.get(clients.page.id)) == (100, None)
    assert error(clients.page.get(clients.page.id, appsecret_proof="00")) == (100, None)


def test_a_batch_answers_each_part_and_takes_fifty(page: Graph, control: SandboxControl):
    parts = [
        {"method": "POST", "relative_url": f"{page.id}/feed", "body": "message=batch"},
        {"method": "GET", "relative_url": "v26.0/120000000000099"},
    ]

    answers = page.post("", batch=json.dumps(parts), include_headers="false").json()

    assert [answer["code"] for answer in answers] == [200, 400]
    assert [listing.text for listing in control.visible()] == ["batch"]
    assert error(page.post("", batch=json.dumps([parts[1]] * 51))) == (100, None)


def test_user_token_lists_its_pages_and_permissions(instagram: Graph, page: Graph):
    pages = instagram.get("me/accounts").json()["data"]

    assert pages[0]["id"] == page.id
    assert pages[0]["access_token"] == page.account.credentials["page_token"]
    assert {"permission": "pages_manage_posts", "status": "granted"} in instagram.get(
        "me/permissions"
    ).json()["data"]
    assert error(page.get("me/permissions")) == (100, None)


def test_usage_headers_appear_when_calls_pile_up_and_then_throttle(start: Callable):
    from adapters.testing.sandbox import Rates

    server, clients = start(rates=Rates(graph_per_hour=10))
    answers = [clients.page.get(clients.page.id) for _ in range(10)]

    assert "x-app-usage" not in answers[0].headers
    assert json.loads(answers[6].headers["x-app-usage"])["call_count"] == 70
    assert error(answers[-1]) == (80001, None)
    usage = json.loads(answers[-1].headers["x-business-use-case-usage"])
    assert usage[clients.page.id][0]["estimated_time_to_regain_access"] > 50
    server.control.advance(3700)
    assert clients.page.get(clients.page.id).status_code == 200
