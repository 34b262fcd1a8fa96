"""The columns of the intake format, in its order. Source: tests/data/README.md."""

from enum import StrEnum
from typing import Final


class Column(StrEnum):
    """A column of the file; the value is the header's word."""

    SKU = "sku"
    GROUP_SKU = "group_sku"
    NAME_TH = "name_th"
    NAME_EN = "name_en"
    DESCRIPTION_TH = "description_th"
    OTOP_CATEGORY = "otop_category"
    CATEGORY_CODE = "category_code"
    PRICE_THB = "price_thb"
    COMPARE_AT_PRICE_THB = "compare_at_price_thb"
    STOCK = "stock"
    WEIGHT_G = "weight_g"
    LENGTH_CM = "length_cm"
    WIDTH_CM = "width_cm"
    HEIGHT_CM = "height_cm"
    OPTION1_NAME = "option1_name"
    OPTION1_VALUE = "option1_value"
    OPTION2_NAME = "option2_name"
    OPTION2_VALUE = "option2_value"
    GTIN = "gtin"
    PROVINCE_TH = "province_th"
    AMPHOE_TH = "amphoe_th"
    TAMBON_TH = "tambon_th"
    TAMBON_CODE = "tambon_code"
    POSTAL_CODE = "postal_code"
    PRODUCER_GROUP_TH = "producer_group_th"
    PRODUCER_TYPE = "producer_type"
    OTOP_STAR = "otop_star"
    TCPS_NO = "tcps_no"
    FDA_NO = "fda_no"
    CERTIFICATIONS = "certifications"
    SHELF_LIFE_DAYS = "shelf_life_days"
    LEAD_TIME_DAYS = "lead_time_days"
    VAT_RATE = "vat_rate"
    AVAILABLE_FROM = "available_from"
    STATUS = "status"
    IMAGE_FILES = "image_files"
    TAGS = "tags"


COLUMNS: Final = tuple(Column)
NAMES: Final = frozenset(str(column) for column in Column)

REQUIRED: Final = frozenset(
    {
        Column.SKU,
        Column.NAME_TH,
        Column.DESCRIPTION_TH,
        Column.OTOP_CATEGORY,
        Column.CATEGORY_CODE,
        Column.PRICE_THB,
        Column.STOCK,
        Column.WEIGHT_G,
        Column.PROVINCE_TH,
        Column.AMPHOE_TH,
        Column.TAMBON_TH,
        Column.TAMBON_CODE,
        Column.POSTAL_CODE,
        Column.PRODUCER_GROUP_TH,
        Column.PRODUCER_TYPE,
        Column.LEAD_TIME_DAYS,
        Column.VAT_RATE,
        Column.AVAILABLE_FROM,
        Column.STATUS,
        Column.IMAGE_FILES,
    }
)
"""Columns whose cell must not be empty. Every column must be in the header, also the optional ones."""

NUMERIC: Final = frozenset(
    {
        Column.PRICE_THB,
        Column.COMPARE_AT_PRICE_THB,
        Column.STOCK,
        Column.WEIGHT_G,
        Column.LENGTH_CM,
        Column.WIDTH_CM,
        Column.HEIGHT_CM,
        Column.OTOP_STAR,
        Column.SHELF_LIFE_DAYS,
        Column.LEAD_TIME_DAYS,
        Column.VAT_RATE,
    }
)
"""Columns that hold numbers: a workbook may keep them as numbers without losing anything."""

LOSSLESS_DIGITS: Final = {Column.TAMBON_CODE: 6, Column.POSTAL_CODE: 5, Column.GTIN: 13}
"""Text columns that a workbook may keep as a whole number of exactly so many digits.

Tambon and postal codes begin with 1 to 9, so a number of full length has lost nothing. A 13-digit barcode is the
same trade item with or without a leading zero; shorter ones may have lost digits and are reported.
"""

REASON_COLUMNS: Final = ("line", "problem_th", "problem_en")
"""Columns ``failed_rows`` adds; ignored when the mended file comes back."""
