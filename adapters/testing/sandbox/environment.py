"""The settings that point the channels at a sandbox, and the market files that go with them."""

import shutil
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
        "SYNDICATOR_EMARKET_DIR": str(write_market_files(folder, f"{url}/market/api")),
    }


def write_market_files(folder: Path, base_url: str) -> Path:
    """Copy ``config/emarkets`` to ``folder`` with ``base_url`` as the address of the sandbox market; return the folder."""
    shutil.copytree(config_dir() / "emarkets", folder, dirs_exist_ok=True)
    path = folder / f"{SANDBOX_MARKET}.yaml"
    market = yaml.safe_load(path.read_text(encoding="utf-8"))
    market["base_url"] = base_url
    path.write_text(yaml.safe_dump(market, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return folder
