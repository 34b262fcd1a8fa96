"""The channels, simulated: one ASGI application that behaves as the channel sheets say the real ones do.

``SandboxServer`` runs it in a thread for tests, ``serve`` as a process, ``sandbox_accounts`` gives accounts on it.
"""

from adapters.testing.sandbox.accounts import SandboxAccount, dead_account, limited_account, sandbox_accounts
from adapters.testing.sandbox.app import create_app
from adapters.testing.sandbox.faults import Fault
from adapters.testing.sandbox.options import DOCUMENTED_RATES, Rates, SandboxOptions
from adapters.testing.sandbox.server import SandboxServer, serve

__all__ = [
    "DOCUMENTED_RATES",
    "Fault",
    "Rates",
    "SandboxAccount",
    "SandboxOptions",
    "SandboxServer",
    "create_app",
    "dead_account",
    "limited_account",
    "sandbox_accounts",
    "serve",
]
