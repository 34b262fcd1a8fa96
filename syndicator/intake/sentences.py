"""Every sentence an import says to a seller, in Thai and in English: what is wrong and what to do.

The codes of the first 23 row faults are those of ``tests/data/bad-products.csv``. A code never changes meaning.
"""

from typing import Any, Final

from schemas.problem import Problem

_SHOWN_CHARS: Final = 60


def problem(path: str, code: str, *, suggestion: str | None = None, **values: Any) -> Problem:
    """Make the problem ``code`` of the column ``path`` ("" for the whole row or file).

    ``values`` fill the sentences; long ones are shortened for reading. A suggestion is also said in words.
    """
    thai, english = SENTENCES[code]
    shown = {"column": path} | {name: _shown(value) for name, value in values.items()}
    hint_th = f" (แนะนำ: {_shown(suggestion)})" if suggestion is not None else ""
    hint_en = f" (suggested: {_shown(suggestion)})" if suggestion is not None else ""
    return Problem(
        path=path,
        code=code,
        th=thai.format(**shown) + hint_th,
        en=english.format(**shown) + hint_en,
        suggestion=suggestion,
    )


def _shown(value: Any) -> str:
    text = " ".join("".join(char if char.isprintable() else " " for char in str(value)).split())
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"


_FILE: Final = {
    "file_missing": (
        "ไม่พบไฟล์ “{file}” กรุณาตรวจชื่อไฟล์และโฟลเดอร์อีกครั้ง",
        'There is no file "{file}"; check its name and folder.',
    ),
    "file_is_folder": (
        "“{file}” เป็นโฟลเดอร์ กรุณาเลือกไฟล์ CSV หรือ XLSX ที่อยู่ข้างใน",
        '"{file}" is a folder; choose the CSV or XLSX file inside it.',
    ),
    "file_unreadable": (
        "เปิดไฟล์ “{file}” ไม่ได้ ({reason}) กรุณาตรวจสิทธิ์การอ่านไฟล์ หรือปิดโปรแกรมที่เปิดไฟล์นี้อยู่",
        '"{file}" cannot be opened ({reason}); check that you may read it and that no program holds it.',
    ),
    "file_empty": (
        "ไฟล์ “{file}” ว่างเปล่า กรุณาบันทึกข้อมูลสินค้าลงไฟล์แล้วลองใหม่",
        '"{file}" is empty; save the products into it and try again.',
    ),
    "file_too_large": (
        "ไฟล์ “{file}” ใหญ่ {size} MiB เกินที่รับได้ {limit} MiB กรุณาแบ่งเป็นหลายไฟล์",
        '"{file}" is {size} MiB, more than the {limit} MiB accepted; split it into several files.',
    ),
    "file_encrypted": (
        "ไฟล์ “{file}” มีรหัสผ่าน กรุณาเปิดใน Excel เอารหัสผ่านออก แล้วบันทึกใหม่",
        '"{file}" is protected by a password; open it in Excel, remove the password and save it again.',
    ),
    "file_old_excel": (
        "ไฟล์ “{file}” เป็น Excel รุ่นเก่า (.xls) กรุณาเปิดแล้วบันทึกเป็น Excel Workbook (.xlsx)",
        '"{file}" is in the old Excel format (.xls); open it and save it as an Excel Workbook (.xlsx).',
    ),
    "file_utf16": (
        "ไฟล์ “{file}” บันทึกเป็น Unicode Text (UTF-16) กรุณาบันทึกใหม่เป็น “CSV UTF-8 (Comma delimited)”",
        '"{file}" is Unicode Text (UTF-16); save it again as "CSV UTF-8 (Comma delimited)".',
    ),
    "file_markup": (
        "ไฟล์ “{file}” เป็นหน้าเว็บหรือ XML แม้ชื่อจะเหมือนไฟล์ Excel กรุณาเปิดใน Excel แล้วบันทึกเป็น .xlsx",
        '"{file}" is a web page or XML, whatever its name says; open it in Excel and save it as .xlsx.',
    ),
    "file_other_kind": (
        "ไฟล์ “{file}” เป็นไฟล์ชนิด {kind} ไม่ใช่ CSV หรือ XLSX กรุณาเลือกไฟล์ตารางสินค้า",
        '"{file}" is a {kind} file, not a CSV or XLSX; choose the file with the product table.',
    ),
    "file_binary": (
        "ไฟล์ “{file}” ไม่ใช่ CSV หรือ XLSX กรุณาเลือกไฟล์ตารางสินค้า",
        '"{file}" is neither a CSV nor an XLSX; choose the file with the product table.',
    ),
    "encoding_unknown": (
        "อ่านตัวอักษรในไฟล์ “{file}” ไม่ได้ กรุณาบันทึกใหม่เป็น “CSV UTF-8 (Comma delimited)”",
        'The characters of "{file}" are neither UTF-8 nor Windows-874; save it again as "CSV UTF-8 (Comma delimited)".',
    ),
    "encoding_damaged": (
        "ไฟล์ “{file}” มีตัวอักษรเสียที่บรรทัด {line} กรุณาส่งออกหรือบันทึกไฟล์ใหม่เป็น CSV UTF-8",
        '"{file}" has damaged characters at line {line}; export it again as CSV UTF-8.',
    ),
    "csv_broken": (
        'อ่านไฟล์ “{file}” ต่อจากบรรทัด {line} ไม่ได้ มักเกิดจากเครื่องหมายคำพูด (") ที่เปิดแล้วไม่ปิด กรุณาแก้แล้วลองใหม่',
        '"{file}" cannot be read from line {line} on ({reason}); usually a quote mark (") is opened and not closed.',
    ),
    "csv_separator": (
        "ไฟล์ “{file}” คั่นคอลัมน์ด้วย{separator_th} กรุณาบันทึกใหม่เป็น CSV ที่คั่นด้วยจุลภาค (,)",
        '"{file}" separates its columns by {separator_en}; save it again as a CSV separated by commas.',
    ),
    "workbook_broken": (
        "ไฟล์ Excel “{file}” เสียหรือไม่สมบูรณ์ กรุณาเปิดใน Excel แล้วบันทึกเป็น .xlsx ใหม่",
        'The workbook "{file}" is broken or incomplete; open it in Excel and save it as .xlsx again.',
    ),
    "workbook_bomb": (
        "ไฟล์ Excel “{file}” เมื่อคลายแล้วใหญ่ผิดปกติ จึงไม่เปิดเพื่อความปลอดภัย กรุณาคัดลอกเฉพาะตารางสินค้าไปไฟล์ใหม่",
        'The workbook "{file}" unpacks to an unreasonable size and was not opened; copy only the product table to a new file.',
    ),
    "header_missing_columns": (
        "ไฟล์ “{file}” ขาดคอลัมน์: {columns} กรุณาเพิ่มหัวคอลัมน์ให้ครบในบรรทัดแรก (เว้นช่องข้อมูลว่างได้หากไม่บังคับ)",
        '"{file}" lacks these columns: {columns}; add them to the first line (cells of optional ones may stay empty).',
    ),
    "header_no_stock": (
        "ไฟล์ “{file}” ต้องมีคอลัมน์รหัสสินค้า ({sku}) และคอลัมน์จำนวน ({quantity}) ในบรรทัดแรก",
        '"{file}" needs a column of codes ({sku}) and a column of quantities ({quantity}) in its first line.',
    ),
    "header_duplicate_columns": (
        "ไฟล์ “{file}” มีหัวคอลัมน์ซ้ำ: {columns} กรุณาลบให้เหลือชื่อละหนึ่งคอลัมน์",
        '"{file}" names these columns more than once: {columns}; keep one of each.',
    ),
    "header_too_wide": (
        "ไฟล์ “{file}” มีคอลัมน์มากกว่า {limit} กรุณาลบคอลัมน์ที่ไม่ใช้",
        '"{file}" has more than {limit} columns; remove those that are not needed.',
    ),
    "rows_none": (
        "ไฟล์ “{file}” มีแต่หัวคอลัมน์ ยังไม่มีสินค้าแม้แต่แถวเดียว กรุณาเพิ่มสินค้าแล้วลองใหม่",
        '"{file}" has a header and not one product row; add the products and try again.',
    ),
    "rows_too_many": (
        "ไฟล์ “{file}” มีสินค้าเกิน {limit} แถว กรุณาแบ่งเป็นหลายไฟล์ ยังไม่มีการบันทึกข้อมูลใด ๆ",
        '"{file}" has more than {limit} product rows; split it into several files. Nothing was stored.',
    ),
}

