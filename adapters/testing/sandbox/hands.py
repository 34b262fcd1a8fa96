"""Who carries out what people do by hand: one row for each channel that can."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from adapters.testing.sandbox.accounts import EMARKET, FACEBOOK_PAGE, INSTAGRAM, LINE_SHOP
from adapters.testing.sandbox.deeds import Bought, Edit, OrderDeed, Purchase
from adapters.testing.sandbox.graph import editing as graph_editing
from adapters.testing.sandbox.line import editing as line_editing
from adapters.testing.sandbox.line import orders as line_orders
from adapters.testing.sandbox.market import hands as market_hands
from adapters.testing.sandbox.sandbox import Sandbox

_Hand = TypeVar("_Hand")
_BUYERS: Final[Mapping[str, Callable[[Sandbox, Purchase], Bought]]] = {
    LINE_SHOP: line_orders.buy,
    EMARKET: market_hands.buy,
}
_ORDERS: Final[Mapping[str, Callable[[Sandbox, OrderDeed], Any]]] = {
    LINE_SHOP: line_orders.act,
    EMARKET: market_hands.act,
}
_EDITORS: Final[Mapping[str, Callable[[Sandbox, Edit], Any]]] = {
    FACEBOOK_PAGE: graph_editing.edit_post,
    INSTAGRAM: graph_editing.edit_media,
    LINE_SHOP: line_editing.edit,
    EMARKET: market_hands.edit,
}


def buy(sandbox: Sandbox, purchase: Purchase) -> Bought:
    """Let a buyer order something.

    Raises:
        NotPossible: It is not on sale, or too little is left.
        ValueError: The sandbox has no orders on that channel.
    """
    return _of(_BUYERS, purchase.channel)(sandbox, purchase)


def act(sandbox: Sandbox, deed: OrderDeed) -> None:
    """Let something happen to an order.

    Raises:
        NotPossible: There is no such order, or it is past that.
        ValueError: The sandbox has no orders on that channel.
    """
    _of(_ORDERS, deed.channel)(sandbox, deed)


def edit(sandbox: Sandbox, deed: Edit) -> None:
    """Let a person edit a listing in the channel's own pages.

    Raises:
        NotPossible: There is no such listing, or the channel has no such field.
        ValueError: The sandbox has no such pages of that channel.
    """
    _of(_EDITORS, deed.channel)(sandbox, deed)


def _of(table: Mapping[str, _Hand], channel: str) -> _Hand:
    if channel not in table:
        raise ValueError(f"{channel} is not one of {', '.join(table)}")
    return table[channel]
