"""Logs: one structured line an occurrence, to standard error, secrets left out."""

import contextlib
import logging
import re
import sys

import structlog

# What follows a scheme may hold a password or a key; so does what a DSN calls one.
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://)[^\s'\"()<>,;]+", re.IGNORECASE)
_PASSWORD = re.compile(r"(password\s*=\s*)\S+", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """A text without the addresses in it: those of nodes, databases and webhooks hold keys."""
    return _PASSWORD.sub(r"\1…", _ADDRESS.sub(r"\1…", text))


def _hide_secrets(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    for key in ("error", "exception", "reason"):
        if isinstance(event.get(key), str):
            event[key] = without_secrets(event[key])
    return event


class _StandardError:
    """Writes lines to what standard error is at that moment; one that is gone stops no job."""

    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            print(message, file=sys.stderr, flush=True)  # noqa: T201  # this is what logging is

    debug = info = warning = error = critical = exception = msg


class _StandardErrorHandler(logging.Handler):
    """The same for the standard library's logs, without the secrets of their tracebacks."""

    def emit(self, record: logging.LogRecord) -> None:
        _StandardError().msg(without_secrets(self.format(record)))


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
            _hide_secrets,
            structlog.dev.ConsoleRenderer(colors=False)
            if sys.stderr.isatty()
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _StandardError(),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=max(number, logging.WARNING), handlers=[_StandardErrorHandler()], force=True
    )
    # Request lines of the HTTP client carry URLs, and those may carry keys.
    for name in ("httpx", "httpcore", "apprise", "apscheduler", "web3", "alembic"):
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