_NOTES: Final = {
    "columns_ignored": (
        "ไม่ได้ใช้คอลัมน์เหล่านี้เพราะไม่อยู่ในรูปแบบไฟล์: {columns}",
        "These columns are not part of the format and were ignored: {columns}.",
    ),
    "rows_empty": ("ข้ามแถวว่าง {count} แถว", "Empty rows skipped: {count}."),
    "sheets_ignored": (
        "อ่านเฉพาะแผ่นงานแรก “{sheet}” แผ่นงานอื่นไม่ได้อ่าน",
        'Only the first sheet "{sheet}" was read; the other sheets were not.',
    ),
    "encoding_windows_874": (
        "ไฟล์นี้บันทึกแบบ Windows-874 และอ่านได้ครบ ครั้งหน้าแนะนำให้บันทึกเป็น CSV UTF-8 เพื่อเก็บอีโมจิได้",
        "The file is in Windows-874 and was read; CSV UTF-8 is the better choice, it also keeps emoji.",
    ),
}

_ANY_CELL: Final = {
    "required_missing": (
        "คอลัมน์ {column} ต้องกรอก แต่ยังว่างอยู่ กรุณาใส่ข้อมูล",
        "{column} is required and is empty; fill it in.",
    ),
    "text_mojibake": (
        "ข้อความในคอลัมน์ {column} เป็นภาษาต่างดาว (เข้ารหัสตัวอักษรผิด) กรุณาพิมพ์ใหม่หรือบันทึกไฟล์เป็น UTF-8 แล้วส่งใหม่",
        "{column} was damaged by a wrong character encoding; type it again or export the file again as UTF-8.",
    ),
    "text_control_characters": (
        "คอลัมน์ {column} มีอักขระควบคุมที่มองไม่เห็น กรุณาลบแล้วพิมพ์ใหม่",
        "{column} holds invisible control characters; delete and retype the text.",
    ),
    "formula_injection": (
        "คอลัมน์ {column} เริ่มด้วยสูตรคำนวณ ({value}) จึงไม่รับเพื่อความปลอดภัย กรุณาใส่เป็นข้อความหรือตัวเลขธรรมดา",
        "{column} holds a formula ({value}), refused for safety; write plain text or a plain number.",
    ),
    "cell_formula": (
        "ช่อง {column} เป็นสูตร Excel กรุณาคัดลอกแล้ววางเป็นค่า (Paste Values)",
        "{column} is an Excel formula; copy it and paste it as a value (Paste Values).",
    ),
    "cell_error": (
        "ช่อง {column} แสดงข้อผิดพลาดของ Excel ({value}) กรุณาแก้ให้เป็นค่าจริง",
        "{column} shows an Excel error ({value}); put the real value in.",
    ),
    "cell_number": (
        "ช่อง {column} ถูก Excel เก็บเป็นตัวเลข ({value}) เลข 0 ข้างหน้าหรือรูปเดิมอาจหายไป กรุณาตั้งช่องเป็น “ข้อความ” แล้วพิมพ์ค่าเดิมใหม่",
        "Excel holds {column} as a number ({value}), so leading zeros may be lost; set the cell to Text and type the original again.",
    ),
    "cell_date": (
        "ช่อง {column} ถูก Excel แปลงเป็นวันที่ ({value}) กรุณาตั้งช่องเป็น “ข้อความ” แล้วพิมพ์ค่าเดิมใหม่",
        "Excel turned {column} into a date ({value}); set the cell to Text and type the original again.",
    ),
    "row_width": (
        "แถวนี้มีข้อมูลเกินจากหัวตารางซึ่งมี {expected} คอลัมน์ ข้อความที่มีจุลภาค (,) ต้องอยู่ในเครื่องหมายคำพูด",
        "This row has more cells than the {expected} columns of the header; a text with a comma must stand in quote marks.",
    ),
    "text_too_long": (
        "คอลัมน์ {column} ยาว {length} ตัวอักษร เกินที่รับได้ {limit} กรุณาย่อให้สั้นลง",
        "{column} has {length} characters, more than the {limit} allowed; shorten it.",
    ),
    "thai_missing": (
        "คอลัมน์ {column} ไม่มีตัวอักษรไทย กรุณาใส่ชื่อภาษาไทย",
        "{column} has no Thai letters; write the Thai name.",
    ),
    "choice_unknown": (
        "ค่า “{value}” ในคอลัมน์ {column} ไม่อยู่ในรายการ ใช้ได้เฉพาะ: {choices}",
        '{column}: "{value}" is not one of {choices}.',
    ),
}

