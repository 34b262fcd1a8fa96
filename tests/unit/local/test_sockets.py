import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from syndicator.local.sockets import remove_if_borrowed, socket_folder

NAME = ".s.PGSQL.5432"


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sy-") as name:
        yield Path(name)


def test_a_short_plain_path_is_used_as_it_is_and_closed_to_others(home):
    folder = socket_folder(home / "run", NAME, None)

    assert folder == home / "run"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["x" * 100, "a,b", "a b", "ผัก", "100%"])
def test_any_other_path_gets_the_same_short_place_every_time(home, name):
    folder = socket_folder(home / name, NAME, None)

    assert not folder.is_relative_to(home)
    assert len(os.fsencode(folder / NAME)) <= 103
    assert socket_folder(home / name, NAME, None) == folder
    assert socket_folder(home / f"{name}2", NAME, None) != folder

    remove_if_borrowed(socket_folder(home / f"{name}2", NAME, None), home)
    remove_if_borrowed(folder, home)
    assert not folder.exists()


def test_a_link_somebody_put_in_the_place_is_not_followed(home):
    (home / "theirs").mkdir(mode=0o755)
    (home / "run").symlink_to(home / "theirs")

    folder = socket_folder(home / "run", NAME, None)

    assert folder != home / "run"
    assert (home / "theirs").stat().st_mode & 0o777 == 0o755
    remove_if_borrowed(folder, home)


def test_a_socket_folder_at_home_is_kept(home):
    folder = socket_folder(home / "run", NAME, None)

    remove_if_borrowed(folder, home)

    assert folder.exists()
