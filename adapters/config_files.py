"""Where the data of ``config/`` is: beside the packages in a checkout, inside the package when installed."""

from functools import cache
from pathlib import Path


@cache
def config_dir() -> Path:
    """Return the folder that holds the templates, market files and defaults.

    Raises:
        FileNotFoundError: The installation is broken: neither place has it.
    """
    root = Path(__file__).resolve().parent.parent
    for candidate in (root / "config", root / "syndicator" / "_config"):
        if (candidate / "templates").is_dir():
            return candidate
    raise FileNotFoundError(f"config/templates was not found below {root}; reinstall syndicator")