_CODES: Final = {
    "sku_duplicate": (
        "รหัสสินค้า “{value}” ในบรรทัด {line} ซ้ำกับบรรทัด {first} จึงไม่รับบรรทัด {line} กรุณาใช้รหัสที่ไม่ซ้ำกัน",
        '{column}: "{value}" on line {line} already stands on line {first}; give each row its own code (line {line} is rejected).',
    ),
    "sku_not_stored": (
        "ไม่พบสินค้ารหัส “{value}” ตรวจตัวสะกด หรือส่งไฟล์สินค้าก่อนด้วย: syndicator publish",
        '{column}: there is no product "{value}"; check the spelling, or send the file of products first with: syndicator publish',
    ),
    "sku_scientific_notation": (
        "“{value}” ในคอลัมน์ {column} คือรหัสยาวที่โปรแกรมตารางแปลงเป็นเลขยกกำลัง ตัวเลขเดิมหายไปแล้ว กรุณาใส่รหัสเดิมจากต้นฉบับ",
        '{column}: "{value}" is a long code a spreadsheet turned into scientific notation; its digits are lost, enter the original code.',
    ),
    "sku_spreadsheet_date": (
        "“{value}” ในคอลัมน์ {column} น่าจะเป็นรหัส (เช่น MAR-1 หรือ 3-1) ที่โปรแกรมตารางแปลงเป็นวันที่ กรุณาใส่รหัสเดิมจากต้นฉบับ",
        '{column}: "{value}" looks like a code (MAR-1, 3-1) a spreadsheet turned into a date; enter the original code.',
    ),
    "sku_format": (
        "รหัส “{value}” ในคอลัมน์ {column} ใช้ไม่ได้ ใช้ได้เฉพาะ A-Z a-z 0-9 จุด ขีดล่าง และขีด เริ่มด้วยตัวอักษรหรือตัวเลข ไม่เกิน 40 ตัว",
        '{column}: "{value}" is not a valid code; use A-Z, a-z, 0-9, dot, underscore and dash, starting with a letter or digit, at most 40.',
    ),
    "gtin_scientific_notation": (
        "บาร์โค้ด “{value}” ถูกโปรแกรมตารางแปลงเป็นเลขยกกำลัง ตัวเลขเดิมหายไปแล้ว กรุณาใส่เลขบาร์โค้ดเดิมจากฉลาก",
        '{column}: "{value}" is a barcode a spreadsheet turned into scientific notation; enter the original digits from the label.',
    ),
    "gtin_format": (
        "บาร์โค้ด “{value}” ต้องเป็นตัวเลข 8, 12, 13 หรือ 14 หลัก กรุณาตรวจกับฉลาก",
        '{column}: "{value}" must have 8, 12, 13 or 14 digits and nothing else; compare it with the label.',
    ),
    "gtin_check_digit": (
        "บาร์โค้ด {value} ไม่ถูกต้อง หลักสุดท้ายควรเป็น {expected} ไม่ใช่ {found} กรุณาตรวจกับฉลาก (อาจพิมพ์ผิดที่หลักอื่น)",
        "{column}: {value} fails its check digit, which would be {expected} and not {found}; compare every digit with the label.",
    ),
    "fda_format": (
        "เลขสารบบอาหาร (อย.) “{value}” ต้องมี 13 หลักในรูป NN-N-NNNNN-N-NNNN แต่พบ {digits} หลัก กรุณาตรวจกับฉลาก",
        '{column}: "{value}" must have 13 digits as NN-N-NNNNN-N-NNNN ({digits} digits found); compare it with the label.',
    ),
    "tcps_format": (
        "เลข มผช. “{value}” ต้องเป็นรูป มผช.<เลขที่>/<ปี พ.ศ. 4 หลัก> เช่น มผช.9001/2599",
        '{column}: "{value}" must be มผช.<number>/<four-digit Buddhist year>, such as มผช.9001/2599.',
    ),
    "category_unknown": (
        "หมวดสินค้า “{value}” ไม่อยู่ในรายการ หมวดที่ใกล้เคียง: {nearest}",
        '{column}: "{value}" is not in the category list; the nearest are {nearest}.',
    ),
}

