# ruff: noqa: D102  # The protocols only name what httpcore defines and documents.
"""An overall deadline under every blocking step of a request.

Read time-outs start again with each byte, so a peer that trickles a header or a body would hold a
request for ever. Here each step on the socket waits at most what is left of the request's time.
The classes wear the shape of httpcore's network backend and stream, which httpx's pools use.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ssl import SSLContext
from typing import Protocol

from service.clock import stopwatch


class Stream(Protocol):
    """httpcore's ``NetworkStream``, as far as it is used here."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes: ...
    def write(self, buffer: bytes, timeout: float | None = None) -> None: ...
    def close(self) -> None: ...
    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "Stream": ...
    def get_extra_info(self, info: str) -> object: ...


class Backend(Protocol):
    """httpcore's ``NetworkBackend``, as far as it is used here."""

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, **options: object
    ) -> Stream: ...
    def connect_unix_socket(
        self, path: str, timeout: float | None = None, **options: object
    ) -> Stream: ...
    def sleep(self, seconds: float) -> None: ...


# What a step may still wait once the time is up: it then fails by its own time-out.
LEAST_SECONDS = 0.001


class Deadline:
    """The time left of the request this thread is sending; none while it sends none."""

    def __init__(self) -> None:
        """Start without a deadline in any thread."""
        self._here = threading.local()

    @contextmanager
    def of(self, seconds: float) -> Iterator[None]:
        """Bound everything this thread does on its sockets meanwhile."""
        elapsed = stopwatch()
        self._here.left = lambda: seconds - elapsed()
        try:
            yield
        finally:
            self._here.left = None

    @property
    def is_over(self) -> bool:
        """Whether this thread's request has used up its time."""
        left: Callable[[], float] | None = getattr(self._here, "left", None)
        return left is not None and left() <= 0

    def within(self, timeout: float | None) -> float | None:
        """The shorter of a step's own time-out and what is left."""
        left: Callable[[], float] | None = getattr(self._here, "left", None)
        if left is None:
            return timeout
        remaining = max(left(), LEAST_SECONDS)
        return remaining if timeout is None else min(timeout, remaining)


class DeadlineStream:
    """A connection whose every step keeps to the deadline."""

    def __init__(self, inner: Stream, deadline: Deadline) -> None:
        """Wrap httpcore's stream."""
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Receive what there is."""
        return self._inner.read(max_bytes, self._deadline.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send it all."""
        self._inner.write(buffer, self._deadline.within(timeout))

    def close(self) -> None:
        """Close the socket."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "DeadlineStream":
        """Shake hands."""
        inner = self._inner.start_tls(ssl_context, server_hostname, self._deadline.within(timeout))
        return DeadlineStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> object:
        """What the pool wants to know of the socket."""
        return self._inner.get_extra_info(info)


class DeadlineBackend:
    """Opens connections that keep to the deadline; name resolution alone has no time-out."""

    def __init__(self, inner: Backend, deadline: Deadline) -> None:
        """Wrap httpcore's backend."""
        self._inner = inner
        self._deadline = deadline

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, **options: object
    ) -> DeadlineStream:
        """Open a TCP connection."""
        within = self._deadline.within(timeout)
        return DeadlineStream(
            self._inner.connect_tcp(host, port, timeout=within, **options), self._deadline
        )

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, **options: object
    ) -> DeadlineStream:
        """Open a local socket."""
        within = self._deadline.within(timeout)
        return DeadlineStream(
            self._inner.connect_unix_socket(path, timeout=within, **options), self._deadline
        )

    def sleep(self, seconds: float) -> None:
        """Wait before a reconnection."""
        self._inner.sleep(seconds)
