"""``syndicator api``: the HTTP door."""

import uvicorn

from syndicator.api.app import create_app
from syndicator.cli.options import begin
from syndicator.cli.stack import open_app
from syndicator.local.ports import check_port_free
from syndicator.telemetry import configure_logging
from workers.queues import ALL_QUEUES


def api() -> None:
    """Run the HTTP door: the API of other systems, pictures for the channels, the events they send, and health."""
    command = begin()
    configure_logging()
    settings = command.settings
    check_port_free(settings.api.host, settings.api.port, setting="SYNDICATOR_API__PORT")
    with open_app(settings) as app:
        uvicorn.run(
            create_app(app, queues=ALL_QUEUES),
            host=settings.api.host,
            port=settings.api.port,
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=5,
        )
