"""``syndicator channels hooks``: where channels call us, and how often they were refused there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.registry import CHANNELS
from adapters.webhooks import WebhookScope
from syndicator.bootstrap import App
from syndicator.cli.options import Json, Seller, begin
from syndicator.cli.stack import open_app
from syndicator.store.accounts import StoredAccount
from syndicator.store.inbound import Refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Where the channel of one account calls, and what was refused there."""

    account: str
    address: str
    refusals: Refusals | None

    def body(self) -> dict[str, Any]:
        """Return it as JSON."""
        refused = self.refusals
        return {
            "account": self.account,
            "address": self.address,
            "refused": 0 if refused is None else refused.count,
            "last_refused_at": None if refused is None else refused.last_at.isoformat(),
        }


def hooks(seller: Seller = None, as_json: Json = False) -> None:
    """Show where the channels of the seller's accounts call us; type these addresses into their consoles.

    The address of an account is a secret of its own: whoever knows it may knock, though not without the channel's signature.
    """
    command = begin(as_json=as_json, seller=seller)
    with open_app(command.settings) as app:
        with app.database.begin() as uow:
            seller_id = uow.accounts.seller(command.seller)
            accounts = [] if seller_id is None else uow.accounts.of_seller(seller_id)
            refusals = {one.address: one for one in uow.inbound.refusals()}
        found = [hook for stored in accounts if (hook := _hook(app, stored, refusals)) is not None]
    out = command.out
    if not found:
        out.say("ยังไม่มีบัญชีที่ช่องทางแจ้งข่าวกลับมาได้", "No account of the seller has a channel that calls us.")
    else:
        heads = (out.pick("บัญชี", "account"), out.pick("ที่อยู่", "address"), out.pick("ปฏิเสธ", "refused"))
        out.table(heads, [(one.account, one.address, one.body()["refused"]) for one in found])
    out.data({"hooks": [one.body() for one in found]})


def _hook(app: App, stored: StoredAccount, refusals: Mapping[str, Refusals]) -> Hook | None:
    account = stored.account
    address, reader = app.hook_address(account), CHANNELS[account.kind].webhooks
    if address is None or reader is None:
        return None
    counted_as = account.kind if reader.scope is WebhookScope.APP else f"{account.kind}/{account.id}"
    return Hook(account=account.name, address=address, refusals=refusals.get(counted_as))
