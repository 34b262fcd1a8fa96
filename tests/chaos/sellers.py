"""The sellers: they wish, change their minds, repeat what was not acknowledged, and reconnect accounts that were refused."""

import random
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from adapters.errors import ChannelError
from schemas.channel import AccountState
from schemas.ids import AccountId, SellerId, Sha256, Sku
from syndicator.bootstrap import App
from syndicator.cli.account_details import sandbox_details
from syndicator.media.originals import Original, store_original
from syndicator.media.sample_photos import make_photos
from syndicator.store.accounts import StoredAccount
from syndicator.usecases.connect_account import connect_account
from syndicator.usecases.submit_products import Submission, submit_products
from tests.chaos.goods import Good, changed, first_goods
from tests.chaos.scenario import Scenario

PHOTOS = 24
LONG_SIDE = 360
"""Pixels: what is tried here is the way of the pictures, not their size."""
PATIENCE_S = 240.0
TOGETHER = 5
"""Products of one first submission."""
T = TypeVar("T")


def insist(action: Callable[[], T], *, within_s: float = PATIENCE_S) -> T:
    """Repeat an action until the database or the channel lets it through; what is insisted on is safe to repeat.

    Raises:
        TimeoutError: It did not go through in time.
    """
    give_up_at = time.monotonic() + within_s
    while True:
        try:
            return action()
        except (sa.exc.DBAPIError, sa.exc.TimeoutError, ChannelError, OSError) as exc:
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"not through within {within_s:.0f} s: {exc}") from exc
            time.sleep(0.3)


class Sellers:
    """All sellers of a run, and what each of them last wished.

    ``renew`` makes the channel accept an account's credential again, as signing in there does.
    """

    def __init__(self, app: App, scenario: Scenario, photos: Path, renew: Callable[[str, str], None]) -> None:
        self._app = app
        self._scenario = scenario
        self._rng = random.Random(f"sellers {scenario.seed}")
        self._renew = renew
        self._sizes = self._store_photos(photos)
        self._ids: dict[int, SellerId] = {}
        self.goods: dict[Sku, Good] = {}
        self.wishes = 0
        self.reconnected = 0

    def _store_photos(self, folder: Path) -> Mapping[Sha256, int]:
        names = [f"chaos-{number}.jpg" for number in range(PHOTOS)]
        make_photos(names, folder, long_side=LONG_SIDE, processes=1)
        originals = [store_original(self._app.media_store, folder / name) for name in names]
        return {original.sha256: original.size_bytes for original in _distinct(originals)}

    def connect(self) -> None:
        """Connect four accounts of each seller."""
        for number in range(1, self._scenario.sellers + 1):
            with self._app.database.begin() as uow:
                self._ids[number] = uow.accounts.ensure_seller(f"seller-{number}")
            for details in sandbox_details(number):
                self._connect(number, details.name)

    def _connect(self, number: int, name: str) -> AccountId:
        app = self._app
        details = next(found for found in sandbox_details(number) if found.name == name)
        return insist(
            lambda: connect_account(
                self._ids[number], details, database=app.database, adapters=app.adapters, clock=app.clock
            )
        )

    def reconnect(self) -> int:
        """Connect again every account that was refused; return how many."""
        refused = [
            (number, stored)
            for number, seller in self._ids.items()
            for stored in insist(lambda seller=seller: self._accounts(seller))  # type: ignore[misc]
            if stored.account.state is AccountState.NEEDS_REAUTH
        ]
        for number, stored in refused:
            self._renew(str(stored.account.kind), stored.account.external_id)
            self._connect(number, stored.account.name)
        self.reconnected += len(refused)
        return len(refused)

    def _accounts(self, seller: SellerId) -> Sequence[StoredAccount]:
        with self._app.database.begin() as uow:
            return uow.accounts.of_seller(seller)

    def first_wishes(self) -> list[Callable[[], None]]:
        """Return the submissions that put everything on sale, each as a call, in a mixed order."""
        calls: list[Callable[[], None]] = []
        shas = tuple(self._sizes)
        for number in self._ids:
            goods = first_goods(number, self._scenario.products, shas, self._rng)
            for start in range(0, len(goods), TOGETHER):
                part = goods[start : start + TOGETHER]
                calls.append(lambda number=number, part=part: self._wish(number, part))  # type: ignore[misc]
        self._rng.shuffle(calls)
        return calls

    def change_one(self) -> None:
        """Let one seller change one product that was wished before."""
        sku = self._rng.choice(sorted(self.goods))
        good = changed(self.goods[sku], tuple(self._sizes), self._rng)
        self._wish(int(sku[1:].split("-")[0]), [good])

    def _wish(self, number: int, goods: Sequence[Good]) -> None:
        # One reference for all tries: a submission whose acknowledgement was lost is then counted once.
        reference = uuid.UUID(int=self._rng.getrandbits(128)).hex
        self.goods |= {good.sku: good for good in goods}
        insist(lambda: self._submit(number, goods, reference))
        self.wishes += len(goods)

    def _submit(self, number: int, goods: Sequence[Good], reference: str) -> None:
        app = self._app
        submissions = [Submission(product=good.product, stock=good.stock) for good in goods]
        for result in submit_products(
            self._ids[number],
            submissions,
            self._sizes,
            reference=reference,
            account_ids=None,
            database=app.database,
            adapters=app.adapters,
            clock=app.clock,
        ):
            if result.refused:
                raise ValueError(f"refused: {result.refused}")

    @property
    def numbers(self) -> Mapping[int, SellerId]:
        """The sellers by number."""
        return self._ids


def _distinct(originals: Sequence[Original]) -> Sequence[Original]:
    return list({original.sha256: original for original in originals}.values())
