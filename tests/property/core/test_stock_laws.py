"""The law of stock: every unit is accounted for, none is counted twice, none is below nothing, and at quiet all channels agree.

A Hypothesis state machine lets buyers buy, cancel, receive and return on four simulated channels, sellers count, correct and
edit by hand on the channels, while reports come late, twice and out of order, and pushes are lost, delayed and doubled. The
use cases are the real ones on a real PostgreSQL. The long form: ``STOCK_LAWS=long``.
"""

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import hypothesis.strategies as st
import pytest
import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from schemas.channel import Verb
from schemas.ids import Sku
from schemas.orders import ChannelOrder, OrderLine, OrderState
from syndicator.domain.drift import Policy
from syndicator.domain.stock_rule import LastUnits, StockRule, shown
from syndicator.usecases.answer_drift import DriftAnswer, answer_drift
from syndicator.usecases.record_orders import record_orders
from syndicator.usecases.stock import Reason, adjust_stock, count_stock
from syndicator.usecases.stock_rules import Wanted, change_rules
from tests.support.app import LEASE, CoreApp, goods
from tests.support.fake_channel import MARKET, POST, SHOP, Fault, WorkerKilled
from tests.support.fake_observed import ObservedChannel, connect_observed
from tests.support.sweeps import sweep

SKUS = ("P-1", "P-2")
CHANNELS = {"shop": SHOP, "market": MARKET, "stall": SHOP, "post": POST}
COUNTING = ("shop", "market", "stall")
RULES = {"stall": StockRule(buffer=1, share_percent=50)}
START = 10
LOST = (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.BUG)
IS_LONG = os.environ.get("STOCK_LAWS") == "long"
EXAMPLES, STEPS = (250, 50) if IS_LONG else (25, 30)
"""The long form takes 12,500 steps, and those at the end of each example besides."""


@dataclass
class Sale:
    """An order as the channel knows it, with every report it has ever given of it."""

    account: str
    sku: str
    line: OrderLine
    reports: list[ChannelOrder] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.line.ordered > self.line.cancelled + self.line.shipped


