"""``facebook-sdk`` 3.1.0 on the shared transport: a session of its own kind, one for each call.

What the package does wrong by itself and this session puts right (docs/channels/meta.md section 6.2): the token in
addresses, no time limit, no ``appsecret_proof``, a failed status taken for success, a missing content type, a body
that is not JSON, and raw network errors of another HTTP library.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import facebook

from adapters.meta_graph.meanings import Effect
from adapters.meta_graph.session import Files, GraphSession

_JSON: Final = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class SdkAnswer:
    """The little of a response that the package reads; made only from an answer that was checked."""

    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=lambda: _JSON)

    def json(self) -> dict[str, Any]:
        """Return the checked JSON object."""
        return self.body


class SdkSession:
    """What ``facebook.GraphAPI`` takes as its ``session``: rewrites the address and sends through ``GraphSession``."""

    def __init__(self, session: GraphSession, effect: Effect) -> None:
        self._session = session
        self._effect = effect

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        files: Files | None = None,
        timeout: float | None = None,  # noqa: ARG002 the shared client bounds every call
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 the shared client knows its proxies
    ) -> SdkAnswer:
        """Send what the package built, without the token it put among the parameters.

        Raises:
            ChannelError: Classified here already, because the package throws away status and subcode.
        """
        return SdkAnswer(
            self._session.exchange(
                method,
                url.removeprefix(facebook.FACEBOOK_GRAPH_URL),
                effect=self._effect,
                params=_without_token(params),
                data=_without_token(data),
                files=files,
            )
        )


def _without_token(fields: Mapping[str, str] | None) -> dict[str, str]:
    return {name: value for name, value in (fields or {}).items() if name != "access_token"}


def graph_api(session: GraphSession, *, version: str, token: str, effect: Effect) -> facebook.GraphAPI:
    """Make the package's client for one call.

    The version is set afterwards, because its constructor refuses every version after 3.1.
    """
    graph = facebook.GraphAPI(access_token=token, session=SdkSession(session, effect))
    graph.version = version
    return graph
