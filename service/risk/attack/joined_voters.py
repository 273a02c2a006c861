"""Voters as they would count if groups of them acted as one. Pure.

docs/methodology.md, "Standing blocs".
"""

from collections.abc import Collection, Iterable, Sequence
from math import exp, log

from service.risk.attack.attack_inputs import Voter


def join_voters(voters: Sequence[Voter], groups: Iterable[Collection[str]]) -> tuple[Voter, ...]:
    """The voters, largest first; those of a group are one by its least id.

    Groups that share a member are one group; ids that are no voter's are passed over.
    """
    known = {voter.entity_id for voter in voters}
    joined: list[set[str]] = []
    for group in groups:
        whole = known & set(group)
        apart = []
        for other in joined:
            if other & whole:
                whole |= other
            else:
                apart.append(other)
        joined = [*apart, whole]
    name_of = {member: min(group) for group in joined for member in group}
    stakes: dict[str, float] = {}
    for voter in voters:
        name = name_of.get(voter.entity_id, voter.entity_id)
        stakes[name] = stakes.get(name, 0.0) + voter.stake
    found = (Voter(name, stake) for name, stake in stakes.items())
    return tuple(sorted(found, key=lambda voter: (-voter.stake, voter.entity_id)))


def effective_voters(voters: Sequence[Voter]) -> float | None:
    """Raises e to the entropy of their shares among themselves; None where nobody has any."""
    total = sum(voter.stake for voter in voters)
    if total <= 0:
        return None
    shares = [voter.stake / total for voter in voters if voter.stake > 0]
    return exp(-sum(share * log(share) for share in shares))
