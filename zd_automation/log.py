"""The one place that configures logging: a JSON object a line, ids and names of things, never a word of a ticket."""

from __future__ import annotations

import logging
import sys

import structlog

# zenpy and urllib3 log bodies and addresses at debug level (platform page, 10.3); they are held at warning whatever is asked.
_TALKATIVE = ("zenpy", "urllib3", "requests", "alembic", "dbos", "werkzeug", "sqlalchemy")


def configure_logging(level: str = "INFO") -> None:
    """Structured lines on standard error from our loggers; warnings only from libraries."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s", force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
