"""Asks a running sandbox what its channels saw: the outside view the demo reports."""

from typing import Any

import httpx


class SandboxClient:
    """Talks to the control paths of a sandbox at ``url``."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def summary(self) -> dict[str, dict[str, Any]]:
        """Return calls, listings and duplicates by channel.

        Raises:
            httpx.HTTPError: The sandbox does not answer.
        """
        answer = self._client.get("/_sandbox/summary").raise_for_status().json()
        channels: dict[str, dict[str, Any]] = answer["channels"]
        return channels
