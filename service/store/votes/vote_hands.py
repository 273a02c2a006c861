"""Whose stake is in one hand: entities and standing groups, and the largest not behind an answer.

docs/methodology.md, "Structural signs".
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.attack_enums import SignalSubject
from service.protocol.ids import parse_address, to_hex
from service.risk.attack.standing_blocs import StandingBloc
from service.risk.signs.watched_round import Holdout

_WEI = 10**18
# Whoever holds less of all stake blocks nothing.
_SMALL = 100
# Of hands that each hold what blocks there are no more.
_MOST = 5


@dataclass(frozen=True, slots=True)
class Hand:
    """An entity or a group with the stake of each of its addresses, in wei."""

    holder: str
    kind: SignalSubject
    stakes: Mapping[bytes, int]


def hands_of(
    by_voter: Mapping[bytes, int], entities: Mapping[bytes, bytes], groups: Iterable[StandingBloc]
) -> tuple[Hand, ...]:
    """Every entity and group with a percent of all stake or more; entities first."""
    members: dict[bytes, dict[bytes, int]] = defaultdict(dict)
    for voter, stake in by_voter.items():
        members[entities.get(voter, voter)][voter] = stake
    hands = [Hand(to_hex(one), SignalSubject.ENTITY, held) for one, held in members.items()]
    for group in groups:
        addresses = {parse_address(address) for address in group.addresses}
        held = {voter: by_voter[voter] for voter in addresses & by_voter.keys()}
        hands.append(Hand(group.bloc_id, SignalSubject.GROUP, held))
    least = sum(by_voter.values()) // _SMALL
    return tuple(hand for hand in hands if sum(hand.stakes.values()) >= max(least, 1))


def largest_holdouts(hands: Sequence[Hand], behind: Collection[bytes]) -> tuple[Holdout, ...]:
    """The largest hands of which something is not ``behind`` (voters) an answer.

    It opened another answer, has not opened, or did not vote.
    """
    found = []
    for hand in hands:
        out = {voter: stake for voter, stake in hand.stakes.items() if voter not in behind}
        stake, total = _uma(out.values()), _uma(hand.stakes.values())
        if stake > 0:
            found.append(Holdout(hand.holder, stake, total, len(out), hand.kind))
    return tuple(sorted(found, key=lambda one: -one.total)[:_MOST])


def largest_group_behind(hands: Sequence[Hand], opened: Mapping[bytes, int]) -> float:
    """The most that one standing group has behind an answer; ``opened`` for it by voter, in wei."""
    groups = (hand for hand in hands if hand.kind is SignalSubject.GROUP)
    return max((_uma(opened.get(v, 0) for v in group.stakes) for group in groups), default=0.0)


def _uma(stakes: Iterable[int]) -> float:
    return float(sum(stakes) // _WEI)
