"""The watch over N proposals in their last half hour: requests, seconds, memory, alerts in time.

`make bench-watch`. The jobs that the watch rests on run as they are scheduled, each in a thread, in
a process of their own: `index_oracle` each 15 s, `index_fills` and `watch_proposals` each 30 s of
simulated time. A node and the book API answer on loopback from another process. What a run takes
on the wall's clock passes in the simulation, too, so an alert that comes late is late. Proposals
are settled by nobody: the number of live ones does not fall.
"""

import argparse
import json
import logging
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from pydantic import SecretStr
from sqlalchemy import select

from bench.world.watched import STARTED, Proposed, block_of, proposals_of
from jobs.house import House
from jobs.index_oracle import index_oracle
from jobs.wiring import open_house, run_job
from models.alert import Alert
from models.enums import Category, IndexMode, MarketState, Remedy, Support
from models.liquidity import OpenInterest
from models.market import Market
from models.oracle import Proposal
from service.chain.book import mainnet_book
from service.chain.raw import parse_block
from service.clock import stopwatch
from service.database import ensure_schema, open_engine, open_sessions
from service.protocol.ids import parse_address
from service.settings import Settings
from service.store.oracle.blocks import add_blocks
from service.store.oracle.contracts import add_book
from service.store.scores.assessments import NewAssessment, add_assessment
from service.store.upserts import chunks

ADAPTER = parse_address("0x69c47De9D4D3Dad79590d61b9e05918E03775f24")
MANAGED = parse_address("0x2C0367a9DB231dDeBd88a94b4f6461a6e47C58B1")
IDENTIFIER = b"YES_OR_NO_QUERY".ljust(32, b"\0")
STEP = timedelta(seconds=15)
MICRO = 10**6
# What the closest existing bot needs for one cycle over 500 such proposals.
BOT_RPC, BOT_HTTP, BOT_MIB = 1_533, 1_000, 967


class SteppedClock:
    """Stands at a step of the simulation, and goes on from there as the wall's clock does."""

    def __init__(self) -> None:
        """At the start."""
        self.begin_again()

    def now(self) -> datetime:
        """The simulated instant."""
        return self.at + timedelta(seconds=self._elapsed())

    def begin_again(self) -> None:
        """Forget what passed so far."""
        self.at = STARTED
        self._elapsed = stopwatch()

    def step_to(self, at: datetime) -> None:
        """Go on to a step, unless work has taken longer than that."""
        self.at = max(at, self.now())
        self._elapsed = stopwatch()


