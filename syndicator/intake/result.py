"""What an import gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from schemas.ids import Sku
from schemas.problem import Problem
from schemas.product import Product
from syndicator.intake.file_kind import FileKind


@dataclass(frozen=True, slots=True)
class IntakeProduct:
    """A product made of good rows.

    Attributes:
        product: Its pictures have a ``source`` and no ``sha256`` yet.
        stock: Units on hand by SKU, one entry for every variant.
        lines: Line of the file (1 is the header) by SKU, one entry for every variant.
    """

    product: Product
    stock: Mapping[Sku, int]
    lines: Mapping[Sku, int]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken, and everything that is wrong with it.

    Attributes:
        cells: Text as written, by column.
        surplus: Text that stood to the right of the last column.
    """

    line: int
    cells: Mapping[str, str]
    problems: tuple[Problem, ...]
    surplus: tuple[str, ...] = ()


class HasBadRows(Protocol):
    """What was read of any file: the rows that were not taken, and what it takes to write them back."""

    @property
    def kind(self) -> FileKind:
        """The format of the file."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The file's own columns in the file's order."""
        ...

    @property
    def bad_rows(self) -> tuple[BadRow, ...]:
        """Every row that was not taken."""
        ...

    @property
    def notes(self) -> tuple[Problem, ...]:
        """What the seller should know though nothing is wrong."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeResult:
    """Everything the file held: every data row is in exactly one product or in ``bad_rows``.

    Attributes:
        columns: The file's own columns in the file's order, for writing the bad rows back.
        notes: What the seller should know though nothing is wrong: columns ignored, empty rows skipped.
    """

    kind: FileKind
    columns: tuple[str, ...]
    products: tuple[IntakeProduct, ...]
    bad_rows: tuple[BadRow, ...]
    notes: tuple[Problem, ...] = ()

    @property
    def rows(self) -> int:
        """Number of data rows read, good and bad."""
        return sum(len(item.lines) for item in self.products) + len(self.bad_rows)
