"""``syndicator drift`` and ``syndicator channels drift``: what somebody changed on the channels, and whose word holds."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from adapters.errors import Rejected
from schemas.ids import Sku
from schemas.problem import Problem
from syndicator.bootstrap import App
from syndicator.cli.chosen_accounts import chosen_accounts
from syndicator.cli.drift_views import drift_json, kind_name, policy_name, show_drift
from syndicator.cli.exit_codes import Exit
from syndicator.cli.exits import CommandFailed
from syndicator.cli.look_commands import known_seller
from syndicator.cli.options import By, Command, Json, Seller, begin, who
from syndicator.cli.output import Output
from syndicator.cli.stack import open_app
from syndicator.domain.drift import DriftKind, DriftPolicies, Policy, name_of, policy_for
from syndicator.store.accounts import StoredAccount
from syndicator.usecases.answer_drift import DriftAnswer, answer_drift


def drift(
    sku: Annotated[str | None, typer.Argument(help="Code of the product to answer for.")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="Only this account.")] = None,
    ours: Annotated[bool, typer.Option("--ours", help="Put back what is wanted here.")] = False,
    theirs: Annotated[bool, typer.Option("--theirs", help="Keep what the channel shows.")] = False,
    is_open: Annotated[bool, typer.Option("--open", help="Only what is not over yet.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Newest shown.")] = 50,
    by: By = None,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """List what somebody changed on the channels; with a code and --ours or --theirs, answer what is asked."""
    command = begin(as_json=as_json, seller=seller)
    if ours or theirs:
        _answer(command, sku, channel, Policy.OURS if ours else Policy.THEIRS, by, is_both=ours and theirs)
        return
    with open_app(command.settings) as app:
        if channel is None:
            seller_id, account_id = known_seller(app, command.seller), None
        else:
            seller_id, accounts = chosen_accounts(app, command, channel)
            account_id = accounts[0].account.id
        with app.database.begin() as uow:
            found = uow.drifts.newest(
                seller_id=seller_id, account_id=account_id, limit=limit, is_open_only=is_open
            )
    if sku is not None:
        found = [one for one in found if one.sku == sku]
    show_drift(command.out, found)
    command.out.data({"drift": [drift_json(one) for one in found]})


def _answer(
    command: Command, sku: str | None, channel: str | None, policy: Policy, by: str | None, *, is_both: bool
) -> None:
    if sku is None or channel is None or is_both:
        raise CommandFailed(_one_answer(), Exit.USAGE)
    with open_app(command.settings) as app:
        _, accounts = chosen_accounts(app, command, channel)
        answer = DriftAnswer(stored=accounts[0], sku=Sku(sku), policy=policy, by=who(by))
        try:
            kinds = answer_drift(answer, database=app.database, adapters=app.adapters, clock=app.clock)
        except Rejected as exc:
            raise CommandFailed(exc.problems[0], Exit.BAD_INPUT) from exc
    out = command.out
    named = ", ".join(kind_name(out, kind.value) for kind in kinds)
    if policy is Policy.OURS:
        out.say(f"จะส่งของเดิมกลับไป: {named}", f"What is wanted is sent again: {named}.")
    else:
        out.say(f"ใช้ตามที่ช่องทางแสดง: {named}", f"What the channel shows is kept: {named}.")
    command.out.data(
        {"sku": sku, "account": channel, "answer": policy.value, "kinds": [k.value for k in kinds]}
    )


def _one_answer() -> Problem:
    return Problem(
        path="",
        code="drift.one_answer",
        th="ตอบแบบนี้: syndicator drift SKU --channel บัญชี --ours (ใช้ของเรา) หรือ --theirs (ใช้ตามช่องทาง) อย่างใดอย่างหนึ่ง",
        en="answer with a code, --channel, and one of --ours and --theirs: syndicator drift SKU --channel ACCOUNT --ours",
    )


PolicyOption = Annotated[Policy | None, typer.Option(help="ours, theirs or ask.")]


def drift_policies(
    account: Annotated[str, typer.Argument(help="The account.")],
    text: PolicyOption = None,
    price: PolicyOption = None,
    stock: PolicyOption = None,
    pictures: PolicyOption = None,
    details: PolicyOption = None,
    hidden: PolicyOption = None,
    deleted: PolicyOption = None,
    reset: Annotated[bool, typer.Option("--default", help="Take back every choice first.")] = False,
    seller: Seller = None,
    as_json: Json = False,
) -> None:
    """Show or choose whose word holds when somebody changes a listing on the channel: ours, theirs, or ask."""
    command = begin(as_json=as_json, seller=seller)
    given = {
        "text": text,
        "price": price,
        "stock": stock,
        "pictures": pictures,
        "details": details,
        "hidden": hidden,
        "deleted": deleted,
    }
    chosen = {name: policy for name, policy in given.items() if policy is not None}
    with open_app(command.settings) as app:
        _, accounts = chosen_accounts(app, command, account)
        policies = _chosen(app, accounts[0], chosen, reset=reset)
        holding = _holding(app, accounts[0], policies)
    _show_policies(command.out, holding, policies)
    command.out.data(
        {
            "account": accounts[0].account.name,
            "chosen": policies.model_dump(mode="json", exclude_none=True),
            "holds": {name: policy.value for name, policy in holding.items()},
        }
    )


def _chosen(app: App, stored: StoredAccount, chosen: Mapping[str, Policy], *, reset: bool) -> DriftPolicies:
    account_id = stored.account.id
    with app.database.begin() as uow:
        before = {} if reset else uow.drifts.policies(account_id).model_dump()
        policies = DriftPolicies.model_validate({**before, **chosen})
        if chosen or reset:
            uow.drifts.set_policies(account_id, policies)
    return policies


def _holding(app: App, stored: StoredAccount, policies: DriftPolicies) -> dict[str, Policy]:
    """Return whose word holds for each thing, the defaults included; what the channel cannot do is asked."""
    capabilities = app.adapters.capabilities(stored.account)
    return {name_of(kind): policy_for(kind, policies, capabilities) for kind in DriftKind}


def _show_policies(out: Output, holding: Mapping[str, Policy], policies: DriftPolicies) -> None:
    heads: Sequence[str] = (
        out.pick("เมื่อช่องทางแสดงต่าง", "when it differs"),
        out.pick("ใช้", "holds"),
        out.pick("เลือกไว้", "chosen"),
    )
    rows: list[tuple[Any, ...]] = []
    for kind in DriftKind:
        chosen = policies.chosen(kind)
        rows.append(
            (
                kind_name(out, kind.value),
                policy_name(out, holding[name_of(kind)]),
                None if chosen is None else policy_name(out, chosen),
            )
        )
    out.table(heads, rows)
