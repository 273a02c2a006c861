"""Rounds of interrupted commands, each followed by a clean finish and compared with a clean run."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from service.database import ensure_schema, open_engine, open_sessions
from tests.end_to_end.content import Content, content, differences
from tests.end_to_end.interrupted import Ended, run_command
from tests.end_to_end.live_house import INDEXERS
from tests.loopback.faulty_node import STALL_SECONDS, FaultyNode
from tests.loopback.node import ReplayNode
from tests.replays import CHAIN, CONTRACTS, SCENARIOS, path_of, read_replay

DEPLOYMENT = "00-deployment"
# One chain without gaps; j's last view follows them. k lies far above and is not from contracts.
STORIES = tuple(name for name in SCENARIOS if name[0] not in "jk")
FILES = [CHAIN / f"{DEPLOYMENT}.json.gz", *(path_of(n) for n in SCENARIOS if n[0] != "k")]

IMPORT = ("import-logs", *map(str, FILES), "--contracts", str(CONTRACTS))
INDEX = tuple(("job", name) for name in INDEXERS)
READERS = tuple(command for command in INDEX if command != ("job", "fold_facts"))
# A removed branch is followed by a second reading in the next run only, and that is folded again.
AGAIN = (("job", "check_reorgs"), ("job", "fold_facts"))
# What a round runs: archives, nodes, or both into one database.
KINDS: Mapping[str, Sequence[tuple[str, ...]]] = {
    "archives": (IMPORT,),
    "live": INDEX,
    "both": (IMPORT, *INDEX),
}
# An archive alone has one command and no node that could misbehave.
WEIGHTS = (1, 2, 2)
# A reader keeps the blocks its windows happened to end at; an archive brings all of them.
WINDOW_ENDS = {"live": frozenset({"blocks"})}
# Runs on nodes that misbehave, those of them that are killed besides, and those in which each
# chain has an honest second URL.
FAULTY_SHARE, KILLED_SHARE, SECOND_SHARE = 0.6, 0.35, 0.5
# Of such a node's answers with logs.
FAULT_RATE = 0.4
# Few logs an answer make many windows, and each is a transaction to be cut off in.
MOST_LOGS = 200
# Interruptions before a round is finished and compared.
SHORTEST_ROUND, LONGEST_ROUND = 4, 8

MakeDatabase = Callable[[], AbstractContextManager[str]]


@dataclass
class Tally:
    """What was done to a database engine, and what came of it."""

    rounds: int = 0
    kills: int = 0
    faulty_runs: int = 0
    finished_first: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    commands: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    @property
    def interruptions(self) -> int:
        """Runs that were cut off or disturbed."""
        return self.kills + self.faulty_runs


@dataclass(frozen=True, slots=True)
class Clean:
    """One run that nothing disturbed: its rows, and how long each command took."""

    content: Content
    seconds: Mapping[str, float]


class Campaign:
    """Interruptions of one database engine."""

    def __init__(
        self, make_database: MakeDatabase, nodes: Sequence[FaultyNode], rng: random.Random
    ) -> None:
        self.tally = Tally()
        self._make_database = make_database
        self._nodes = nodes
        self._rng = rng
        self._clean: dict[str, Clean] = {}

    def run(self, interruptions: int) -> Iterator[Tally]:
        """Rounds until there were so many interruptions; the tally after each."""
        while self.tally.interruptions < interruptions:
            (kind,) = self._rng.choices(list(KINDS), weights=WEIGHTS)
            self._round(kind, interruptions)
            yield self.tally

    def _round(self, kind: str, most: int) -> None:
        if kind not in self._clean:
            self._clean[kind] = self._run_clean(kind)
        expected = dict(self._clean[kind].seconds)
        with self._make_database() as url:
            for _ in range(self._rng.randint(SHORTEST_ROUND, LONGEST_ROUND)):
                if self.tally.interruptions < most:
                    self._interrupt(kind, url, expected)
            self._finish(kind, url)
            found = _content(kind, url)
        self.tally.rounds += 1
        tables = differences(found, self._clean[kind].content)
        if tables:
            self.tally.broken.append(f"round {self.tally.rounds} ({kind}): {', '.join(tables)}")

    def _interrupt(self, kind: str, url: str, expected: dict[str, float]) -> None:
        """One command, killed when the clock says so, or on nodes that misbehave, or both."""
        command = self._rng.choice(KINDS[kind])
        name = _name(command)
        is_faulty = command in READERS and self._rng.random() < FAULTY_SHARE
        kill_after = None
        if not is_faulty or self._rng.random() < KILLED_SHARE:
            kill_after = self._rng.uniform(0, expected[name])
        before = self._faults()
        ended = self._command(command, url, kill_after, is_faulty=is_faulty)
        served = self._faults() - before
        self.tally.faults += served
        self.tally.commands[name] += 1
        if ended.crashed:
            self.tally.broken.append(f"{name} crashed:\n{ended.said}")
        if ended.was_killed:
            self.tally.kills += 1
        elif served:
            self.tally.faulty_runs += 1
        else:
            # There was less left to do than before: aim earlier.
            self.tally.finished_first += 1
            expected[name] = min(expected[name], ended.seconds)

    def _run_clean(self, kind: str) -> Clean:
        with self._make_database() as url:
            seconds = self._finish(kind, url)
            return Clean(_content(kind, url), seconds)

    def _finish(self, kind: str, url: str) -> dict[str, float]:
        """Run everything undisturbed; how long each command's first run took."""
        seconds: dict[str, float] = {}
        for command in (*KINDS[kind], *(c for c in KINDS[kind] if c in AGAIN)):
            ended = self._command(command, url)
            _check(command, ended)
            seconds.setdefault(_name(command), ended.seconds)
        return seconds

    def _command(
        self,
        command: Sequence[str],
        url: str,
        kill_after: float | None = None,
        *,
        is_faulty: bool = False,
    ) -> Ended:
        # A second URL, which is honest, lets the reader pass over the first or doubt it.
        has_second = is_faulty and self._rng.random() < SECOND_SHARE
        urls = []
        for node in self._nodes:
            node.misbehave(FAULT_RATE if is_faulty else 0.0)
            urls.append(",".join([node.url, node.chain.url] if has_second else [node.url]))
        settings = {
            "SETTLEWATCH_DATABASE_URL": url,
            "SETTLEWATCH_POLYGON_RPC_URLS": urls[0],
            "SETTLEWATCH_ETHEREUM_RPC_URLS": urls[1],
            "SETTLEWATCH_CONTRACTS": str(CONTRACTS),
        }
        patience = STALL_SECONDS / 2 if is_faulty else None
        return run_command(command, settings, kill_after=kill_after, patience=patience)

    def _faults(self) -> Counter[str]:
        return sum((node.served for node in self._nodes), Counter())


