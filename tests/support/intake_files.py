"""Import files made for a test: the shipped data, and rows that are right but for what the test is about."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from syndicator.intake.columns import COLUMNS
from syndicator.intake.reading import read_products
from syndicator.intake.result import IntakeResult

DATA = Path(__file__).parent.parent / "data"
GOOD = DATA / "community-products.csv"
BAD = DATA / "bad-products.csv"

A_ROW = {
    "sku": "UTT-BNB-100",
    "group_sku": "",
    "name_th": "กล้วยอบเนยบ้านสวน",
    "name_en": "Butter-baked banana chips",
    "description_th": "กล้วยน้ำว้าอบเนยกรอบ",
    "otop_category": "food",
    "category_code": "food.snack.dried_fruit",
    "price_thb": "45",
    "compare_at_price_thb": "",
    "stock": "120",
    "weight_g": "130",
    "length_cm": "20",
    "width_cm": "15",
    "height_cm": "6",
    "option1_name": "",
    "option1_value": "",
    "option2_name": "",
    "option2_value": "",
    "gtin": "2000000001012",
    "province_th": "อุตรดิตถ์",
    "amphoe_th": "เมืองอุตรดิตถ์",
    "tambon_th": "คุ้งตะเภา",
    "tambon_code": "530105",
    "postal_code": "53000",
    "producer_group_th": "กลุ่มตัวอย่าง (สมมติ)",
    "producer_type": "community_enterprise",
    "otop_star": "4",
    "tcps_no": "มผช.9001/2599",
    "fda_no": "99-2-00167-2-0001",
    "certifications": "ghp|halal",
    "shelf_life_days": "90",
    "lead_time_days": "2",
    "vat_rate": "0",
    "available_from": "2025-01-15",
    "status": "active",
    "image_files": "images/a-1.jpg|images/a-2.jpg",
    "tags": "กล้วยอบเนย|ของฝาก",
}


def a_row(**changes: str) -> dict[str, str]:
    return A_ROW | changes


def a_variant(sku: str, value: str, **changes: str) -> dict[str, str]:
    return a_row(sku=sku, group_sku="UTT-BNB", option1_name="ขนาด", option1_value=value) | changes


def write_csv(
    path: Path,
    rows: Iterable[Mapping[str, str]],
    *,
    columns: Sequence[str] = COLUMNS,
    encoding: str = "utf-8",
) -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, list(columns), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_xlsx(path: Path, records: Iterable[Sequence[Any]], *more_sheets: str) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for record in records:
        sheet.append(list(record))
    for name in more_sheets:
        book.create_sheet(name)
    book.save(path)
    return path


def xlsx_of(path: Path, **values: Any) -> Path:
    """Write a workbook of one row whose cells hold ``values`` as they are."""
    return write_xlsx(path, [COLUMNS, [values.get(column, A_ROW[column]) or None for column in COLUMNS]])


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def read_rows(folder: Path, *rows: Mapping[str, str]) -> IntakeResult:
    return read_products(write_csv(folder / "products.csv", rows))


def faults(result: IntakeResult) -> list[tuple[int, str, str]]:
    """List (line, column, code) of every problem."""
    return [(bad.line, found.path, found.code) for bad in result.bad_rows for found in bad.problems]
