"""The environment of a run: addresses of the sandbox, small waits, and everything else as shipped."""

import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet

from adapters.testing.sandbox_environment import sandbox_environment
from syndicator.local.ports import free_port
from tests.chaos.scenario import Scenario

LONGEST_WAIT = "PT20S"
"""The wait between two tries grows no further, so that a run comes to rest within minutes; it is half an hour as shipped."""


def environment(var: Path, sandbox_url: str, scenario: Scenario) -> Mapping[str, str]:
    """Return the environment of the processes, and put its settings into our own."""
    settings = {
        "SYNDICATOR_VAR": str(var),
        "SYNDICATOR_LANGUAGE": "en",
        "SYNDICATOR_API__PORT": str(free_port()),
        "SYNDICATOR_SECRET_KEYS": Fernet.generate_key().decode(),
        "SYNDICATOR_WORKER__PROCESSES": "2",
        "SYNDICATOR_WORKER__MEDIA_PROCESSES": "1",
        "SYNDICATOR_RETRY__LONGEST_WAIT": LONGEST_WAIT,
        # The run is judged as soon as nothing is due; that a change settles first is shown elsewhere.
        "SYNDICATOR_STOCK__SOLD_OUT_AFTER": "PT0S",
        "SYNDICATOR_STOCK__BACK_AFTER": "PT0S",
        "SYNDICATOR_ORDERS__EVERY": "PT5S",
        **sandbox_environment(sandbox_url, var / "emarkets"),
    }
    if scenario.lookup_settles_s is not None:
        for group in ("META", "LINE"):
            settings[f"SYNDICATOR_{group}__LOOKUP_SETTLES"] = f"PT{scenario.lookup_settles_s}S"
    if not scenario.verifies:
        settings["SYNDICATOR_TESTING__LOOKS_BEFORE_REPEATING"] = "false"
    for name in [name for name in os.environ if name.startswith("SYNDICATOR_")]:
        del os.environ[name]
    os.environ.update(settings)
    return dict(os.environ)
