"""The service's view of one chain behind replay nodes."""

import random
from datetime import UTC, datetime

from pydantic import SecretStr

from service.chain.node import Node
from service.circuit import Circuit, CircuitPolicy
from service.clock import SetClock
from service.protocol.finality import POLYGON
from service.protocol.sources import ETHEREUM_RPC, POLYGON_RPC
from tests.loopback.faulty_node import FaultyNode
from tests.loopback.node import ReplayNode

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def node_of(*replays: ReplayNode | FaultyNode, clock: SetClock | None = None) -> Node:
    """One chain; the nodes on loopback are its URLs, in order."""
    first = replays[0]
    chain_id = first.chain_id if isinstance(first, ReplayNode) else first.chain.chain_id
    source = POLYGON_RPC if chain_id == POLYGON else ETHEREUM_RPC
    circuit = Circuit(source, clock or SetClock(NOON), CircuitPolicy(), random.Random(1))  # noqa: S311  # spreads pauses only
    return Node(source, chain_id, [SecretStr(replay.url) for replay in replays], circuit)
