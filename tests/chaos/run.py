"""One run: start the world and the house, let the storm rage, let it calm down, and judge."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from adapters.base import ChannelAdapter
from adapters.testing.sandbox.options import SandboxOptions
from adapters.testing.sandbox.server import SandboxServer
from schemas.channel import ChannelAccount, Credentials
from schemas.ids import AccountId, SellerId, Sku
from syndicator.bootstrap import App
from syndicator.cli.account_details import sandbox_details
from syndicator.local.servers import Endpoints, running_endpoints
from syndicator.settings import Settings
from syndicator.store.dead_letters import DeadFilter
from syndicator.usecases.dead_letters import Action, replay
from tests.chaos.buyers import Buyers, left
from tests.chaos.environment import environment
from tests.chaos.hands import Hands
from tests.chaos.history import histories
from tests.chaos.house import House
from tests.chaos.judge import Verdict, judge
from tests.chaos.ledger import oversold, uneven_levels, units_lost_or_doubled
from tests.chaos.scenario import KILLS, Scenario, Trouble
from tests.chaos.sellers import Sellers, insist
from tests.chaos.watch import Recovery, Watch
from tests.chaos.weather import storm

INSTAGRAM_QUOTA = 5_000
"""Posts a day; the true 50 would end the storm before it began."""
HORIZON = timedelta(minutes=45)
"""Work due within this is on its way; nothing waits longer by the retry policy."""
RECONNECT_EVERY_S = 3.0
PATIENCE = timedelta(minutes=1)
"""Work whose lease ended longer ago should have been taken up."""
SHOWN_CODES = 20
_UNHEARD = sa.text(
    "SELECT count(*) FROM channel_account WHERE orders_due_at IS NOT NULL AND state = 'active'"
    " AND (orders_read_at IS NULL OR orders_read_at < :since)"
)
REPLAYS = 3
REPLAYS_PER_SECOND = 20.0
Say = Callable[[str], None]


@dataclass(slots=True)
class Outcome:
    """What a run came to."""

    scenario: Scenario
    verdict: Verdict
    doubles: Mapping[tuple[str, str, str], int]
    recoveries: list[Recovery]
    troubles: Counter[Trouble]
    still_moving: int = 0
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def duplicates(self) -> int:
        """Products ever seen twice on one account, at quiet or at any moment before."""
        return max(len(self.verdict.duplicates), len(self.doubles))


def run(scenario: Scenario, var: Path, say: Say) -> Outcome:
    """Run a scenario on an empty folder.

    Raises:
        TimeoutError: The system did not start.
    """
    options = SandboxOptions(seed=scenario.seed, publishing_quota=INSTAGRAM_QUOTA, thumbnails=False)
    with SandboxServer(options) as world:
        env = environment(var, world.url, scenario)
        house = House(env)
        house.start()
        try:
            return _Run(scenario, var, world, house, say).through()
        finally:
            house.stop()


class _Run:
    def __init__(self, scenario: Scenario, var: Path, world: SandboxServer, house: House, say: Say) -> None:
        self._scenario = scenario
        self._world = world
        self._house = house
        self._say = say
        endpoints = _endpoints(var)
        self._app = App(Settings(), endpoints.database_url, endpoints.redis_url)
        self._sellers = Sellers(self._app, scenario, var / "photos", self._renew)
        self._buyers = Buyers(world.control, scenario.seed, lambda: dict(self._sellers.goods))
        self._hands = Hands(
            house, endpoints.database_url, endpoints.redis_url, random.Random(f"hands {scenario.seed}")
        )
        self._watch = Watch(endpoints.database_url, world.control.visible)
        self._troubles: Counter[Trouble] = Counter()
        self._over = threading.Event()
        self._still_moving = 0
        self._began = self._heard_from = self._app.clock.now()

    def through(self) -> Outcome:
        began = time.monotonic()
        self._sellers.connect()
        self._watch.start()
        try:
            self._storm()
            stormed = time.monotonic()
            if self._scenario.verifies:
                self._calm()
            rested = time.monotonic()
        finally:
            self._over.set()
            self._watch.end()
        self._watch.look()
        self._watch.measure_idleness()
        outcome = self._judged()
        outcome.facts |= {"storm_s": round(stormed - began, 1), "quiet_after_s": round(rested - stormed, 1)}
        self._app.close()
        return outcome

    # -- the storm

    def _storm(self) -> None:
        for fault in storm(self._scenario.fault_share):
            self._world.control.add_fault(fault)
        wishing = threading.Thread(target=self._wish, name="wishes", daemon=True)
        buying = threading.Thread(target=self._buy, name="buyers", daemon=True)
        keeping = threading.Thread(target=self._keep, name="keeper", daemon=True)
        wishing.start()
        buying.start()
        keeping.start()
        self._make_troubles()
        wishing.join()
        buying.join()
        self._say(f"storm over: {sum(self._troubles.values())} troubles, {self._sellers.wishes} wishes")

    def _wish(self) -> None:
        """Wish everything within the first half of the storm; change it all along."""
        first = self._sellers.first_wishes()
        pause = self._scenario.storm_s / (2 * len(first))
        changes = self._scenario.edits
        for number, wish in enumerate(first, start=1):
            wish()
            time.sleep(pause / 2)
            if number % 2 == 0 and changes > self._scenario.edits // 2:
                self._sellers.change_one()
                changes -= 1
        pause = self._scenario.storm_s / (2 * max(1, changes))
        for _ in range(changes):
            self._sellers.change_one()
            time.sleep(pause / 2)

    def _buy(self) -> None:
        self._buyers.shop(self._scenario.purchases, within_s=self._scenario.storm_s)

    def _keep(self) -> None:
        """Do what a service manager and the sellers do: start what has ended, reconnect what was refused."""
        while not self._over.wait(RECONNECT_EVERY_S):
            try:
                self._house.keep_second_scheduler()
                self._sellers.reconnect()
            except TimeoutError as exc:
                self._say(f"keeper: {exc}")

    def _make_troubles(self) -> None:
        scenario = self._scenario
        rng = random.Random(f"troubles {scenario.seed}")
        kinds, weights = list(scenario.weights), list(scenario.weights.values())
        pause = scenario.storm_s / max(1, scenario.kills) / (sum(weights) / _kill_weight(scenario))
        emptied_after = rng.randrange(scenario.kills)
        self._sleep_until_busy()
        while (kills := sum(self._troubles[kind] for kind in KILLS)) < scenario.kills:
            time.sleep(rng.uniform(0.5, 1.5) * pause)
            trouble = rng.choices(kinds, weights)[0]
            if kills >= emptied_after and not self._troubles[Trouble.EMPTY_REDIS]:
                trouble = Trouble.EMPTY_REDIS
            self._watch.trouble_comes(trouble)
            if self._hands.make(trouble):
                self._troubles[trouble] += 1
                self._say(f"{sum(self._troubles.values()):4} {trouble.value}")
            self._house.keep_standing()
        self._hands.rest()

    def _sleep_until_busy(self) -> None:
        _wait(self._world.control.visible, 60, "the first listing")

    # -- the calm

    def _calm(self) -> None:
        self._world.control.clear_faults()
        self._buyers.receive()
        self._heard_from = self._app.clock.now()
        insist(self._ask_for_orders)
        self._come_to_rest()
        for turn in range(REPLAYS):
            replayed = self._replay()
            if not replayed:
                break
            self._say(f"replay {turn + 1}: {replayed} listings had given up and are taken up again")
            self._come_to_rest()

    def _ask_for_orders(self) -> None:
        """Do what ``syndicator orders poll`` does, so that nobody waits for the next minute."""
        with self._app.database.begin() as uow:
            accounts = [
                stored.account.id
                for seller in self._sellers.numbers.values()
                for stored in uow.accounts.of_seller(seller)
            ]
            uow.orders_work.ask(accounts, now=self._heard_from)

    def _replay(self) -> int:
        """Do what an operator does with the dead letters once the trouble is over; return how many listings fell due."""
        chunks = replay(
            DeadFilter(),
            by="the operator",
            per_second=REPLAYS_PER_SECOND,
            database=self._app.database,
            clock=self._app.clock,
        )
        return sum(one.action is Action.DUE for chunk in chunks for one in chunk)

    def _come_to_rest(self) -> None:
        until = time.monotonic() + self._scenario.quiet_within_s
        while (moving := insist(self._moving)) and time.monotonic() < until:
            time.sleep(1.0)
        self._still_moving = moving

    def _moving(self) -> int:
        self._house.keep_standing()
        refused = self._sellers.reconnect()
        horizon = self._app.clock.now() + HORIZON
        with self._app.database.begin() as uow:
            unheard = uow.connection.scalar(_UNHEARD, {"since": self._heard_from}) or 0
            return (
                refused
                + int(unheard)
                + sum(
                    uow.reports.unsettled(seller, horizon=horizon)
                    for seller in self._sellers.numbers.values()
                )
            )

    def _held(self) -> list[tuple[Sku, str]]:
        """Return the listings that wait for a person, with the reason."""
        with self._app.database.begin() as uow:
            found = [one for seller in self._sellers.numbers.values() for one in uow.reports.listings(seller)]
        return [
            (one.sku, one.problems[0].en if one.problems else "")
            for one in found
            if one.state.value == "needs_you"
        ]

    # -- the judgement

    def _judged(self) -> Outcome:
        listings = self._world.control.listings()
        sold = self._buyers.sold()
        free = left(self._sellers.goods, sold)
        goods = {sku: replace(good, units=free[sku]) for sku, good in self._sellers.goods.items()}
        verdict = judge(goods, listings, self._adapters())
        off, codes = units_lost_or_doubled(self._app.database, sold)
        summary = self._world.control.summary()
        return Outcome(
            scenario=self._scenario,
            verdict=verdict,
            doubles=self._watch.doubles,
            recoveries=self._watch.recoveries,
            troubles=self._troubles,
            still_moving=self._still_moving,
            facts={
                "wishes": self._sellers.wishes,
                "orders": len(self._buyers.purchases),
                "buyers_sent_away": self._buyers.sent_away,
                "oversold": oversold(self._app.database),
                "units_lost_or_doubled": off,
                "uneven_levels": uneven_levels(self._app.database),
                "codes_off": codes[:SHOWN_CODES],
                "reconnected": self._sellers.reconnected,
                "calls": summary["calls"],
                "faults_fired": summary["faults_fired"],
                "held_at_the_end": self._held(),
                "histories": list(
                    histories(self._app.database, [*verdict.duplicates, *verdict.lost, *verdict.wrong])
                ),
                **self._counts(),
            },
        )

    def _counts(self) -> dict[str, Any]:
        with self._app.database.begin() as uow:
            rows = uow.reports.attempt_outcomes()
            dead = uow.dead.groups(DeadFilter())
            recovery = uow.reports.recovery(since=self._began, now=self._app.clock.now(), patience=PATIENCE)
        outcomes: Counter[str] = Counter()
        for row in rows:
            outcomes[row.outcome or "open"] += row._mapping["count"]
        return {
            "attempts": dict(outcomes),
            "dead_letters_open": {one.cause: one.count for one in dead if not one.is_notice},
            "notices_open": {one.cause: one.count for one in dead if one.is_notice},
            "recovery": asdict(recovery),
        }

    def _adapters(self) -> Mapping[str, ChannelAdapter]:
        return {
            details.kind: self._app.adapters.open(
                ChannelAccount(
                    id=AccountId(1),
                    seller_id=SellerId(1),
                    kind=details.kind,
                    name=details.name,
                    external_id=details.external_id,
                    settings=details.settings,
                ),
                Credentials(dict(details.credentials.values)),
            )
            for details in sandbox_details(1)
        }

    def _renew(self, channel: str, account: str) -> None:
        self._world.control.authorise(channel, account)


def _kill_weight(scenario: Scenario) -> int:
    return sum(weight for kind, weight in scenario.weights.items() if kind in KILLS)


def _endpoints(var: Path) -> Endpoints:
    endpoints = running_endpoints(var)
    if endpoints is None:
        raise TimeoutError("the private servers do not answer")
    return endpoints


def _wait(claim: Callable[[], object], seconds: float, what: str) -> None:
    give_up_at = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"{what} took more than {seconds:.0f} s")
        time.sleep(0.2)
