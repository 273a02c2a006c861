"""Polymarket's market stream: the only module that imports websockets.

A stream is an accelerator. It can lose messages without a word (no sequence numbers, no replay, and
it has gone silent with the connection open), so nothing it says is stored: its events only say what
to read again. Each connection carries 200 tokens at most, which is what has been seen to work.
"""

import json
import queue
import random
import threading
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from service.clock import stopwatch
from service.polymarket.stream_events import StreamEvent, read_frame
from service.transport.client import USER_AGENT

TOKENS_A_CONNECTION = 200
MOST_BYTES = 8 * 1024 * 1024
# Events wait here until somebody takes them; then the newest are dropped, and counted.
MOST_WAITING = 10_000


@dataclass(frozen=True, slots=True)
class StreamPolicy:
    """Times, in seconds."""

    # A text PING goes out this often; the server answers PONG.
    ping: float = 10.0
    # Nothing heard for so long, not even a PONG: connect anew.
    silence: float = 30.0
    first_wait: float = 1.0
    longest_wait: float = 60.0
    # Closing waits for a handshake that hangs.
    open_timeout: float = 3.0
    # How often a connection looks up from listening.
    tick: float = 0.5


@dataclass(frozen=True, slots=True)
class StreamCondition:
    """How many connections are wanted and how many are open, and what last broke one."""

    connections: int
    listening: int
    # Of a connection that is not open now; None where all are, or none was made yet.
    problem: str | None


class _Silent(Exception):
    """Nothing was heard for too long."""


class MarketStream:
    """Connections enough for the tokens followed; events come by :meth:`take`."""

    def __init__(self, url: str, policy: StreamPolicy | None = None) -> None:
        """Nothing is connected before :meth:`follow`."""
        self._url = url
        self._policy = policy or StreamPolicy()
        self._events: queue.Queue[StreamEvent] = queue.Queue(MOST_WAITING)
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._shards: list[_Shard] = []

    @property
    def connections(self) -> int:
        """How many connections are kept."""
        return len(self._shards)

    @property
    def condition(self) -> StreamCondition:
        """How the connections are doing."""
        shards = self._shards
        lost = [shard.problem for shard in shards if not shard.is_listening]
        problem = next((found for found in lost if found is not None), None)
        return StreamCondition(len(shards), len(shards) - len(lost), problem)

    def follow(self, tokens: Collection[str]) -> None:
        """Hear of these tokens and of no others; connections keep the tokens they have."""
        wanted = dict.fromkeys(tokens)
        for shard in self._shards:
            shard.wanted = frozenset(shard.wanted & wanted.keys())
        known = {token for shard in self._shards for token in shard.wanted}
        fresh = [token for token in wanted if token not in known]
        for shard in self._shards:
            room = TOKENS_A_CONNECTION - len(shard.wanted)
            shard.wanted |= frozenset(fresh[:room])
            fresh = fresh[room:]
        for start in range(0, len(fresh), TOKENS_A_CONNECTION):
            self._open(fresh[start : start + TOKENS_A_CONNECTION])
        idle = [shard for shard in self._shards if not shard.wanted]
        self._shards = [shard for shard in self._shards if shard.wanted]
        for shard in idle:
            shard.stop()

    def take(self, seconds: float) -> list[StreamEvent]:
        """What came, waiting for the first at most so long."""
        found: list[StreamEvent] = []
        try:
            found.append(self._events.get(timeout=seconds))
            while True:
                found.append(self._events.get_nowait())
        except queue.Empty:
            return found

    def take_counts(self) -> Mapping[str, int]:
        """What happened since the last call: frames, events, dropped, garbage, connects, losses."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        return counts

    def close(self) -> None:
        """Leave; waits for the connections' threads."""
        shards, self._shards = self._shards, []
        for shard in shards:
            shard.stop()
        for shard in shards:
            shard.join()

    def count(self, name: str, times: int = 1) -> None:
        """Add to what happened."""
        with self._lock:
            self._counts[name] += times

    def hear(self, frame: str | bytes) -> None:
        """Take in one frame."""
        self.count("frames")
        events, garbage = read_frame(frame)
        if garbage:
            self.count("garbage", garbage)
        for event in events:
            try:
                self._events.put_nowait(event)
            except queue.Full:
                self.count("dropped")
            else:
                self.count("events")

    def _open(self, tokens: Collection[str]) -> None:
        shard = _Shard(self, self._url, self._policy, frozenset(tokens))
        self._shards.append(shard)
        shard.start()


class _Shard(threading.Thread):
    """One connection, made again whenever it is lost."""

    def __init__(
        self, stream: MarketStream, url: str, policy: StreamPolicy, wanted: frozenset[str]
    ) -> None:
        super().__init__(name="market-stream", daemon=True)
        self.wanted = wanted
        self.is_listening = False
        self.problem: str | None = None
        self._stream = stream
        self._url = url
        self._policy = policy
        self._stopping = threading.Event()
        self._spread = random.Random()  # noqa: S311  # jitter, not a secret

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def run(self) -> None:
        """Connect, listen, and after a loss again, after growing and jittered waits."""
        wait = self._policy.first_wait
        while not self._stopping.is_set():
            elapsed = stopwatch()
            try:
                self._listen()
            except (OSError, WebSocketException, TimeoutError) as error:
                self.problem = type(error).__name__
                self._stream.count("losses")
            except _Silent:
                self.problem = f"nothing heard for {self._policy.silence:g} s"
                self._stream.count("silences")
            finally:
                self.is_listening = False
            if elapsed() > self._policy.longest_wait:
                wait = self._policy.first_wait
            self._stopping.wait(wait * self._spread.uniform(0.5, 1.5))
            wait = min(2 * wait, self._policy.longest_wait)

    def _listen(self) -> None:
        policy = self._policy
        with connect(
            self._url,
            open_timeout=policy.open_timeout,
            close_timeout=1,
            # The server speaks its own: a text PING.
            ping_interval=None,
            max_size=MOST_BYTES,
            user_agent_header=USER_AGENT,
        ) as connection:
            self._stream.count("connects")
            sent = self.wanted
            words = {"type": "market", "assets_ids": sorted(sent), "custom_feature_enabled": True}
            connection.send(json.dumps(words | {"initial_dump": False}))
            self.is_listening = True
            since_ping, since_word = stopwatch(), stopwatch()
            while not self._stopping.is_set():
                sent = self._adjust(connection, sent)
                if since_ping() >= policy.ping:
                    connection.send("PING")
                    since_ping = stopwatch()
                try:
                    frame = connection.recv(timeout=policy.tick)
                except TimeoutError:
                    if since_word() >= policy.silence:
                        raise _Silent from None
                    continue
                since_word = stopwatch()
                if frame != "PONG":
                    self._stream.hear(frame)

    def _adjust(self, connection: ClientConnection, sent: frozenset[str]) -> frozenset[str]:
        """Tell the server which tokens came and went."""
        wanted = self.wanted
        for operation, tokens in (("subscribe", wanted - sent), ("unsubscribe", sent - wanted)):
            if tokens:
                words = {"operation": operation, "assets_ids": sorted(tokens)}
                connection.send(json.dumps(words | {"custom_feature_enabled": True}))
        return wanted
