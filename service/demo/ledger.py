"""All transactions of all cases on one chain: blocks on a one-minute grid, logs in their places.

A block's hash is a digest of its number and logs, so it is the same on every run and changes
with what the block carries; its parent hash is the hash of the block before.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from eth_hash.auto import keccak

from service.demo.case_files import World
from service.demo.logs import Draft, Transaction
from service.demo.subjects import block_at, mined_at
from service.protocol.ids import to_hex

_SALT = b"settlewatch reconstruction"


class Ledger:
    """A sparse chain: it answers for every block, and stores only those with logs."""

    def __init__(self, world: World, transactions: Iterable[tuple[str, Transaction]]) -> None:
        """Place named transactions; those of one instant share a block, in order of name."""
        self._world = world
        placed: dict[int, list[tuple[str, Transaction]]] = defaultdict(list)
        for name, transaction in sorted(transactions, key=lambda pair: (pair[1].at, pair[0])):
            placed[block_at(world, transaction.at)].append((name, transaction))
        self._digests = {number: _digest(inside) for number, inside in placed.items()}
        self._logs = {number: self._place(number, inside) for number, inside in placed.items()}
        self._numbers = sorted(self._logs)

    def head(self, at: datetime) -> int:
        """The newest block of an instant."""
        return block_at(self._world, at)

    def block(self, number: int) -> dict[str, Any]:
        """A block as ``eth_getBlockByNumber`` gives it, without its transactions' bodies."""
        logs = self._logs.get(number, ())
        return {
            "number": hex(number),
            "hash": self._hash(number),
            "parentHash": self._hash(number - 1),
            "timestamp": hex(self._timestamp(number)),
            "extraData": "0x",
            "transactions": list(dict.fromkeys(log["transactionHash"] for log in logs)),
        }

    def logs(
        self,
        first: int,
        last: int,
        addresses: frozenset[str] | None = None,
        topics: Sequence[frozenset[str] | None] = (),
    ) -> list[dict[str, Any]]:
        """Logs of a range as ``eth_getLogs`` filters them; addresses and topics in lower case."""
        return [
            dict(log)
            for number in self._numbers
            if first <= number <= last
            for log in self._logs[number]
            if _matches(log, addresses, topics)
        ]

    def _place(self, number: int, inside: list[tuple[str, Transaction]]) -> list[dict[str, Any]]:
        logs: list[dict[str, Any]] = []
        for position, (name, transaction) in enumerate(inside):
            transaction_hash = to_hex(keccak(_SALT + name.encode()))
            for draft in transaction.logs:
                placed = {
                    "blockNumber": hex(number),
                    "blockHash": self._hash(number),
                    "blockTimestamp": hex(self._timestamp(number)),
                    "transactionHash": transaction_hash,
                    "transactionIndex": hex(position),
                    "logIndex": hex(len(logs)),
                    "removed": False,
                }
                logs.append(_to_json(draft) | placed)
        return logs

    def _hash(self, number: int) -> str:
        inside = self._digests.get(number, b"")
        return to_hex(keccak(_SALT + number.to_bytes(8, "big") + inside))

    def _timestamp(self, number: int) -> int:
        return int(mined_at(self._world, number).timestamp())


def _to_json(draft: Draft) -> dict[str, Any]:
    return {
        "address": to_hex(draft.address),
        "topics": [to_hex(topic) for topic in draft.topics],
        "data": to_hex(draft.data),
    }


def _digest(inside: list[tuple[str, Transaction]]) -> bytes:
    parts = (
        part
        for name, transaction in inside
        for draft in transaction.logs
        for part in (name.encode(), draft.address, *draft.topics, draft.data)
    )
    return keccak(b"".join(parts))


def _matches(
    log: Mapping[str, Any],
    addresses: frozenset[str] | None,
    topics: Sequence[frozenset[str] | None],
) -> bool:
    if addresses is not None and log["address"] not in addresses:
        return False
    if len(topics) > len(log["topics"]):
        return False
    return all(
        wanted is None or topic in wanted
        for wanted, topic in zip(topics, log["topics"], strict=False)
    )
