"""How room is dealt out and how due listings are cut into slices."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import AccountId, ListingId
from syndicator.store.dispatching import DueListing
from syndicator.usecases.dispatch import _fair_shares, _slices

ALLOWED = st.dictionaries(st.integers(1, 50).map(AccountId), st.integers(1, 20), max_size=12)


def due(number: int, *, is_cheap: bool) -> DueListing:
    return DueListing(id=ListingId(number), account_id=AccountId(1), is_cheap=is_cheap, is_suspect=False)


def test_few_accounts_get_much_each() -> None:
    assert _fair_shares({AccountId(1): 8, AccountId(2): 1}, 20) == {1: 8, 2: 1}


def test_many_accounts_get_one_each() -> None:
    assert _fair_shares({AccountId(n): 8 for n in range(1, 5)}, 3) == {1: 1, 2: 1, 3: 1}


@given(allowed=ALLOWED, room=st.integers(0, 60))
def test_shares_fill_the_room_and_no_account_gets_more_than_another_could_have(
    allowed: dict[AccountId, int], room: int
) -> None:
    shares = _fair_shares(allowed, room)

    assert sum(shares.values()) == min(room, sum(allowed.values()))
    assert all(0 < share <= allowed[account] for account, share in shares.items())
    most = max(shares.values(), default=0)
    assert all(shares.get(a, 0) == n or shares.get(a, 0) >= most - 1 for a, n in allowed.items())


@given(kinds=st.lists(st.booleans(), max_size=30), batch=st.integers(1, 8), publishes_alone=st.booleans())
def test_slices_hold_every_listing_once_and_visible_publishes_stay_alone(
    kinds: list[bool], batch: int, *, publishes_alone: bool
) -> None:
    listings = [due(number, is_cheap=cheap) for number, cheap in enumerate(kinds)]

    slices = list(_slices(listings, batch, publishes_alone=publishes_alone))

    assert sorted(one.id for part in slices for one in part) == [one.id for one in listings]
    assert all(len(part) <= batch for part in slices)
    if publishes_alone:
        assert all(len(part) == 1 or all(one.is_cheap for one in part) for part in slices)
