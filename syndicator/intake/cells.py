"""One row as the file holds it, whatever the file's format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Spoiled(StrEnum):
    """What a spreadsheet did to a cell; the value is the code of the problem."""

    FORMULA = "cell_formula"
    ERROR = "cell_error"
    NUMBER = "cell_number"
    DATE = "cell_date"
    SKU_DATE = "sku_spreadsheet_date"


@dataclass(frozen=True, slots=True)
class Row:
    """One data row.

    Attributes:
        line: Where the row begins; the header is line 1.
        cells: Text by column, as written; columns outside the format are kept for writing the row back.
        spoiled: Columns whose text a workbook holds in a form that lost or hides the original.
        surplus: Cells beyond the header's last column that hold something.
    """

    line: int
    cells: Mapping[str, str]
    spoiled: Mapping[str, Spoiled] = field(default_factory=dict)
    surplus: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no cell holds anything but white space."""
        return not self.surplus and not any(text.strip() for text in self.cells.values())
