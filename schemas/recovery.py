"""What happens next after an outcome. The class of an error decides; see ``adapters.errors``."""

from enum import StrEnum


class Recovery(StrEnum):
    """What the worker does after a step did not end in a receipt."""

    WAIT = "wait"
    """Refused for pace or because the listing is locked for now; nothing was applied, no attempt is spent."""
    RETRY = "retry"
    """Proved not applied: repeat after backoff."""
    VERIFY = "verify"
    """May have been applied: look for the marker before anything is sent again."""
    FIX = "fix"
    """The content was refused: a person changes the product."""
    REAUTH = "reauth"
    """The credential or the standing of the account: a person reconnects it; all its listings wait."""
    RECONCILE = "reconcile"
    """The remote listing vanished: the seller's policy decides."""
    DEAD = "dead"
    """Our own fault: kept as a dead letter until a person decides."""
