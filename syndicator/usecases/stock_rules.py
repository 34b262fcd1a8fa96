"""Change what of the free units an account shows, and foresee it: the same function that pushes decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.ids import AccountId, SellerId, Sku
from syndicator.domain.buffer import AutoBuffer
from syndicator.domain.stock_rule import AUTO, LastUnits, Shown, StockRule
from syndicator.ports import Clock
from syndicator.store.engine import Database, UnitOfWork
from syndicator.store.showing import AccountRules
from syndicator.usecases.stock_changes import tell_channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The rule an account is to have, and where the seller's last units are to be sold."""

    account_id: AccountId
    rule: StockRule
    last_units: LastUnits | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an account shows of a variant now, and would show then."""

    account_id: AccountId
    sku: Sku
    now: Shown
    then: Shown


def foresee_rules(
    seller_id: SellerId, wanted: Wanted | None, *, skus: Sequence[Sku] | None, database: Database
) -> Sequence[Preview]:
    """Return what every account shows of the codes that it lists, now and under the wanted rules. Changes nothing.

    ``skus`` None means every code of the seller; ``wanted`` None means the rules as they are.
    """
    with database.begin() as uow:
        reports = uow.stock_reports.stock(seller_id, skus)
        products = {one.product_id for one in reports}
        listed = uow.listings.known(products)
        found = []
        for stored in uow.accounts.of_seller(seller_id):
            id_ = stored.account.id
            now = uow.showing.shown(id_, products)
            then = (
                now if wanted is None else uow.showing.shown(id_, products, rules=_rules_of(uow, id_, wanted))
            )
            found += [
                Preview(
                    account_id=id_,
                    sku=one.sku,
                    now=now[one.product_id][one.sku],
                    then=then[one.product_id][one.sku],
                )
                for one in reports
                if (one.product_id, id_) in listed
            ]
        return found


def explain_buffers(
    seller_id: SellerId, skus: Sequence[Sku], *, database: Database, clock: Clock
) -> Sequence[tuple[AccountId, Sku, AutoBuffer]]:
    """Return, for the codes, the buffers of accounts whose buffer sizes itself, and what they were sized from."""
    with database.begin() as uow:
        variants = {one.variant_id: one.sku for one in uow.stock_reports.stock(seller_id, skus)}
        accounts = [stored.account.id for stored in uow.accounts.of_seller(seller_id)]
        return [
            (id_, variants[variant], buffer)
            for id_ in accounts
            if uow.showing.rules(id_).rule.buffer == AUTO
            for variant, buffer in uow.demand.auto_buffers(id_, variants.keys(), now=clock.now()).items()
        ]


def change_rules(seller_id: SellerId, wanted: Wanted, *, database: Database, clock: Clock) -> None:
    """Keep the rules, and let the channels show what follows from them; a figure that stays costs no call."""
    now = clock.now()
    with database.begin() as uow:
        uow.accounts.lock_seller(seller_id)
        uow.showing.set_rule(wanted.account_id, wanted.rule)
        uow.showing.set_last_units(seller_id, wanted.last_units)
        tell_channels(uow, [one.variant_id for one in uow.stock_reports.stock(seller_id)], now=now)


def _rules_of(uow: UnitOfWork, account_id: AccountId, wanted: Wanted) -> AccountRules:
    rule = wanted.rule if account_id == wanted.account_id else uow.showing.rules(account_id).rule
    return AccountRules(account_id=account_id, rule=rule, last_units=wanted.last_units)
