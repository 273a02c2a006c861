"""The edge of the application: limits, security headers, conditional requests, HEAD."""

import hashlib
from collections.abc import Iterable
from http import HTTPStatus

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_URL_LENGTH = 4_096
# The longest question: 100 ids of 100 characters, and some numbers.
MAX_BODY_LENGTH = 65_536

# No script at all: the pages need none. Data and pages are served under the same policy.
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

Headers = list[tuple[bytes, bytes]]


class Edge:
    """ASGI middleware around every answer."""

    def __init__(self, app: ASGIApp, notice: str | None) -> None:
        """``notice`` goes out as a header with every answer under ``/v1``."""
        self._app = app
        self._common = [(k.lower().encode(), v.encode()) for k, v in SECURITY_HEADERS.items()]
        self._notice = None if notice is None else _header_text(notice)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        extra = self._extra_headers(scope)
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_URL_LENGTH:
            await _send_too_long(send, extra)
            return
        method = scope["method"]
        if method not in _WITHOUT_BODY and not _is_short(scope["headers"]):
            await _send_too_large(send, extra)
            return
        if method == "HEAD":
            # Everything that can be read can be asked about.
            scope = {**scope, "method": "GET"}
        if method not in {"GET", "HEAD"}:
            await self._app(scope, receive, _Headed(send, extra))
            return
        await self._app(scope, receive, _Conditional(send, extra, scope, is_head=method == "HEAD"))

    def _extra_headers(self, scope: Scope) -> Headers:
        if self._notice is not None and scope["path"].startswith("/v1/"):
            return [*self._common, (b"settlewatch-notice", self._notice)]
        return self._common


class _Headed:
    """A ``send`` that adds headers."""

    def __init__(self, send: Send, extra: Headers) -> None:
        self._send = send
        self._extra = extra

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *self._extra]}
        await self._send(message)


class _Conditional:
    """A ``send`` that holds a GET's answer back until its ETag is known."""

    def __init__(self, send: Send, extra: Headers, scope: Scope, *, is_head: bool) -> None:
        self._send = send
        self._extra = extra
        self._scope = scope
        self._is_head = is_head
        self._start: Message | None = None
        self._parts: list[bytes] = []
        self._is_stream = False

    async def __call__(self, message: Message) -> None:
        if self._is_stream:
            await self._send(message)
        elif message["type"] == "http.response.start":
            self._start = message
            content_type = _get(message["headers"], b"content-type") or b""
            self._is_stream = content_type.startswith(b"text/event-stream")
            if self._is_stream:
                headers = [*message["headers"], *self._extra]
                await self._send({**message, "headers": headers})
        elif message["type"] == "http.response.body":
            self._parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._finish(b"".join(self._parts))
        else:
            await self._send(message)

    async def _finish(self, body: bytes) -> None:
        start = self._start
        assert start is not None  # noqa: S101  # ASGI sends the start before any body
        headers: Headers = [*start["headers"], *self._extra]
        status = start["status"]
        if status == HTTPStatus.OK:
            etag = _get(headers, b"etag")
            if etag is None:
                etag = b'W/"' + hashlib.blake2b(body, digest_size=12).hexdigest().encode() + b'"'
                headers.append((b"etag", etag))
            if _get(headers, b"cache-control") is None:
                headers.append((b"cache-control", b"no-cache"))
            if _matches(_get(self._scope["headers"], b"if-none-match"), etag):
                status, body = HTTPStatus.NOT_MODIFIED.value, b""
                dropped = {b"content-length", b"content-type"}
                headers = [pair for pair in headers if pair[0].lower() not in dropped]
        await self._send({**start, "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": b"" if self._is_head else body})


def _get(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    return next((value for key, value in headers if key.lower() == name), None)


def _matches(if_none_match: bytes | None, etag: bytes) -> bool:
    """Weak comparison, RFC 9110 §13.1.2."""
    if if_none_match is None:
        return False
    wanted = {part.strip().removeprefix(b"W/") for part in if_none_match.split(b",")}
    return b"*" in wanted or etag.removeprefix(b"W/") in wanted


def _header_text(text: str) -> bytes:
    plain = text.replace("…", "...").replace("\u2014", "-").replace("\u2013", "-")
    return " ".join(plain.split()).encode("ascii", "replace")


_WITHOUT_BODY = frozenset({"GET", "HEAD"})


def _is_short(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a body says how long it is, and is short enough to be read whole."""
    length = _get(headers, b"content-length")
    if length is None:
        return _get(headers, b"transfer-encoding") is None
    return length.isdigit() and int(length) <= MAX_BODY_LENGTH


async def _send_too_large(send: Send, extra: Headers) -> None:
    detail = f"A body may be {MAX_BODY_LENGTH} bytes long at most, and has to say its length."
    await _send_problem(send, extra, 413, "Content Too Large", detail)


async def _send_too_long(send: Send, extra: Headers) -> None:
    detail = f"A URL may be {MAX_URL_LENGTH} bytes long at most."
    await _send_problem(send, extra, 414, "URI Too Long", detail)


async def _send_problem(send: Send, extra: Headers, status: int, title: str, detail: str) -> None:
    body = orjson.dumps(
        {
            "type": f"/docs#problem-{status}",
            "title": title,
            "status": status,
            "detail": detail,
        }
    )
    headers = [(b"content-type", b"application/problem+json"), *extra]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
