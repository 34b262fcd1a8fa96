import datetime as dt

import pytest

from schemas.product import Certification, DescriptionFormat
from syndicator.intake.reading import read_products
from syndicator.intake.rules.numbers import MAX_DAYS, MAX_WEIGHT_G
from tests.support.intake_files import a_row, faults, read_rows

REFUSED = [
    ("price_thb", "0", "price_not_positive", None),
    ("price_thb", "0.00", "price_not_positive", None),
    ("price_thb", "12.345", "price_format", None),
    ("price_thb", "1.250,00", "price_format", None),
    ("price_thb", "1e3", "price_format", None),
    ("price_thb", "1,250 บาท", "price_format", "1250"),
    ("price_thb", "ราคาพิเศษ", "price_format", None),
    ("compare_at_price_thb", "45", "compare_at_not_higher", None),
    ("compare_at_price_thb", "฿60", "price_format", "60"),
    ("stock", "1000000", "stock_out_of_range", None),
    ("stock", "-1", "stock_out_of_range", None),
    ("stock", "12 ชิ้น", "stock_not_integer", "12"),
    ("stock", "๑๒", "stock_not_integer", "12"),
    ("weight_g", "0", "weight_out_of_range", None),
    ("weight_g", str(MAX_WEIGHT_G + 1), "weight_out_of_range", None),
    ("weight_g", "1.5 kg", "weight_format", "1500"),
    ("weight_g", "๕๐๐ กรัม", "weight_format", "500"),
    ("weight_g", "1,200", "weight_format", "1200"),
    ("weight_g", "หนัก", "weight_format", None),
    ("length_cm", "", "dimensions_incomplete", None),
    ("length_cm", "0", "dimension_format", None),
    ("length_cm", "20 ซม.", "dimension_format", "20"),
    ("otop_star", "6", "otop_star_out_of_range", None),
    ("otop_star", "๕ ดาว", "otop_star_out_of_range", "5"),
    ("lead_time_days", str(MAX_DAYS + 1), "days_format", None),
    ("shelf_life_days", "90 วัน", "days_format", "90"),
    ("vat_rate", "7%", "choice_unknown", "7"),
    ("vat_rate", "10", "choice_unknown", None),
    ("status", "Active", "choice_unknown", "active"),
    ("otop_category", "foods", "choice_unknown", "food"),
    ("certifications", "halal|iso9001", "choice_unknown", None),
    ("category_code", "food.snack.dry_fruit", "category_unknown", "food.snack.dried_fruit"),
    ("sku", "กล้วย-1", "sku_format", None),
    ("sku", "-A1", "sku_format", None),
    ("sku", "A" * 41, "sku_format", None),
    ("sku", "8.85E+12", "sku_scientific_notation", None),
    ("sku", "1-Mar", "sku_spreadsheet_date", None),
    ("sku", "2026-03-01 00:00:00", "sku_spreadsheet_date", None),
    ("group_sku", "3/1/2026", "sku_spreadsheet_date", None),
    ("gtin", "200000000101", "gtin_check_digit", None),
    ("gtin", "12345", "gtin_format", None),
    ("gtin", "2000 0000 01012", "gtin_format", "2000000001012"),
    ("fda_no", "9920016720001", "fda_format", "99-2-00167-2-0001"),
    ("tcps_no", "มผช 9001/2599", "tcps_format", "มผช.9001/2599"),
    ("tcps_no", "9001", "tcps_format", None),
    ("tambon_code", "5301", "tambon_code_format", None),
    ("tambon_code", "999999", "tambon_code_unknown", "530105"),
    ("tambon_code", "530107", "address_mismatch", "530105"),
    ("postal_code", "53001", "postal_code_mismatch", "53000"),
    ("postal_code", "๕๓๐๐๐", "postal_code_format", "53000"),
    ("province_th", "จังหวัดอุตรดิตถ์", "address_kind_word", "อุตรดิตถ์"),
    ("tambon_th", "ต.คุ้งตะเภา", "address_kind_word", "คุ้งตะเภา"),
    ("available_from", "2568-01-15", "date_buddhist_era", "2025-01-15"),
    ("available_from", "๑๕ ม.ค. ๒๕๖๘", "date_buddhist_era", "2025-01-15"),
    ("available_from", "15/01/2025", "date_format", "2025-01-15"),
    ("available_from", "2025-1-5", "date_format", "2025-01-05"),
    ("available_from", "2025-13-01", "date_invalid", None),
    ("available_from", "เร็ว ๆ นี้", "date_format", None),
    ("name_th", "Banana", "thai_missing", None),
    ("name_th", "ก" * 501, "text_too_long", None),
    ("name_en", "Caf\x01e", "text_control_characters", None),
    ("name_en", "à¸à¸¥à¹‰à¸§à¸¢", "text_mojibake", None),
    ("name_en", "=1+1", "formula_injection", None),
    ("name_en", "+SUM(A1:A9)", "formula_injection", None),
    ("name_en", "@SUM(A1)", "formula_injection", None),
    ("name_en", "-cmd|' /C calc'!A0", "formula_injection", None),
    ("tags", "\t=A1", "formula_injection", None),
    ("description_th", '<p onclick="x()">ก</p>', "html_unsafe", None),
    ("description_th", "<iframe src=x></iframe>ก", "html_unsafe", None),
    ("description_th", '<a href="javascript:x()">ก</a>', "html_unsafe", None),
    ("description_th", "<h1>ก</h1>", "html_not_allowed", None),
    ("description_th", '<p style="color:red">ก</p>', "html_not_allowed", None),
    ("description_th", "<p> </p>", "required_missing", None),
    ("image_files", "/etc/passwd", "image_path_unsafe", None),
    ("image_files", "C:\\photos\\a.jpg", "image_path_unsafe", None),
    ("image_files", "a.jpg|sub/../../b.jpg", "image_path_unsafe", None),
    ("image_files", "file:///a.jpg", "image_path_unsafe", None),
    ("image_files", "http://example.test/a.jpg", "image_url_not_https", None),
    ("image_files", "|", "required_missing", None),
    ("tags", "ดี|#ของฝาก", "tag_leading_hash", "ดี|ของฝาก"),
]


