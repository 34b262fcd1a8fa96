"""``syndicator api-keys``: the keys with which other systems call the HTTP API."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from schemas.problem import Problem
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.options import By, Json, begin, who
from syndicator.cli.stack import open_app
from syndicator.domain.access import ApiKeyText, Reach, Rights, Role
from syndicator.store.engine import UnitOfWork

app = typer.Typer(
    help="The keys with which other systems call the HTTP API: create, list, revoke.", no_args_is_help=True
)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for, in your words.")],
    role: Annotated[Role, typer.Option(help="How far it reaches.")] = Role.SELLER,
    seller: Annotated[
        str | None, typer.Option(help="The seller of a seller's key (SYNDICATOR_SELLER).")
    ] = None,
    centre: Annotated[str | None, typer.Option(help="The centre of a centre's key.")] = None,
    rights: Annotated[Rights, typer.Option(help="What it may do.")] = Rights.WRITE,
    requests_per_minute: Annotated[
        int | None, typer.Option(min=1, help="Its own limit; else SYNDICATOR_API__REQUESTS_PER_MINUTE.")
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Make a key and show it, this once: only a hash of it is kept."""
    command = begin(as_json=as_json, seller=seller)
    key = ApiKeyText.make()
    with open_app(command.settings) as opened, opened.database.begin() as uow:
        uow.api_keys.add(
            key,
            _reach(uow, role, command.seller, centre),
            rights=rights,
            name=name,
            made_by=who(by),
            requests_per_minute=requests_per_minute,
        )
    command.out.say(
        f"คีย์ใหม่ (แสดงครั้งนี้ครั้งเดียว เก็บไว้ให้ดี): {key.text}", f"The new key, shown only now: {key.text}"
    )
    command.out.data({"key": key.text, "id": key.public_id, "name": name, "role": role, "rights": rights})


@app.command("list")
def list_keys(as_json: Json = False) -> None:
    """List every key: whose it is, what it may do, when it was last used."""
    command = begin(as_json=as_json)
    out = command.out
    with open_app(command.settings) as opened, opened.database.begin() as uow:
        found = uow.api_keys.within(Reach(role=Role.ADMIN))
    if not found:
        out.say(
            "ยังไม่มีคีย์ สร้างด้วย: syndicator api-keys create", "No key; make one with: syndicator api-keys create"
        )
    else:
        out.table(
            out.pick("คีย์ ชื่อ บทบาท ของ สิทธิ์ ใช้ล่าสุด ยกเลิก", "Key Name Role Of Rights Used Revoked").split(),
            [
                (
                    one.public_id,
                    one.name,
                    one.role,
                    one.seller or one.centre,
                    one.rights,
                    one.last_used_at,
                    one.revoked_at,
                )
                for one in found
            ],
            flexible=1,
        )
    out.data({"keys": [asdict(one) for one in found]})


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, as listed.")], as_json: Json = False
) -> None:
    """End a key at once."""
    command = begin(as_json=as_json)
    with open_app(command.settings) as opened, opened.database.begin() as uow:
        is_ended = uow.api_keys.revoke(key, now=datetime.now(UTC))
    if not is_ended:
        raise CommandFailed(_no_key(key), Exit.BAD_INPUT)
    command.out.say(f"ยกเลิกคีย์ {key} แล้ว", f"The key {key} was revoked.")
    command.out.data({"revoked": key})


def _reach(uow: UnitOfWork, role: Role, seller: str, centre: str | None) -> Reach:
    match role:
        case Role.ADMIN:
            return Reach(role=role)
        case Role.CENTRE:
            if centre is None:
                raise CommandFailed(_centre_needed(), Exit.USAGE)
            return Reach(role=role, centre_id=uow.sellers.ensure_centre(centre))
        case Role.SELLER:
            return Reach(role=role, seller_id=uow.accounts.ensure_seller(seller))


def _centre_needed() -> Problem:
    return Problem(
        path="--centre",
        code="centre_needed",
        th="คีย์ของศูนย์ต้องระบุ --centre",
        en="a centre's key needs --centre",
    )


def _no_key(key: str) -> Problem:
    return Problem(
        path="key",
        code="key_unknown",
        th=f"ไม่มีคีย์ {key} ที่ใช้อยู่ ดูรายการด้วย: syndicator api-keys list",
        en=f"no valid key has the id {key}; see: syndicator api-keys list",
    )
