"""What an HTTP answer amounts to: a JSON value, or an error with a name. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NoReturn

from service.errors import SourceError, TransientSourceError

# Statuses that say "not this request", not "not now": asking again changes nothing.
REFUSALS = frozenset({400, 404, 405, 410, 413, 414, 422})
TRANSIENT = frozenset({408, 425, 429})
SNIPPET = 120


class RequestRefused(SourceError):
    """The source is well and will not answer this very request (HTTP 400, 404, 422…)."""


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """A status, its headers in lower case and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def read_answer(source: str, answer: RawAnswer, now: datetime) -> object:
    """The JSON value of an answer; a :class:`SourceError` that says what came instead.

    Floats come as Decimal, exactly as sent: money never passes through a binary float.
    """
    if answer.status != HTTPStatus.OK:
        raise _status_error(source, answer, now)
    value = _parse(source, answer)
    message = error_of(value)
    if message is not None:
        if isinstance(value, dict) and value.get("retryable") is False:
            raise RequestRefused(source, f"error body under HTTP 200: {message}")
        # Seen for "Too Many Requests": the status alone does not tell.
        raise TransientSourceError(
            source,
            f"error body under HTTP 200: {message}",
            retry_after_seconds=retry_after(answer.headers, now),
        )
    return value


def read_text(source: str, answer: RawAnswer, now: datetime) -> str:
    """The start of an answer that is no JSON, on one line; the same errors as for one that is."""
    if answer.status != HTTPStatus.OK:
        raise _status_error(source, answer, now)
    return _one_line(answer.body[:SNIPPET].decode("utf-8", errors="replace"))


def error_of(value: object) -> str | None:
    """The message of an error body; ``None`` where the value is no error body."""
    if isinstance(value, dict) and value.get("error"):
        return _one_line(str(value["error"]))
    return None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds the source asks to be left alone, from either form of ``Retry-After``."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:  # noqa: PLR2004  # 30 years will do
        return float(text)
    try:
        at = parsedate_to_datetime(text)
        return max(0.0, (at - now).total_seconds())
    except (ValueError, TypeError):
        # Absent or unreadable (a date without zone is the TypeError): our own backoff decides.
        return None


def _status_error(source: str, answer: RawAnswer, now: datetime) -> SourceError:
    reason = f"HTTP {answer.status}: {_describe(answer)}"
    status = answer.status
    if status in TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wait = retry_after(answer.headers, now)
        return TransientSourceError(source, reason, retry_after_seconds=wait)
    if status in REFUSALS:
        return RequestRefused(source, reason)
    return SourceError(source, reason)


def _describe(answer: RawAnswer) -> str:
    location = answer.headers.get("location")
    if location:
        return f"redirected to {_one_line(location)}"
    try:
        message = error_of(json.loads(answer.body))
    except (ValueError, RecursionError):
        message = None
    return message or _shape(answer)


def _parse(source: str, answer: RawAnswer) -> object:
    try:
        value: object = json.loads(
            answer.body, parse_float=_decimal, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:
        # A page of another kind or half an answer passes by itself more often than not.
        raise TransientSourceError(source, f"not JSON ({_shape(answer)})") from error
    return value


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _shape(answer: RawAnswer) -> str:
    body = answer.body.lstrip()
    if not body:
        return "empty body"
    kind = answer.headers.get("content-type", "")
    if "html" in kind or body[:1] == b"<":
        return "an HTML page"
    start = _one_line(body[:SNIPPET].decode("utf-8", errors="replace"))
    return f"{len(answer.body)} bytes starting {start!r}"


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:SNIPPET]
