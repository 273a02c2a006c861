"""The recorded chains as a workload: as they are, and again and again as if they were new."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from service.chain.archive import Capture, read_archive
from service.chain.book import read_book
from service.chain.events import EVENTS
from service.chain.raw import RawLog
from service.protocol.contracts import ContractBook

REPLAYS = Path(__file__).resolve().parents[2] / "tests" / "replays" / "chain"
# Copies a window holds: with both chains' logs some 9,600, of which 6,600 are indexed.
COPIES_A_WINDOW = 5


def captured_book() -> ContractBook:
    """The contracts of the recorded chains."""
    return read_book(REPLAYS / "contracts.json")


def captures() -> list[Capture]:
    """Every recorded capture but the reorganised one."""
    return [c for file in sorted(REPLAYS.glob("[a-i]-*.json.gz")) for c in read_archive(file)]


def indexed(found: Sequence[Capture]) -> list[RawLog]:
    """The logs whose events we index."""
    topics = {topic for _, topic in EVENTS}
    return [log for c in found for log in c.logs if log.topics and log.topics[0] in topics]


def windows(found: Sequence[Capture], copies: int, first: int = 0) -> Iterator[Capture]:
    """The captures so many times over, each copy with blocks and texts of its own, a chain each.

    ``first`` numbers the first copy: the same number makes the same copy.
    """
    for start in range(first, first + copies, COPIES_A_WINDOW):
        numbers = range(start, min(start + COPIES_A_WINDOW, first + copies))
        for chain_id in sorted({capture.chain_id for capture in found}):
            ours = [capture for capture in found if capture.chain_id == chain_id]
            parts = [_copied(capture, number) for number in numbers for capture in ours]
            yield Capture(
                chain_id,
                min(part.from_block for part in parts),
                max(part.to_block for part in parts),
                tuple(block for part in parts for block in part.blocks),
                tuple(log for part in parts for log in part.logs),
            )


def _copied(capture: Capture, number: int) -> Capture:
    shift = number * 100_000_000

    def moved(value: bytes) -> bytes:
        return sha256(value + number.to_bytes(4, "big")).digest()

    blocks = (
        replace(
            block,
            number=block.number + shift,
            hash=moved(block.hash),
            parent_hash=moved(block.parent_hash),
        )
        for block in capture.blocks
    )
    logs = (
        replace(
            log,
            at=replace(
                log.at,
                block_number=log.at.block_number + shift,
                block_hash=moved(log.at.block_hash),
            ),
            data=_with_text_of_its_own(log.data, number),
        )
        for log in capture.logs
    )
    return Capture(
        capture.chain_id,
        capture.from_block + shift,
        capture.to_block + shift,
        tuple(blocks),
        tuple(logs),
    )


def _with_text_of_its_own(data: bytes, number: int) -> bytes:
    # Of the same length, so that every offset stays: else each text would be hashed and stored
    # in the first copy only.
    return data.replace(b"title: ", b"t%05d " % number).replace(
        b"ancillaryDataHash:", b"ancillaryHash%05d" % number
    )
