import pytest
from obstore.exceptions import GenericError

from syndicator.media.storage import StorageFull, StorageUnavailable, storage_error

# As obstore 0.12 words it, seen on a full tmpfs.
FULL = (
    "Generic LocalFileSystem error: Unable to copy data to file: No space left on device (os error 28)\n\n"
    "Debug source:\nGeneric { store: LocalFileSystem, ... kind: StorageFull, ... }"
)


@pytest.mark.parametrize("exc", [GenericError(FULL), OSError(28, "No space left on device")])
def test_full_disk_is_named_with_its_place(exc: Exception) -> None:
    error = storage_error(exc, "/srv/media")

    assert isinstance(error, StorageFull)
    assert error.problem.code == "storage_full"
    assert "/srv/media" in error.problem.th
    assert "/srv/media is full" in error.problem.en


def test_other_failures_keep_their_first_line_only() -> None:
    error = storage_error(GenericError("connection refused\n\nDebug source: internals"), "s3://bucket")

    assert isinstance(error, StorageUnavailable)
    assert "connection refused" in error.problem.en
    assert "internals" not in error.problem.en
