import shutil
from pathlib import Path

import pytest

from adapters.config_files import config_dir
from adapters.settings import EmarketSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped market files, to be spoilt."""
    target = tmp_path / "emarkets"
    shutil.copytree(config_dir() / "emarkets", target)
    return target


@pytest.fixture
def settings(folder: Path) -> EmarketSettings:
    return EmarketSettings(dir=folder)
