"""Logs: one structured line an occurrence, to standard error, secrets left out."""

import logging
import sys

import structlog


def configure_logging(level: str) -> None:
    """Send every log of the process through structlog at one level."""
    number = logging.getLevelNamesMapping()[level]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=False)
            if sys.stderr.isatty()
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr, force=True)
    # Request lines of the HTTP client carry URLs, and those may carry keys.
    for name in ("httpx", "httpcore", "apprise", "apscheduler", "web3", "alembic"):
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
