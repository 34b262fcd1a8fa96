from adapters.testing.kit import AdapterContract
from schemas.channel import Verb
from tests.contract.kit.toy_channel.channel import ToyChannel


class TestToyChannel(AdapterContract):
    lacks = frozenset({Verb.COMMENT})

    def make(self) -> ToyChannel:
        return ToyChannel()
