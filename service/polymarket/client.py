"""Polymarket's read-only HTTP APIs: the only module that imports httpx.

One request goes: circuit, token bucket, send under a deadline, judge the answer, tell the circuit.
Transient failures are tried again with growing, jittered waits; all else surfaces as a
:class:`~service.errors.SourceError` that names its source.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx
import stamina
from pyrate_limiter import Duration, Limiter, Rate

from models.enums import DataIssueKind
from service.circuit import Circuit, CircuitPolicy
from service.clock import Clock
from service.errors import SourceError, TransientSourceError
from service.polymarket import routes
from service.polymarket.answers import RawAnswer, RequestRefused, read_answer
from service.polymarket.batches import (
    Batch,
    Params,
    in_batches,
    list_of,
    match_asked,
    refused_alone,
    to_batch,
    walk,
)
from service.polymarket.deadline import Deadline, DeadlineBackend
from service.polymarket.feeds import to_book, to_open_interest, to_resolution
from service.polymarket.routes import LIMITS_PER_TEN_SECONDS, Route
from service.polymarket.translate import to_listing
from service.protocol.ids import to_hex
from service.protocol.listings import (
    BookRow,
    MarketListing,
    OpenInterestRow,
    Refused,
    ResolutionRow,
)
from service.protocol.sources import CLOB, DATA_API, GAMMA, SourceHealth

USER_AGENT = "settlewatch/0.1 (UMA resolution risk monitor; read-only)"
# Sent whole and exactly: the defaults differ between routes and have changed before.
PAGE_LIMIT = "100"
CONDITIONS_PER_LOOKUP = 50
CONDITIONS_PER_ANSWER = 20
TOKENS_PER_ANSWER = 100
MOST_BYTES = 32 * 1024 * 1024
LONGEST_WAIT_FOR_BUCKET = 60


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


class PolymarketClient:
    """Gamma, CLOB and Data API, each behind a circuit of its own; safe to share by threads."""

    def __init__(  # noqa: PLR0913  # three addresses, and what tests replace
        self,
        gamma_url: str,
        clob_url: str,
        data_url: str,
        *,
        clock: Clock,
        retries: RetryPolicy | None = None,
        circuit: CircuitPolicy | None = None,
        timeouts: Timeouts | None = None,
        limits: Mapping[str, int] = LIMITS_PER_TEN_SECONDS,
        limit_seconds: int = 10,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """Prepare connections; nothing is sent yet."""
        self._urls = {GAMMA: gamma_url, CLOB: clob_url, DATA_API: data_url}
        self._clock = clock
        self._retries = retries or RetryPolicy()
        self._timeouts = timeouts or Timeouts()
        self._most_bytes = most_bytes
        spread = random.Random()  # noqa: S311  # jitter, not a secret
        policy = circuit or CircuitPolicy()
        self._circuits = {name: Circuit(name, clock, policy, spread) for name in self._urls}
        self._buckets = {
            name: Limiter([Rate(limit, limit_seconds * Duration.SECOND)])
            for name, limit in limits.items()
        }
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

    def fetch_open_markets(self, *, min_volume_usdc: int = 0) -> Iterator[Batch[MarketListing]]:
        """Every open market with at least this much volume (USD), a page at a time, by id."""
        return self._walk_markets(
            (("closed", "false"), ("volume_num_min", str(min_volume_usdc)))
            if min_volume_usdc
            else (("closed", "false"),)
        )

    def fetch_markets_by_uma_status(self, status: str) -> Iterator[Batch[MarketListing]]:
        """Open markets under this ``umaResolutionStatus`` (closed ones keep stale labels)."""
        return self._walk_markets((("closed", "false"), ("uma_resolution_status", status)))

    def fetch_markets_by_condition_ids(
        self, condition_ids: Sequence[bytes]
    ) -> Iterator[Batch[MarketListing]]:
        """These markets, open and closed (a look-up leaves closed ones out unless asked)."""
        keys = [to_hex(condition_id) for condition_id in condition_ids]
        for start in range(0, len(keys), CONDITIONS_PER_LOOKUP):
            part = keys[start : start + CONDITIONS_PER_LOOKUP]
            for closed in ("false", "true"):
                named = tuple(("condition_ids", key) for key in part)
                yield from self._walk_markets((("closed", closed), *named))

    def fetch_resolutions(self, condition_ids: Sequence[bytes]) -> Iterator[Batch[ResolutionRow]]:
        """The resolution feed's rows of these markets; the newest where it sends two."""
        form = Refused(DataIssueKind.REFUSED_RESOLUTION, DATA_API, "", "")
        yield from self._fetch_by_condition(
            routes.RESOLUTIONS, condition_ids, to_resolution, form, _newest_first
        )

    def fetch_open_interest(
        self, condition_ids: Sequence[bytes]
    ) -> Iterator[Batch[OpenInterestRow]]:
        """The collateral locked in these markets; one the source cannot serve is missing."""
        form = Refused(DataIssueKind.REFUSED_OPEN_INTEREST, DATA_API, "", "")
        yield from self._fetch_by_condition(
            routes.OPEN_INTEREST, condition_ids, to_open_interest, form, tuple
        )

    def fetch_books(self, token_ids: Sequence[str]) -> Iterator[Batch[BookRow]]:
        """The order books of these tokens, in any order; a token without book is missing."""
        form = Refused(DataIssueKind.REFUSED_BOOK, CLOB, "", "")

        def ask(part: Sequence[str]) -> object:
            return self._ask(routes.BOOKS, json=[{"token_id": token} for token in part])

        for part, answer in in_batches(tuple(token_ids), TOKENS_PER_ANSWER, ask):
            now = self._clock.now()
            if isinstance(answer, RequestRefused):
                yield refused_alone(answer, part, form, now)
                continue
            batch = to_batch(list_of(CLOB, answer, None), to_book, now)
            yield match_asked(batch, part, lambda row: row.token_id, form)

    def _walk_markets(self, filters: Params) -> Iterator[Batch[MarketListing]]:
        fixed = (*filters, ("order", "id"), ("ascending", "true"), ("limit", PAGE_LIMIT))
        sent = (*fixed, ("include_tag", "true"))
        for records in walk(
            GAMMA, lambda params: self._ask(routes.MARKETS, params), sent, "markets"
        ):
            yield to_batch(records, to_listing, self._clock.now())

    def _fetch_by_condition(
        self,
        route: Route,
        condition_ids: Sequence[bytes],
        translate: Callable[[object], Any],
        form: Refused,
        arrange: Callable[[Sequence[Any]], tuple[Any, ...]],
    ) -> Iterator[Batch[Any]]:
        def ask(part: Sequence[str]) -> object:
            return self._ask(route, (("condition", ",".join(part)),))

        keys = tuple(to_hex(condition_id) for condition_id in condition_ids)
        for part, answer in in_batches(keys, CONDITIONS_PER_ANSWER, ask):
            now = self._clock.now()
            if isinstance(answer, RequestRefused):
                yield refused_alone(answer, part, form, now)
                continue
            batch = to_batch(list_of(route.source, answer, "data"), translate, now)
            arranged = Batch(arrange(batch.rows), batch.refused, batch.missing, now)
            yield match_asked(arranged, part, lambda row: to_hex(row.condition_id), form)

    def _ask(self, route: Route, params: Params = (), *, json: object = None) -> object:
        """One answer's JSON, with retries."""
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
                return self._attempt(route, params, json)
        message = "stamina ended its attempts without an error"
        raise AssertionError(message)

    def _worth_retrying(self, source: str, error: Exception) -> bool | float:
        # Once the circuit is open the next attempt would only hide the reason behind a pause.
        if not isinstance(error, TransientSourceError) or self._circuits[source].is_open:
            return False
        return error.retry_after_seconds or True

    def _attempt(self, route: Route, params: Params, json: object) -> object:
        circuit = self._circuits[route.source]
        circuit.admit()
        bucket = self._buckets.get(route.bucket)
        if bucket and not bucket.try_acquire(route.bucket, timeout=LONGEST_WAIT_FOR_BUCKET):
            raise SourceError(route.source, f"no turn within {LONGEST_WAIT_FOR_BUCKET} s")
        try:
            answer = read_answer(route.source, self._send(route, params, json), self._clock.now())
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


def _newest_first(rows: Sequence[ResolutionRow]) -> tuple[ResolutionRow, ...]:
    dated = [row for row in rows if row.reported_at is not None]
    dated.sort(key=lambda row: row.reported_at.timestamp() if row.reported_at else 0, reverse=True)
    return (*dated, *(row for row in rows if row.reported_at is None))


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
