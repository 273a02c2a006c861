"""One chain behind one or more URLs: which to ask, and how each of them is doing."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from pydantic import SecretStr

from models.enums import SourceState
from service.chain.calls import BEHIND_LATEST, fetch_headers, fetch_logs, fetch_tag
from service.chain.faults import Fault, NodeFault
from service.chain.raw import RawLog
from service.chain.rpc import Endpoint
from service.chain.window import Window
from service.circuit import Circuit
from service.errors import RangeTooWide, SourceError, SourcePaused
from service.protocol.log_position import BlockHeader
from service.protocol.sources import SourceHealth, UrlHealth

Answer = TypeVar("Answer")
# A URL that does not answer in time is left alone at once, where there are others.
_SILENT_PAUSE_SECONDS = 15.0


class Node:
    """One chain; the next URL is asked when one fails. Used by several jobs' threads at once."""

    def __init__(
        self, source: str, chain_id: int, urls: Sequence[SecretStr], circuit: Circuit
    ) -> None:
        """``source`` is the name the chain has on the health page, ``circuit`` its own."""
        self.source = source
        self.chain_id = chain_id
        self.circuit = circuit
        self.endpoints = tuple(
            Endpoint(source, chain_id, number, url, circuit.sibling(f"{source} URL {number}"))
            for number, url in enumerate(urls, start=1)
        )
        # The best final block any URL told of in the last survey.
        self.best_head: int | None = None
        self._preferred = 0
        self._windows: dict[str, Window] = {}
        self._complaints: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def head(self, tag: str = "finalized") -> BlockHeader:
        """The newest block of a tag, from whichever URL answers first."""
        return self.ask(lambda endpoint: fetch_tag(endpoint, tag))

    def headers(self, numbers: Sequence[int]) -> list[BlockHeader]:
        """Block headers by number, in the order asked."""
        reach = max(numbers, default=0)
        return self.ask(lambda endpoint: fetch_headers(endpoint, numbers), reach=reach)

    def logs(
        self, from_block: int, to_block: int, addresses: Sequence[bytes], topics: Sequence[bytes]
    ) -> list[RawLog]:
        """The logs of a closed block range, as one URL gives them."""
        return self.ask(
            lambda endpoint: fetch_logs(endpoint, from_block, to_block, addresses, topics),
            reach=to_block,
            is_narrow=from_block == to_block,
        )

    def ask(
        self,
        work: Callable[[Endpoint], Answer],
        *,
        reach: int = 0,
        is_narrow: bool = False,
        instead_of: int | None = None,
    ) -> Answer:
        """Let one URL do a piece of work, another if it fails; all of it is one URL's word.

        A URL that has not reached block ``reach`` is left out: it would answer a range beyond its
        head with an empty list. A range too wide is the caller's to narrow and no reason to ask
        another URL, unless ``is_narrow`` says that it cannot be. ``instead_of`` names the URL to
        ask last.
        """
        failure: SourceError | None = None
        paused: SourcePaused | None = None
        for endpoint in self._in_order(reach, instead_of):
            try:
                endpoint.circuit.admit()
                answer = self.attempt(endpoint, work)
            except SourcePaused as error:
                paused = error
            except RangeTooWide as error:
                # The URL answered; it is in good health.
                self.circuit.succeeded()
                if not is_narrow:
                    raise
                failure = error
            except SourceError as error:
                failure = error
            else:
                if instead_of is None:
                    self._preferred = endpoint.number - 1
                self.circuit.succeeded()
                return answer
        if failure is not None:
            if not isinstance(failure, RangeTooWide):
                self.circuit.failed(failure.reason)
            raise failure
        raise self._nobody(reach, paused)

    def attempt(self, endpoint: Endpoint, work: Callable[[Endpoint], Answer]) -> Answer:
        """Let a certain URL do a piece of work; how that ended is counted and kept."""
        try:
            answer = work(endpoint)
        except RangeTooWide:
            # In good health: its limit is the caller's to keep to.
            self.count(Fault.RANGE_TOO_WIDE)
            endpoint.circuit.succeeded()
            raise
        except NodeFault as error:
            self.count(error.fault)
            pause = error.retry_after_seconds
            if error.fault is Fault.TIMEOUT and len(self.endpoints) > 1:
                # Each silent minute of one URL would delay what the others already have.
                pause = _SILENT_PAUSE_SECONDS
            endpoint.circuit.failed(error.reason, pause_seconds=pause)
            raise
        endpoint.circuit.succeeded()
        return answer

    def _in_order(self, reach: int, instead_of: int | None) -> list[Endpoint]:
        is_surveyed = any(endpoint.head is not None for endpoint in self.endpoints)
        able = [
            endpoint
            for endpoint in self.endpoints
            if not endpoint.is_outvoted
            and (not is_surveyed or (endpoint.head is not None and endpoint.head >= reach))
        ]
        return sorted(
            able,
            key=lambda endpoint: (
                endpoint.number == instead_of,
                endpoint.circuit.health.failures_in_a_row > 0,
                (endpoint.number - 1 - self._preferred) % len(self.endpoints),
            ),
        )

    def _nobody(self, reach: int, paused: SourcePaused | None) -> SourceError:
        if paused is not None:
            return paused
        if not self.endpoints:
            return SourceError(self.source, "no URL is configured")
        return NodeFault(self.source, Fault.LAGGING, f"no URL has reached block {reach}")

    @property
    def preferred(self) -> int:
        """The number of the URL that is asked first."""
        return self._preferred + 1

    def window(self, reader: str) -> Window:
        """A reader's window on this chain, as it was at the end of its last run."""
        return self._windows.setdefault(reader, Window())

    def count(self, fault: Fault, times: int = 1) -> None:
        """Count something that went wrong, until :meth:`take_counts`."""
        with self._lock:
            self._counts[fault.value] += times

    def take_counts(self) -> dict[str, int]:
        """What was counted since the last call."""
        with self._lock:
            taken = {name: times for name, times in self._counts.items() if times}
            self._counts.clear()
        return taken

    def complain(self, job: str, line: str | None) -> None:
        """Keep what a job found wrong with the chain, or that it found nothing wrong."""
        with self._lock:
            if line is None:
                self._complaints.pop(job, None)
            else:
                self._complaints[job] = line

    @property
    def health(self) -> SourceHealth:
        """The chain's health: its URLs', and what its readers have to complain of."""
        found = self.circuit.health
        pauses = [endpoint.circuit.health.retry_at for endpoint in self.endpoints]
        known = [pause for pause in pauses if pause is not None]
        found = replace(found, retry_at=min(known) if known and len(known) == len(pauses) else None)
        if found.state is not SourceState.OK:
            return found
        with self._lock:
            complaints = sorted(self._complaints.values())
        if complaints:
            return replace(
                found, state=SourceState.DEGRADED, since=None, reason="; ".join(complaints)
            )
        notes = [f"{e.name} {note}" for e in self.endpoints if (note := self._note(e)) is not None]
        return replace(found, reason="; ".join(notes) or None)

    def urls(self) -> tuple[UrlHealth, ...]:
        """The health of each URL."""
        return tuple(self._url(endpoint) for endpoint in self.endpoints)

    def _url(self, endpoint: Endpoint) -> UrlHealth:
        health = endpoint.circuit.health
        state, reason = health.state, health.reason
        if state is SourceState.OK and endpoint.complaint is not None:
            state, reason = SourceState.DEGRADED, endpoint.complaint
        lag = None
        if endpoint.head is not None and self.best_head is not None:
            lag = max(0, self.best_head - endpoint.head)
        seconds = endpoint.latency_seconds
        return UrlHealth(
            number=endpoint.number,
            state=state,
            reason=reason or self._note(endpoint),
            head=endpoint.head,
            lag_blocks=lag,
            latency_ms=None if seconds is None else round(1000 * seconds),
            failures_in_a_row=health.failures_in_a_row,
            last_success_at=health.last_success_at,
            last_failure_at=health.last_failure_at,
            retry_at=health.retry_at,
        )

    def _note(self, endpoint: Endpoint) -> str | None:
        if endpoint.knows_finalized is not False:
            return None
        behind = BEHIND_LATEST.get(self.chain_id, max(BEHIND_LATEST.values()))
        return f"does not know `finalized`: read up to {behind} blocks behind its latest"
