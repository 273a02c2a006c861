"""The market stream beside the jobs: events bring reads forward, and write nothing else.

The stream says that a price moved or that a market was resolved; what is true is read by the next
poll. So an event is only worth marking a read as due, and a lost one costs a minute.
"""

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from models.enums import SourceState
from models.refresh_enums import ReadKind
from service.clock import Clock
from service.polymarket.stream import MarketStream, StreamCondition
from service.polymarket.stream_events import StreamEvent, StreamKind
from service.protocol.sources import MARKET_STREAM, SourceHealth
from service.store.markets.due_reads import mark_due
from service.store.markets.stream_watch import WatchedToken, list_watched_tokens
from service.store.operations.sources import record_counted

log = structlog.get_logger()

# The hot set is looked up this often.
REFRESH = timedelta(seconds=30)
# A price so far from the last stored one is worth a read.
FAR = Decimal("0.03")
# Between two marks of one market: the poll runs no oftener.
PAUSE = timedelta(seconds=15)
MOST_TOKENS = 4_000
TICK_SECONDS = 1.0
_ON_PRICE = (ReadKind.BOOK, ReadKind.OPEN_INTEREST)
_ON_END = (ReadKind.RESOLUTION,)
# What is counted as gone wrong, of what happened.
_WRONG = ("losses", "silences", "garbage", "dropped")


class StreamFollower(threading.Thread):
    """A thread that follows the hot markets' tokens and marks their reads."""

    def __init__(self, sessions: sessionmaker[Session], stream: MarketStream, clock: Clock) -> None:
        """Nothing happens before :meth:`start`."""
        super().__init__(name="follow-stream", daemon=True)
        self._sessions = sessions
        self._stream = stream
        self._clock = clock
        self._stopping = threading.Event()
        self._watched: Mapping[str, WatchedToken] = {}
        self._by_condition: Mapping[str, int] = {}
        self._refreshed_at: datetime | None = None
        self._marked: dict[tuple[int, ReadKind], datetime] = {}

    def stop(self) -> None:
        """End, with the stream."""
        self._stopping.set()
        self.join()
        self._stream.close()

    def run(self) -> None:
        """Until stopped; a database that is away is waited for."""
        while not self._stopping.is_set():
            try:
                self.turn(TICK_SECONDS)
            except SQLAlchemyError as error:
                log.warning("stream: the database did not answer", error=type(error).__name__)
                self._stopping.wait(TICK_SECONDS)

    def turn(self, seconds: float) -> int:
        """One round: follow what is hot, take what came, mark what is worth it; how many reads."""
        now = self._clock.now()
        if self._refreshed_at is None or now - self._refreshed_at >= REFRESH:
            self._refresh(now)
        wanted = self._worth_reading(self._stream.take(seconds), now)
        marked = 0
        for kinds, markets in wanted.items():
            with self._sessions.begin() as session:
                marked += mark_due(session, markets, kinds, now)
        return marked

    def _refresh(self, now: datetime) -> None:
        with self._sessions() as session:
            watched = list_watched_tokens(session, now, MOST_TOKENS)
        self._watched = {item.token_id: item for item in watched}
        self._by_condition = {item.condition_id: item.market_id for item in watched}
        self._marked = {key: at for key, at in self._marked.items() if now - at < PAUSE}
        # Before new connections are wanted: those of the last turn had time to open.
        condition = self._stream.condition
        self._stream.follow(self._watched)
        self._refreshed_at = now
        counts = self._stream.take_counts()
        if counts:
            log.info("stream", tokens=len(watched), **counts)
        self._record(condition, counts, now)

    def _record(self, condition: StreamCondition, counts: Mapping[str, int], now: datetime) -> None:
        """Keep how the stream is doing."""
        health = stream_health(condition, now)
        wrong = {name: counts[name] for name in _WRONG if counts.get(name)}
        with self._sessions.begin() as session:
            record_counted(session, health, wrong, now)

    def _worth_reading(
        self, events: Iterable[StreamEvent], now: datetime
    ) -> dict[tuple[ReadKind, ...], set[int]]:
        wanted: dict[tuple[ReadKind, ...], set[int]] = {}
        for event in events:
            market_id, kinds = self._judge(event)
            if market_id is None:
                continue
            last = self._marked.get((market_id, kinds[0]))
            if last is not None and now - last < PAUSE:
                continue
            self._marked[market_id, kinds[0]] = now
            wanted.setdefault(kinds, set()).add(market_id)
        return wanted

    def _judge(self, event: StreamEvent) -> tuple[int | None, tuple[ReadKind, ...]]:
        """The market to read and what of it; ``None`` where the event is no reason to."""
        if event.kind is StreamKind.RESOLVED:
            return self._by_condition.get(event.condition_id or ""), _ON_END
        if event.kind is StreamKind.PRICE and event.price is not None:
            token = self._watched.get(event.token_id or "")
            is_far = token is not None and (
                token.price is None or abs(token.price - event.price) >= FAR
            )
            return (token.market_id if token and is_far else None), _ON_PRICE
        # A new market is the catalogue's to show.
        return None, ()


def stream_health(condition: StreamCondition, now: datetime) -> SourceHealth:
    """The stream as a source: nothing depends on it, what it brings is only told sooner."""
    if not condition.connections:
        return SourceHealth(MARKET_STREAM, SourceState.OK, reason="no hot market to follow")
    silent = condition.connections - condition.listening
    if not silent:
        return SourceHealth(MARKET_STREAM, SourceState.OK, last_success_at=now)
    why = f" ({condition.problem})" if condition.problem else ""
    return SourceHealth(
        MARKET_STREAM,
        SourceState.DEGRADED if condition.listening else SourceState.DOWN,
        reason=f"{silent} of {condition.connections} connections not open{why}; the polls go on",
        last_success_at=now if condition.listening else None,
        last_failure_at=now,
        failures_in_a_row=1,
    )
