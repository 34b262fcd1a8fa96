"""Which of the seller's accounts a command is about."""

from collections.abc import Sequence

from schemas.ids import AccountId, SellerId
from schemas.problem import Problem
from syndicator.bootstrap import App
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.options import Command
from syndicator.store.accounts import StoredAccount


def chosen_accounts(
    app: App, command: Command, channels: str | None
) -> tuple[SellerId, Sequence[StoredAccount]]:
    """Return the seller and the accounts that ``channels`` names (accounts or kinds, comma-separated); None names all.

    Raises:
        CommandFailed: The seller is unknown or has no account, or a name is not connected.
    """
    with app.database.begin() as uow:
        seller_id = uow.accounts.seller(command.seller)
        accounts = () if seller_id is None else uow.accounts.of_seller(seller_id)
    if seller_id is None or not accounts:
        raise CommandFailed(_no_accounts(command.seller), Exit.CHANNEL)
    if channels is None:
        return seller_id, accounts
    names = {name.strip() for name in channels.split(",") if name.strip()}
    chosen = [a for a in accounts if names & {a.account.name, a.account.kind}]
    unknown = names - {word for a in chosen for word in (a.account.name, a.account.kind)}
    if unknown or not chosen:
        raise CommandFailed(_unknown_channels(sorted(unknown), accounts), Exit.USAGE)
    return seller_id, chosen


def unopened(app: App, accounts: Sequence[StoredAccount]) -> dict[AccountId, Problem]:
    """Return why accounts cannot be opened at all: a market file or a setting is wrong. The others go on."""
    found = {}
    for stored in accounts:
        try:
            app.adapters.capabilities(stored.account)
        except ValueError as exc:
            found[stored.account.id] = _not_opened(stored.account.name, str(exc))
    return found


def _not_opened(name: str, reason: str) -> Problem:
    return Problem(
        path=name,
        code="account_not_opened",
        th=f"ยังใช้บัญชี {name} ไม่ได้ เพราะไฟล์ตั้งค่าไม่ถูกต้อง แก้แล้วระบบจะทำต่อเอง: {reason}",
        en=f"the account {name} cannot be used because a file of settings is wrong; mend it and work goes on: {reason}",
    )


def _no_accounts(seller: str) -> Problem:
    return Problem(
        path="",
        code="no_accounts",
        th=f"ผู้ขาย {seller} ยังไม่ได้เชื่อมช่องทางขาย เชื่อมก่อนด้วย: syndicator channels connect "
        "(ลองกับช่องทางจำลองได้ด้วย: syndicator channels connect --sandbox)",
        en=f"seller {seller} has no channel account yet; connect one with: syndicator channels connect "
        "(or try the simulated ones with: syndicator channels connect --sandbox)",
    )


def _unknown_channels(unknown: Sequence[str], accounts: Sequence[StoredAccount]) -> Problem:
    known = ", ".join(f"{a.account.name} ({a.account.kind})" for a in accounts)
    return Problem(
        path="--channels",
        code="channel_unknown",
        th=f"ไม่มีช่องทางชื่อ {', '.join(unknown)} ที่เชื่อมไว้คือ {known}",
        en=f"there is no channel {', '.join(unknown)}; connected are {known}",
    )
