"""Fitting a listing's text into a channel's limit so that only the description gives way."""

from collections.abc import Callable

from adapters.limits import Limit, TextUnit
from adapters.text import count, cut


def fit(render: Callable[[str], str], description: str, limit: Limit) -> str:
    """Render a text whose description is cut as far as needed; everything else in it always survives.

    Shape: ``render`` takes the description and returns the whole text. Should the rest alone be longer than the
    limit, the whole text is returned uncut, so that ``validate`` reports it.
    """
    unit = TextUnit(limit.unit)
    whole = render(description)
    if count(whole, unit) <= limit.value:
        return whole
    # Measured with a one-letter description: templates may leave blank lines out around an empty one.
    room = limit.value - (count(render("x"), unit) - 1)
    return render(cut(description, room, unit)) if room > 1 else whole
