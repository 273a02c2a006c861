"""Who takes part: voters with their stake, proposers, disputers, and the attacker's wallets.

Stakes follow Zipf's law with exponent 1.1 over 120 voters and sum to 24 million UMA, a bloc's share
included. docs/methodology.md, "The simulator".
"""

from dataclasses import dataclass, field

import numpy as np
from eth_hash.auto import keccak

from service.protocol.ids import ADDRESS_BYTES
from service.simulation.scenario import AttackKind, Scenario

VOTERS = 120
STAKE = 24_000_000
ZIPF = 1.1
PROPOSERS = 40
DISPUTERS = 18
UMA = 10**18


@dataclass(frozen=True, slots=True)
class Voter:
    """One voter; stake in wei of UMA at the start."""

    address: bytes
    stake: int
    # Whose tokens were staked for it.
    funder: bytes


@dataclass(frozen=True, slots=True)
class People:
    """Everybody of one simulation, and the truth about who acts together."""

    voters: tuple[Voter, ...]
    proposers: tuple[bytes, ...]
    disputers: tuple[bytes, ...]
    # How often each of them acts.
    proposer_odds: tuple[float, ...]
    disputer_odds: tuple[float, ...]
    # Addresses of voters that act as one.
    bloc: frozenset[bytes] = frozenset()
    bad_proposers: tuple[bytes, ...] = ()
    bad_disputers: tuple[bytes, ...] = ()
    # A wallet no voter is linked to.
    trader: bytes = b""
    names: dict[bytes, str] = field(default_factory=dict)


def make_people(scenario: Scenario, seed: int, random: np.random.Generator) -> People:
    """Draw everybody; addresses follow from scenario and seed, nobody holds a key of theirs."""

    def address(name: str) -> bytes:
        text = f"settlewatch simulation/{scenario.name}/{seed}/{name}"
        return keccak(text.encode())[-ADDRESS_BYTES:]

    habit = scenario.bloc
    share, size = (0.0, 0) if habit is None else (habit.share, habit.size)
    weights = _zipf(VOTERS - size) * (1 - share) * STAKE
    voters = [
        Voter(address(f"voter-{n}"), int(w) * UMA, address(f"voter-{n}"))
        for n, w in enumerate(weights)
    ]
    bloc = []
    if habit is not None:
        one = address("bloc-funder")
        parts = random.dirichlet(np.full(size, 8.0)) * share * STAKE
        for n, part in enumerate(parts):
            who = address(f"bloc-{n}")
            bloc.append(Voter(who, int(part) * UMA, one if habit.is_linked else who))
    ring = scenario.attack is AttackKind.BURST
    proposers = [address(f"proposer-{n}") for n in range(PROPOSERS)]
    disputers = [address(f"disputer-{n}") for n in range(DISPUTERS)]
    bad = {AttackKind.WHITELIST: 3, AttackKind.BURST: 2}.get(scenario.attack or AttackKind.BLOCK, 1)
    return People(
        voters=(*voters, *bloc),
        proposers=tuple(proposers),
        disputers=tuple(disputers),
        proposer_odds=tuple(_zipf(PROPOSERS)),
        disputer_odds=tuple(_zipf(DISPUTERS)),
        bloc=frozenset(voter.address for voter in bloc),
        bad_proposers=tuple(address(f"bad-proposer-{n}") for n in range(bad)),
        bad_disputers=tuple(address(f"bad-disputer-{n}") for n in range(3 if ring else 1)),
        trader=address("trader"),
    )


def _zipf(count: int) -> np.ndarray:
    weights = 1.0 / np.arange(1, count + 1) ** ZIPF
    return np.asarray(weights / weights.sum())
