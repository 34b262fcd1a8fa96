"""``syndicator sandbox``: the simulated channels."""

from pathlib import Path
from typing import Annotated

import typer

from adapters.testing.sandbox.options import SandboxOptions
from adapters.testing.sandbox.server import serve
from syndicator.cli.options import begin
from syndicator.local.ports import check_port_free


def sandbox(
    host: Annotated[str | None, typer.Option(help="SYNDICATOR_SANDBOX__HOST")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="SYNDICATOR_SANDBOX__PORT")] = None,
    state: Annotated[Path | None, typer.Option(help="File that keeps the listings between runs.")] = None,
    journal: Annotated[Path | None, typer.Option(help="File every request is appended to.")] = None,
) -> None:
    """Run the simulated channels and their shop fronts."""
    settings = begin().settings
    where = host or settings.sandbox.host
    number = port or settings.sandbox.port
    check_port_free(where, number, setting="SYNDICATOR_SANDBOX__PORT")
    for path in (state, journal):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
    serve(where, number, SandboxOptions(state_file=state, journal_file=journal))
