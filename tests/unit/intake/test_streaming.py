"""Rows of a long file become products one by one."""

from collections.abc import Iterator

from syndicator.intake.cells import Row
from syndicator.intake.columns import COLUMNS
from syndicator.intake.result import BadRow
from syndicator.intake.streaming import stream_products
from tests.support.intake_files import a_row


def rows(*changes: dict[str, str]) -> Iterator[Row]:
    for line, change in enumerate(changes, start=2):
        yield Row(line, a_row(gtin="", **change), surplus=())


def told(*changes: dict[str, str]) -> list[tuple[str, list[str]]]:
    found = []
    for item in stream_products(rows(*changes), width=len(COLUMNS)):
        if isinstance(item, BadRow):
            found.append((item.cells["sku"], [one.code for one in item.problems]))
        else:
            found.append((item.product.sku, list(item.stock)))
    return found


def variant(sku: str, size: str, group: str = "G") -> dict[str, str]:
    return {"sku": sku, "group_sku": group, "option1_name": "ขนาด", "option1_value": size}


def test_rows_come_out_in_the_order_of_the_file_and_a_group_is_one_product() -> None:
    assert told({"sku": "A"}, variant("B-1", "S"), variant("B-2", "L"), {"sku": "C"}) == [
        ("A", ["A"]),
        ("G", ["B-1", "B-2"]),
        ("C", ["C"]),
    ]


def test_a_group_that_comes_back_is_refused_and_its_first_part_stands() -> None:
    assert told(
        variant("B-1", "S"), variant("B-2", "L"), {"sku": "C"}, variant("B-3", "M"), variant("B-4", "X")
    ) == [
        ("G", ["B-1", "B-2"]),
        ("C", ["C"]),
        ("B-3", ["group_apart"]),
        ("B-4", ["group_apart"]),
    ]


def test_a_code_that_stood_before_is_refused() -> None:
    assert told({"sku": "A"}, {"sku": "A"}) == [("A", ["A"]), ("A", ["sku_duplicate"])]
