"""How many pieces a shop may still sell, given what it sold that we have not heard of. Pure."""

from adapters.line_shop import limits


def for_sale(wanted: int, *, held: int, known: int | None) -> int:
    """Return the free-to-sell pieces that stand for the ``wanted`` ones.

    Args:
        wanted: Free-to-sell pieces by our own count.
        held: Pieces in open orders at the shop.
        known: Pieces in open orders of the shop that ``wanted`` already counts; None where nobody says.

    What the shop holds beyond the known was sold before we heard of it, and is taken off. On hand, which counts held pieces
    too, has an end; so have these. Source: docs/channels/line.md section 1.9.
    """
    unseen = 0 if known is None else max(0, held - known)
    return max(0, min(wanted - unseen, limits.MAX_STOCK.value - held))
