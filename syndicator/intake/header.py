"""The first record of the file: which column is where."""

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from adapters.text import normalize_thai
from schemas.problem import Problem
from syndicator.intake.columns import COLUMNS, NAMES, REASON_COLUMNS, Column
from syndicator.intake.errors import refusal
from syndicator.intake.limits import IntakeLimits
from syndicator.intake.sentences import problem


@dataclass(frozen=True, slots=True)
class Header:
    """Columns in the file's order; a column without a name is ""."""

    names: tuple[str, ...]

    @property
    def named(self) -> tuple[str, ...]:
        """The columns that have a name, without those ``failed_rows`` adds."""
        return tuple(name for name in self.names if name and name not in REASON_COLUMNS)

    @property
    def notes(self) -> tuple[Problem, ...]:
        """Tell which columns of the file are not used."""
        ignored = [name for name in self.named if name not in NAMES]
        return (problem("", "columns_ignored", columns=", ".join(ignored)),) if ignored else ()


class HeaderReader(Protocol):
    """Makes the header of a file's first record.

    Raises:
        IntakeError: A file with these columns cannot be used.
    """

    def __call__(self, cells: Sequence[str], *, file: str, limits: IntakeLimits) -> Header: ...  # noqa: D102


def read_header(cells: Sequence[str], *, file: str, limits: IntakeLimits) -> Header:
    """Check the first record. Order is free, letter case and outer spaces do not matter.

    Raises:
        IntakeError: A column of the format is missing or stands twice, or there are far too many.
    """
    names = tuple(normalize_thai(cell).strip().lower() for cell in cells)
    while names and not names[-1]:
        names = names[:-1]
    if len(names) > limits.max_columns:
        raise refusal("header_too_wide", file=file, limit=limits.max_columns)
    if missing := [column for column in COLUMNS if column not in names]:
        raise _missing(missing, names, file)
    if twice := [name for name, times in Counter(filter(None, names)).items() if times > 1]:
        raise refusal("header_duplicate_columns", file=file, columns=", ".join(twice))
    return Header(names)


_SEPARATORS = {"\t": ("แท็บ", "tabs"), ";": ("อัฒภาค (;)", "semicolons (;)"), "|": ("เครื่องหมาย |", "bars (|)")}


def _missing(missing: Sequence[Column], names: Sequence[str], file: str) -> Exception:
    if len(names) == 1:
        for separator, (thai, english) in _SEPARATORS.items():
            if len(set(names[0].split(separator)) & NAMES) > 1:
                return refusal("csv_separator", file=file, separator_th=thai, separator_en=english)
    unknown = [name for name in names if name and name not in NAMES]
    return refusal(
        "header_missing_columns", file=file, columns=", ".join(_with_hint(m, unknown) for m in missing)
    )


def _with_hint(column: Column, unknown: Sequence[str]) -> str:
    near = difflib.get_close_matches(column, unknown, n=1, cutoff=0.8)
    return f"{column} ({near[0]}?)" if near else str(column)