def main() -> None:
    """Measure each N, or be the process that is measured."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--proposals", type=int, nargs="+", default=[500, 2_000])
    options.add_argument("--minutes", type=float, default=15.0)
    options.add_argument("--measured", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if chosen.measured:
        print(json.dumps(_measured(**json.loads(chosen.measured))))
        return
    for count in chosen.proposals:
        with tempfile.TemporaryDirectory() as folder:
            _measure(count, chosen.minutes, f"sqlite:///{folder}/watch.db")


def _measure(count: int, minutes: float, url: str) -> None:
    port = _free_port()
    populate(url, count)
    with _world(port, count):
        options = json.dumps({"url": url, "port": port, "count": count, "minutes": minutes})
        child = subprocess.run(
            [sys.executable, __file__, "--measured", options],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    _print(count, minutes, json.loads(child.stdout.splitlines()[-1]))


def populate(url: str, count: int) -> None:
    """A database as the other jobs leave it: markets, scores, open interest, proposals."""
    engine = open_engine(url)
    ensure_schema(engine)
    for part in chunks(proposals_of(count), 200):
        with open_sessions(engine).begin() as session:
            add_book(session, mainnet_book())
            for proposed in part:
                _add(session, proposed)
    engine.dispose()


def _add(session: Any, proposed: Proposed) -> None:
    question = proposed.number.to_bytes(32, "big")
    at = STARTED - timedelta(days=1)
    market = Market(
        condition_id=b"\xc0" + question[1:],
        uma_question_id=question,
        title=f"Will the ship number {proposed.number} arrive on time?",
        category=Category.OTHER,
        tags=[],
        outcomes=["Yes", "No"],
        token_ids=list(proposed.tokens),
        adapter=ADAPTER,
        neg_risk=True,
        closed=False,
        uma_statuses=["proposed"],
        uma_status="proposed",
        known_at=at,
        refreshed_at=at,
    )
    session.add(market)
    session.flush()
    header = parse_block(137, block_of(proposed.block))
    ends_at = STARTED + timedelta(seconds=proposed.ends)
    session.add(OpenInterest(market_id=market.id, value=50_000 * MICRO, known_at=at))
    session.add(
        Proposal(
            block_id=add_blocks(session, [header])[header.hash],
            log_index=100_000 + proposed.number,
            transaction_hash=question,
            address=MANAGED,
            known_at=header.mined_at + timedelta(seconds=5),
            requester=ADAPTER,
            identifier=IDENTIFIER,
            request_timestamp=1_700_000_000 + proposed.number,
            ancillary_hash=question,
            proposer=bytes(20),
            proposed_price=proposed.price,
            expires_at=ends_at,
            expiration_timestamp=int(ends_at.timestamp()),
            currency=bytes(20),
        )
    )
    add_assessment(session, market.id, _score(ends_at))


def _score(ends_at: datetime) -> NewAssessment:
    return NewAssessment(
        as_of=STARTED - timedelta(hours=1),
        model_version="bench",
        priors_version="bench",
        inputs_digest=bytes(32),
        state=MarketState.PROPOSED,
        category=Category.OTHER,
        p_mean=2e-4,
        p_low=1e-4,
        p_high=4e-4,
        open_interest=50_000 * MICRO,
        expected_loss=10 * MICRO,
        support=Support.ASSUMED,
        remedy=Remedy.NONE,
        challenge_ends_at=ends_at,
        challenge_open=True,
        document={},
    )


def _measured(url: str, port: int, count: int, minutes: float) -> dict[str, Any]:
    """Run the cycles; what was asked in each, how long they took, how much memory, which alerts."""
    address = f"http://127.0.0.1:{port}"
    settings = Settings(
        database_url=url,
        gamma_url=address,
        clob_url=address,
        data_url=address,
        polygon_rpc_urls=(SecretStr(f"{address}/rpc"),),
    )
    clock = SteppedClock()
    house = open_house(settings, clock)
    warm_up = _warm_up(house, clock, address)
    fills = Fills(house)
    cycles = []
    for number in range(round(minutes * 2)):
        clock.step_to(STARTED + number * 2 * STEP)
        cycles.append(_cycle(house, clock, address, number, fills))
    fills.join()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    alerts = _alerts(house, count)
    house.close()
    return {
        "warm_up": warm_up,
        "cycles": cycles,
        "peak_mib": peak,
        "alerts": alerts,
        "fills": fills.seconds,
    }


def _warm_up(house: House, clock: SteppedClock, address: str) -> dict[str, int]:
    """Two hours of trades, read once when the service begins; what that asked for, by method."""
    _tick(clock, address)
    _index_oracle(house)
    for _ in range(3):
        run_job(house, "index_fills")
    clock.begin_again()
    return dict(_ask(f"{address}/_report")["methods"])


class Fills:
    """`index_fills` in a thread of its own: a run that is not over lets its next turn pass."""

    def __init__(self, house: House) -> None:
        """Nothing runs yet."""
        self._house = house
        self._thread: threading.Thread | None = None
        # Seconds of the wall and of the processor, a run.
        self.seconds: list[tuple[float, float]] = []

    def start(self) -> None:
        """Run once, unless it still runs."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run)
            self._thread.start()

    def join(self) -> None:
        """Wait for the run at hand."""
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        seconds: dict[str, tuple[float, float]] = {}
        _timed(seconds, "run", lambda: run_job(self._house, "index_fills"))
        self.seconds.append(seconds["run"])


def _cycle(
    house: House, clock: SteppedClock, address: str, number: int, fills: Fills
) -> dict[str, Any]:
    """Half a minute of the schedule."""
    before = _ask(f"{address}/_report")
    seconds: dict[str, tuple[float, float]] = {}
    _tick(clock, address)
    _timed(seconds, "index_oracle", lambda: _index_oracle(house))
    fills.start()
    result = _timed(seconds, "watch_proposals", lambda: run_job(house, "watch_proposals"))
    clock.step_to(STARTED + (number * 2 + 1) * STEP)
    _tick(clock, address)
    _timed(seconds, "index_oracle", lambda: _index_oracle(house))
    after = _ask(f"{address}/_report")
    return {
        "routes": dict(Counter(after["routes"]) - Counter(before["routes"])),
        "methods": dict(Counter(after["methods"]) - Counter(before["methods"])),
        "seconds": seconds,
        "watch": dict(result.counts),
        "error": result.error,
    }


