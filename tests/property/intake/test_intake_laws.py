from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from schemas.problem import Problem
from syndicator.intake.columns import COLUMNS
from syndicator.intake.defusing import defused, undefused
from syndicator.intake.errors import IntakeError
from syndicator.intake.failed_rows import write_failed_rows
from syndicator.intake.limits import IntakeLimits
from syndicator.intake.mojibake import damage, undamaged
from syndicator.intake.reading import read_products
from tests.support.intake_files import A_ROW, write_csv, write_xlsx, xlsx_of

HEADER = ",".join(COLUMNS).encode()
CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "=1", "'-x", "1-มี.ค.", "๑๒", "1,200", "12 กก.", "<script>", "เธ", "\ufffd", "..", "|", "#"]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=12),
)
SKUS = st.sampled_from(["A", "B", "C", "00471", "ก", ""])
GROUPS = st.sampled_from(["", "", "G", "H", "A"])
CHANGES = st.dictionaries(st.sampled_from(COLUMNS), CELLS, max_size=3)


@st.composite
def rows(draw):
    group = draw(GROUPS)
    size = draw(st.sampled_from(["S", "M", ""]))
    options = {"group_sku": group, "option1_name": "ขนาด" if size else "", "option1_value": size}
    return A_ROW | {"sku": draw(SKUS)} | options | draw(CHANGES)


def outcome_of(content):
    """Read ``content`` as a file: a result, or the problem the seller is told."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        path.write_bytes(content)
        try:
            return read_products(path, limits=IntakeLimits(max_rows=50))
        except IntakeError as refused:
            return refused.problem


def is_clear(outcome):
    if isinstance(outcome, Problem):
        return "file.csv" in outcome.th and "file.csv" in outcome.en
    return outcome.rows > 0


@given(st.one_of(st.binary(max_size=400), st.binary(max_size=400).map((HEADER + b"\r\n").__add__)))
@example(HEADER + b'\r\n"')
@example(HEADER + b"\n" + bytes(range(1, 256)))
@example(b"PK\x03\x04")
@example(b"\xef\xbb\xbf")
@example(b"PKcsv,")
def test_any_bytes_give_a_result_or_one_clear_sentence(content):
    outcome = outcome_of(content)

    assert is_clear(outcome)
    assert isinstance(outcome, Problem) or outcome.products == ()


def workbook_bytes():
    with TemporaryDirectory() as folder:
        return xlsx_of(Path(folder) / "p.xlsx").read_bytes()


WORKBOOK = workbook_bytes()


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, len(WORKBOOK) - 1), st.integers(0, 255)), max_size=6),
    st.integers(0, len(WORKBOOK)),
)
def test_a_damaged_workbook_gives_a_result_or_one_clear_sentence(flips, length):
    content = bytearray(WORKBOOK)
    for place, value in flips:
        content[place] = value

    assert is_clear(outcome_of(bytes(content)))
    assert is_clear(outcome_of(bytes(content[:length])))


@settings(max_examples=60)
@given(st.lists(rows(), min_size=1, max_size=8))
def test_every_row_is_in_one_product_or_comes_back_with_its_reason(table):
    with TemporaryDirectory() as folder:
        result = read_products(write_csv(Path(folder) / "p.csv", table))

    good = [line for item in result.products for line in item.lines.values()]
    bad = [item.line for item in result.bad_rows]
    assert len(good) + len(bad) == len({*good, *bad}) == len(table) == result.rows
    assert all(item.problems for item in result.bad_rows)
    assert all(item.stock.keys() == item.lines.keys() == set(item.product.skus) for item in result.products)


@settings(max_examples=40)
@given(st.lists(rows(), min_size=1, max_size=6))
def test_bad_rows_come_back_as_they_were_written(table):
    with TemporaryDirectory() as folder:
        first = read_products(write_csv(Path(folder) / "p.csv", table))
        assume(first.bad_rows)
        again = read_products(write_failed_rows(first, Path(folder) / "failed"))

    written = [bad.cells for bad in first.bad_rows]
    assert again.rows == len(written)
    assert all({column: bad.cells[column] for column in COLUMNS} in written for bad in again.bad_rows)


@settings(max_examples=40)
@given(st.lists(rows(), min_size=1, max_size=5))
def test_a_workbook_of_text_cells_gives_what_the_csv_gives(table):
    with TemporaryDirectory() as folder:
        plain = read_products(write_csv(Path(folder) / "p.csv", table))
        workbook = read_products(
            write_xlsx(Path(folder) / "p.xlsx", [COLUMNS, *(row.values() for row in table)])
        )

    assert [item.product for item in workbook.products] == [item.product for item in plain.products]
    assert [bad.line for bad in workbook.bad_rows] == [bad.line for bad in plain.bad_rows]


@given(st.text(), st.sampled_from(["", "=", "'", "'=", "-", "''@", "+1"]))
def test_what_is_made_harmless_can_be_undone(text, start):
    # A file is read once before it is written back, so the text has lost the apostrophe it came with.
    text = undefused(start + text)
    while undefused(text) != text:
        text = undefused(text)
    harmless = defused(text)

    assert undefused(harmless) == text
    assert not harmless.startswith(("=", "@", "\t", "\r", "\n"))


@given(st.text(st.characters(min_codepoint=0x0E01, max_codepoint=0x0E3A), min_size=3, max_size=30))
def test_thai_read_as_latin_is_seen_and_undone(text):
    assert undamaged(text.encode("cp874").decode("latin-1")) == text


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=40))
def test_western_text_is_never_taken_for_thai_without_a_majority_of_high_letters(text):
    high = sum(1 for char in text if char >= "\xa1")
    ascii_letters = sum(1 for char in text if char.isascii() and char.isalpha())

    if high <= ascii_letters and "à¸" not in text and "à¹" not in text:
        assert damage(text) is None
