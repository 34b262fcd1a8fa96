"""``facebook-business``, Meta's own client, against the sandbox's Graph."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from facebook_business.adobjects.comment import Comment
from facebook_business.adobjects.igcomment import IGComment
from facebook_business.adobjects.igmedia import IGMedia
from facebook_business.adobjects.iguser import IGUser
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.pagepost import PagePost
from facebook_business.adobjects.photo import Photo
from facebook_business.api import FacebookAdsApi, FacebookResponse
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from adapters.testing.kit import MadePictures
from adapters.testing.sandbox import SandboxOptions, SandboxServer, dead_account, limited_account
from adapters.testing.sandbox.accounts import FACEBOOK_PAGE, INSTAGRAM, SandboxAccount, sandbox_accounts
from adapters.testing.sandbox.control import SandboxControl
from adapters.testing.sandbox.faults import Error, ServerErrorWithEffect, Throttle

APP_SECRET = "the-secret-of-the-app"
Open = Callable[..., FacebookAdsApi]


def account(kind: str, login: str = "facebook") -> SandboxAccount:
    return next(one for one in sandbox_accounts(instagram_login=login) if one.kind == kind)


@pytest.fixture
def open_api(server: SandboxServer) -> Iterator[Open]:
    """Open the client at a host of the sandbox; the class attribute GRAPH is its own way to say where Graph is."""
    with ExitStack() as stack:

        def open_at(credential: SandboxAccount, url: str | None = None, **session: Any) -> FacebookAdsApi:
            class Session(FacebookSession):
                GRAPH = url or server.graph_url

            (token,) = credential.credentials.values()
            opened = Session(access_token=token, **session)
            stack.enter_context(opened.requests)
            return FacebookAdsApi(opened)

        yield open_at


@pytest.fixture
def page_api(open_api: Open, control: SandboxControl) -> FacebookAdsApi:
    return open_api(account(FACEBOOK_PAGE))


@pytest.fixture
def page(page_api: FacebookAdsApi) -> Page:
    return Page(account(FACEBOOK_PAGE).external_id, api=page_api)


@pytest.fixture(params=["facebook", "instagram"])
def ig_api(
    request: pytest.FixtureRequest, open_api: Open, control: SandboxControl, server: SandboxServer
) -> FacebookAdsApi:
    host = server.graph_url if request.param == "facebook" else server.instagram_url
    return open_api(account(INSTAGRAM, request.param), host)


@pytest.fixture
def ig_user(ig_api: FacebookAdsApi) -> IGUser:
    return IGUser(account(INSTAGRAM).external_id, api=ig_api)


def upload(page: Page, pictures: MadePictures, name: str) -> str:
    photo = page.create_photo(
        params={"url": pictures.url(name), "published": False, "alt_text_custom": "กล้วยอบเนย"}
    )
    assert isinstance(photo, Photo)
    return str(photo["id"])


def publish(page: Page, message: str, **more: Any) -> PagePost:
    answer = page.create_feed(params={"message": message, **more})
    return PagePost(answer["id"], api=page.get_api())


def finished(ig_user: IGUser, container: str) -> str:
    """Wait for a container; the client has no class for one, so it is asked by hand."""
    for _ in range(5):
        answer = ig_user.get_api().call("GET", (container,), params={"fields": "status_code,status"})
        if answer.json()["status_code"] != "IN_PROGRESS":
            break
    return str(answer.json()["status_code"])


def released(ig_user: IGUser, pictures: MadePictures, name: str = "one.jpg", caption: str = "") -> IGMedia:
    container = ig_user.create_media(params={"image_url": pictures.url(name), "caption": caption})
    assert finished(ig_user, container["id"]) == "FINISHED"
    answer = ig_user.create_media_publish(params={"creation_id": container["id"]})
    return IGMedia(answer["id"], api=ig_user.get_api())


def refused(call: Callable[[], object]) -> FacebookRequestError:
    with pytest.raises(FacebookRequestError) as caught:
        call()
    return caught.value


def test_a_page_is_read_with_its_instagram_account(page: Page) -> None:
    read = page.api_get(fields=[Page.Field.id, Page.Field.name, Page.Field.instagram_business_account])

    assert read[Page.Field.id] == account(FACEBOOK_PAGE).external_id
    assert read[Page.Field.name]
    assert read[Page.Field.instagram_business_account]["id"] == account(INSTAGRAM).external_id


def test_a_post_with_photos_is_published_and_read_back(page: Page, pictures: MadePictures) -> None:
    photos = [upload(page, pictures, name) for name in ("one.jpg", "two.jpg")]
    media = [{"media_fbid": photo} for photo in photos]

    post = publish(page, "กล้วยอบเนย ฿45", attached_media=media)

    read = post.api_get(
        fields=[
            PagePost.Field.message,
            PagePost.Field.created_time,
            PagePost.Field.permalink_url,
            PagePost.Field.is_published,
            PagePost.Field.full_picture,
        ]
    )
    assert read[PagePost.Field.message] == "กล้วยอบเนย ฿45"
    assert read[PagePost.Field.is_published] is True
    assert read[PagePost.Field.permalink_url].startswith("http")
    (attached,) = post.get_attachments()
    targets = [one["target"]["id"] for one in attached["subattachments"]["data"]]
    assert targets == photos


def test_a_photo_is_uploaded_by_bytes(page: Page, page_api: FacebookAdsApi, photo_file: Path) -> None:
    with photo_file.open("rb") as source:
        answer = page_api.call(
            "POST", (page["id"], "photos"), params={"published": False}, files={"source": source}
        )

    read = Photo(answer.json()["id"], api=page_api).api_get(fields=["width", "height", "images"])

    assert (read["width"], read["height"]) == (1080, 1080)
    assert read["images"][0]["source"].endswith(".jpg")


def test_a_post_is_edited_and_deleted(page: Page) -> None:
    post = publish(page, "คำเดิม")

    post.api_update(params={"message": "คำใหม่"})
    assert post.api_get(fields=["message"])["message"] == "คำใหม่"
    post.api_delete()

    error = refused(lambda: post.api_get(fields=["message"]))
    assert (error.http_status(), error.api_error_code(), error.api_error_subcode()) == (400, 100, 33)
    assert error.api_error_type() == "GraphMethodException"


def test_posts_are_paged_by_cursor_without_loss_or_repetition(page: Page) -> None:
    ids = [publish(page, f"โพสต์ที่ {n}")["id"] for n in range(7)]

    cursor = page.get_published_posts(fields=["id", "message"], params={"limit": 3})
    read = [post["id"] for post in cursor]

    assert read == ids[::-1]


def test_a_list_says_how_many_there_are(page: Page) -> None:
    post = publish(page, "โพสต์")
    for text in ("หมดแล้ว", "มาแล้ว", "หมดอีกแล้ว"):
        post.create_comment(params={"message": text})

    cursor = post.get_comments(fields=["id", "message"], params={"limit": 2})

    assert cursor.total() == 3
    assert {comment["message"] for comment in cursor} == {"หมดแล้ว", "มาแล้ว", "หมดอีกแล้ว"}


def test_a_comment_is_written_read_changed_and_deleted(page: Page, page_api: FacebookAdsApi) -> None:
    post = publish(page, "โพสต์")

    comment = Comment(post.create_comment(params={"message": "หมดแล้ว"})["id"], api=page_api)
    comment.api_update(params={"message": "มาแล้ว"})

    assert comment.api_get(fields=["message"])["message"] == "มาแล้ว"
    comment.api_delete()
    assert list(post.get_comments()) == []


@pytest.mark.parametrize("size", [1, 3])
def test_instagram_publishes_one_picture_or_a_carousel(
    ig_user: IGUser, pictures: MadePictures, size: int
) -> None:
    if size == 1:
        media = released(ig_user, pictures, caption="กล้วยอบเนย #otop")
    else:
        children = [
            ig_user.create_media(
                params={"image_url": pictures.url(f"{n}.jpg"), "is_carousel_item": True, "alt_text": "กล้วย"}
            )["id"]
            for n in range(size)
        ]
        carousel = ig_user.create_media(
            params={"media_type": "CAROUSEL", "children": children, "caption": "กล้วยอบเนย #otop"}
        )
        assert finished(ig_user, carousel["id"]) == "FINISHED"
        published = ig_user.create_media_publish(params={"creation_id": carousel["id"]})
        media = IGMedia(published["id"], api=ig_user.get_api())

    read = media.api_get(fields=["caption", "media_type", "permalink", "timestamp", "shortcode"])

    assert read["caption"] == "กล้วยอบเนย #otop"
    assert read["media_type"] == ("IMAGE" if size == 1 else "CAROUSEL_ALBUM")
    assert read["shortcode"] in read["permalink"]
    assert len(list(media.get_children(fields=["id", "media_type"]))) == (0 if size == 1 else size)


def test_instagram_counts_what_it_published_today(ig_user: IGUser, pictures: MadePictures) -> None:
    released(ig_user, pictures)

    (limit,) = ig_user.get_content_publishing_limit(fields=["quota_usage", "config"])

    assert limit["quota_usage"] == 1
    assert limit["config"]["quota_total"] == 50


def test_instagram_media_are_listed_newest_first_over_several_pages(
    ig_user: IGUser, pictures: MadePictures
) -> None:
    ids = [released(ig_user, pictures, f"{n}.jpg")["id"] for n in range(5)]

    listed = [media["id"] for media in ig_user.get_media(fields=["id"], params={"limit": 2})]

    assert listed == ids[::-1]


def test_instagram_comments_are_written_and_read(
    open_api: Open, control: SandboxControl, pictures: MadePictures
) -> None:
    api = open_api(account(INSTAGRAM))
    media = released(IGUser(account(INSTAGRAM).external_id, api=api), pictures)

    written = media.create_comment(params={"message": "หมดแล้ว"})
    (read,) = media.get_comments(fields=["id", "text", "timestamp", "username", "hidden"])

    assert read["id"] == written["id"]
    assert (read["text"], read["hidden"]) == ("หมดแล้ว", False)
    assert read["username"]
    IGComment(read["id"], api=api).api_update(params={"hide": True})
    assert IGComment(read["id"], api=api).api_get(fields=["hidden"])["hidden"] is True


def test_an_unfinished_container_is_refused_with_code_and_subcode(
    ig_user: IGUser, pictures: MadePictures
) -> None:
    container = ig_user.create_media(params={"image_url": pictures.url("one.jpg")})

    error = refused(lambda: ig_user.create_media_publish(params={"creation_id": container["id"]}))

    assert (error.api_error_code(), error.api_error_subcode()) == (9007, 2207027)
    assert error.api_transient_error() is False


def test_a_dead_token_is_told_as_meta_tells_it(open_api: Open, control: SandboxControl) -> None:
    api = open_api(dead_account(FACEBOOK_PAGE))

    error = refused(lambda: Page(account(FACEBOOK_PAGE).external_id, api=api).api_get(fields=["id"]))

    assert (error.http_status(), error.api_error_code(), error.api_error_subcode()) == (400, 190, 463)
    assert error.api_error_type() == "OAuthException"
    assert error.body()["error"]["fbtrace_id"]


def test_a_token_without_the_permission_is_refused(open_api: Open, control: SandboxControl) -> None:
    api = open_api(limited_account(FACEBOOK_PAGE))

    error = refused(lambda: publish(Page(account(FACEBOOK_PAGE).external_id, api=api), "โพสต์"))

    assert error.api_error_code() in {10, 200}


def test_a_throttle_names_the_wait_in_its_header(page: Page, control: SandboxControl) -> None:
    control.fail(Throttle(seconds=150))

    error = refused(lambda: publish(page, "โพสต์"))

    assert error.api_error_code() == 80001
    usage = json.loads(error.http_headers()["X-Business-Use-Case-Usage"])
    assert usage[page["id"]][0]["estimated_time_to_regain_access"] == 3


def test_a_server_error_may_have_done_it_all_the_same(page: Page, control: SandboxControl) -> None:
    control.fail(ServerErrorWithEffect())

    error = refused(lambda: publish(page, "โพสต์"))

    assert (error.http_status(), error.api_error_code()) == (500, 2)
    assert len(list(page.get_published_posts())) == 1


def test_an_ordered_error_reaches_the_client_as_it_was_worded(page: Page, control: SandboxControl) -> None:
    control.fail(Error(code=368, subcode=1390008, message="you post too fast"))

    error = refused(lambda: publish(page, "โพสต์"))

    assert (error.api_error_code(), error.api_error_subcode()) == (368, 1390008)
    assert "you post too fast" in error.api_error_message()


def test_a_batch_answers_each_part_in_order(page: Page, page_api: FacebookAdsApi) -> None:
    post = publish(page, "คำเดิม")
    told: list[tuple[str, FacebookResponse]] = []
    batch = page_api.new_batch()
    for part in (
        lambda **how: page.api_get(fields=["id", "name"], batch=batch, **how),
        lambda **how: post.api_update(params={"message": "คำใหม่ & ครบ"}, batch=batch, **how),
        lambda **how: PagePost("0_0", api=page_api).api_get(fields=["message"], batch=batch, **how),
    ):
        part(
            success=lambda answer: told.append(("done", answer)),
            failure=lambda answer: told.append(("refused", answer)),
        )

    assert batch.execute() is None

    assert [how for how, _ in told] == ["done", "done", "refused"]
    assert told[0][1].json()["id"] == page["id"]
    assert told[2][1].error().api_error_code() == 100
    assert post.api_get(fields=["message"])["message"] == "คำใหม่ & ครบ"


def test_a_batch_may_upload_a_file(page: Page, page_api: FacebookAdsApi, photo_file: Path) -> None:
    told: list[FacebookResponse] = []
    batch = page_api.new_batch()
    with photo_file.open("rb") as source:
        batch.add(
            "POST",
            (page["id"], "photos"),
            params={"published": False},
            files={"source": source},
            success=told.append,
        )
        batch.execute()

    (answer,) = told
    assert answer.json()["id"]


def test_the_proof_of_the_app_secret_is_checked(open_api: Open) -> None:
    options = SandboxOptions(app_secret=APP_SECRET, require_appsecret_proof=True)
    with SandboxServer(options) as strict:
        page_id = account(FACEBOOK_PAGE).external_id
        good, bad, none = (
            open_api(account(FACEBOOK_PAGE), strict.graph_url, app_secret=secret)
            for secret in (APP_SECRET, "another-secret", None)
        )

        assert Page(page_id, api=good).api_get(fields=["id"])["id"] == page_id
        for api in (bad, none):
            error = refused(lambda api=api: Page(page_id, api=api).api_get(fields=["id"]))
            assert error.api_error_code() == 100
            assert "appsecret_proof" in error.api_error_message()


def test_the_version_asked_for_is_the_version_that_answers(page_api: FacebookAdsApi, page: Page) -> None:
    answer = page_api.call("GET", (page["id"],), api_version="v25.0")

    assert answer.headers()["facebook-api-version"] == "v25.0"
