import pytest

from syndicator.intake.errors import IntakeError
from syndicator.intake.reading import read_products
from tests.support.intake_files import GOOD, a_row, read_csv, write_csv


def products_of(path):
    return [item.product for item in read_products(path).products]


def writable(rows, encoding):
    def fits(row):
        try:
            "".join(row.values()).encode(encoding)
        except UnicodeEncodeError:
            return False
        return True

    return [row for row in rows if fits(row)]


def test_a_byte_order_mark_changes_nothing(tmp_path):
    marked = tmp_path / "marked.csv"
    marked.write_bytes(b"\xef\xbb\xbf" + GOOD.read_bytes())

    assert products_of(marked) == products_of(GOOD)


def test_the_rows_windows_874_can_write_give_the_same_products(tmp_path):
    rows = writable(read_csv(GOOD), "cp874")
    legacy = write_csv(tmp_path / "legacy.csv", rows, encoding="cp874")
    modern = write_csv(tmp_path / "modern.csv", rows)

    assert len(rows) > 50
    assert products_of(legacy) == products_of(modern)


def test_a_windows_874_file_is_mentioned_in_the_notes(tmp_path):
    path = write_csv(tmp_path / "legacy.csv", [a_row()], encoding="cp874")

    assert [note.code for note in read_products(path).notes] == ["encoding_windows_874"]


@pytest.mark.parametrize(
    ("encoding", "name", "code"),
    [
        ("utf-16", "กล้วยอบเนย", "file_utf16"),
        ("latin-1", "Café crème à la française", "encoding_unknown"),
        ("shift_jis", "日本語の説明文です", "encoding_unknown"),
    ],
)
def test_other_encodings_are_refused_with_their_own_sentence(tmp_path, encoding, name, code):
    rows = [dict.fromkeys(a_row(), "x") | {"name_th": name}]
    path = write_csv(tmp_path / "other.csv", rows, encoding=encoding)

    with pytest.raises(IntakeError) as caught:
        read_products(path)
    assert caught.value.problem.code == code


def test_a_damaged_byte_in_an_utf8_file_is_named_with_its_line(tmp_path):
    path = write_csv(tmp_path / "damaged.csv", [a_row(), a_row(sku="B")])
    content = path.read_bytes()
    place = content.rindex("เนย".encode())
    path.write_bytes(content[: place + 1] + b"\xff" + content[place + 2 :])

    with pytest.raises(IntakeError, match="line 3"):
        read_products(path)
