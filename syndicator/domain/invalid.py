"""What a schema found wrong with a document, in the words of its reader."""

from collections.abc import Mapping
from typing import Any, Final

from schemas.problem import Problem

_INVALID: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("ต้องระบุค่านี้", "it is required"),
    "extra_forbidden": ("ไม่รู้จักช่องนี้ กรุณาตรวจชื่อ", "there is no field of this name"),
    "json_invalid": ("ไม่ใช่ JSON ที่ถูกต้อง", "it is not valid JSON"),
    "string_type": ("ต้องเป็นข้อความ", "it must be a text"),
    "int_type": ("ต้องเป็นจำนวนเต็ม", "it must be a whole number"),
    "int_parsing": ("ต้องเป็นจำนวนเต็ม", "it must be a whole number"),
    "int_from_float": ("ต้องเป็นจำนวนเต็ม", "it must be a whole number"),
    "bool_type": ("ต้องเป็นจริงหรือเท็จ", "it must be true or false"),
    "bool_parsing": ("ต้องเป็นจริงหรือเท็จ", "it must be true or false"),
    "list_type": ("ต้องเป็นรายการ", "it must be a list"),
    "dict_type": ("ต้องเป็นกลุ่มข้อมูล", "it must be an object"),
    "model_attributes_type": ("ต้องเป็นกลุ่มข้อมูล", "it must be an object"),
    "string_too_short": ("ข้อความสั้นเกินไป", "the text is too short"),
    "string_too_long": ("ข้อความยาวเกินไป", "the text is too long"),
    "string_pattern_mismatch": ("รูปแบบข้อความไม่ถูกต้อง", "the text does not have the form it must have"),
    "too_short": ("รายการสั้นเกินไป", "the list is too short"),
    "too_long": ("รายการยาวเกินไป", "the list is too long"),
    "greater_than": ("ค่าน้อยเกินไป", "the value is too small"),
    "greater_than_equal": ("ค่าน้อยเกินไป", "the value is too small"),
    "less_than": ("ค่ามากเกินไป", "the value is too large"),
    "less_than_equal": ("ค่ามากเกินไป", "the value is too large"),
    "enum": ("ไม่ใช่ค่าที่เลือกได้", "it is none of the values to choose from"),
    "literal_error": ("ไม่ใช่ค่าที่เลือกได้", "it is none of the values to choose from"),
    "date_from_datetime_parsing": ("ต้องเป็นวันที่ แบบ 2026-11-26", "it must be a date such as 2026-11-26"),
    "date_parsing": ("ต้องเป็นวันที่ แบบ 2026-11-26", "it must be a date such as 2026-11-26"),
    "timezone_aware": (
        "ต้องเป็นเวลาที่มีเขตเวลา แบบ 2026-11-26T09:00:00Z",
        "it must be a time with a zone, such as 2026-11-26T09:00:00Z",
    ),
    "value_error": ("ค่านี้ใช้ไม่ได้", "the value cannot be used"),
}
_UNNAMED: Final = ("ค่านี้ใช้ไม่ได้", "the value cannot be used")


def invalid(error: Mapping[str, Any]) -> Problem:
    """Return the problem of one finding of pydantic's: where it is, in the words of the reader."""
    kind = str(error["type"])
    th, en = _INVALID.get(kind, _UNNAMED)
    if kind not in _INVALID or kind == "value_error":
        en = f"{en}: {error['msg']}"
    return Problem(path=_path(error["loc"]), code=kind if kind in _INVALID else "invalid", th=th, en=en)


def _path(loc: tuple[Any, ...]) -> str:
    """Write ``("body", "variants", 2, "weight_g")`` as ``variants[2].weight_g``."""
    path = ""
    for part in loc[1:] if loc and loc[0] in {"body", "query", "path", "header"} else loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path