_NUMBERS: Final = {
    "price_not_positive": (
        "ราคาในคอลัมน์ {column} ต้องมากกว่า 0 (พบ {value}) กรุณาใส่ราคาที่ถูกต้อง",
        "{column} must be greater than 0 (got {value}); enter the right price.",
    ),
    "price_format": (
        "ราคา “{value}” ในคอลัมน์ {column} ต้องเป็นตัวเลขอารบิกล้วน เช่น 1250 หรือ 1250.50 ไม่มีจุลภาค สกุลเงิน หรือหน่วย",
        '{column}: "{value}" is not a plain decimal such as 1250 or 1250.50; no separators, currency, words or Thai digits.',
    ),
    "compare_at_not_higher": (
        "ราคาเดิม {value} ต้องสูงกว่าราคาขาย {price} กรุณาแก้ไข หรือเว้นว่างไว้ถ้าไม่ได้ลดราคา",
        "{column} {value} must be higher than the price {price}; correct it, or leave it empty when nothing is reduced.",
    ),
    "stock_not_integer": (
        "จำนวนสต็อก “{value}” ต้องเป็นจำนวนเต็ม เช่น 12 ไม่มีทศนิยม จุลภาค หรือหน่วย",
        '{column}: "{value}" is not a whole number such as 12.',
    ),
    "stock_out_of_range": (
        "จำนวนสต็อก {value} ต้องอยู่ระหว่าง 0 ถึง 999999 อาจพิมพ์ผิดหรือใช้หน่วยผิด กรุณาตรวจอีกครั้ง",
        "{column}: {value} is outside 0 to 999999, likely a typing or unit mistake; check it.",
    ),
    "number_too_large": (
        "ค่า {value} ใน {column} มากเกินไป ต้องไม่เกิน {high} กรุณาตรวจหน่วย",
        "{column}: {value} is more than {high}; check the unit.",
    ),
    "weight_format": (
        "น้ำหนัก “{value}” ต้องเป็นจำนวนเต็มหน่วยกรัม เช่น 500 โดยไม่ใส่หน่วยหรือทศนิยม",
        '{column}: "{value}" must be a whole number of grams such as 500, without a unit.',
    ),
    "weight_out_of_range": (
        "น้ำหนัก {value} กรัมไม่น่าถูกต้อง ต้องอยู่ระหว่าง 1 ถึง {high} กรัม (รวมบรรจุภัณฑ์)",
        "{column}: {value} grams is outside 1 to {high}; give the weight with its packing.",
    ),
    "dimensions_incomplete": (
        "ขนาดกล่องไม่ครบ คอลัมน์ {column} ว่างอยู่ กรุณากรอกกว้าง ยาว สูง ให้ครบ หรือเว้นว่างทั้งสามช่อง",
        "{column} is empty while another side is given; give all three sides or none.",
    ),
    "dimension_format": (
        "ขนาด “{value}” ในคอลัมน์ {column} ต้องเป็นตัวเลขหน่วยเซนติเมตรที่มากกว่า 0 เช่น 12 หรือ 12.5",
        '{column}: "{value}" must be a number of centimetres above 0, such as 12 or 12.5.',
    ),
    "otop_star_out_of_range": (
        "ดาว OTOP “{value}” ต้องเป็นเลข 1 ถึง 5 หรือเว้นว่าง",
        '{column}: "{value}" must be 1 to 5, or empty.',
    ),
    "days_format": (
        "จำนวนวัน “{value}” ในคอลัมน์ {column} ต้องเป็นจำนวนเต็มตั้งแต่ 0 ถึง {high}",
        '{column}: "{value}" must be a whole number of days from 0 to {high}.',
    ),
    "date_buddhist_era": (
        "วันที่ “{value}” เป็นปี พ.ศ. กรุณาใช้ปี ค.ศ. ในรูป ปปปป-ดด-วว",
        '{column}: "{value}" is in the Buddhist era; write the common-era date as YYYY-MM-DD.',
    ),
    "date_invalid": (
        "วันที่ “{value}” ไม่มีอยู่จริงในปฏิทิน กรุณาตรวจวันและเดือน",
        '{column}: "{value}" is not a calendar date; check the day and the month.',
    ),
    "date_format": (
        "วันที่ “{value}” ต้องอยู่ในรูป ปปปป-ดด-วว (ค.ศ.) เช่น 2025-01-15",
        '{column}: "{value}" must be written YYYY-MM-DD in the common era, such as 2025-01-15.',
    ),
}

