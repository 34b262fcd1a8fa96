"""The conformance kit: the promises of ``adapters.base``, for any adapter, against a stand-in of its channel.

Subclass the contract that fits the channel in a test module, say how the stand-in is made, and run pytest. Needs the extra
``testing``. A worked example: ``tests/contract/kit/toy_channel``; how to: CONTRIBUTING.md, "Add a channel".
"""

import pytest

_PROMISES = (
    "batches",
    "changes",
    "contract",
    "observing",
    "ordering",
    "recovery",
    "redaction",
    "refusals",
    "rendering",
    "verbs",
    "without_calls",
)
# A failing promise then shows the values it compared; pytest must hear of it before the modules are read.
pytest.register_assert_rewrite(*(f"{__name__}.{module}" for module in _PROMISES))

from adapters.testing.kit.channel import (  # noqa: E402
    AdapterUnderTest,
    ErrorCase,
    KitClock,
    ObservedChannel,
    OrderingChannel,
    Shown,
    SimulatedChannel,
)
from adapters.testing.kit.contract import (  # noqa: E402
    AdapterContract,
    BatchingContract,
    FeedContract,
    PackContract,
)
from adapters.testing.kit.in_process import InProcessChannel  # noqa: E402
from adapters.testing.kit.observing import ObservingPromises  # noqa: E402
from adapters.testing.kit.ordering import OrderingPromises  # noqa: E402
from adapters.testing.kit.pictures import MadePictures, loopback_pictures  # noqa: E402

__all__ = [
    "AdapterContract",
    "AdapterUnderTest",
    "BatchingContract",
    "ErrorCase",
    "FeedContract",
    "InProcessChannel",
    "KitClock",
    "MadePictures",
    "ObservedChannel",
    "ObservingPromises",
    "OrderingChannel",
    "OrderingPromises",
    "PackContract",
    "Shown",
    "SimulatedChannel",
    "loopback_pictures",
]