def _index_oracle(house: House) -> object:
    # Little to look back on: the proposals are stored already.
    return index_oracle(house.sessions, house.nodes, house.book, house.clock, 40, IndexMode.FULL)


def _timed(seconds: dict[str, tuple[float, float]], name: str, work: Any) -> Any:
    """Do work; note how long it took, and how much of that the processor worked for this thread."""
    elapsed, cpu = stopwatch(), time.thread_time()
    done = work()
    before = seconds.get(name, (0.0, 0.0))
    seconds[name] = (before[0] + elapsed(), before[1] + time.thread_time() - cpu)
    return done


def _alerts(house: House, count: int) -> dict[str, Any]:
    """Of what began while a challenge surely ran: told before its end, after it, or not.

    Of those not told in time: how many seconds were left when it began, or when the watch did.
    """
    with house.sessions() as session:
        query = select(Market.uma_question_id, Alert.raised_at).join(Alert).order_by(Alert.id)
        told: dict[int, datetime] = {}
        for question, raised_at in session.execute(query):
            told.setdefault(int.from_bytes(question or b"", "big"), raised_at)
    until = house.clock.now()
    found: Counter[str] = Counter(bad=0, before=0, after=0, untold=0, wrong=0)
    seconds_left: list[int] = []
    for proposed in proposals_of(count):
        at, ends = told.get(proposed.number), STARTED + timedelta(seconds=proposed.ends)
        began = STARTED + timedelta(seconds=proposed.bad_since)
        if proposed.means is None:
            found["wrong"] += at is not None
        elif began + 6 * STEP < until:
            found["bad"] += 1
            found["untold"] += at is None
            found["before"] += at is not None and at <= ends
            found["after"] += at is not None and at > ends
            if at is None or at > ends:
                seconds_left.append(round((ends - max(began, STARTED)).total_seconds()))
    return {**found, "seconds_left_of_late_and_untold": sorted(seconds_left)}


def _print(count: int, minutes: float, report: dict[str, Any]) -> None:
    first, rest = report["cycles"][0], report["cycles"][1:]
    print(f"\n{count:,} proposals, {minutes:g} simulated minutes, a cycle each 30 s")
    print("before, to read two hours of trades:", report["warm_up"])
    print(f"{'a cycle':<34}{'first':>9}{'median':>9}{'most':>9}")
    for kind in ("routes", "methods"):
        for name in sorted({name for cycle in report["cycles"] for name in cycle[kind]}):
            values = [cycle[kind].get(name, 0) for cycle in rest]
            row = (first[kind].get(name, 0), statistics.median(values), max(values))
            print(f"{name:<34}{row[0]:>9,}{row[1]:>9,g}{row[2]:>9,}")
    spans = {name: [c["seconds"][name] for c in report["cycles"]] for name in first["seconds"]}
    for name, runs in (spans | {"index_fills": report["fills"]}).items():
        for place, word in enumerate(("s", "s of the processor")):
            values = [run[place] for run in runs]
            later = values[1:] or values
            print(f"{f'{name}, {word}':<34}{values[0]:>9.2f}", end="")
            print(f"{statistics.median(later):>9.2f}{max(later):>9.2f}")
    for name in ("books_due", "moved", "kept"):
        values = [cycle["watch"].get(name, 0) for cycle in rest]
        print(f"{name:<34}{first['watch'].get(name, 0):>9,}", end="")
        print(f"{statistics.median(values):>9,g}{max(values):>9,}")
    print(f"peak memory of the process: {report['peak_mib']:.0f} MiB")
    print("alerts:", report["alerts"])
    print("errors:", [cycle["error"] for cycle in report["cycles"] if cycle["error"]] or "none")
    rpc = max(sum(cycle["methods"].values()) for cycle in report["cycles"])
    http = max(
        sum(times for route, times in cycle["routes"].items() if route != "POST /rpc")
        for cycle in report["cycles"]
    )
    print(f"fullest cycle: {rpc} RPC calls and {http} HTTP requests; the bot's at 500: {BOT_RPC}")
    print(f"and {BOT_HTTP}, {BOT_MIB} MiB")


def _tick(clock: SteppedClock, address: str) -> None:
    _ask(f"{address}/_tick?seconds={(clock.now() - STARTED).total_seconds()}")


def _ask(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url) as answer:  # noqa: S310  # our own process
        found: dict[str, Any] = json.load(answer)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def _world(port: int, count: int) -> Iterator[None]:
    options = json.dumps({"port": port, "proposals": count})
    process = subprocess.Popen([sys.executable, "-m", "bench.world.watched", options])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