_PLACES: Final = {
    "tambon_code_format": (
        "รหัสตำบล “{value}” ต้องเป็นตัวเลข 6 หลัก",
        '{column}: "{value}" must have 6 digits.',
    ),
    "tambon_code_unknown": (
        "ไม่พบรหัสตำบล {value} ในทะเบียน กรุณาตรวจรหัสอีกครั้ง",
        "{column}: no tambon has the code {value}; check it.",
    ),
    "address_mismatch": (
        "รหัสตำบล {value} คือ {place} แต่แถวนี้เขียนว่า {written} กรุณาแก้รหัสหรือชื่อให้ตรงกัน",
        "{column}: {value} is {place}, but the row says {written}; make the code and the names agree.",
    ),
    "address_kind_word": (
        "“{value}” ในคอลัมน์ {column} ไม่ต้องใส่คำว่า จังหวัด อำเภอ หรือตำบล กรุณาใส่เฉพาะชื่อ",
        '{column}: write "{value}" as the name alone, without จังหวัด, อำเภอ or ตำบล.',
    ),
    "postal_code_format": (
        "รหัสไปรษณีย์ “{value}” ต้องเป็นตัวเลข 5 หลัก",
        '{column}: "{value}" must have 5 digits.',
    ),
    "postal_code_mismatch": (
        "รหัสไปรษณีย์ {value} ไม่ตรงกับ {place} ซึ่งใช้ {expected} กรุณาตรวจอีกครั้ง",
        "{column}: {value} does not belong to {place}, which has {expected}; check it.",
    ),
}

