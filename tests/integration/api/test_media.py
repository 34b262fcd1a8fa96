"""Pictures over the API: uploaded or fetched, named by their hash, each seller's own."""

import hashlib

import pytest

from tests.support.api_door import ApiDoor
from tests.support.documents import document
from tests.support.pictures import encode, quarters

HERE = "/v1/sellers/A/media"


def test_an_uploaded_picture_is_named_by_its_hash_in_a_product(door: ApiDoor) -> None:
    caller, picture = door.caller("A"), encode(quarters(), "PNG")
    made = caller.post(HERE, files={"file": ("a.png", picture)})
    sha = hashlib.sha256(picture).hexdigest()

    assert (made.status_code, made.json()["sha256"], made.json()["size_bytes"]) == (201, sha, len(picture))
    assert caller.get(f"{HERE}/{sha}").json() == made.json()
    assert caller.post(HERE, files={"file": ("b.png", picture)}).json() == made.json()
    put = caller.put("/v1/sellers/A/products/P-1", json=document(media=[{"sha256": sha}]))
    assert put.status_code == 201
    assert put.json()["product"]["media"][0]["sha256"] == sha


def test_a_picture_of_another_seller_is_not_there_until_one_sends_it_too(door: ApiDoor) -> None:
    door.seller("B")
    mine, theirs, picture = door.caller("A"), door.caller("B"), encode(quarters(), "PNG")
    sha = mine.post(HERE, files={"file": ("a.png", picture)}).json()["sha256"]
    named = document(media=[{"sha256": sha}])

    assert theirs.get(f"/v1/sellers/B/media/{sha}").status_code == 404
    refused = theirs.put("/v1/sellers/B/products/P-1", json=named)
    assert (refused.status_code, refused.json()["code"]) == (422, "picture_unknown")

    assert theirs.post("/v1/sellers/B/media", files={"file": ("x.png", picture)}).status_code == 201
    assert theirs.put("/v1/sellers/B/products/P-1", json=named).status_code == 201


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "picture_empty"), (b"%PDF-1.7", "unsupported_format"), (b"just words", "not_a_picture")],
    ids=["empty", "pdf", "words"],
)
def test_what_is_no_picture_is_refused(door: ApiDoor, content: bytes, code: str) -> None:
    refused = door.caller("A").post(HERE, files={"file": ("a.jpg", content)})

    assert (refused.status_code, refused.json()["code"], refused.json()["path"]) == (422, code, "file")


def test_a_picture_is_not_fetched_from_a_private_network(door: ApiDoor) -> None:
    for url in (
        "https://127.0.0.1/a.png",
        "https://169.254.169.254/x",
        "http://example.test/a.png",
        "file:///x",
    ):
        refused = door.caller("A").post(f"{HERE}/by-url", json={"url": url})
        assert (refused.status_code, refused.json()["path"]) == (422, "url"), url
    assert door.core.value("SELECT count(*) FROM media") == 0


def test_a_form_without_a_file_says_what_is_missing(door: ApiDoor) -> None:
    refused = door.caller("A").post(HERE, files={"photo": ("a.png", b"x")})

    assert (refused.status_code, refused.json()["problems"][0]["path"]) == (422, "file")
