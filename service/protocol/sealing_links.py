"""Voters who seal their votes within minutes of each other, round after round. Pure.

The weakest step of the ladder: never enough alone. docs/methodology.md, "Links between wallets".
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from models.wallet_enums import LinkBasis, LinkKind
from service.protocol import wallet_links as ladder
from service.protocol.log_position import LogPosition
from service.protocol.rounds import RoundTime
from service.protocol.wallet_ladder import evidence_of
from service.protocol.wallet_links import Evidence, Link

WITHIN = timedelta(seconds=120)
LEAST_ROUNDS = 5
# Of the rounds both sealed in.
LEAST_SHARE = 0.5
# As often in the same round as a habit of the day would have it, taken across rounds.
LEAST_BEYOND_HABIT = 2.0
# Where more voters sealed within so little of each other, it was a rush and joins nobody.
MOST_IN_RUSH = 12
# The newest rounds of a pair that count, 300 days of them: what a link costs stays bounded.
MOST_ROUNDS = 150
# Rounds named beside a link, by both votes' logs.
MOST_SHOWN = 5
_REACH = WITHIN.total_seconds()


@dataclass(frozen=True, slots=True)
class Sealing:
    """A voter's first sealed vote of a round."""

    voter: bytes
    caller: bytes
    round_id: int
    at: LogPosition
    mined_at: datetime
    known_at: datetime

    @property
    def second(self) -> float:
        """Into the phase."""
        return self.mined_at.timestamp() - RoundTime(self.round_id).starts_at


def link_sealed_together(sealings: Iterable[Sealing]) -> list[Link]:
    """Pairs that sealed within 120 seconds of each other in many rounds, with each change of it."""
    by_round: dict[int, list[Sealing]] = defaultdict(list)
    by_voter: dict[bytes, dict[int, Sealing]] = defaultdict(dict)
    for one in sealings:
        by_round[one.round_id].append(one)
        by_voter[one.voter][one.round_id] = one
    near: dict[tuple[bytes, bytes], set[int]] = defaultdict(set)
    for round_id, of_it in by_round.items():
        for pair in _near(of_it):
            near[pair].add(round_id)
    versions: list[Link] = []
    for pair, rounds in sorted(near.items()):
        if len(rounds) >= LEAST_ROUNDS:
            versions += _versions(by_voter[pair[0]], by_voter[pair[1]], rounds)
    return versions


def _near(sealings: Sequence[Sealing]) -> Iterable[tuple[bytes, bytes]]:
    """Pairs of one round within reach of each other, neither in a rush, by no common key."""
    ordered = sorted(sealings, key=lambda one: (one.mined_at, one.voter))
    # Of each the first place out of its reach, later on.
    ends: list[int] = []
    in_rush = [False] * len(ordered)
    end = 0
    for place, one in enumerate(ordered):
        while end < len(ordered) and ordered[end].mined_at - one.mined_at <= WITHIN:
            end += 1
        ends.append(end)
        if end - place > MOST_IN_RUSH:
            in_rush[place:end] = [True] * (end - place)
    for place, one in enumerate(ordered):
        if in_rush[place]:
            continue
        for later in range(place + 1, ends[place]):
            other = ordered[later]
            if not in_rush[later] and one.caller != other.caller:
                yield min(one.voter, other.voter), max(one.voter, other.voter)


def _versions(
    ones: dict[int, Sealing], others: dict[int, Sealing], near: set[int]
) -> Iterable[Link]:
    """Round by round: whether by then they were near often enough, and more than by habit."""
    both = sorted(ones.keys() & others.keys())
    often = _often(both, near)
    # Few pairs get so far, and to compare a pair's times costs the most.
    if not any(often):
        return
    habits = habits_of([(ones[round_id].second, others[round_id].second) for round_id in both])
    live: Link | None = None
    for place, round_id in enumerate(both):
        window = both[max(0, place + 1 - MOST_ROUNDS) : place + 1]
        is_often = often[place] > 0 and often[place] >= LEAST_BEYOND_HABIT * habits[place]
        if is_often == (live is not None):
            continue
        met = [one for one in window if one in near]
        # The latest of all that tell of it.
        known = max(of[one].known_at for one in both[: place + 1] for of in (ones, others))
        if live is None:
            live = _begun(ones, others, met, len(window), known)
            yield live
        else:
            said = Evidence(f"no longer: {len(met)} of {len(window)} rounds")
            yield replace(
                live,
                valid_to=max(ones[round_id].mined_at, others[round_id].mined_at),
                known_at=known,
                evidence=(*live.evidence, said),
            )
            live = None


def _often(both: Sequence[int], near: set[int]) -> list[int]:
    """After each round in how many they were near, if that is often; 0 where it is not."""
    found: list[int] = []
    met = 0
    for place, round_id in enumerate(both):
        met += round_id in near
        if place >= MOST_ROUNDS:
            met -= both[place - MOST_ROUNDS] in near
        seen = min(place + 1, MOST_ROUNDS)
        found.append(met if met >= LEAST_ROUNDS and met >= LEAST_SHARE * seen else 0)
    return found


def habits_of(seconds: Sequence[tuple[float, float]]) -> list[float]:
    """After each round, in how many they would have been near by habit: times across rounds."""
    mine: list[float] = []
    theirs: list[float] = []
    across = 0
    found: list[float] = []
    for place, (one, other) in enumerate(seconds):
        if place >= MOST_ROUNDS:
            old, their_old = seconds[place - MOST_ROUNDS]
            across -= _within(theirs, old) + _within(mine, their_old)
            # Both counted the round itself.
            across += abs(old - their_old) <= _REACH
            del mine[bisect_left(mine, old)], theirs[bisect_left(theirs, their_old)]
        across += _within(theirs, one) + _within(mine, other) + (abs(one - other) <= _REACH)
        insort(mine, one)
        insort(theirs, other)
        found.append(across / len(mine))
    return found


def _within(ordered: Sequence[float], second: float) -> int:
    """How many of ordered seconds are in reach of one."""
    return bisect_right(ordered, second + _REACH) - bisect_left(ordered, second - _REACH)


def _begun(
    ones: dict[int, Sealing],
    others: dict[int, Sealing],
    met: Sequence[int],
    of: int,
    known: datetime,
) -> Link:
    shown = met[-MOST_SHOWN:]
    first = ones[met[0]]
    said = f"sealed within 120 seconds in {len(met)} of {of} rounds"
    return Link(
        min(first.voter, others[met[0]].voter),
        max(first.voter, others[met[0]].voter),
        LinkKind.VOTE,
        LinkBasis.SEALED_TOGETHER,
        ladder.SEALED_TOGETHER,
        known,
        valid_from=first.mined_at,
        evidence=tuple(
            evidence_of(of_it[round_id].at, f"{said}; round {round_id}")
            for round_id in shown
            for of_it in (ones, others)
        ),
    )
