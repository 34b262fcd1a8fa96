"""No secret in an error, a log record, a call record, a representation, or what is stored: whatever goes wrong."""

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import pytest

from adapters.errors import ChannelError
from adapters.testing.kit.channel import AdapterUnderTest, SimulatedChannel
from adapters.testing.kit.desk import Desk, rendered
from adapters.testing.kit.goods import OTHER_TOKEN
from adapters.testing.kit.verbs import ACTS
from adapters.testing.sandbox.faults import (
    DropAnswer,
    Effect,
    Error,
    ExpireToken,
    Html502,
    Throttle,
    TruncatedJson,
)
from schemas.listing import Pending

_FAULTS: Final[Mapping[str, Effect]] = {
    "answer lost": DropAnswer(after_effect=False),
    "gateway page": Html502(),
    "answer cut off": TruncatedJson(),
    "refused for pace": Throttle(seconds=60),
    "credential dead": ExpireToken(),
}


class RedactionPromises:
    """Of what the adapter was given in confidence nothing comes out."""

    def test_no_secret_is_in_a_representation_or_a_rendition(self, under_test: AdapterUnderTest) -> None:
        adapter = under_test.connect()

        _assert_silent(under_test.secrets, f"{adapter!r} {adapter.capabilities!r} {rendered(under_test)!r}")


class CallRedactionPromises:
    """The same of everything that a call leaves behind."""

    @pytest.mark.parametrize("fault", [*_FAULTS, "secret quoted", "secret quoted in an odd body", "none"])
    def test_no_secret_leaves_the_adapter(
        self, channel: SimulatedChannel, fault: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert channel.secrets, "name the secrets of the account, or nothing can be looked for"
        caplog.set_level(logging.DEBUG)
        desk = Desk(channel)
        ref = desk.listed()
        other = desk.rendition(channel.product(sku="KIT-BEGUN"), token=OTHER_TOKEN)
        begun = desk.adapter.publish(other)
        channel.order_always(_fault(fault, channel.sent_secrets))
        told = [_told_by(partial(ACTS[verb], desk, ref)) for verb in sorted(desk.capabilities.verbs)]
        if isinstance(begun, Pending):
            told.append(_told_by(partial(desk.adapter.resume, other, begun)))
        told += [_told_by(desk.adapter.check), repr(ref), repr(begun)]

        assert channel.records, "the calls are not recorded: give the client an observer"
        _assert_silent(channel.secrets, f"{told} {channel.records!r} {_heard(caplog)}")


def _heard(caplog: pytest.LogCaptureFixture) -> str:
    """Return every log line but the HTTP library's own of whole addresses, which the program silences too."""
    lines = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    return "\n".join(f"{record.getMessage()} {vars(record)}" for record in lines)


def _fault(name: str, secrets: Sequence[str]) -> Effect:
    quoted = " ".join(f"{secret} access_token={secret}&x=1" for secret in secrets)
    match name:
        case "secret quoted":
            return Error(status=400, message=f"the credential {quoted} is not welcome")
        case "secret quoted in an odd body":
            return Error(status=500, body={"oops": quoted})
        case "none":
            return Error(status=404, body=None)
        case _:
            return _FAULTS[name]


def _told_by(act: Callable[[], Any]) -> str:
    try:
        return repr(act())
    except ChannelError as error:
        return _everything_of(error)


def _everything_of(error: ChannelError) -> str:
    written = "".join(traceback.format_exception(error))
    return f"{error!r} {error.message} {error.problem} {error.args} {vars(error)} {written}"


def _assert_silent(secrets: Sequence[str], text: str) -> None:
    for number, secret in enumerate(secrets, start=1):
        at = text.find(secret)
        # The failure must not print the secret either, so it shows what stands before it.
        assert at < 0, f"secret {number} came out after: {text[max(0, at - 200) : at]}"
