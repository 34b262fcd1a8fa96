import pytest

from adapters.testing.sandbox.pages.views import baht, thai_time
from adapters.testing.sandbox.summary import MARKER, Listing, duplicates


def listing(account: str = "a", marker: str = "", code: str = "") -> Listing:
    return Listing(channel="c", account=account, id="1", visible=True, text="", marker=marker, code=code)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("รหัส SY7K3M2Q9", "SY7K3M2Q9"),
        ("รหัสSY7K3M2Q9ค่ะ", "SY7K3M2Q9"),
        ("#SY7K3M2Q9", "SY7K3M2Q9"),
        ("XSY7K3M2Q9", None),
        ("SY7K3M2Q9A", None),
        ("SY7k3m2q9", None),
    ],
)
def test_marker_stands_alone_even_between_thai_letters(text: str, found: str | None):
    match = MARKER.search(text)

    assert (match[0] if match else None) == found


def test_duplicates_are_what_goes_beyond_the_first():
    assert duplicates([]) == 0
    assert duplicates([listing(marker="M"), listing(marker="M"), listing(marker="M")]) == 2
    assert duplicates([listing(marker="M"), listing("b", marker="M")]) == 0
    assert duplicates([listing(code="P"), listing(code="P")]) == 1
    assert duplicates([listing(), listing()]) == 0
    assert duplicates([listing(marker="M", code="P"), listing(marker="M", code="P")]) == 1


def test_time_and_money_read_as_thai_buyers_expect():
    assert thai_time(1_795_300_000) == "22 พ.ย. 2569 05:26 น."
    assert (baht(1290), baht(45.5), baht(150_000.25)) == ("฿1,290", "฿45.50", "฿150,000.25")
