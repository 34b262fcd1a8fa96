"""The law of delivery: never two visible listings of one product on one account, and at quiet exactly what is wished.

A Hypothesis state machine mixes wishes, faults, killed workers, lost and repeated messages, pauses and late look-ups
over the real use cases on a real PostgreSQL and a channel in memory.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import hypothesis.strategies as st
import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from schemas.channel import AccountState, Part, Verb
from schemas.listing import ListingState
from schemas.product import Product
from syndicator.store.dead_letters import DeadFilter
from syndicator.usecases.claiming import offers_of
from syndicator.usecases.dead_letters import replay
from tests.support.app import LEASE, CoreApp, goods
from tests.support.factories import free_units
from tests.support.fake_channel import GRAM, MARKET, POST, SHOP, FakeAdapter, FakeChannel, Fault, WorkerKilled

SKUS = ("P-1", "P-2")
OTHERS = (Verb.UPDATE, Verb.SET_STOCK, Verb.COMMENT, Verb.WITHDRAW)
DOUBTFUL = (
    Fault.LOST_AFTER,
    Fault.LOST_BEFORE,
    Fault.KILLED_AFTER,
    Fault.KILLED_BEFORE,
    Fault.PENDING_AFTER,
    Fault.BUG,
)
DOUBTFUL_CHANGES = tuple(fault for fault in DOUBTFUL if fault is not Fault.PENDING_AFTER)
# A channel that says "gone" of a listing that is there cannot be told from one that is right.
HONEST = tuple(fault for fault in Fault if fault is not Fault.GONE)
QUICK_SETTLES = timedelta(seconds=20)
QUICK = replace(POST, lookup_settles_after=QUICK_SETTLES)
"""A look proves absence before a lease is over."""
KINDS: dict[str, Callable[[CoreApp, timedelta], FakeChannel]] = {
    "post": lambda app, lag: app.connect(can=POST, lag=lag),
    "gram": lambda app, lag: app.connect(can=GRAM, lag=lag, looks_until_ready=1),
    "shop": lambda app, lag: app.connect(can=SHOP, lag=lag, makes_hidden=True),
    "market": lambda app, lag: app.connect(can=MARKET, lag=lag),
    "quick": lambda app, lag: app.connect(can=QUICK, lag=min(lag, QUICK_SETTLES)),
}


class Delivery(RuleBasedStateMachine):
    """One seller, two products, one account, and everything that goes wrong."""

    app: CoreApp

    def __init__(self) -> None:
        super().__init__()
        self.app.execute("TRUNCATE seller CASCADE")
        with self.app.database.begin() as uow:
            self.app.seller_id = uow.accounts.ensure_seller("A")
        self.wished: dict[str, tuple[Product, int]] = {}
        self.removed: set[str] = set()
        self.seen_leases: list[str] = []
        self.edits = 0

    @initialize(
        kind=st.sampled_from(sorted(KINDS)),
        lag_s=st.sampled_from([55, 20, 0]),
        faults=st.lists(st.sampled_from(DOUBTFUL), min_size=1, max_size=4),
    )
    def connect(self, kind: str, lag_s: int, faults: list[Fault]) -> None:
        self.channel = KINDS[kind](self.app, timedelta(seconds=lag_s))
        self.channel.order(Verb.PUBLISH, *faults)
        for sku in SKUS:
            self.wish(sku, 4500, 10, is_hidden=False)

    @rule(
        sku=st.sampled_from(SKUS),
        price=st.sampled_from([4500, 9900]),
        stock=st.sampled_from([0, 10]),
        is_hidden=st.booleans(),
    )
    def wish(self, sku: str, price: int, stock: int, *, is_hidden: bool) -> None:
        status = "hidden" if is_hidden else "active"
        product = goods(sku, price=price, status=status, description=f"รุ่น {self.edits // 3}")
        self.edits += 1
        self.wished[sku] = (product, stock)
        self.app.submit(product, stock=stock)

    @rule(
        sku=st.sampled_from(SKUS),
        verb=st.sampled_from(OTHERS),
        fault=st.sampled_from(DOUBTFUL_CHANGES),
        price=st.sampled_from([4500, 9900]),
        stock=st.sampled_from([0, 10]),
        is_hidden=st.booleans(),
    )
    def change_back_after_a_doubt(
        self, sku: str, verb: Verb, fault: Fault, price: int, stock: int, *, is_hidden: bool
    ) -> None:
        """A wish whose answer is lost, and the wish of before again."""
        product, units = self.wished[sku]
        self.channel.order(verb, fault)
        status = "hidden" if is_hidden else "active"
        self.app.submit(goods(sku, price=price, status=status, description=product.description), stock=stock)
        self.work()
        self.wished[sku] = (product, units)
        self.app.submit(product, stock=units)

    @rule(sku=st.sampled_from(SKUS), is_hidden=st.booleans())
    def wish_in_mid_call(self, sku: str, *, is_hidden: bool) -> None:
        self.channel.meanwhile = lambda: self.wish(sku, 7700, 5, is_hidden=is_hidden)

    @rule(seconds=st.sampled_from([3, 7, 13]))
    def the_clock_jumps_in_mid_call(self, seconds: int) -> None:
        """All leases seem to be over at once, while a call of one of them is still running; it ends within its lease."""

        def others_take_over() -> None:
            self.app.clock.advance(timedelta(hours=1))
            for _ in range(3):
                self.work()
                self.app.clock.advance(timedelta(seconds=seconds))
            self.work()

        self.channel.meanwhile = others_take_over

    @rule(faults=st.lists(st.sampled_from(DOUBTFUL), min_size=1, max_size=3))
    def order_doubtful_publishes(self, faults: list[Fault]) -> None:
        self.channel.order(Verb.PUBLISH, *faults)

    @rule(fault=st.sampled_from(HONEST))
    def order_a_bad_publish(self, fault: Fault) -> None:
        self.channel.order(Verb.PUBLISH, fault)

    @rule(
        verb=st.sampled_from(OTHERS),
        fault=st.sampled_from([f for f in HONEST if f is not Fault.PENDING_AFTER]),
    )
    def order_a_bad_change(self, verb: Verb, fault: Fault) -> None:
        self.channel.order(verb, fault)

    @rule(fault=st.sampled_from([f for f in HONEST if f is not Fault.PENDING_AFTER]))
    def order_a_bad_look(self, fault: Fault) -> None:
        self.channel.order(Verb.FIND, fault)

    @rule()
    def die_before_the_next_is_shown(self) -> None:
        self.channel.deaths_before_show += 1

    @rule(seconds=st.sampled_from([1, 5, 46, 61, 300, 3600]))
    def let_time_pass(self, seconds: int) -> None:
        self.app.clock.advance(timedelta(seconds=seconds))

    @rule()
    def work(self) -> None:
        for wake_up in self.app.dispatch():
            self.seen_leases.append(wake_up.lease)
            self.reconcile(wake_up.lease)

    @rule()
    def lose_messages(self) -> None:
        self.seen_leases += [wake_up.lease for wake_up in self.app.dispatch()]

    @rule(data=st.data())
    def deliver_an_old_message(self, data: st.DataObject) -> None:
        if self.seen_leases:
            self.reconcile(data.draw(st.sampled_from(self.seen_leases)))

    @rule(state=st.sampled_from([AccountState.PAUSED, AccountState.ACTIVE]))
    def set_account(self, state: AccountState) -> None:
        self.app.set_account(state)

    @rule()
    def replay_what_died(self) -> None:
        app = self.app
        for _ in replay(DeadFilter(), by="x", per_second=1, database=app.database, clock=app.clock):
            pass

    @rule(sku=st.sampled_from(SKUS))
    def remove_on_the_channel(self, sku: str) -> None:
        for listing in self.channel.visible(sku):
            del self.channel.listings[listing.external_id]
            self.removed.add(sku)

    @invariant()
    def never_two_visible(self) -> None:
        if hasattr(self, "channel"):
            assert all(most <= 1 for most in self.channel.most_visible.values()), self.channel.most_visible

    def reconcile(self, lease: str) -> None:
        try:
            self.app.reconcile(lease)
        except WorkerKilled:
            return

    def teardown(self) -> None:
        if not hasattr(self, "channel"):
            return
        self.channel.faults.clear()
        self.channel.deaths_before_show = 0
        self.channel.meanwhile = None
        self.app.set_account(AccountState.ACTIVE)
        self.come_to_rest()
        self.answer_what_is_held()
        for sku in SKUS:
            self.is_as_wished(sku)
        self.never_two_visible()

    def come_to_rest(self) -> None:
        self.app.clock.advance(LEASE)
        self.app.run_until_quiet(within=timedelta(days=2))

    def answer_what_is_held(self) -> None:
        """Do what a held listing asks of its seller: change something."""
        for sku, (product, stock) in list(self.wished.items()):
            held = self.app.state(sku) is ListingState.NEEDS_YOU
            gone = sku in self.removed and not self.channel.visible(sku) and product.status == "active"
            if held or gone:
                edited = product.model_copy(update={"description": "แก้แล้ว"})
                self.wished[sku] = (edited, stock)
                self.app.submit(edited, stock=stock)
        self.come_to_rest()
        # A removal nobody told us of shows at the first change, which is answered by one more.
        for sku, (product, stock) in list(self.wished.items()):
            if self.app.state(sku) is ListingState.NEEDS_YOU:
                edited = product.model_copy(update={"description": "แก้อีกครั้ง"})
                self.wished[sku] = (edited, stock)
                self.app.submit(edited, stock=stock)
        self.come_to_rest()

    def is_as_wished(self, sku: str) -> None:
        product, stock = self.wished[sku]
        row = self.app.listing(sku)
        visible = self.channel.visible(sku)
        assert (row.due_at, row.lease_token, row.intent_verb) == (None, None, None)
        assert (row.starts, row.deaths) == (0, 0)
        if product.status == "hidden":
            assert (visible, row.state) == ([], "stopped")
            return
        (shown,) = visible
        assert (row.state, row.external_id) == ("live", shown.external_id)
        same = [one for one in self.channel.listings.values() if one.marker == shown.marker]
        assert same == [shown], "a hidden twin was left behind"
        offers = offers_of(product, free_units(dict.fromkeys(product.skus, stock)))
        wanted = FakeAdapter(self.channel).render(product, offers, marker=shown.marker).parts
        compared = {Part.TEXT, Part.PRICE, Part.STOCK}
        assert {p: shown.parts[p] for p in compared} == {p: wanted[p] for p in compared}


def test_never_twice_and_at_quiet_as_wished(database_url: str) -> None:
    app = CoreApp(database_url)
    machine = type("BoundDelivery", (Delivery,), {"app": app})
    try:
        with structlog.testing.capture_logs():
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=40,
                    stateful_step_count=20,
                    deadline=None,
                    # Twenty steps are short enough to read; shrinking them over a database takes minutes.
                    phases=(Phase.reuse, Phase.generate),
                    suppress_health_check=list(HealthCheck),
                ),
            )
    finally:
        app.close()
