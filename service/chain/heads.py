"""Up to which block a chain may be read: what its URLs say of their heads, weighed together."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from service.chain.calls import fetch_finalized, fetch_headers
from service.chain.faults import Fault
from service.chain.node import Node
from service.chain.reorg import Agreed, Outvoted, Split, last_same, next_probe, sides_of, weigh
from service.chain.rpc import Endpoint
from service.errors import SourceError
from service.protocol.ids import to_hex
from service.protocol.log_position import BlockHeader

# A URL this many blocks behind the best one is not asked: about 1.5 minutes on Polygon, two epochs
# on Ethereum, where the final head moves by whole epochs of 32.
MOST_LAG = 64


@dataclass(frozen=True, slots=True)
class Disagreement:
    """URLs that give one block different hashes."""

    block: int
    # Who gives which hash: URL numbers by hash; none where it is not known any more.
    by_hash: Mapping[bytes, tuple[int, ...]]
    # The hash that counts, where a majority is clear.
    settled: bytes | None = None

    @property
    def line(self) -> str:
        """The disagreement in words."""
        sides = " and ".join(
            f"{to_hex(block_hash)[:12]}… by "
            + (", ".join(f"URL {number}" for number in numbers) or "one reading")
            for block_hash, numbers in self.by_hash.items()
        )
        return f"block {self.block} is given as {sides}"


@dataclass(frozen=True, slots=True)
class Survey:
    """How far a chain may be read, and who disagrees."""

    # None: the URLs disagree already on what was read last.
    head: BlockHeader | None
    disagreement: Disagreement | None = None


def survey_heads(node: Node, floor: int) -> Survey:
    """Ask every URL for its final head and settle on how far to read.

    ``floor`` is the last block read. Agreement on one hash is agreement on all blocks below it, so
    one comparison a run is enough. A :class:`SourceError` says that no URL answered.
    """
    near = _near_best(node, _ask_heads(node))
    meeting = min(header.number for header in near.values())
    votes = _votes(node, near, meeting)
    verdict = weigh(votes)
    minority = verdict.minority if isinstance(verdict, Outvoted) else ()
    for endpoint in node.endpoints:
        endpoint.is_outvoted = endpoint.number in minority
        if endpoint.is_outvoted:
            node.count(Fault.OUTVOTED)
            endpoint.complaint = f"gives another block {meeting} than the others"
    if isinstance(verdict, Split):
        node.count(Fault.DISAGREEMENT)
        return _below_split(node, votes, min(floor, meeting), meeting)
    best = max(
        (header for endpoint, header in near.items() if not endpoint.is_outvoted),
        key=lambda header: header.number,
    )
    if isinstance(verdict, Agreed):
        return Survey(best)
    return Survey(best, Disagreement(meeting, sides_of(votes), verdict.block_hash))


def _ask_heads(node: Node) -> dict[Endpoint, BlockHeader]:
    """Every URL's final head; who fails or is paused is left out."""
    found: dict[Endpoint, BlockHeader] = {}
    failure: SourceError = SourceError(node.source, "no URL is configured")
    is_asked = False
    for endpoint in node.endpoints:
        try:
            endpoint.circuit.admit()
            is_asked = True
            found[endpoint] = node.attempt(endpoint, fetch_finalized)
        except SourceError as error:
            failure = error
    if found:
        node.circuit.succeeded()
        return found
    if is_asked:
        node.circuit.failed(failure.reason)
    raise failure


def _near_best(node: Node, found: Mapping[Endpoint, BlockHeader]) -> dict[Endpoint, BlockHeader]:
    """Note each URL's head; those far behind the best one are left out."""
    best = max(header.number for header in found.values())
    node.best_head = best
    near: dict[Endpoint, BlockHeader] = {}
    for endpoint, header in found.items():
        before, endpoint.head, endpoint.complaint = endpoint.head, header.number, None
        if before is not None and header.number < before:
            node.count(Fault.JUMPED_BACK)
            endpoint.complaint = f"jumped back from block {before} to {header.number}"
        if best - header.number <= MOST_LAG:
            near[endpoint] = header
            continue
        if endpoint.knows_finalized is False:
            # It is behind by our rule and not by its fault; its note says so.
            continue
        node.count(Fault.LAGGING)
        endpoint.complaint = f"is {best - header.number} blocks behind the best head"
    return near


def _votes(node: Node, near: Mapping[Endpoint, BlockHeader], meeting: int) -> dict[int, bytes]:
    """What each URL gives as the hash of the newest block they all have; who fails abstains."""
    votes: dict[int, bytes] = {}
    for endpoint, header in near.items():
        if header.number == meeting:
            votes[endpoint.number] = header.hash
            continue
        # The head it gave itself may be of no use without this: it is not read from either.
        with suppress(SourceError):
            votes[endpoint.number] = _header(node, endpoint, meeting).hash
    return votes


def _below_split(node: Node, votes: Mapping[int, bytes], lowest: int, meeting: int) -> Survey:
    """The newest block on which those who disagree still agree, no lower than the last one read."""
    count = meeting - lowest + 1
    same = {count - 1: False}
    sides = {count - 1: sides_of(votes)}
    agreed: dict[int, BlockHeader] = {}
    while (index := next_probe(count, same)) is not None:
        headers = {
            number: _header(node, node.endpoints[number - 1], lowest + index) for number in votes
        }
        sides[index] = sides_of({number: header.hash for number, header in headers.items()})
        same[index] = len(sides[index]) == 1
        if same[index]:
            agreed[index] = next(iter(headers.values()))
    common = last_same(same)
    parted = min(index for index, is_same in same.items() if not is_same and index > common)
    return Survey(agreed.get(common), Disagreement(lowest + parted, sides[parted]))


def _header(node: Node, endpoint: Endpoint, number: int) -> BlockHeader:
    return node.attempt(endpoint, lambda asked: fetch_headers(asked, [number])[0])
