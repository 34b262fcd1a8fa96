"""The media store on a real folder and on a real S3 service (moto, on loopback)."""

import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from schemas.ids import PictureKey
from syndicator.media.originals import original_key, store_original
from syndicator.media.settings import MediaSettings
from syndicator.media.storage import (
    InvalidKey,
    ObjectStore,
    StorageError,
    StorageUnavailable,
    StoredPictures,
    open_store,
)

KEY = "pictures/ab/abcd-0123.jpg"


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return open_store(MediaSettings(), default_folder=tmp_path / "media")
    endpoint = request.getfixturevalue("s3_endpoint")
    bucket = f"bucket-{abs(hash(tmp_path))}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
    )
    client.create_bucket(Bucket=bucket)
    return open_store(s3_settings(endpoint, f"s3://{bucket}/media"), default_folder=tmp_path)


def s3_settings(endpoint: str, address: str) -> MediaSettings:
    return MediaSettings(
        store=address, s3_endpoint=endpoint, s3_access_key=SecretStr("a"), s3_secret_key=SecretStr("b")
    )


def test_what_is_put_is_read(store: ObjectStore) -> None:
    store.put(KEY, b"picture")

    assert store.read(KEY) == b"picture"
    assert store.exists(KEY)
    assert store.size(KEY) == 7


def test_file_is_put_without_reading_it_here(store: ObjectStore, tmp_path: Path) -> None:
    path = tmp_path / "source.jpg"
    path.write_bytes(bytes(range(256)) * 40_000)

    store.put(KEY, path)

    assert store.size(KEY) == 10_240_000


def test_absent_key_is_file_not_found(store: ObjectStore) -> None:
    assert not store.exists(KEY)
    for ask in (store.read, store.size, store.stream):
        with pytest.raises(FileNotFoundError, match="abcd-0123"):
            ask(KEY)


def test_put_replaces(store: ObjectStore) -> None:
    store.put(KEY, b"first")
    store.put(KEY, b"second")

    assert store.read(KEY) == b"second"


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, None, b"0123456789"), (2, 5, b"234"), (8, 99, b"89"), (10, None, b""), (5, 5, b"")],
)
def test_range_is_half_open(store: ObjectStore, start: int, end: int | None, expected: bytes) -> None:
    store.put(KEY, b"0123456789")

    assert b"".join(store.stream(KEY, start=start, end=end)) == expected


def test_large_picture_streams_in_chunks(store: ObjectStore) -> None:
    data = os.urandom(2_000_000)
    store.put(KEY, data)

    assert b"".join(store.stream(KEY)) == data


@pytest.mark.parametrize(
    "key",
    [
        "../outside",
        "/etc/passwd",
        "a/../../b",
        "a//b",
        "",
        ".hidden",
        "a/.b",
        "a\\b",
        "a\nb",
        "ก",
        "a" * 600,
        "a/",
    ],
)
def test_key_that_climbs_out_is_refused(store: ObjectStore, key: str) -> None:
    for ask in (store.read, store.exists, store.size, store.stream, lambda k: store.put(k, b"x")):
        with pytest.raises(InvalidKey):
            ask(key)


def test_readers_never_see_half_a_picture(store: ObjectStore) -> None:
    first, second = b"a" * 300_000, b"b" * 300_000
    store.put(KEY, first)

    def write(data: bytes) -> None:
        store.put(KEY, data)

    with ThreadPoolExecutor(4) as pool:
        writes = [pool.submit(write, data) for data in (first, second) * 5]
        seen = {store.read(KEY) for _ in range(20)}
        for done in writes:
            done.result()

    assert seen <= {first, second}


def test_original_is_kept_under_its_hash_once(store: ObjectStore, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"a photo")

    from_path, from_bytes = store_original(store, path), store_original(store, b"a photo")

    assert from_path == from_bytes
    assert from_path.size_bytes == 7
    assert store.read(original_key(from_path.sha256)) == b"a photo"


def test_unchanged_original_is_not_written_again(tmp_path: Path) -> None:
    folder = open_store(MediaSettings(), default_folder=tmp_path)
    kept = store_original(folder, b"a photo")
    path = tmp_path / original_key(kept.sha256)
    os.utime(path, (1, 1))

    store_original(folder, b"a photo")

    assert path.stat().st_mtime == 1


def test_pictures_have_public_addresses(store: ObjectStore) -> None:
    store.put(KEY, b"picture")
    pictures = StoredPictures(store, "https://media.example/media/")

    assert pictures.url(PictureKey(KEY)) == f"https://media.example/media/{KEY}"
    assert pictures.read(PictureKey(KEY)) == b"picture"


def test_bucket_that_is_not_there_is_one_clear_sentence(s3_endpoint: str, tmp_path: Path) -> None:
    store = open_store(s3_settings(s3_endpoint, "s3://nobody-made-this"), default_folder=tmp_path)

    with pytest.raises(StorageError, match="s3://nobody-made-this"):
        store.put(KEY, b"picture")


def test_service_that_is_not_there_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = open_store(s3_settings(f"http://127.0.0.1:{port}", "s3://bucket"), default_folder=tmp_path)

    with pytest.raises(StorageUnavailable, match="s3://bucket"):
        store.put(KEY, b"picture")


def test_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(StorageUnavailable, match="taken"):
        open_store(MediaSettings(store=str(tmp_path / "taken" / "media")), default_folder=tmp_path)


@pytest.mark.parametrize("address", ["s3://", "ftp://host/x"])
def test_store_address_that_is_none_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="SYNDICATOR_MEDIA__STORE"):
        open_store(MediaSettings(store=address), default_folder=tmp_path)
