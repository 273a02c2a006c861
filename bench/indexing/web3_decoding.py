"""web3.py's own way to decode events: ``process_log`` of a contract's event object."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from service.chain.event import Event
from service.chain.events import EVENTS
from service.chain.raw import RawLog
from service.protocol.contracts import ContractBook

Work = Callable[[], object]
_TUPLE = re.compile(r"\((.*)\)(.*)")


def web3_decoding(logs: Sequence[RawLog], book: ContractBook) -> Work:
    """Decoding these logs with web3: its event objects made beforehand, its dicts as well."""
    from web3 import Web3  # noqa: PLC0415  # its import is not part of what is measured

    w3 = Web3()
    objects: dict[Event, Any] = {}
    pairs = []
    for log in logs:
        event = _layout(log, book)
        if event not in objects:
            contract = w3.eth.contract(abi=[_abi(event)])
            objects[event] = contract.events[event.name]()
        pairs.append((objects[event].process_log, _log_of_web3(log, w3.to_checksum_address)))
    return lambda: [process(log) for process, log in pairs]


def _layout(log: RawLog, book: ContractBook) -> Event:
    kinds = book.kinds_at(log.at.chain_id, log.at.address, log.at.block_number)
    event = next(e for kind in kinds if (e := EVENTS.get((kind, log.topics[0]))) is not None)
    layout = event.with_topics(len(log.topics))
    assert layout is not None
    return layout


def _abi(event: Event) -> Mapping[str, object]:
    words = zip(event.types, event.indexed, strict=True)
    return {
        "type": "event",
        "name": event.name,
        "anonymous": False,
        "inputs": [_input(f"w{n}", kind) | {"indexed": i} for n, (kind, i) in enumerate(words)],
    }


def _input(name: str, kind: str) -> dict[str, object]:
    match = _TUPLE.fullmatch(kind)
    if match is None:
        return {"name": name, "type": kind}
    parts = [_input(f"p{n}", part) for n, part in enumerate(match[1].split(","))]
    return {"name": name, "type": f"tuple{match[2]}", "components": parts}


def _log_of_web3(log: RawLog, to_checksum: Callable[[bytes], str]) -> dict[str, object]:
    return {
        "address": to_checksum(log.at.address),
        "topics": list(log.topics),
        "data": log.data,
        "blockHash": log.at.block_hash,
        "blockNumber": log.at.block_number,
        "logIndex": log.at.log_index,
        "transactionHash": log.at.transaction_hash,
        "transactionIndex": 0,
        "removed": False,
    }
