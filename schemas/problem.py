"""A problem is a value: where, what, and the sentence a person reads, in Thai and in English."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """One thing that is wrong, said so that the reader can mend it.

    Attributes:
        path: What is wrong: a column (``price_thb``), a field (``variants[2].weight_g``) or "" for the whole.
        code: Stable machine name (``price_format``); never translated, never reused for another meaning.
        th: One Thai sentence for a seller: what is wrong and what to do.
        en: The same in English.
        suggestion: A value the reader may use instead. It is shown, never applied without being asked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    code: str
    th: str
    en: str
    suggestion: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.en}" if self.path else self.en


def summarize(problems: Iterable[Problem]) -> str:
    """Join problems into one English line for logs and exceptions."""
    return "; ".join(str(problem) for problem in problems)
