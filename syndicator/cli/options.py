"""Options that many commands share."""

import getpass
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from syndicator.cli.output import Output
from syndicator.settings import Settings, read_settings
from syndicator.telemetry import configure_logging

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for programs.")]
Seller = Annotated[str | None, typer.Option("--seller", help="The seller to act for (SYNDICATOR_SELLER).")]
By = Annotated[str | None, typer.Option("--by", help="Who decides, for the record (this machine's user).")]
ReadyFile = Annotated[Path | None, typer.Option("--ready-file", hidden=True)]


@dataclass(frozen=True, slots=True)
class Command:
    """What every command starts with: the settings, where to speak, and for whom."""

    settings: Settings
    out: Output
    seller: str


def begin(*, as_json: bool = False, seller: str | None = None) -> Command:
    """Read the settings once.

    Raises:
        SettingInvalid: A setting is not valid; the sentence names it.
    """
    settings = read_settings()
    configure_logging(level=logging.WARNING)
    return Command(
        settings=settings,
        out=Output(as_json=as_json, language=settings.language),
        seller=seller or settings.seller,
    )


def who(by: str | None) -> str:
    """Return the name that a decision is recorded under."""
    if by:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a user that has no name.
        return "command line"


def tell_ready(path: Path | None) -> None:
    """Create the file that a supervisor waits for."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
