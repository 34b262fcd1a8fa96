"""Wait for something that happens in another thread or process, and say what did not happen."""

import time
from collections.abc import Callable


def wait_until(is_so: Callable[[], object], what: str, *, within_s: float = 15) -> None:
    """Look again and again until it is so.

    Raises:
        AssertionError: It did not become so in time.
    """
    until = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > until:
            raise AssertionError(f"not within {within_s} s: {what}")
        time.sleep(0.01)
