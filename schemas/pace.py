"""Why nothing is sent for a while, and for whom that holds."""

from enum import StrEnum


class PaceScope(StrEnum):
    """Whom a budget, a reported use or a refusal is about."""

    APP = "app"
    """Our app or key at the channel: all accounts share it."""
    ACCOUNT = "account"
    """One Page, shop or market account."""


class BrakeReason(StrEnum):
    """Why an account is braked."""

    CHANNEL = "channel"
    """The channel refused a call for pace."""
    USAGE = "usage"
    """The channel reported that its budget is nearly used up."""
    BUDGET = "budget"
    """Our own count of a published limit is nearly used up."""
    SETUP = "setup"
    """Its adapter cannot be made: keys or settings of this system, for an operator to mend."""
