"""``syndicator codes``: the answers of channels that no error table explains, most frequent first."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from adapters.registry import CHANNELS
from syndicator.cli.options import Json, begin
from syndicator.cli.output import Output
from syndicator.cli.stack import open_app
from syndicator.store.unlisted import UnlistedAnswer

_OUTCOMES_TH = {
    "outcome_unknown": "ไม่รู้ผล ตรวจก่อนส่งซ้ำ",
    "transient": "ยังไม่เกิดผล ลองใหม่",
    "rejected": "ช่องทางไม่รับ",
    "locked": "ยังแก้ไม่ได้ รอ",
    "throttled": "ส่งถี่เกินไป รอ",
    "auth_expired": "ต้องเชื่อมบัญชีใหม่",
    "account_restricted": "บัญชีถูกจำกัด",
    "gone": "ประกาศหายไป",
}


def codes(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Codes shown, most frequent first.")] = 50,
    as_json: Json = False,
) -> None:
    """List what channels answered that no error table explains: how often, how it was treated, where a row is missing.

    An unlisted answer to a change is taken as unknown: the channel is looked at, the change is sent once more at most,
    then a person decides. Add the row that is missing to the file named, and the code is handled as the row says.
    """
    command = begin(as_json=as_json)
    with open_app(command.settings) as app, app.database.begin() as uow:
        found = uow.unlisted.ranked(limit=limit)
    _show(command.out, found)
    command.out.data([_json(answer) for answer in found])


def _json(answer: UnlistedAnswer) -> dict[str, Any]:
    """Return an answer for programs, with what to do in both languages."""
    th, en = _advice(answer)
    return asdict(answer) | {
        "vendor_code": answer.vendor_code or None,
        "http_status": answer.http_status or None,
        "to_do": {"th": th, "en": en},
    }


def _advice(answer: UnlistedAnswer) -> tuple[str, str]:
    """Say in Thai and English what an operator should do about an answer."""
    code = _code(answer)
    code, file = _code(answer), answer.unlisted_in
    th = (
        f"ถือว่าไม่รู้จักรหัส {code} จนกว่าจะมีแถวใน {file}: หาความหมายจากเอกสารของช่องทาง "
        "แล้วเพิ่มแถวพร้อมแหล่งที่มาและข้อความถึงผู้ขาย"
    )
    en = (
        f"{code} is treated as unknown until {file} has a row for it: find its meaning in the channel's documentation "
        "and add the row, with its source and a sentence for the seller."
    )
    return th, en


def _code(answer: UnlistedAnswer) -> str:
    return answer.vendor_code or (f"HTTP {answer.http_status}" if answer.http_status else "?")


def _show(out: Output, found: Sequence[UnlistedAnswer]) -> None:
    if not found:
        out.say(
            "ยังไม่มีคำตอบใดจากช่องทางที่ตารางรหัสไม่รู้จัก",
            "No channel has answered with anything the error tables do not list.",
        )
        return
    heads = (
        out.pick("ครั้ง", "count"),
        "HTTP",
        out.pick("รหัส", "code"),
        out.pick("ช่องทาง", "channel"),
    )
    rows = [
        (one.count, one.http_status or None, one.vendor_code or None, _channel(out, one)) for one in found
    ]
    out.table(heads, rows, flexible=2)
    for answer in found:
        out.block(f"{_channel(out, answer)} {_code(answer)}:", _lines(out, answer))


def _lines(out: Output, answer: UnlistedAnswer) -> list[str]:
    first, last = (
        f"{moment.astimezone():%Y-%m-%d %H:%M}" for moment in (answer.first_seen_at, answer.last_seen_at)
    )
    treated = answer.outcome.replace("_", " ")
    where = f"{answer.listing_id or '–'} · request id: {answer.request_id or '–'}"
    return [
        out.pick(
            f"ครั้งล่าสุดระบบถือว่า: {_OUTCOMES_TH.get(answer.outcome, treated)}",
            f"Last treated as: {treated}",
        ),
        out.pick(*_advice(answer)),
        out.pick(f"ช่องทางแจ้งว่า: {answer.message or '–'}", f"The channel said: {answer.message or '–'}"),
        out.pick(
            f"พบครั้งแรก {first} ล่าสุด {last} ที่ประกาศ {where}",
            f"First seen {first}, last {last}, on listing {where}",
        ),
    ]


def _channel(out: Output, answer: UnlistedAnswer) -> str:
    known = CHANNELS.get(answer.kind)
    return answer.kind if known is None else out.pick(known.label_th, known.label_en)
