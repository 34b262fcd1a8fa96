"""How large an import may be. Sanity limits of ours, not of any channel."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeLimits:
    """Bounds that keep one import from taking the whole machine.

    Attributes:
        max_rows: Data rows; empty rows are not counted.
        max_columns: Columns of the header.
        max_file_bytes: Size of the file on disk.
        max_unpacked_bytes: What the parts of a workbook may take once unpacked.
        max_unpack_ratio: Unpacked size over packed size of a workbook larger than ``bomb_floor_bytes``.
        max_line_chars: Characters of one physical line of a CSV.
    """

    max_rows: int = 100_000
    max_columns: int = 200
    max_file_bytes: int = 256 * 1024 * 1024
    max_unpacked_bytes: int = 768 * 1024 * 1024
    max_unpack_ratio: int = 200
    bomb_floor_bytes: int = 32 * 1024 * 1024
    max_line_chars: int = 1_000_000


DEFAULT_LIMITS = IntakeLimits()
