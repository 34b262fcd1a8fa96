from syndicator.intake.reading import read_products
from tests.support.intake_files import BAD, GOOD, faults, read_csv


def test_the_good_file_gives_48_products_of_60_rows_and_no_problem():
    result = read_products(GOOD)

    assert (len(result.products), result.rows, result.bad_rows, result.notes) == (48, 60, (), ())


def test_each_bad_row_breaks_exactly_the_rule_it_was_written_for():
    expected = [
        (line, row["expected_error"].partition(":")[0], row["fault_code"])
        for line, row in enumerate(read_csv(BAD), start=2)
    ]

    assert faults(read_products(BAD)) == expected
    assert len(expected) == 25


def test_no_product_is_made_of_the_bad_file():
    assert read_products(BAD).products == ()


def test_suggestions_are_those_the_bad_file_asks_for():
    suggestions = {
        bad.cells["sku"]: found.suggestion for bad in read_products(BAD).bad_rows for found in bad.problems
    }

    assert {sku: text for sku, text in suggestions.items() if text} == {
        "BAD-002": "1250.00",
        "BAD-003": "290",
        "BAD-004": "290",
        "BAD-014": "2025-01-15",
        "BAD-016": "กล้วยอบเนยสูตรโบราณ",
        "BAD-019": "500",
    }


def test_a_duplicate_names_both_lines():
    duplicate = next(bad for bad in read_products(BAD).bad_rows if bad.line == 7)

    assert "บรรทัด 7" in duplicate.problems[0].th
    assert "บรรทัด 2" in duplicate.problems[0].th


def test_codes_that_a_spreadsheet_would_mangle_stay_as_written():
    skus = {item.product.sku for item in read_products(GOOD).products}

    assert {"00471", "MAR-1", "2E05"} <= skus


def test_awkward_rows_keep_their_values():
    products = {item.product.sku: item for item in read_products(GOOD).products}

    assert len(products["UTT-GFT-XXL"].product.name) == 351
    assert len(products["BRM-YOL-024"].product.description) == 2256
    assert len(products["NMA-SHM-250"].product.tags) == 35
    assert products["TRG-MAG-07"].stock == {"TRG-MAG-07": 120_000}
    assert products["SKA-KYO-BAG"].product.name_en is None
    assert products["BKK-BUD-300"].product.status == "hidden"
    assert products["LPN-SOP-100"].product.description_format == "html"
    assert products["PLK-BFN-SET"].product.variants[0].parcel.length_mm == 1400
    assert {variant.options[1] for variant in products["PRE-MHM"].product.variants} == {"คอกลม", "คอจีน"}
    assert "\u0e4d" not in products["PBI-PLM-450"].product.name
    assert "\u200b" not in products["PRI-CMP-200"].product.description
    assert "\u200d" in products["NST-DOL-01"].product.description


def test_a_group_becomes_one_product_with_its_rows_as_variants():
    product = next(item for item in read_products(GOOD).products if item.product.sku == "UTT-BNB")

    assert product.product.skus == ("UTT-BNB-100", "UTT-BNB-250", "UTT-BNB-500")
    assert set(product.stock) == set(product.lines) == set(product.product.skus)
    assert {media.source for media in product.product.media} == {
        media.source for variant in product.product.variants for media in variant.media
    }