_GROUPS: Final = {
    "variant_option_missing": (
        "แถวนี้เป็นตัวเลือกของสินค้า แต่คอลัมน์ {column} ยังว่าง กรุณากรอกชื่อและค่าของตัวเลือกให้ครบคู่",
        "This row is a variant but {column} is empty; an option needs both its name and its value.",
    ),
    "variant_group_missing": (
        "แถวนี้มีตัวเลือกสินค้า แต่ไม่ได้ใส่ {column} กรุณาใส่รหัสกลุ่มเดียวกันทุกแถวของสินค้านี้ หรือลบตัวเลือกออก",
        "The row has options but no {column}; give all rows of the product the same one, or remove the options.",
    ),
    "variant_option_name_duplicate": (
        "ชื่อตัวเลือกทั้งสองคือ “{value}” เหมือนกัน กรุณาตั้งชื่อให้ต่างกัน เช่น สี และ ขนาด",
        '{column}: both options are called "{value}"; give them different names, such as colour and size.',
    ),
    "variant_option_duplicate": (
        "ตัวเลือก “{value}” ในบรรทัด {line} ซ้ำกับบรรทัด {first} ในกลุ่มเดียวกัน กรุณาให้แต่ละแถวมีตัวเลือกต่างกัน",
        '{column}: the option "{value}" on line {line} already stands on line {first} of the same group; make them differ.',
    ),
    "variants_alike": (
        "{column} เหมือนกับ {first} กรุณาให้แต่ละตัวเลือกต่างกัน",
        "{column} are those of {first}; make the variants differ.",
    ),
    "sku_not_of_product": (
        "{column}: รหัส “{value}” ไม่ใช่ตัวเลือกของสินค้านี้ กรุณาตรวจตัวสะกด",
        '{column}: "{value}" is no variant of this product; check the spelling.',
    ),
    "group_single": (
        "กลุ่ม {value} มีแถวเดียว กลุ่มต้องมีอย่างน้อย 2 แถว กรุณาเพิ่มตัวเลือกอื่น หรือเว้น {column} ว่างถ้าไม่มีตัวเลือก",
        "{column}: {value} stands on one row only; a group has 2 or more. Add the other variants or leave it empty.",
    ),
    "group_differs": (
        "คอลัมน์ {column} ของบรรทัด {line} ไม่เหมือนบรรทัด {first} ในกลุ่มเดียวกัน กรุณาใส่ให้เหมือนกันทุกแถว",
        "{column} on line {line} differs from line {first} of the same group; write the same on all rows of a group.",
    ),
    "group_sku_taken": (
        "รหัสกลุ่ม “{value}” ซ้ำกับรหัสสินค้าอื่นในบรรทัด {first} กรุณาใช้รหัสกลุ่มอื่น",
        '{column}: "{value}" is the code of another product on line {first}; choose another group code.',
    ),
    "group_apart": (
        "บรรทัด {line} เป็นของกลุ่ม “{value}” ซึ่งเริ่มที่บรรทัด {first} และจบไปแล้ว กรุณาวางแถวของกลุ่มเดียวกันไว้ติดกัน",
        '{column}: line {line} belongs to the group "{value}", which began on line {first} and has ended; put the rows of a group together.',
    ),
    "group_held": (
        "แถวนี้ถูกต้องแล้ว แต่ยังไม่ลงขายเพราะแถวอื่นในกลุ่ม {value} (บรรทัด {lines}) ยังมีข้อผิดพลาด แก้แถวนั้นแล้วส่งมาพร้อมกันทั้งกลุ่ม",
        "This row is fine but waits: line {lines} of the same group {value} is wrong. Correct it and send the whole group together.",
    ),
}

