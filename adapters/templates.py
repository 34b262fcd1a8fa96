"""Listing texts from ``config/templates/``: Jinja, Thai first, no logic beyond what a text needs."""

from pathlib import Path
from typing import Any

import jinja2

from adapters.config_files import config_dir


class JinjaTemplates:
    """Renders templates from a folder; an undefined name is an error, never an empty word in a listing."""

    def __init__(self, folder: Path | None = None) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder or config_dir() / "templates"),
            undefined=jinja2.StrictUndefined,
            # The channels take plain text; escaping would show "&amp;" to buyers.
            autoescape=False,  # noqa: S701
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
        )

    def render(self, name: str, /, **context: Any) -> str:
        """Render ``name`` and trim white space around it."""
        return self._environment.get_template(name).render(**context).strip()
