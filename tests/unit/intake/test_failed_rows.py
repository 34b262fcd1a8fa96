import openpyxl
import pytest

from syndicator.intake.columns import COLUMNS
from syndicator.intake.failed_rows import write_failed_rows
from syndicator.intake.reading import read_products
from tests.support.intake_files import (
    BAD,
    a_row,
    a_variant,
    faults,
    read_csv,
    read_rows,
    write_csv,
    write_xlsx,
)


def test_the_file_has_the_same_columns_the_line_and_the_reason_in_both_languages(tmp_path):
    result = read_products(BAD)
    path = write_failed_rows(result, tmp_path / "failed.txt")

    assert path == tmp_path / "failed.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = read_csv(path)
    assert list(rows[0]) == [*read_csv(BAD)[0], "line", "problem_th", "problem_en"]
    assert [row["line"] for row in rows] == [str(bad.line) for bad in result.bad_rows]
    assert rows[0]["problem_th"] == result.bad_rows[0].problems[0].th
    assert rows[0]["problem_en"] == result.bad_rows[0].problems[0].en


def test_no_cell_of_the_file_runs_in_a_spreadsheet(tmp_path):
    rows = [
        a_row(sku="A", name_en="=1+1"),
        a_row(sku="B", name_en="@SUM(A1)", stock="x"),
        a_row(sku="C", tags="\t=A1"),
    ]
    path = write_failed_rows(read_rows(tmp_path, *rows), tmp_path / "failed.csv")

    starts = {text[:1] for row in read_csv(path) for text in row.values()}
    assert starts & {"=", "+", "-", "@", "\t", "\r", "\n"} == set()


def test_negative_numbers_stay_numbers(tmp_path):
    path = write_failed_rows(read_rows(tmp_path, a_row(price_thb="-120.00")), tmp_path / "failed.csv")

    assert read_csv(path)[0]["price_thb"] == "-120.00"


@pytest.mark.parametrize("text", ["- หวานน้อย", "'- เดิมมีขีด", "'=1", "+ ของแถม"])
def test_a_text_that_was_made_harmless_comes_back_as_it_was(tmp_path, text):
    first = read_rows(tmp_path, a_row(description_th=text, stock="x"))
    again = read_products(write_failed_rows(first, tmp_path / "failed.csv"))

    assert again.bad_rows[0].cells["description_th"] == first.bad_rows[0].cells["description_th"]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_reading_the_failed_rows_again_finds_the_same_faults(tmp_path, suffix):
    source = BAD
    if suffix == "xlsx":
        rows = read_csv(BAD)
        source = write_xlsx(tmp_path / "bad.xlsx", [list(rows[0]), *(list(row.values()) for row in rows)])
    first = read_products(source)
    again = read_products(write_failed_rows(first, tmp_path / "failed"))

    spreadsheet_formula = {"cell_formula": "formula_injection"}
    assert [
        (line, column, spreadsheet_formula.get(code, code)) for line, column, code in faults(first)
    ] == faults(again)


def test_a_mended_row_is_taken_with_the_reason_columns_still_in_place(tmp_path):
    path = write_failed_rows(read_rows(tmp_path, a_row(stock="12 ชิ้น")), tmp_path / "failed.csv")
    mended = [row | {"stock": "12"} for row in read_csv(path)]
    result = read_products(write_csv(tmp_path / "mended.csv", mended, columns=list(mended[0])))

    assert (len(result.products), result.bad_rows, result.notes) == (1, (), ())


def test_a_held_group_comes_back_whole(tmp_path):
    rows = [a_variant("A", "เล็ก"), a_variant("B", "ใหญ่", stock="x")]
    path = write_failed_rows(read_rows(tmp_path, *rows), tmp_path / "failed.csv")

    assert [row["sku"] for row in read_csv(path)] == ["A", "B"]


def test_cells_of_a_workbook_come_back_as_text(tmp_path):
    source = write_xlsx(tmp_path / "p.xlsx", [COLUMNS, a_row(sku="00471", name_en="", stock="x").values()])
    path = write_failed_rows(read_products(source), tmp_path / "failed.xlsx")
    book = openpyxl.load_workbook(path)
    cell = book["products"]["A2"]

    assert (cell.value, cell.data_type, cell.number_format) == ("00471", "s", "@")


def test_a_formula_in_a_workbook_is_written_back_as_text(tmp_path):
    source = write_xlsx(tmp_path / "p.xlsx", [COLUMNS, a_row(name_en="=1+1").values()])
    path = write_failed_rows(read_products(source), tmp_path / "failed.xlsx")
    cells = {cell.value: cell.data_type for cell in openpyxl.load_workbook(path)["products"][2]}

    assert cells["=1+1"] == "s"


def test_text_that_stood_beyond_the_columns_is_not_lost(tmp_path):
    source = tmp_path / "p.csv"
    write_csv(source, [a_row()])
    source.write_text(source.read_text(encoding="utf-8").rstrip() + ",stray\n", encoding="utf-8")
    path = write_failed_rows(read_products(source), tmp_path / "failed.csv")

    assert path.read_text(encoding="utf-8-sig").rstrip().endswith(",stray")


def test_no_half_written_file_is_left_when_the_folder_is_gone(tmp_path):
    result = read_rows(tmp_path, a_row(stock="x"))

    with pytest.raises(OSError, match="No such file"):
        write_failed_rows(result, tmp_path / "gone" / "failed.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["products.csv"]
