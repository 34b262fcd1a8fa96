"""Logs as events with fields: JSON lines on standard error, nothing secret in them."""

import logging
import sys
from typing import Any

import structlog

from adapters.http import CallRecord, redact


def configure_logging(*, level: int = logging.INFO) -> None:
    """Send our events and the libraries' warnings to standard error as JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            _redact_text,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    # httpx logs every address at INFO; ours are logged redacted by the transport.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _redact_text(_logger: Any, _method: str, event: Any) -> Any:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def log_call(record: CallRecord) -> None:
    """Log one finished call to a channel."""
    structlog.get_logger().debug(
        "channel.call",
        method=record.method,
        url=record.url,
        status=record.status,
        error=record.error,
        ms=round(record.seconds * 1000, 1),
    )
