"""Asks a running sandbox what its channels saw: the outside view the demo reports."""

from contextlib import suppress
from typing import Any

import httpx


class SandboxClient:
    """Talks to the control paths of a sandbox at ``url``; each question is a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url

    def authorise(self, channel: str, account: str) -> None:
        """Give the owner's consent anew: the credentials an account was connected with first work again.

        A sandbox that cannot be asked has nothing to mend: connecting then says itself what is wrong.
        """
        with suppress(httpx.HTTPError):
            self._ask("POST", "authorise", json={"channel": channel, "account": account})

    def summary(self) -> dict[str, dict[str, Any]]:
        """Return calls, listings and duplicates by channel.

        Raises:
            httpx.HTTPError: The sandbox does not answer.
        """
        answer = self._ask("GET", "summary").json()
        channels: dict[str, dict[str, Any]] = answer["channels"]
        return channels

    def buy(self, channel: str, account: str, sku: str, units: int) -> None:
        """Let a buyer order and pay.

        Raises:
            httpx.HTTPError: The sandbox does not answer, or too little is left.
        """
        self._ask("POST", "buy", json={"channel": channel, "account": account, "sku": sku, "quantity": units})

    def call_back(self, channel: str, account: str, url: str, secret: str) -> None:
        """Have an account's webhooks sent to an address.

        Raises:
            httpx.HTTPError: The sandbox does not answer, or will not call that address.
        """
        self._ask(
            "POST", "webhooks", json={"channel": channel, "account": account, "url": url, "secret": secret}
        )

    def listing(self, channel: str, account: str, external_id: str) -> dict[str, Any]:
        """Return one listing as the channel holds it.

        Raises:
            LookupError: There is none.
            httpx.HTTPError: The sandbox does not answer.
        """
        answer = self._ask("GET", "listings", params={"channel": channel, "account": account}).json()
        for one in answer["listings"]:
            if one["id"] == external_id:
                return dict(one)
        raise LookupError(f"{channel} {account} has no listing {external_id}")

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        url = f"{self._url}/_sandbox/{path}"
        return httpx.request(method, url, timeout=30, trust_env=False, **more).raise_for_status()
