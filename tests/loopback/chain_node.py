"""The service's view of one chain behind replay nodes."""

import random
from datetime import UTC, datetime

from pydantic import SecretStr

from service.chain.node import Node
from service.circuit import Circuit, CircuitPolicy
from service.clock import SetClock
from service.protocol.finality import POLYGON
from service.protocol.sources import ETHEREUM_RPC, POLYGON_RPC
from tests.loopback.node import ReplayNode

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def node_of(*replays: ReplayNode, clock: SetClock | None = None) -> Node:
    """One chain; the replay nodes are its URLs, in order."""
    chain_id = replays[0].chain_id
    source = POLYGON_RPC if chain_id == POLYGON else ETHEREUM_RPC
    circuit = Circuit(source, clock or SetClock(NOON), CircuitPolicy(), random.Random(1))  # noqa: S311  # spreads pauses only
    return Node(source, chain_id, [SecretStr(replay.url) for replay in replays], circuit)