class Stock(RuleBasedStateMachine):
    """One seller, two products, four accounts."""

    app: CoreApp

    def __init__(self) -> None:
        super().__init__()
        self.app.execute("TRUNCATE seller CASCADE")
        with self.app.database.begin() as uow:
            self.app.seller_id = uow.accounts.ensure_seller("A")
        self.channels: dict[str, ObservedChannel] = {}
        self.sales: list[Sale] = []
        self.told: dict[str, OrderLine] = {}
        self.on_hand = dict.fromkeys(SKUS, START)
        self.entries = 0
        self.edited: Counter[tuple[str, str]] = Counter()

    @initialize()
    def open_shops(self) -> None:
        for name, can in CHANNELS.items():
            self.channels[name] = connect_observed(self.app, name, can=can)
        self.app.submit(*(goods(sku) for sku in SKUS), stock=START)
        for name, held in RULES.items():
            wanted = Wanted(account_id=self.app.account_id(name), rule=held, last_units=None)
            change_rules(self.app.seller_id, wanted, database=self.app.database, clock=self.app.clock)
        self.app.run_until_quiet()

    # -- buyers

    @rule(name=st.sampled_from(COUNTING), sku=st.sampled_from(SKUS), units=st.integers(1, 4))
    def buy(self, name: str, sku: str, units: int) -> None:
        channel = self.channels[name]
        free = channel.shown[channel.id_of(sku)]["available"]
        if free[sku] < units:
            return
        channel.edit(sku, available={**free, sku: free[sku] - units})
        sale = Sale(name, sku, OrderLine(reference="1", sku=Sku(sku), ordered=units))
        self.sales.append(sale)
        self._note(sale, OrderState.UNPAID)

    @precondition(lambda self: self._open())
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        sale = data.draw(st.sampled_from(self._open()))
        units = data.draw(st.integers(1, sale.line.ordered - sale.line.cancelled))
        sale.line = _with(sale.line, cancelled=sale.line.cancelled + units)
        channel = self.channels[sale.account]
        free = channel.shown[channel.id_of(sale.sku)]["available"]
        channel.edit(sale.sku, available={**free, sale.sku: free[sale.sku] + units})
        self._note(sale, OrderState.CANCELLED)

    @precondition(lambda self: self._open())
    @rule(data=st.data())
    def ship(self, data: st.DataObject) -> None:
        sale = data.draw(st.sampled_from(self._open()))
        sale.line = _with(sale.line, shipped=sale.line.ordered - sale.line.cancelled)
        self._note(sale, OrderState.SHIPPED)

    @precondition(lambda self: self._shipped())
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        sale = data.draw(st.sampled_from(self._shipped()))
        sale.line = _with(sale.line, returned=data.draw(st.integers(1, sale.line.shipped)))
        self._note(sale, OrderState.RETURNED)

    # -- what we hear of it

    @precondition(lambda self: self.sales)
    @rule(data=st.data(), times=st.integers(1, 3))
    def hear(self, data: st.DataObject, times: int) -> None:
        """Any report ever given, old ones too, some of them more than once."""
        for _ in range(times):
            number = data.draw(st.integers(0, len(self.sales) - 1))
            self._hear(number, data.draw(st.sampled_from(self.sales[number].reports)))

    @precondition(lambda self: self.sales)
    @rule(data=st.data())
    def hear_of_an_older_order_again_and_again(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(0, len(self.sales) - 1))
        for _ in range(3):
            self._hear(number, self.sales[number].reports[0])

    # -- the seller

    @rule(sku=st.sampled_from(SKUS), units=st.integers(0, 12))
    def count(self, sku: str, units: int) -> None:
        self._tick()
        count_stock(
            self.app.seller_id,
            {Sku(sku): units},
            reference=self._entry(),
            database=self.app.database,
            clock=self.app.clock,
        )
        self.on_hand[sku] = units
        self._tick()

    @rule(sku=st.sampled_from(SKUS), by=st.integers(-3, 5).filter(bool))
    def adjust(self, sku: str, by: int) -> None:
        if self.on_hand[sku] + by < 0:
            return
        adjust_stock(
            self.app.seller_id,
            {Sku(sku): by},
            reason=Reason.SALE if by < 0 else Reason.FOUND,
            reference=self._entry(),
            database=self.app.database,
            clock=self.app.clock,
        )
        self.on_hand[sku] += by

    @rule(name=st.sampled_from(COUNTING), sku=st.sampled_from(SKUS), units=st.integers(0, 20))
    def edit_by_hand(self, name: str, sku: str, units: int) -> None:
        self.channels[name].edit(sku, available={sku: units})
        self.edited[name, sku] += 1

    @rule(price=st.sampled_from([4500, 9900]), sku=st.sampled_from(SKUS))
    def send_the_file_again(self, price: int, sku: str) -> None:
        """The file still says what it said at the beginning; it must not undo a sale."""
        self.app.submit(goods(sku, price=price), stock=START)

    @rule(units=st.none() | st.integers(1, 3), name=st.sampled_from(COUNTING))
    def choose_who_sells_the_last(self, units: int | None, name: str) -> None:
        account_id = self.app.account_id(name)
        last = None if units is None else LastUnits(units=units, account_id=account_id)
        wanted = Wanted(account_id=account_id, rule=RULES.get(name, StockRule()), last_units=last)
        change_rules(self.app.seller_id, wanted, database=self.app.database, clock=self.app.clock)

    # -- the system, and what goes wrong with it

    @rule(
        name=st.sampled_from(sorted(CHANNELS)),
        verb=st.sampled_from([Verb.SET_STOCK, Verb.UPDATE]),
        faults=st.lists(st.sampled_from(LOST), min_size=1, max_size=3),
    )
    def lose_pushes(self, name: str, verb: Verb, faults: list[Fault]) -> None:
        self.channels[name].order(verb, *faults)

    @rule()
    def work(self) -> None:
        self._work([one.lease for one in self.app.dispatch()])

    @rule()
    def work_on_everything_twice(self) -> None:
        leases = [one.lease for one in self.app.dispatch()]
        self._work([*leases, *reversed(leases)])

    @rule(seconds=st.sampled_from([1, 20, 70]))
    def hold_pushes_back(self, seconds: int) -> None:
        """Messages are on their way for a while, perhaps for longer than their leases."""
        leases = [one.lease for one in self.app.dispatch()]
        self.app.clock.advance(timedelta(seconds=seconds))
        self._work(leases)

    @rule(name=st.sampled_from(COUNTING))
    def read_back(self, name: str) -> None:
        sweep(self.app, name)

    @rule(seconds=st.sampled_from([1, 45, 600]))
    def wait(self, seconds: int) -> None:
        self.app.clock.advance(timedelta(seconds=seconds))

    # -- the laws

    @invariant()
    def every_level_is_the_sum_of_its_movements(self) -> None:
        assert not self.app.rows(
            "SELECT v.sku FROM variant v LEFT JOIN stock_level l ON l.variant_id = v.id LEFT JOIN"
            " (SELECT variant_id, sum(on_hand_change) AS h, sum(promised_change) AS p FROM stock_movement GROUP BY 1) m"
            " ON m.variant_id = v.id WHERE coalesce(l.on_hand, 0) <> coalesce(m.h, 0)"
            " OR coalesce(l.promised, 0) <> coalesce(m.p, 0)"
        )

    @invariant()
    def every_unit_is_accounted_for_and_none_twice(self) -> None:
        for row in self._levels():
            promised = sum(
                line.ordered - line.cancelled - line.shipped
                for number, line in self.told.items()
                if self.sales[int(number)].sku == row.sku
            )
            assert (row.on_hand, row.promised) == (self.on_hand[row.sku], promised), row.sku
            assert row.available == max(row.on_hand - row.promised, 0)

    @invariant()
    def what_is_owed_is_told(self) -> None:
        owed = {row.sku for row in self._levels() if row.owed}
        told = {
            row.sku
            for row in self.app.rows(
                "SELECT v.sku FROM oversell o JOIN variant v ON v.id = o.variant_id WHERE o.closed_at IS NULL"
            )
        }
        assert told <= owed, "an oversell stays open although nothing is owed"

    def teardown(self) -> None:
        if not self.channels:
            return
        for channel in self.channels.values():
            channel.faults.clear()
        for number, sale in enumerate(self.sales):
            self._hear(number, sale.reports[-1])
        self.every_unit_is_accounted_for_and_none_twice()
        self._settle()
        for row in self._levels():
            for name in COUNTING:
                # What hands changed on the channel, only reading it back can tell.
                if not self.edited[name, row.sku]:
                    self._shows_its_rule(name, row.sku, row.available)
        # A read that began in the same instant as the last push proves nothing of what came of it.
        self._tick()
        for name in CHANNELS:
            sweep(self.app, name)
        self._settle()
        self._answer_what_is_asked()
        for row in self._levels():
            for name in COUNTING:
                self._shows_its_rule(name, row.sku, row.available)

    def _answer_what_is_asked(self) -> None:
        """A hand that puts a figure back after ours was sent insists, so its seller is asked; nobody else ever is."""
        asked = self.app.rows(
            "SELECT a.name, p.sku FROM drift d JOIN listing l ON l.id = d.listing_id JOIN product p ON p.id = l.product_id"
            " JOIN channel_account a ON a.id = l.account_id WHERE d.closed_at IS NULL AND d.action = 'asked'"
        )
        for row in asked:
            assert self.edited[row.name, row.sku] > 1, "asked about what no hand did again"
            account_id = self.app.account_id(row.name)
            with self.app.database.begin() as uow:
                stored = uow.accounts.get([account_id])[account_id]
            answer_drift(
                DriftAnswer(stored=stored, sku=Sku(row.sku), policy=Policy.OURS, by="seller"),
                database=self.app.database,
                adapters=self.app.adapters,
                clock=self.app.clock,
            )
        self._settle()

    def _shows_its_rule(self, name: str, sku: str, available: int) -> None:
        channel, account_id = self.channels[name], self.app.account_id(name)
        with self.app.database.begin() as uow:
            rules = uow.showing.rules(account_id)
        expected = shown(available, rules.rule, account_id=account_id, last_units=rules.last_units).units
        assert channel.shown[channel.id_of(sku)]["available"] == {sku: expected}, (name, sku)

    def _settle(self) -> None:
        self.app.clock.advance(2 * LEASE)
        self.app.run_until_quiet()

    def _work(self, leases: list[str]) -> None:
        for lease in leases:
            with suppress(WorkerKilled):
                self.app.reconcile(lease)

    def _note(self, sale: Sale, state: OrderState) -> None:
        """Let the channel report the order as it stands now."""
        self._tick()
        now = self.app.clock.now()
        placed_at = sale.reports[0].placed_at if sale.reports else now
        sale.reports.append(
            ChannelOrder(
                reference=f"O-{self.sales.index(sale)}",
                state=state,
                placed_at=placed_at,
                updated_at=now,
                lines=(sale.line,),
            )
        )

    def _hear(self, number: int, report: ChannelOrder) -> None:
        sale, (told,) = self.sales[number], report.lines
        with self.app.database.begin() as uow:
            (stored,) = uow.accounts.get([self.app.account_id(sale.account)]).values()
            counted_at = uow.stock.find(self.app.seller_id, [Sku(sale.sku)])[Sku(sale.sku)].level.counted_at
            record_orders(uow, stored.account, [report], now=self.app.clock.now())
        known = self.told.get(str(number), OrderLine(reference="1", sku=told.sku, ordered=0))
        self.told[str(number)] = merged = OrderLine(
            reference="1",
            sku=told.sku,
            ordered=max(known.ordered, told.ordered),
            cancelled=max(known.cancelled, told.cancelled),
            shipped=max(known.shipped, told.shipped),
            returned=max(known.returned, told.returned),
        )
        if counted_at is None or report.updated_at > counted_at:
            shelf = max(self.on_hand[sale.sku] - (merged.shipped - known.shipped), 0)
            self.on_hand[sale.sku] = shelf + merged.returned - known.returned

    def _levels(self) -> list:
        return self.app.rows(
            "SELECT v.sku, l.on_hand, l.promised, l.owed, l.available FROM stock_level l"
            " JOIN variant v ON v.id = l.variant_id"
        )

    def _open(self) -> list[Sale]:
        return [sale for sale in self.sales if sale.is_open]

    def _shipped(self) -> list[Sale]:
        return [sale for sale in self.sales if sale.line.shipped > sale.line.returned]

    def _entry(self) -> str:
        self.entries += 1
        return f"entry-{self.entries}"

    def _tick(self) -> None:
        self.app.clock.advance(timedelta(seconds=1))


def _with(line: OrderLine, **changes: int) -> OrderLine:
    given = {name: getattr(line, name) for name in ("ordered", "cancelled", "shipped", "returned")}
    return OrderLine(reference=line.reference, sku=line.sku, **(given | changes))


@pytest.mark.timeout(3600 if IS_LONG else 300)
def test_the_laws_of_stock_hold(database_url: str) -> None:
    app = CoreApp(database_url)
    machine = type("BoundStock", (Stock,), {"app": app})
    try:
        with structlog.testing.capture_logs():
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=STEPS,
                    deadline=None,
                    # As for the laws of delivery: shrinking over a database takes minutes.
                    phases=(Phase.reuse, Phase.generate),
                    suppress_health_check=list(HealthCheck),
                ),
            )
    finally:
        app.close()