_CONTENT: Final = {
    "html_unsafe": (
        "รายละเอียดสินค้ามีโค้ดที่ไม่ปลอดภัย ({found}) กรุณาลบออก ใช้ได้เฉพาะ p br b strong i em ul ol li",
        "{column} contains unsafe markup ({found}); remove it. Allowed are p br b strong i em ul ol li.",
    ),
    "html_not_allowed": (
        "รายละเอียดสินค้าใช้แท็ก HTML ที่ไม่รองรับ ({found}) ใช้ได้เฉพาะ p br b strong i em ul ol li โดยไม่มีแอตทริบิวต์",
        "{column} uses markup that is not supported ({found}); allowed are p br b strong i em ul ol li without attributes.",
    ),
    "image_path_unsafe": (
        "ชื่อรูป “{value}” ชี้ออกนอกโฟลเดอร์นำเข้า ใช้ได้เฉพาะชื่อไฟล์ที่อยู่ในโฟลเดอร์ เช่น images/photo-1.jpg",
        '{column}: "{value}" leaves the import folder; only relative names inside it are allowed, such as images/photo-1.jpg.',
    ),
    "image_url_not_https": (
        "ที่อยู่รูป “{value}” ต้องขึ้นต้นด้วย https:// หรือใช้ชื่อไฟล์ในโฟลเดอร์นำเข้าแทน",
        '{column}: "{value}" must begin with https://, or be a file name inside the import folder.',
    ),
    "picture_hash": (
        "{column}: “{value}” ไม่ใช่ค่า SHA-256 ของรูปที่อัปโหลด (เลขฐานสิบหกตัวเล็ก 64 ตัว)",
        '{column}: "{value}" is not the SHA-256 of an uploaded picture (64 lower-case hexadecimal digits).',
    ),
    "picture_unknown": (
        "{column}: ไม่พบรูป {value} ที่ผู้ขายรายนี้อัปโหลดไว้ กรุณาอัปโหลดรูปก่อน",
        "{column}: this seller has brought no picture {value}; upload it first.",
    ),
    "image_missing": (
        "ไม่พบรูป “{value}” ในโฟลเดอร์รูปภาพ กรุณาเพิ่มไฟล์หรือแก้ชื่อให้ตรง",
        '{column}: the picture "{value}" is not in the photo folder; add the file or correct its name.',
    ),
    "image_outside_folder": (
        "รูป “{value}” เป็นทางลัดที่ชี้ออกนอกโฟลเดอร์รูปภาพ กรุณาคัดลอกไฟล์จริงมาไว้ในโฟลเดอร์",
        '{column}: "{value}" is a link that leaves the photo folder; copy the real file into the folder.',
    ),
    "image_name_ambiguous": (
        "ชื่อรูป “{value}” ตรงกับหลายไฟล์ที่ต่างกันแค่ตัวพิมพ์เล็กใหญ่ ({found}) กรุณาเขียนชื่อให้ตรงกับไฟล์ที่ต้องการ",
        '{column}: "{value}" matches several files that differ in letter case only ({found}); write the exact name.',
    ),
    "tag_leading_hash": (
        "แท็ก “{value}” ไม่ต้องใส่เครื่องหมาย # นำหน้า",
        '{column}: write the tag "{value}" without the leading #.',
    ),
}

SENTENCES: Final[dict[str, tuple[str, str]]] = (
    _FILE | _NOTES | _ANY_CELL | _CODES | _NUMBERS | _PLACES | _GROUPS | _CONTENT
)
"""Code -> (Thai, English), with named fields filled by ``problem``."""
