"""Money is a whole number of satang (1 baht = 100 satang). No float ever holds a price."""

import re
from typing import Final

from pydantic import Field, RootModel

_PLAIN_DECIMAL: Final = re.compile(r"(\d{1,12})(?:\.(\d{1,2}))?", re.ASCII)


class Money(RootModel[int]):
    """An amount of Thai baht, held and stored as integer satang."""

    model_config = {"frozen": True}

    root: int = Field(ge=0)

    @classmethod
    def from_baht(cls, text: str) -> "Money":
        """Read a plain decimal such as ``1290`` or ``1290.50``.

        Raises:
            ValueError: The text is not a plain decimal with at most two decimals (no sign, separator or unit).
        """
        match = _PLAIN_DECIMAL.fullmatch(text)
        if match is None:
            raise ValueError(f"not a plain decimal amount of baht: {text!r}")
        return cls(int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")))

    @property
    def satang(self) -> int:
        """The amount in satang."""
        return self.root

    def baht(self) -> str:
        """Write the amount as a plain decimal of baht with two decimals: ``1290.00``."""
        return f"{self.root // 100}.{self.root % 100:02d}"

    def display(self) -> str:
        """Write the amount for people: ``฿1,290``, or ``฿1,290.50`` when satang remain."""
        decimals = f".{self.root % 100:02d}" if self.root % 100 else ""
        return f"฿{self.root // 100:,}{decimals}"

    def __lt__(self, other: "Money") -> bool:
        return self.root < other.root

    def __le__(self, other: "Money") -> bool:
        return self.root <= other.root
