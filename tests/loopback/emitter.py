"""A recorded chain emitted again by a real node: same addresses, logs, order, times and numbers.

The recorded contracts are replaced by a few bytes that emit what they are told. Hashes of blocks
and transactions are the node's own.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from typing import Any, Self

from tests.loopback.anvil import Anvil

# Call data: the number of topics (32 bytes), four topics of 32 bytes, the log's data.
EMITTER = (
    "0x60a036038060a0600037600035600014603857600035600114603e57600035600214604757600035600314605357"
    "600035600414606257005b806000a0005b602035816000a1005b604035602035826000a2005b606035604035602035"
    "836000a3005b608035606035604035602035846000a400"
)
# Call data, repeated: an address (32 bytes), a length (32 bytes), that many bytes to call it with.
MULTICALLER = (
    "0x60005b80361115602c578060200135808260400160003760006000826000600086355af150016040016002565b00"
)
MULTICALLER_AT = "0x" + "ca11" * 10
GAS = hex(30_000_000)

Record = Mapping[str, Any]


class EmittedChain:
    """A node that follows captures, reorganisations included."""

    def __init__(self, node: Anvil) -> None:
        self.node = node
        # The recorded hash of each block that was mined again.
        self._recorded: dict[int, str] = {}
        self._head = 0
        self._contracts: set[str] = set()
        node.ask("anvil_setCode", MULTICALLER_AT, MULTICALLER)

    @classmethod
    @contextmanager
    def of(cls, chain_id: int, first: Record) -> Iterator[Self]:
        """A chain whose blocks up to a first recorded one are empty, a second apart."""
        genesis = int(first["timestamp"], 16) - int(first["number"], 16)
        with Anvil(chain_id, genesis) as node:
            yield cls(node)

    def follow(self, capture: Record) -> None:
        """Make the capture's head the chain's head; blocks that it does not share are unmade."""
        blocks = {int(block["number"], 16): block for block in capture["blocks"]}
        forked = [
            n
            for n, block in blocks.items()
            if self._recorded.get(n, block["hash"]) != block["hash"]
        ]
        if forked:
            self._rewind(min(forked) - 1)
        logs = _logs_by_block(capture)
        senders = {receipt["transactionHash"]: receipt["from"] for receipt in capture["receipts"]}
        for number, block in sorted(blocks.items()):
            if number in self._recorded or number == 0:
                continue
            if self._head < number - 1:
                self._mine_empty(number - 1 - self._head)
            for transaction, group in groupby(logs.get(number, ()), _transaction):
                self._send(senders[transaction], list(group))
            self._mine(block)

    @contextmanager
    def finalized(self) -> Iterator[None]:
        """For a while the head is final, for two more empty blocks follow it."""
        self._mine_empty(2)
        yield
        self.node.ask("anvil_rollback", 2)
        self._head -= 2

    def empty(self, depth: int) -> None:
        """Replace the newest blocks by as many empty ones with the same times."""
        self.node.ask("anvil_reorg", depth, [])
        for number in range(self._head - depth + 1, self._head + 1):
            self._recorded.pop(number)

    def _rewind(self, number: int) -> None:
        self.node.ask("anvil_rollback", self._head - number)
        self._head = number
        self._recorded = {n: h for n, h in self._recorded.items() if n <= number}

    def _mine_empty(self, count: int) -> None:
        self.node.ask("anvil_mine", hex(count), "0x1")
        self._head += count

    def _mine(self, block: Record) -> None:
        self.node.ask("evm_mine", {"timestamp": int(block["timestamp"], 16), "blocks": 1})
        self._head = int(block["number"], 16)
        self._recorded[self._head] = block["hash"]

    def _send(self, sender: str, logs: list[Record]) -> None:
        """One transaction that emits these logs, in this order, from their own addresses."""
        for address in {log["address"] for log in logs} - self._contracts:
            self.node.ask("anvil_setCode", address, EMITTER)
            self._contracts.add(address)
        call = {
            "from": sender,
            "to": MULTICALLER_AT,
            "gas": GAS,
            "gasPrice": "0x0",
            "data": "0x" + b"".join(map(_emission, logs)).hex(),
        }
        self.node.ask("eth_sendTransaction", call)


def _emission(log: Record) -> bytes:
    topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
    said = _word(len(topics)) + b"".join(topics).ljust(128, b"\0") + bytes.fromhex(log["data"][2:])
    return _word(int(log["address"], 16)) + _word(len(said)) + said


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _transaction(log: Record) -> str:
    found: str = log["transactionHash"]
    return found


def _logs_by_block(capture: Record) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = {}
    for log in sorted(capture["logs"], key=lambda log: int(log["logIndex"], 16)):
        found.setdefault(int(log["blockNumber"], 16), []).append(log)
    return found
