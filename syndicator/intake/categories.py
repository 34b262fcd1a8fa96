"""The category codes a product may carry, from ``config/categories.toml``."""

import difflib
import tomllib
from collections.abc import Mapping
from functools import cache

from adapters.config_files import config_dir


@cache
def load_categories() -> Mapping[str, str]:
    """Return the Thai name of every category code, in the file's order."""
    with (config_dir() / "categories.toml").open("rb") as stream:
        categories: dict[str, str] = tomllib.load(stream)["categories"]
    return categories


def nearest_categories(code: str, categories: Mapping[str, str]) -> list[str]:
    """Return up to three known codes that look most like ``code``, those of its own group first."""
    group = code.partition(".")[0]
    siblings = [known for known in categories if known.partition(".")[0] == group]
    return difflib.get_close_matches(code, siblings or list(categories), n=3, cutoff=0.0)
