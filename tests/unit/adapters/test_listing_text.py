import pytest

from adapters.limits import Grade, Limit, TextUnit
from adapters.listing_text import fit
from adapters.text import count


def limit(value: int, unit: TextUnit = TextUnit.CODE_POINTS) -> Limit:
    return Limit(value, unit, "test", "2026-11-22", Grade.ASSUMED)


def framed(description: str) -> str:
    return f"หัวเรื่อง\n\n{description}\n\nรหัส SY7K3M2Q9"


def test_a_text_that_fits_is_left_alone() -> None:
    assert fit(framed, "กล้วยอบเนย", limit(1000)) == framed("กล้วยอบเนย")


@pytest.mark.parametrize("unit", list(TextUnit))
def test_only_the_description_gives_way(unit: TextUnit) -> None:
    text = fit(framed, "กล้วยอบเนยหอมหวาน " * 50, limit(120, unit))

    assert count(text, unit) <= 120
    assert text.startswith("หัวเรื่อง\n\nกล้วย")
    assert text.endswith("…\n\nรหัส SY7K3M2Q9")


def test_a_frame_that_is_too_long_alone_is_left_for_the_rules_to_report() -> None:
    assert fit(framed, "กล้วยอบเนย", limit(10)) == framed("กล้วยอบเนย")