@pytest.mark.parametrize(("column", "value", "code", "suggestion"), REFUSED)
def test_a_wrong_cell_is_reported_on_its_column_and_nothing_else_is(
    tmp_path, column, value, code, suggestion
):
    result = read_rows(tmp_path, a_row(**{column: value}))

    found = [problem for problem in result.bad_rows[0].problems if problem.code != "variant_option_missing"]
    assert [(problem.path, problem.code, problem.suggestion) for problem in found] == [
        (column, code, suggestion)
    ]
    assert result.products == ()


ACCEPTED = [
    ("price_thb", "150000"),
    ("price_thb", "0.25"),
    ("compare_at_price_thb", "45.01"),
    ("stock", "0"),
    ("stock", "999999"),
    ("gtin", ""),
    ("gtin", "40170725"),
    ("sku", "2E05"),
    ("sku", "MAR-1"),
    ("sku", "00471"),
    ("sku", "  UTT-1\u00a0"),
    ("otop_star", ""),
    ("name_en", "Crème brûlée – à la façon"),
    ("name_en", "- low sugar (2 packs)!"),
    ("name_en", "-20%"),
    ("name_th", "กล้วยเนยเนยเนย"),
    ("description_th", "- หวานน้อย\n- กรอบ (มาก)"),
    ("description_th", "ราคา < 100 และ > 50 & คุ้ม"),
    ("image_files", "https://example.test/a.jpg"),
    ("image_files", "รูป/กล้วย 1.jpg"),
    ("tags", ""),
    ("tags", "🐘|ช้าง"),
]


@pytest.mark.parametrize(("column", "value"), ACCEPTED)
def test_an_unusual_but_right_cell_is_taken(tmp_path, column, value):
    assert faults(read_rows(tmp_path, a_row(**{column: value}))) == []


@pytest.mark.parametrize("column", sorted({"name_th", "sku", "status", "image_files", "lead_time_days"}))
@pytest.mark.parametrize("blank", ["", "  ", "\u00a0", "\u200b"])
def test_white_space_of_any_kind_is_not_a_value(tmp_path, column, blank):
    assert faults(read_rows(tmp_path, a_row(**{column: blank}))) == [(2, column, "required_missing")]


def test_bangkok_names_are_taken_with_and_without_khet(tmp_path):
    bangkok = {
        "province_th": "กรุงเทพมหานคร",
        "tambon_th": "กระทุ่มราย",
        "tambon_code": "100301",
        "postal_code": "10530",
    }
    result = read_rows(
        tmp_path,
        a_row(sku="A", amphoe_th="เขตหนองจอก", **bangkok),
        a_row(sku="B", amphoe_th="หนองจอก", **bangkok),
    )

    assert faults(result) == []


def test_values_reach_the_product_in_the_units_of_the_schema(tmp_path):
    row = a_row(compare_at_price_thb="59.5", length_cm="0.35", tags=" ของฝาก | ขนม |ของฝาก")
    product = read_rows(tmp_path, row).products[0].product
    variant = product.variants[0]

    assert (variant.price.satang, variant.compare_at.satang) == (4500, 5950)
    assert variant.parcel.model_dump() == {"length_mm": 4, "width_mm": 150, "height_mm": 60}
    assert product.claims.certifications == (Certification.GHP, Certification.HALAL)
    assert product.available_from == dt.date(2025, 1, 15)
    assert product.tags == ("ของฝาก", "ขนม")
    assert [media.source for media in product.media] == ["images/a-1.jpg", "images/a-2.jpg"]
    assert all(media.sha256 is None for media in product.media)


def test_allowed_html_is_kept_and_its_format_is_told(tmp_path):
    product = read_rows(tmp_path, a_row(description_th="<p>ก<br>ข &amp; ค</p>")).products[0].product

    assert (product.description, product.description_format) == (
        "<p>ก<br>ข &amp; ค</p>",
        DescriptionFormat.HTML,
    )


def test_a_reversible_damage_is_suggested_undone(tmp_path):
    name = "กล้วยอบเนย"
    damaged = {
        "A": name.encode("cp874").decode("latin-1"),
        "B": name.encode().decode("latin-1"),
        "C": name.encode().decode("cp874", "replace"),
    }
    result = read_rows(tmp_path, *(a_row(sku=sku, name_en=text) for sku, text in damaged.items()))

    assert [(bad.problems[0].code, bad.problems[0].suggestion) for bad in result.bad_rows] == [
        ("text_mojibake", name),
        ("text_mojibake", name),
        ("text_mojibake", None),
    ]


def test_a_row_with_cells_beyond_the_header_is_reported(tmp_path):
    path = tmp_path / "p.csv"
    read_rows(tmp_path, a_row())
    source = (tmp_path / "products.csv").read_text(encoding="utf-8").rstrip()
    path.write_text(source + ",one,,two\n", encoding="utf-8")

    result = read_products(path)
    assert faults(result) == [(2, "", "row_width")]
    assert result.bad_rows[0].surplus == ("one", "two")
