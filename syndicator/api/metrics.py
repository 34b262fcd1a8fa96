"""``/metrics``: the figures for Prometheus, from a registry of our own."""

import hmac
import ipaddress
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from syndicator.api import sentences
from syndicator.api.gauges import SystemCollector
from syndicator.api.problems import ApiError
from syndicator.api.request_metrics import RequestMetrics
from syndicator.bootstrap import App

PATH: Final = "/metrics"
_PASSED_ON: Final = ("forwarded", "x-forwarded-for", "x-real-ip")
"""Headers by which a proxy on this machine says that it calls for somebody else."""


def add_metrics(api: FastAPI, app: App, queues: Sequence[str]) -> RequestMetrics:
    """Add the address; return what counts the requests. ``queues`` are the names whose depth is told."""
    registry = CollectorRegistry(auto_describe=False)
    requests = RequestMetrics(registry)
    registry.register(SystemCollector(app, queues))
    token = app.settings.api.metrics_token
    secret = None if token is None else token.get_secret_value()

    def metrics(request: Request) -> Response:
        """Return the figures as text."""
        _check(request, secret)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    api.add_api_route(PATH, metrics, methods=["GET"], include_in_schema=False)
    return requests


def _check(request: Request, secret: str | None) -> None:
    """Refuse who may not read.

    Raises:
        ApiError: 401, the token is wrong, or there is none and the caller is not on this machine.
    """
    given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    is_allowed = (
        _is_local(request) if secret is None else hmac.compare_digest(given.encode(), secret.encode())
    )
    if not is_allowed:
        problem = sentences.metrics_closed()
        raise ApiError(HTTPStatus.UNAUTHORIZED, problem, headers={"WWW-Authenticate": "Bearer"})


def _is_local(request: Request) -> bool:
    if request.client is None or any(name in request.headers for name in _PASSED_ON):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
