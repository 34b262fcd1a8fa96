import datetime as dt

import pytest

from syndicator.intake.columns import COLUMNS
from syndicator.intake.reading import read_products
from tests.support.intake_files import GOOD, a_row, faults, read_csv, write_xlsx, xlsx_of


def test_the_good_file_as_a_workbook_gives_the_same_products(tmp_path):
    rows = read_csv(GOOD)
    path = write_xlsx(tmp_path / "good.xlsx", [COLUMNS, *([row[c] for c in COLUMNS] for row in rows)])
    workbook, plain = read_products(path), read_products(GOOD)

    assert [item.product for item in workbook.products] == [item.product for item in plain.products]
    assert [item.stock for item in workbook.products] == [item.stock for item in plain.products]
    assert workbook.bad_rows == ()


def test_number_columns_may_hold_numbers(tmp_path):
    numbers = {
        "price_thb": 1290.5,
        "compare_at_price_thb": 1300,
        "stock": 12,
        "weight_g": 130.0,
        "length_cm": 20.5,
        "otop_star": 4,
        "shelf_life_days": 90,
        "lead_time_days": 2,
        "vat_rate": 7,
    }
    result = read_products(xlsx_of(tmp_path / "p.xlsx", **numbers))

    assert faults(result) == []
    variant = result.products[0].product.variants[0]
    assert (variant.price.satang, variant.weight_g, variant.parcel.length_mm) == (129_050, 130, 205)


def test_a_sum_of_binary_fractions_is_the_price_excel_shows(tmp_path):
    result = read_products(xlsx_of(tmp_path / "p.xlsx", price_thb=0.1 + 0.2))

    assert result.products[0].product.variants[0].price.satang == 30


def test_codes_of_full_length_lose_nothing_as_numbers(tmp_path):
    numbers = {"tambon_code": 530105, "postal_code": 53000, "gtin": 2000000001012}
    result = read_products(xlsx_of(tmp_path / "p.xlsx", **numbers))

    assert result.products[0].product.variants[0].gtin == "2000000001012"
    assert result.products[0].product.origin.postal_code == "53000"


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("sku", 471, "cell_number"),
        ("group_sku", 471, "cell_number"),
        ("gtin", 40170725, "cell_number"),
        ("postal_code", 5300, "cell_number"),
        ("name_en", 7, "cell_number"),
        ("sku", dt.date(2026, 3, 1), "sku_spreadsheet_date"),
        ("name_en", dt.date(2026, 3, 1), "cell_date"),
        ("stock", dt.date(2026, 3, 1), "cell_date"),
        ("price_thb", "=1+1", "cell_formula"),
        ("name_en", "=A1", "cell_formula"),
        ("price_thb", "#DIV/0!", "cell_error"),
        ("price_thb", 12.345, "price_format"),
        ("stock", 1.5, "stock_not_integer"),
        ("available_from", dt.datetime(2025, 1, 15, 9, 30), "date_format"),  # noqa: DTZ001 - Excel knows no zones
    ],
)
def test_what_excel_made_of_a_cell_is_reported_never_guessed(tmp_path, column, value, code):
    result = read_products(xlsx_of(tmp_path / "p.xlsx", **{column: value}))

    assert (2, column, code) in faults(result)
    assert result.products == ()


def test_a_real_date_cell_is_a_date(tmp_path):
    result = read_products(xlsx_of(tmp_path / "p.xlsx", available_from=dt.date(2025, 1, 15)))

    assert result.products[0].product.available_from == dt.date(2025, 1, 15)


def test_only_the_first_sheet_is_read_and_the_seller_is_told(tmp_path):
    path = write_xlsx(tmp_path / "p.xlsx", [COLUMNS, a_row().values()], "Notes")

    assert [note.code for note in read_products(path).notes] == ["sheets_ignored"]


def test_lines_are_the_rows_excel_shows(tmp_path):
    rows = [COLUMNS, a_row().values(), [], [], a_row(sku="B", stock="x").values()]
    result = read_products(write_xlsx(tmp_path / "p.xlsx", rows))

    assert faults(result) == [(5, "stock", "stock_not_integer")]
    assert [note.code for note in result.notes] == ["rows_empty"]


def test_text_beyond_the_last_column_is_reported(tmp_path):
    path = write_xlsx(tmp_path / "p.xlsx", [COLUMNS, [*a_row().values(), "lost"]])

    assert faults(read_products(path)) == [(2, "", "row_width")]
    assert read_products(path).bad_rows[0].surplus == ("lost",)