@contextmanager
def faulty_nodes(rng: random.Random) -> Iterator[tuple[FaultyNode, FaultyNode]]:
    """Both chains as recorded, Polygon to the last view of j, whose earlier views are branches."""
    *branches, polygon = (_polygon(view["capture"]) for view in read_replay("j-reorg")["views"])
    ethereum = ReplayNode.of(DEPLOYMENT, *STORIES, chain_id=1, most_logs=MOST_LOGS)
    with ExitStack() as stack:
        for honest in (polygon, ethereum):
            stack.enter_context(honest)
        yield (
            stack.enter_context(FaultyNode(polygon, rng, branches=branches)),
            stack.enter_context(FaultyNode(ethereum, rng)),
        )


def _polygon(view: Mapping[str, Any]) -> ReplayNode:
    node = ReplayNode.of(DEPLOYMENT, *STORIES, most_logs=MOST_LOGS)
    node.blocks |= {int(block["number"], 16): block for block in view["blocks"]}
    node.logs += view["logs"]
    return node


def _name(command: Sequence[str]) -> str:
    return command[1] if command[0] == "job" else command[0]


def _check(command: Sequence[str], ended: Ended) -> None:
    assert ended.status == 0, f"{_name(command)}: exit {ended.status}\n{ended.said}"
    assert not ended.crashed, ended.said


def _content(kind: str, url: str) -> dict[str, str]:
    engine = open_engine(url)
    ensure_schema(engine)
    with open_sessions(engine)() as session:
        found = content(session, without=WINDOW_ENDS.get(kind, frozenset()))
    engine.dispose()
    return found
