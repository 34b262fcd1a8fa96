"""The parts of the documentation that are made from the program itself: the settings, the example of an
environment, the table of channels and what other systems may send.

``python -m tests.docs.generated`` writes them; ``test_generated.py`` fails when they are no longer current.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from textwrap import wrap
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, TypeAdapter
from pydantic.fields import FieldInfo

from adapters.base import Capabilities, Fallback, StockMode
from adapters.limits import TextUnit
from adapters.registry import CHANNELS
from schemas.channel import ChannelAccount, Part, Verb
from schemas.ids import AccountId, ChannelKind, SellerId
from schemas.submission import published_schema
from syndicator.api.app import create_app
from syndicator.bootstrap import App
from syndicator.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
README_TH = ROOT / "README.th.md"
SETTINGS = ROOT / "docs" / "settings.md"
ENV_EXAMPLE = ROOT / "config" / "env.example"
OPENAPI = ROOT / "docs" / "openapi.json"
SUBMIT_SCHEMA = ROOT / "docs" / "messages" / "listing-submit.v1.json"
BEGIN, END = "<!-- channels: begin (make docs) -->", "<!-- channels: end -->"

_SHOWN_ACCOUNTS: tuple[tuple[str, Mapping[str, Any], str, str], ...] = (
    ("facebook_page", {}, "", ""),
    ("instagram", {}, "", ""),
    ("line_shop", {}, "", ""),
    ("emarket", {"market": "sandbox-emarket"}, " (API market)", " (มี API)"),
    (
        "emarket",
        {"market": "google-products", "link": "https://shop.example.test/{sku}"},
        " (Google product file)",
        " (ไฟล์สินค้า Google)",
    ),
    ("emarket", {"market": "postmart"}, " (Postmart, by hand)", " (ไปรษณีย์มาร์ท ลงเอง)"),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable of the environment, as docs/settings.md shows it."""

    name: str
    default: str
    meaning: str
    is_secret: bool = False


def settings_of(model: type[BaseModel], prefix: str = PREFIX) -> Iterator[Setting]:
    """Yield every setting, groups unfolded."""
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        group = field.annotation
        if isinstance(group, type) and issubclass(group, BaseModel):
            yield from settings_of(group, f"{variable}__")
        else:
            yield Setting(variable, _default(field), _meaning(field), is_secret=_is_secret(field))


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _meaning(field: FieldInfo) -> str:
    words = " ".join((field.description or "").split())
    return words.replace("``", "`").replace("None means", "unset means")


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None:
        return "unset"
    if isinstance(value, timedelta):
        return f"`{TypeAdapter(timedelta).dump_python(value, mode='json')}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`{json.dumps(value)}`"
    return "secret" if isinstance(value, SecretStr) else f"`{value}`"


