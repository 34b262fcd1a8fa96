"""Logs as events with fields: JSON lines on standard error, nothing secret in them."""

import logging
import sys
from typing import Any

import structlog

from adapters.http import CallRecord, redact
from adapters.redaction import KNOWN


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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # httpx logs every address at INFO; ours are logged redacted by the transport.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _redact_text(_logger: Any, _method: str, event: Any) -> Any:
    return {key: _redacted(value) for key, value in event.items()}


def _redacted(value: Any) -> Any:
    """Blank out secrets in a value and all it holds; a traceback is lists of frames with their variables."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(held) for held in value]
    return value


class RedactingFormatter(logging.Formatter):
    """Writes the libraries' records, tracebacks included, without the secrets this process knows."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return KNOWN.blank(super().format(record))


def log_call(record: CallRecord) -> None:
    """Log one finished call to a channel."""
    structlog.get_logger().info(
        "channel.call",
        method=record.method,
        url=record.url,
        status=record.status,
        error=record.error,
        ms=round(record.seconds * 1000, 1),
    )
