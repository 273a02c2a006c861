"""What is asked of one URL, in typed values, and everything in an answer that can be checked."""

from collections.abc import Sequence
from typing import Any

from service.chain.faults import Fault, NodeFault
from service.chain.raw import RawLog, parse_block, parse_log
from service.chain.rpc import Endpoint
from service.protocol.finality import ETHEREUM, POLYGON
from service.protocol.ids import to_checksum, to_hex
from service.protocol.log_position import BlockHeader

# Block headers asked for in one batch.
BATCH = 100
# How far behind `latest` a block counts as final where a node does not know the tag: Polygon before
# milestones needed that many, Ethereum two epochs (docs/operations.md, "Nodes, finality and
# reorgs").
BEHIND_LATEST = {POLYGON: 512, ETHEREUM: 64}
_BEHIND_ANY = 512
# How nodes say that they do not know a tag.
_UNKNOWN_TAG = (
    "finalized",
    "block tag",
    "hex string",
    "invalid block",
    "unknown block",
    "invalid argument",
)


def fetch_finalized(endpoint: Endpoint) -> BlockHeader:
    """The newest final block: the node's own word, or a fixed distance behind ``latest``."""
    try:
        head = fetch_tag(endpoint, "finalized")
    except NodeFault as error:
        if not _is_unknown_tag(error):
            raise
    else:
        endpoint.knows_finalized = True
        return head
    endpoint.knows_finalized = False
    latest = fetch_tag(endpoint, "latest")
    behind = BEHIND_LATEST.get(endpoint.chain_id, _BEHIND_ANY)
    (head,) = fetch_headers(endpoint, [max(0, latest.number - behind)])
    return head


def _is_unknown_tag(error: NodeFault) -> bool:
    if error.fault is Fault.MISSING_BLOCK:
        return True
    said = error.reason.lower()
    return error.fault is Fault.ERROR_ANSWER and any(words in said for words in _UNKNOWN_TAG)


def fetch_tag(endpoint: Endpoint, tag: str) -> BlockHeader:
    """The newest block of a tag: ``finalized`` or ``latest``."""
    return _header(endpoint, endpoint.call("eth_getBlockByNumber", [tag, False]), f"block {tag}")


def fetch_headers(endpoint: Endpoint, numbers: Sequence[int]) -> list[BlockHeader]:
    """Block headers by number, in the order asked."""
    found: list[BlockHeader] = []
    for start in range(0, len(numbers), BATCH):
        part = numbers[start : start + BATCH]
        answers = endpoint.call_many([("eth_getBlockByNumber", [hex(n), False]) for n in part])
        for number, answer in zip(part, answers, strict=True):
            header = _header(endpoint, answer, f"block {number}")
            if header.number != number:
                reason = f"gave block {header.number} for block {number}"
                raise endpoint.fault(Fault.WRONG_ANSWER, reason)
            found.append(header)
    return found


def fetch_logs(
    endpoint: Endpoint,
    from_block: int,
    to_block: int,
    addresses: Sequence[bytes],
    topics: Sequence[bytes],
    words: Sequence[Sequence[bytes]] = (),
) -> list[RawLog]:
    """The logs of a closed block range as answered; one outside it means the node lied."""
    query = {
        "fromBlock": hex(from_block),
        "toBlock": hex(to_block),
        "address": [to_checksum(address) for address in addresses],
        "topics": [[to_hex(word) for word in place] or None for place in (topics, *words)],
    }
    answer = endpoint.call("eth_getLogs", [query])
    if not isinstance(answer, list):
        raise endpoint.fault(Fault.WRONG_ANSWER, f"eth_getLogs gave no list: {answer!r:.80}")
    try:
        logs = [parse_log(endpoint.chain_id, log) for log in answer]
    except ValueError as error:
        raise endpoint.fault(Fault.WRONG_ANSWER, f"eth_getLogs: {error}") from error
    for log in logs:
        if not from_block <= log.at.block_number <= to_block:
            reason = f"gave a log of block {log.at.block_number} for {from_block}..{to_block}"
            raise endpoint.fault(Fault.OUTSIDE_RANGE, reason)
    return logs


def _header(endpoint: Endpoint, answer: Any, name: str) -> BlockHeader:
    if answer is None:
        raise endpoint.fault(Fault.MISSING_BLOCK, f"does not have {name}")
    try:
        return parse_block(endpoint.chain_id, answer)
    except ValueError as error:
        raise endpoint.fault(Fault.WRONG_ANSWER, f"{name}: {error}") from error
