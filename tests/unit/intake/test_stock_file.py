"""A file of stock: two columns under many names; every row is counted or comes back with its reason."""

import pytest
from openpyxl import Workbook

from syndicator.intake.errors import IntakeError
from syndicator.intake.failed_rows import write_failed_rows
from syndicator.intake.limits import IntakeLimits
from syndicator.intake.stock_file import read_stock_file


def written(tmp_path, text: str, encoding: str = "utf-8"):
    path = tmp_path / "stock.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize(
    "head", ["sku,quantity", "รหัสสินค้า,จำนวน", "SKU , Qty", "name,sku,stock", "code,note,คงเหลือ"]
)
def test_the_columns_are_found_under_many_names(tmp_path, head):
    cells = {"sku": "A-1", "รหัสสินค้า": "A-1", "code": "A-1", "name": "x", "note": "y"}
    row = ",".join(cells.get(name.strip().lower(), "12") for name in head.split(","))

    read = read_stock_file(written(tmp_path, f"{head}\n{row}\n"))

    assert dict(read.counts) == {"A-1": 12}
    assert read.bad_rows == ()


def test_a_file_of_an_old_program_is_read(tmp_path):
    assert dict(read_stock_file(written(tmp_path, "รหัส,จำนวน\nA-1,3\n", "cp874")).counts) == {"A-1": 3}


def test_numbers_of_a_workbook_are_units(tmp_path):
    book = Workbook()
    book.active.append(["sku", "quantity"])
    book.active.append(["A-1", 7])
    book.save(tmp_path / "stock.xlsx")

    assert dict(read_stock_file(tmp_path / "stock.xlsx").counts) == {"A-1": 7}


@pytest.mark.parametrize(
    ("row", "code", "suggestion"),
    [
        ("A-1,-1", "stock_out_of_range", None),
        ("A-1,1.5", "stock_not_integer", None),
        ("A-1,๑๒ ชิ้น", "stock_not_integer", "12"),
        ("A-1,1000000", "stock_out_of_range", None),
        ("A-1,", "required_missing", None),
        (",3", "required_missing", None),
        ("1.2E+10,3", "sku_scientific_notation", None),
        ("=cmd(),3", "formula_injection", None),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(tmp_path, row, code, suggestion):
    read = read_stock_file(written(tmp_path, f"sku,quantity\nGOOD,1\n{row}\n"))

    assert dict(read.counts) == {"GOOD": 1}
    ((problem,),) = [bad.problems for bad in read.bad_rows]
    assert (problem.code, problem.suggestion) == (code, suggestion)


def test_a_code_that_stands_twice_counts_once_and_the_second_line_comes_back(tmp_path):
    read = read_stock_file(written(tmp_path, "sku,quantity\nA-1,1\nA-1,2\n"))

    assert dict(read.counts) == {"A-1": 1}
    assert [(bad.line, bad.problems[0].code) for bad in read.bad_rows] == [(3, "sku_duplicate")]


def test_codes_that_nobody_stored_come_back_too(tmp_path):
    read = read_stock_file(written(tmp_path, "sku,quantity\nA-1,1\nB-2,2\n")).without(["B-2"])

    assert dict(read.counts) == {"A-1": 1}
    assert [(bad.line, bad.problems[0].code) for bad in read.bad_rows] == [(3, "sku_not_stored")]


def test_bad_rows_are_written_back_and_the_mended_file_is_read(tmp_path):
    read = read_stock_file(written(tmp_path, "name,sku,quantity\nกล้วย,A-1,สิบ\n"))

    back = write_failed_rows(read, tmp_path / "failed.csv")
    back.write_text(back.read_text("utf-8-sig").replace("สิบ", "10"), encoding="utf-8-sig")

    assert dict(read_stock_file(back).counts) == {"A-1": 10}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("name,price\nx,1\n", "header_no_stock"),
        ("sku,quantity\n", "rows_none"),
        ("sku,quantity\n\n\n", "rows_none"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_whole(tmp_path, text, code):
    with pytest.raises(IntakeError) as caught:
        read_stock_file(written(tmp_path, text))

    assert caught.value.problem.code == code


def test_too_many_rows_are_refused(tmp_path):
    path = written(tmp_path, "sku,quantity\n" + "".join(f"A-{n},1\n" for n in range(4)))

    with pytest.raises(IntakeError) as caught:
        read_stock_file(path, limits=IntakeLimits(max_rows=3))

    assert caught.value.problem.code == "rows_too_many"