def settings_page() -> str:
    """Return docs/settings.md."""
    rows = [f"| `{s.name}` | {s.default} | {s.meaning} |" for s in settings_of(Settings)]
    return "\n".join(
        [
            "# Settings",
            "",
            "Written by `make docs` from the program's own settings; do not edit it by hand.",
            "",
            "Every setting is an environment variable. Groups nest by `__`. Durations are ISO 8601 (`PT45S`, `PT30M`,",
            "`P7D`) or `HH:MM:SS`. Any variable may be given as a file instead: `SYNDICATOR_SECRET_KEYS_FILE=/run/keys`",
            "reads `SYNDICATOR_SECRET_KEYS` from it, so that a secret stands in no environment. `SYNDICATOR_EMARKET_DIR`",
            "is the short name of `SYNDICATOR_EMARKET__DIR`. `SYNDICATOR_TRACEBACK=1` makes a command that ends in one",
            "sentence print where in the program it ended, too. A wrong value ends every command with exit code 2 and",
            "the name of the setting.",
            "",
            "| setting | default | meaning |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def env_example() -> str:
    """Return config/env.example: every setting with its default, as a comment; secrets as the files that hold them."""
    lines = [
        "# Every setting of the program, to be read by a service manager or a shell. Written by `make docs`; copy it and",
        "# take the mark off what is to differ. On one machine nothing is needed: without addresses, private servers start",
        "# under var/. With real ones, the database, Redis (a database nothing else uses) and the keys are.",
    ]
    for setting in settings_of(Settings):
        lines += ["", *(f"# {line}" for line in wrap(setting.meaning.replace("`", ""), width=116))]
        value = "" if setting.default in {"unset", "secret"} else setting.default.strip("`")
        path = f"/run/secrets/{setting.name.removeprefix(PREFIX).lower()}"
        lines.append(f"#{setting.name}_FILE={path}" if setting.is_secret else f"#{setting.name}={value}")
    return "\n".join([*lines, ""])


def capabilities() -> Iterator[tuple[str, str, Capabilities]]:
    """Yield English label, Thai label and what the adapter of each kind declares of itself."""
    app = App(Settings(), database_url="", redis_url="")
    try:
        for kind, account_settings, en, th in _SHOWN_ACCOUNTS:
            account = ChannelAccount(
                id=AccountId(1),
                seller_id=SellerId(1),
                kind=ChannelKind(kind),
                name=kind,
                settings=account_settings,
            )
            channel = CHANNELS[account.kind]
            declared = app.adapters.capabilities(account)
            yield channel.label_en + en, channel.label_th + th, declared
    finally:
        app.close()


_UNITS = {
    TextUnit.CODE_POINTS: "characters",
    TextUnit.UTF16_UNITS: "UTF-16 units",
    TextUnit.UTF8_BYTES: "UTF-8 bytes",
    TextUnit.GRAPHEMES: "graphemes",
}
_STOCK = {
    StockMode.NONE: ("not shown", "ไม่แสดง"),
    StockMode.IN_OUT: ("sold out or not", "มีของ / หมด"),
    StockMode.QUANTITY: ("quantity", "จำนวนจริง"),
}
_FALLBACKS = {
    Fallback.COMMENT: ("told in a comment", "แจ้งในความคิดเห็น"),
    Fallback.REPUBLISH: ("withdrawn and published anew", "ลบแล้วลงใหม่"),
    Fallback.ASK: ("a person is asked", "แจ้งให้คนทำ"),
}
_PARTS_TH = {
    Part.TEXT: "ข้อความ",
    Part.PRICE: "ราคา",
    Part.STOCK: "สต็อก",
    Part.PICTURES: "รูป",
    Part.DETAILS: "รายละเอียด",
}


def channel_table() -> str:
    """Return the README's table of channels."""
    rows = [
        f"| {en} | {c.max_text.value:,} {_UNITS[TextUnit(c.max_text.unit)]} | {c.max_pictures.value} "
        f"| {_any(c.option_levels)} | {_STOCK[c.stock][0]} | {_words(c.editable)} | {_instead(c)} "
        f"| {c.update_batch} | {'yes' if Verb.WITHDRAW in c.verbs else 'by hand'} |"
        for en, _, c in capabilities()
    ]
    head = (
        "| channel | longest text | pictures | option levels | stock | changed in place | changed otherwise "
        "| listings per price or stock call | withdraws |"
    )
    return "\n".join([head, "|---|---|---|---|---|---|---|---|---|", *rows])


def channel_table_th() -> str:
    """Return the Thai README's table of channels."""
    rows = [
        f"| {th} | {c.max_pictures.value} | {'ไม่จำกัด' if c.option_levels is None else c.option_levels} "
        f"| {_STOCK[c.stock][1]} | {_words_th(c.editable)} | {_instead_th(c)} "
        f"| {'ได้' if Verb.WITHDRAW in c.verbs else 'ทำเอง'} |"
        for _, th, c in capabilities()
    ]
    head = "| ช่องทาง | รูปสูงสุด | ชั้นตัวเลือก | สต็อกที่ผู้ซื้อเห็น | แก้ในประกาศเดิมได้ | แก้ด้วยวิธีอื่น | ถอนประกาศ |"
    return "\n".join([head, "|---|---|---|---|---|---|---|", *rows])


def _any(levels: int | None) -> str:
    return "any" if levels is None else str(levels)


def _words(parts: frozenset[Part]) -> str:
    return ", ".join(part.value for part in Part if part in parts) or "–"


def _words_th(parts: frozenset[Part]) -> str:
    return " ".join(_PARTS_TH[part] for part in Part if part in parts) or "–"


def _instead(c: Capabilities) -> str:
    return (
        "; ".join(f"{', '.join(p.value for p in parts)}: {_FALLBACKS[f][0]}" for f, parts in _by_fallback(c))
        or "–"
    )


def _instead_th(c: Capabilities) -> str:
    return (
        "; ".join(
            f"{' '.join(_PARTS_TH[p] for p in parts)}: {_FALLBACKS[f][1]}" for f, parts in _by_fallback(c)
        )
        or "–"
    )


def _by_fallback(c: Capabilities) -> Iterator[tuple[Fallback, list[Part]]]:
    for fallback in Fallback:
        parts = [part for part in Part if c.fallbacks.get(part) is fallback]
        if parts:
            yield fallback, parts


def with_table(text: str, table: str) -> str:
    """Return a README with its table of channels replaced.

    Raises:
        ValueError: The marks that the table stands between are missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the marks {BEGIN} and {END} are missing")
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def openapi() -> str:
    """Return the description of the HTTP API."""
    app = App(Settings(), database_url="", redis_url="")
    try:
        return _json(create_app(app).openapi())
    finally:
        app.close()


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def pages() -> dict[Path, str]:
    """Return every generated page as it should be."""
    return {
        SETTINGS: settings_page(),
        ENV_EXAMPLE: env_example(),
        OPENAPI: openapi(),
        SUBMIT_SCHEMA: _json(published_schema()),
        README: with_table(README.read_text(encoding="utf-8"), channel_table()),
        README_TH: with_table(README_TH.read_text(encoding="utf-8"), channel_table_th()),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
