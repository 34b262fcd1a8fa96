"""One running system for the tests that do not hurt it; each test has a seller of its own on it."""

import itertools
from pathlib import Path

import pytest

from adapters.testing.specs import SpecChecker
from syndicator.media.sample_photos import make_photos
from tests.support.cli import CommandLine
from tests.support.stack import good_rows, quick_environment, running_stack, short_folder

SPECS = Path(__file__).parent.parent / "data" / "specs"
LONG_SIDE = 360
"""Pixels; small, because what is tested here is the way of the pictures and not their size."""

_numbers = itertools.count(101)


def pytest_itemcollected(item):
    item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """Sample photos of every product, with every odd format among them."""
    folder = tmp_path_factory.mktemp("photos")
    names = {name for row in good_rows() for name in row["image_files"].split("|")}
    make_photos(names, folder, long_side=LONG_SIDE, processes=1)
    return folder


@pytest.fixture(scope="session")
def stack(photos):
    """A running system. Whatever it sent to a channel must agree with that vendor's description."""
    with short_folder() as folder, running_stack(CommandLine(quick_environment(folder)), photos) as stack:
        yield stack
        violations = SpecChecker(SPECS).check_all(stack.channels.calls())
        assert violations == []


@pytest.fixture
def seller(stack):
    """A seller with four connected accounts and nothing on sale."""
    seller = stack.seller(next(_numbers))
    seller.connect()
    return seller
