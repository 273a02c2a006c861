"""The recorded logs of one event, decoded by eth-abi: arguments by position."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_hash.auto import keccak

from tests.replays import SCENARIOS, read_replay

POLYGON = 137
ETHEREUM = 1


@dataclass(frozen=True, slots=True)
class CapturedLog:
    """A log's emitter, indexed words and the other arguments."""

    address: bytes
    block_number: int
    topics: tuple[bytes, ...]
    data: tuple[Any, ...]


def captured_logs(chain_id: int, signature: str, unindexed: tuple[str, ...]) -> list[CapturedLog]:
    """Every such log of all captures; fails where there is none."""
    topic = "0x" + keccak(signature.encode()).hex()
    found = [
        CapturedLog(
            address=bytes.fromhex(log["address"][2:]),
            block_number=int(log["blockNumber"], 16),
            topics=tuple(bytes.fromhex(word[2:]) for word in log["topics"][1:]),
            data=decode(unindexed, bytes.fromhex(log["data"][2:])),
        )
        for capture in _captures()
        if capture["chainId"] == chain_id
        for log in capture["logs"]
        if log["topics"][0] == topic
    ]
    assert found, signature
    return found


def address_of(word: bytes) -> bytes:
    """An indexed address."""
    return word[12:]


def number_of(word: bytes) -> int:
    """An indexed integer."""
    return int.from_bytes(word, "big")


def _captures() -> Iterator[dict[str, Any]]:
    for name in SCENARIOS:
        document = read_replay(name)
        yield from (view["capture"] for view in document.get("views", ()))
        yield from document.get("chains", {}).values()
