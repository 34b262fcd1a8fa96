"""The settings that point the channels at a sandbox, and the market files that go with them."""

import os
from pathlib import Path

import yaml

from adapters.config_files import config_dir

SANDBOX_MARKET = "sandbox-emarket"


def sandbox_environment(url: str, folder: Path) -> dict[str, str]:
    """Return the environment variables for a sandbox at ``url``; market files that name it are written to ``folder``."""
    return {
        "SYNDICATOR_META__GRAPH_URL": f"{url}/graph",
        "SYNDICATOR_META__INSTAGRAM_URL": f"{url}/graph-instagram",
        "SYNDICATOR_LINE__MYSHOP_URL": f"{url}/line-shop",
        "SYNDICATOR_LINE__MESSAGING_URL": f"{url}/line-messaging",
        "SYNDICATOR_EMARKET_DIR": str(write_market_files(folder, f"{url}/market/api")),
    }


def write_market_files(folder: Path, base_url: str) -> Path:
    """Copy ``config/emarkets`` to ``folder`` with ``base_url`` as the address of the sandbox market; return the folder.

    Each file appears whole: another process may be reading the ones of an earlier start.
    """
    source = config_dir() / "emarkets"
    for path in sorted(file for file in source.rglob("*") if file.is_file()):
        text = path.read_text(encoding="utf-8")
        if path.name == f"{SANDBOX_MARKET}.yaml" and path.parent == source:
            text = yaml.safe_dump(
                {**yaml.safe_load(text), "base_url": base_url}, allow_unicode=True, sort_keys=False
            )
        _write_whole(folder / path.relative_to(source), text)
    return folder


def _write_whole(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
