from tests.support.intake_files import a_row, a_variant, faults, read_rows


def test_rows_of_a_group_are_one_product(tmp_path):
    result = read_rows(tmp_path, a_variant("A", "เล็ก"), a_variant("B", "ใหญ่", stock="5"))
    item = result.products[0]

    assert item.product.sku == "UTT-BNB"
    assert item.product.options == ("ขนาด",)
    assert [variant.options for variant in item.product.variants] == [("เล็ก",), ("ใหญ่",)]
    assert (item.stock, item.lines) == ({"A": 120, "B": 5}, {"A": 2, "B": 3})


def test_rows_of_a_group_need_not_stand_together(tmp_path):
    result = read_rows(tmp_path, a_variant("A", "เล็ก"), a_row(sku="X"), a_variant("B", "ใหญ่"))

    assert [item.product.sku for item in result.products] == ["UTT-BNB", "X"]


def test_a_bad_row_holds_its_whole_group_back(tmp_path):
    result = read_rows(
        tmp_path,
        a_variant("A", "เล็ก"),
        a_variant("B", "กลาง", stock="-1"),
        a_variant("C", "ใหญ่"),
        a_row(sku="X"),
    )

    assert faults(result) == [
        (2, "group_sku", "group_held"),
        (3, "stock", "stock_out_of_range"),
        (4, "group_sku", "group_held"),
    ]
    assert "บรรทัด 3" in result.bad_rows[0].problems[0].th
    assert [item.product.sku for item in result.products] == ["X"]


def test_a_group_of_one_is_reported(tmp_path):
    assert faults(read_rows(tmp_path, a_variant("A", "เล็ก"))) == [(2, "group_sku", "group_single")]


def test_every_differing_shared_column_is_reported_at_once(tmp_path):
    result = read_rows(
        tmp_path, a_variant("A", "เล็ก"), a_variant("B", "ใหญ่", name_th="ชื่ออื่น", vat_rate="7", option1_name="สี")
    )

    assert faults(result)[1:] == [
        (3, "name_th", "group_differs"),
        (3, "option1_name", "group_differs"),
        (3, "vat_rate", "group_differs"),
    ]


def test_spelling_that_looks_the_same_does_not_differ(tmp_path):
    result = read_rows(
        tmp_path,
        a_variant("A", "เล็ก", name_th="น้ำแม่"),
        a_variant("B", "ใหญ่", name_th="น\u0e49\u0e4d\u0e32เเม่ "),
    )

    assert len(result.products) == 1


def test_equal_options_are_reported_with_both_lines(tmp_path):
    result = read_rows(tmp_path, a_variant("A", "เล็ก"), a_variant("B", "เล็ก"))

    assert (3, "option1_value", "variant_option_duplicate") in faults(result)
    assert "บรรทัด 2" in result.bad_rows[1].problems[0].th


def test_options_without_a_group_are_reported(tmp_path):
    result = read_rows(tmp_path, a_variant("A", "เล็ก", group_sku=""))

    assert faults(result) == [(2, "group_sku", "variant_group_missing")]


def test_a_group_without_options_is_reported(tmp_path):
    result = read_rows(tmp_path, a_row(sku="A", group_sku="G"), a_row(sku="B", group_sku="G"))

    assert faults(result)[:2] == [
        (2, "option1_name", "variant_option_missing"),
        (2, "option1_value", "variant_option_missing"),
    ]


def test_two_options_need_two_names(tmp_path):
    second = {"option2_name": "ขนาด", "option2_value": "สั้น"}
    result = read_rows(tmp_path, a_variant("A", "เล็ก", **second), a_variant("B", "ใหญ่", **second))

    assert faults(result)[0] == (2, "option2_name", "variant_option_name_duplicate")


def test_a_group_code_that_is_another_product_is_reported(tmp_path):
    result = read_rows(tmp_path, a_row(sku="UTT-BNB"), a_variant("A", "เล็ก"), a_variant("B", "ใหญ่"))

    assert faults(result) == [(3, "group_sku", "group_sku_taken"), (4, "group_sku", "group_held")]
    assert [item.product.sku for item in result.products] == ["UTT-BNB"]


def test_a_sku_twice_rejects_the_later_row_only(tmp_path):
    result = read_rows(tmp_path, a_row(sku="A"), a_row(sku="B"), a_row(sku="A", price_thb="0"))

    assert faults(result) == [(4, "sku", "sku_duplicate"), (4, "price_thb", "price_not_positive")]
    assert [item.product.sku for item in result.products] == ["A", "B"]


def test_all_problems_of_a_row_come_at_once_in_the_order_of_the_columns(tmp_path):
    result = read_rows(tmp_path, a_row(status="sold", name_th="", weight_g="1kg", tags="#ของฝาก"))

    assert faults(result) == [
        (2, "name_th", "required_missing"),
        (2, "weight_g", "weight_format"),
        (2, "status", "choice_unknown"),
        (2, "tags", "tag_leading_hash"),
    ]
