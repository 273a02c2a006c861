"""JSON over HTTP from read-only APIs: the only module that imports httpx.

One request goes: circuit, token bucket, send under a deadline, judge the answer, tell the circuit.
Transient failures are tried again with growing, jittered waits; all else surfaces as a
:class:`~service.errors.SourceError` that names its source.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

import httpx
import stamina
from pyrate_limiter import Duration, Limiter, Rate

from service.circuit import Circuit, CircuitPolicy
from service.clock import Clock
from service.errors import SourceError, TransientSourceError
from service.protocol.rate_limits import RequestCount, lineage
from service.protocol.sources import SourceHealth
from service.transport.answers import RawAnswer, RequestRefused, read_answer, read_text
from service.transport.counting import RequestCounter
from service.transport.deadline import Deadline, DeadlineBackend

USER_AGENT = "settlewatch/0.1 (UMA resolution risk monitor; read-only)"
MOST_BYTES = 32 * 1024 * 1024
LONGEST_WAIT_FOR_BUCKET = 60

Params = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Route:
    """One path of one source; routes that share a published limit share a bucket."""

    source: str
    method: str
    path: str
    bucket: str


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and after what waits a transient failure is tried again."""

    attempts: int = 4
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 10.0
    jitter_seconds: float = 1.0
    # A longer Retry-After is not waited out in the call: it pauses the source instead.
    longest_retry_after_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Bounds of one attempt, in seconds."""

    connect: float = 5.0
    # Silence between two reads.
    read: float = 10.0
    # All of it, however the peer spreads its bytes.
    overall: float = 30.0


class JsonClient:
    """Some sources, each behind a circuit of its own; safe to share by threads."""

    def __init__(  # noqa: PLR0913  # what callers differ in, and what tests replace
        self,
        urls: Mapping[str, str],
        *,
        clock: Clock,
        limits: Mapping[str, int],
        limit_seconds: float,
        parents: Mapping[str, str] | None = None,
        retries: RetryPolicy | None = None,
        circuit: CircuitPolicy | None = None,
        timeouts: Timeouts | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """Prepare connections to the ``urls`` of sources by name; nothing is sent yet.

        ``limits`` are requests in ``limit_seconds``, by bucket; a request draws from the buckets
        above its own (``parents``) as well.
        """
        self._urls = dict(urls)
        self._clock = clock
        self._retries = retries or RetryPolicy()
        self._timeouts = timeouts or Timeouts()
        self._most_bytes = most_bytes
        spread = random.Random()  # noqa: S311  # jitter, not a secret
        policy = circuit or CircuitPolicy()
        self._circuits = {name: Circuit(name, clock, policy, spread) for name in self._urls}
        self._buckets = {
            name: Limiter([Rate(limit, round(limit_seconds * Duration.SECOND))])
            for name, limit in limits.items()
        }
        self._parents = parents or {}
        self._counter = RequestCounter(clock)
        self._deadline = Deadline()
        self._http = _open_http(self._timeouts, self._deadline)

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close on the way out."""
        self.close()

    def close(self) -> None:
        """Close connections and stop the buckets' threads."""
        self._http.close()
        for bucket in self._buckets.values():
            bucket.close()

    def health(self) -> tuple[SourceHealth, ...]:
        """What is known of each source at this moment."""
        return tuple(circuit.health for circuit in self._circuits.values())

    def take_requests(self) -> tuple[RequestCount, ...]:
        """What was sent since the last call, by bucket and minute."""
        return self._counter.take()

    def ask(
        self, route: Route, params: Params = (), *, json: object = None, is_text: bool = False
    ) -> object:
        """One answer's JSON, with retries; its text where it is no JSON (a health check's "OK")."""
        policy = self._retries
        attempts = stamina.retry_context(
            on=lambda error: self._worth_retrying(route.source, error),
            attempts=policy.attempts,
            timeout=None,
            wait_initial=policy.first_wait_seconds,
            wait_max=policy.longest_wait_seconds,
            wait_jitter=policy.jitter_seconds,
        )
        for attempt in attempts:
            with attempt:
                return self._attempt(route, params, json, is_text=is_text)
        message = "stamina ended its attempts without an error"
        raise AssertionError(message)

    def _worth_retrying(self, source: str, error: Exception) -> bool | float:
        # Once the circuit is open the next attempt would only hide the reason behind a pause.
        if not isinstance(error, TransientSourceError) or self._circuits[source].is_open:
            return False
        return error.retry_after_seconds or True

    def _attempt(self, route: Route, params: Params, json: object, *, is_text: bool) -> object:
        circuit = self._circuits[route.source]
        circuit.admit()
        names = tuple(lineage(route.bucket, self._parents))
        self._wait_for_turn(route.source, names)
        self._counter.sent(names)
        try:
            raw = self._send(route, params, json)
            if raw.status == HTTPStatus.TOO_MANY_REQUESTS:
                self._counter.refused(names)
            read = read_text if is_text else read_answer
            answer = read(route.source, raw, self._clock.now())
        except RequestRefused:
            circuit.succeeded()
            raise
        except SourceError as error:
            wait = error.retry_after_seconds or 0
            too_long = wait > self._retries.longest_retry_after_seconds
            circuit.failed(error.reason, pause_seconds=wait if too_long else None)
            raise
        circuit.succeeded()
        return answer

    def _wait_for_turn(self, source: str, names: tuple[str, ...]) -> None:
        for name in names:
            bucket = self._buckets.get(name)
            if bucket and not bucket.try_acquire(name, timeout=LONGEST_WAIT_FOR_BUCKET):
                raise SourceError(source, f"no turn within {LONGEST_WAIT_FOR_BUCKET} s")

    def _send(self, route: Route, params: Params, json: object) -> RawAnswer:
        url = self._urls[route.source] + route.path
        try:
            with (
                self._deadline.of(self._timeouts.overall),
                self._http.stream(route.method, url, params=params, json=json) as response,
            ):
                body = self._read_body(route.source, response)
        except httpx.RequestError as error:
            reason = f"{type(error).__name__} {error}".strip()[:200]
            raise TransientSourceError(route.source, reason) from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        return RawAnswer(response.status_code, headers, body)

    def _read_body(self, source: str, response: httpx.Response) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self._most_bytes:
                raise SourceError(source, f"an answer of more than {self._most_bytes} bytes")
            if self._deadline.is_over:
                reason = f"no whole answer within {self._timeouts.overall} s"
                raise TransientSourceError(source, reason)
        return bytes(body)


def _open_http(timeouts: Timeouts, deadline: Deadline) -> httpx.Client:
    """An httpx client whose sockets keep to the deadline, through proxies too.

    httpx offers no way to hand its pools a network backend, so it is put in place here; a test
    with a peer that trickles its headers fails when httpx changes this.
    """
    http = httpx.Client(
        headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        timeout=httpx.Timeout(timeouts.read, connect=timeouts.connect),
        follow_redirects=False,
    )
    transports: list[Any] = [http._transport, *http._mounts.values()]  # noqa: SLF001  # see above
    for transport in transports:
        pool = getattr(transport, "_pool", None)
        if pool is not None:
            pool._network_backend = DeadlineBackend(pool._network_backend, deadline)  # noqa: SLF001
    return http
