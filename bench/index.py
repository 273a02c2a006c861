"""Logs a second: decoding alone, beside web3's own decoding of the same logs, and with storing.

Every figure is the median of five runs in this process; the ratio is what to quote, since both
sides ran on the same machine in the same minute.
"""

import gzip
import json
import resource
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from jobs.ingest import ingest_capture
from service.chain.archive import Capture, read_archive
from service.chain.book import read_book
from service.chain.decode import decode_logs
from service.chain.events import EVENTS
from service.chain.raw import RawLog
from service.clock import SystemClock, stopwatch
from service.database import ensure_schema, open_engine, open_sessions
from service.store.contracts import add_book

REPLAYS = Path(__file__).resolve().parents[1] / "tests" / "replays" / "chain"
RUNS = 5
COPIES = 40
WEB3_LOGS = 2_000


def median_seconds(work: Callable[[], object]) -> float:
    """The median of five runs."""
    seconds = []
    for _ in range(RUNS):
        elapsed = stopwatch()
        work()
        seconds.append(elapsed())
    return statistics.median(seconds)


def indexed(captures: Sequence[Capture]) -> list[RawLog]:
    """The logs whose events we index."""
    topics = {topic for _, topic in EVENTS}
    return [log for c in captures for log in c.logs if log.topics and log.topics[0] in topics]


def copies(captures: Sequence[Capture], count: int) -> list[Capture]:
    """The same captures again and again, each copy on blocks of its own."""
    made = []
    for number in range(count):
        for capture in captures:
            shift = number * 10_000

            def moved(value: bytes, number: int = number) -> bytes:
                return sha256(value + number.to_bytes(4, "big")).digest()

            blocks = tuple(
                replace(
                    b, number=b.number + shift, hash=moved(b.hash), parent_hash=moved(b.parent_hash)
                )
                for b in capture.blocks
            )
            logs = tuple(
                replace(
                    log,
                    at=replace(
                        log.at,
                        block_number=log.at.block_number + shift,
                        block_hash=moved(log.at.block_hash),
                    ),
                )
                for log in capture.logs
            )
            made.append(
                Capture(
                    capture.chain_id,
                    capture.from_block + shift,
                    capture.to_block + shift,
                    blocks,
                    logs,
                )
            )
    return made


def merged(captures: Sequence[Capture], size: int = 200) -> list[Capture]:
    """Captures of the size a live window has, one chain each."""
    made = []
    for chain_id in sorted({capture.chain_id for capture in captures}):
        ours = [capture for capture in captures if capture.chain_id == chain_id]
        for start in range(0, len(ours), size):
            part = ours[start : start + size]
            blocks = tuple(block for capture in part for block in capture.blocks)
            logs = tuple(log for capture in part for log in capture.logs)
            made.append(Capture(chain_id, part[0].from_block, part[-1].to_block, blocks, logs))
    return made


def decode_with_web3(files: Sequence[Path]) -> float:
    """Seconds a log for web3's ``process_log`` over ProposePrice logs of the captures."""
    from web3 import Web3  # noqa: PLC0415  # its import is not part of what is measured

    inputs = [
        ("requester", "address", True), ("proposer", "address", True),
        ("identifier", "bytes32", False), ("timestamp", "uint256", False),
        ("ancillaryData", "bytes", False), ("proposedPrice", "int256", False),
        ("expirationTimestamp", "uint256", False), ("currency", "address", False),
    ]  # fmt: skip
    abi = {
        "type": "event",
        "name": "ProposePrice",
        "anonymous": False,
        "inputs": [{"name": n, "type": t, "indexed": i} for n, t, i in inputs],
    }
    topic = next(t for (_, t), e in EVENTS.items() if e.name == "ProposePrice").hex()
    raw = [
        log
        for file in files
        for chain in json.loads(gzip.decompress(file.read_bytes()))["chains"].values()
        for log in chain["logs"]
        if log["topics"][0][2:] == topic
    ]
    w3 = Web3()
    event = w3.eth.contract(abi=[abi]).events.ProposePrice()
    logs = [
        {
            **log,
            "topics": [bytes.fromhex(t[2:]) for t in log["topics"]],
            "data": bytes.fromhex(log["data"][2:]),
            "address": w3.to_checksum_address(log["address"]),
            "blockNumber": int(log["blockNumber"], 16),
            "logIndex": int(log["logIndex"], 16),
        }
        for log in (raw * (WEB3_LOGS // len(raw) + 1))[:WEB3_LOGS]
    ]
    return median_seconds(lambda: [event.process_log(log) for log in logs]) / len(logs)


def main() -> None:
    """Measure and print."""
    book = read_book(REPLAYS / "contracts.json")
    files = sorted(REPLAYS.glob("[a-i]-*.json.gz"))
    captures = [capture for file in files for capture in read_archive(file)]
    logs = indexed(captures) * 10
    ours = median_seconds(lambda: decode_logs(logs, book)) / len(logs)
    proposals = next(t for (_, t), e in EVENTS.items() if e.name == "ProposePrice")
    same = [log for log in logs if log.topics[0] == proposals]
    ours_same = median_seconds(lambda: decode_logs(same, book)) / len(same)
    theirs = decode_with_web3(files)
    print(f"decode, all indexed events     {1 / ours:>10,.0f} logs/s")
    print(f"decode, ProposePrice           {1 / ours_same:>10,.0f} logs/s")
    print(f"web3 process_log, ProposePrice {1 / theirs:>10,.0f} logs/s")
    print(f"ratio                          {theirs / ours_same:>10.1f}")

    many = merged(copies(captures, COPIES))
    count = sum(len(capture.logs) for capture in many)
    kept = len(indexed(captures)) * COPIES

    def store() -> None:
        with tempfile.TemporaryDirectory() as folder:
            engine = open_engine(f"sqlite:///{folder}/bench.db")
            ensure_schema(engine)
            with open_sessions(engine).begin() as session:
                add_book(session, book)
                for capture in many:
                    ingest_capture(session, capture, book, SystemClock().now())
            engine.dispose()

    seconds = median_seconds(store)
    print(
        f"decode + store, SQLite         {count / seconds:>10,.0f} logs/s "
        f"({kept / seconds:,.0f} facts/s: {kept} of {count} logs are ours)"
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process    {peak:>10,.0f} MB")


if __name__ == "__main__":
    main()
