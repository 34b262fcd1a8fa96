import csv
import io
import zipfile

import pytest
from openpyxl import Workbook

from syndicator.intake.columns import COLUMNS
from syndicator.intake.errors import IntakeError
from syndicator.intake.limits import IntakeLimits
from syndicator.intake.reading import read_products
from tests.support.intake_files import a_row, write_csv, write_xlsx

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def refusal_of(path, limits=None):
    with pytest.raises(IntakeError) as caught:
        read_products(path, limits=limits or IntakeLimits())
    problem = caught.value.problem
    assert path.name in problem.th
    assert path.name in problem.en
    return problem


def zip_of(parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf \r\n", "file_empty"),
        (b"%PDF-1.7 ...", "file_other_kind"),
        (b"\xff\xd8\xff\xe0 photo", "file_other_kind"),
        (b"sku\0name", "file_binary"),
        (OLE, "file_old_excel"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "file_encrypted"),
        (b"<html><table><tr><td>sku</td></tr></table></html>", "file_markup"),
        (b"PK\x03\x04 cut off", "workbook_broken"),
        (zip_of({"photo.jpg": b"x"}), "file_other_kind"),
        (zip_of({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"nonsense"}), "workbook_broken"),
        (b"just a line of words", "header_missing_columns"),
        (b'"never closed', "csv_broken"),
    ],
)
def test_what_is_not_a_product_table_is_refused_by_its_content(tmp_path, content, code):
    path = tmp_path / "products.xlsx"
    path.write_bytes(content)

    assert refusal_of(path).code == code


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    assert refusal_of(tmp_path / "nowhere.csv").code == "file_missing"
    assert refusal_of(tmp_path).code == "file_is_folder"


def test_a_workbook_named_csv_is_read_as_a_workbook(tmp_path):
    path = write_xlsx(tmp_path / "products.csv", [COLUMNS, a_row().values()])

    assert read_products(path).kind == "xlsx"


def test_missing_columns_are_all_named_and_likely_misspellings_shown(tmp_path):
    columns = ["price_bath" if c == "price_thb" else c for c in COLUMNS if c not in {"gtin", "tags"}]
    problem = refusal_of(write_csv(tmp_path / "p.csv", [a_row()], columns=columns))

    assert problem.code == "header_missing_columns"
    assert "price_thb (price_bath?), gtin, tags" in problem.en


def test_a_column_twice_is_refused(tmp_path):
    path = write_csv(tmp_path / "p.csv", [a_row()], columns=[*COLUMNS, "Stock "])

    assert "stock" in refusal_of(path).en
    assert refusal_of(path).code == "header_duplicate_columns"


def test_columns_in_any_order_letter_case_and_with_unknown_ones_are_read(tmp_path):
    columns = ["My Notes", *(column.upper() for column in reversed(COLUMNS))]
    rows = [{column.upper(): text for column, text in a_row().items()}]
    result = read_products(write_csv(tmp_path / "p.csv", rows, columns=columns))

    assert result.products[0].product.sku == "UTT-BNB-100"
    assert ["my notes" in note.en for note in result.notes] == [True]


@pytest.mark.parametrize(("separator", "word"), [(";", "semicolons"), ("\t", "tabs")])
def test_another_separator_is_named(tmp_path, separator, word):
    path = tmp_path / "p.csv"
    with path.open("w", newline="") as stream:
        csv.writer(stream, delimiter=separator).writerow(COLUMNS)

    assert word in refusal_of(path).en


def test_a_header_alone_is_refused(tmp_path):
    assert refusal_of(write_csv(tmp_path / "p.csv", [])).code == "rows_none"


@pytest.mark.parametrize("write", ["csv", "xlsx"])
def test_one_row_too_many_refuses_the_whole_file(tmp_path, write):
    rows = [a_row(sku=f"A{n}") for n in range(4)]
    if write == "csv":
        path = write_csv(tmp_path / "p.csv", rows)
    else:
        path = write_xlsx(tmp_path / "p.xlsx", [COLUMNS, *(row.values() for row in rows)])

    assert read_products(path, limits=IntakeLimits(max_rows=4)).rows == 4
    problem = refusal_of(path, IntakeLimits(max_rows=3))
    assert problem.code == "rows_too_many"


def test_the_shipped_limit_is_a_hundred_thousand_rows(tmp_path):
    path = tmp_path / "p.csv"
    header, line = ",".join(COLUMNS), "x" + "," * (len(COLUMNS) - 1)
    path.write_text("\n".join([header, *[line] * 100_001]), encoding="utf-8")

    assert "100,000" in refusal_of(path).th


def test_a_file_larger_than_the_limit_is_refused_unread(tmp_path):
    path = write_csv(tmp_path / "p.csv", [a_row()])

    assert refusal_of(path, IntakeLimits(max_file_bytes=100)).code == "file_too_large"


def test_a_line_without_an_end_is_refused(tmp_path):
    path = write_csv(tmp_path / "p.csv", [a_row()])

    assert refusal_of(path, IntakeLimits(max_line_chars=200)).code == "csv_broken"


def test_a_workbook_that_swells_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.xlsx"
    book = Workbook()
    book.active.append(["sku"])
    book.save(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b" " * 40_000_000)

    assert refusal_of(path).code == "workbook_bomb"


def test_a_workbook_with_entities_is_refused(tmp_path):
    path = tmp_path / "entities.xlsx"
    path.write_bytes(
        zip_of({"[Content_Types].xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', "xl/workbook.xml": b"<x/>"})
    )

    assert refusal_of(path).code == "workbook_bomb"


def test_a_broken_quote_names_the_line_it_begins_on(tmp_path):
    path = write_csv(tmp_path / "p.csv", [a_row(), a_row(sku="B")])
    path.write_text(path.read_text(encoding="utf-8") + '"open', encoding="utf-8")

    assert "line 4" in refusal_of(path).en
