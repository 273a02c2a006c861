"""Voters who seal their votes within minutes of each other, round after round. Pure.

The weakest step of the ladder: never enough alone. docs/methodology.md, "Links between wallets".
"""

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
# Rounds named beside a link, by both votes' logs.
MOST_SHOWN = 5


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
    """Pairs of one round within reach of each other, but in no rush and by no common key."""
    ordered = sorted(sealings, key=lambda one: (one.mined_at, one.voter))
    for place, one in enumerate(ordered):
        later = place + 1
        while later < len(ordered) and ordered[later].mined_at - one.mined_at <= WITHIN:
            later += 1
        if later - place > MOST_IN_RUSH:
            continue
        for other in ordered[place + 1 : later]:
            if one.caller != other.caller:
                yield min(one.voter, other.voter), max(one.voter, other.voter)


def _versions(
    ones: dict[int, Sealing], others: dict[int, Sealing], near: set[int]
) -> Iterable[Link]:
    """Round by round: whether by then they were near often enough, and more than by habit."""
    seen: list[tuple[float, float]] = []
    met: list[int] = []
    across = 0
    live: Link | None = None
    known: datetime | None = None
    within = WITHIN.total_seconds()
    for round_id in sorted(ones.keys() & others.keys()):
        one, other = ones[round_id], others[round_id]
        mine, theirs = one.second, other.second
        across += sum(
            (abs(mine - late) <= within) + (abs(early - theirs) <= within) for early, late in seen
        )
        seen.append((mine, theirs))
        across += abs(mine - theirs) <= within
        if round_id in near:
            met.append(round_id)
        known = max(one.known_at, other.known_at, *([] if known is None else [known]))
        # By habit they would have been near in so many of as many rounds.
        habit = across / len(seen)
        is_often = (
            len(met) >= LEAST_ROUNDS
            and len(met) >= LEAST_SHARE * len(seen)
            and len(met) >= LEAST_BEYOND_HABIT * habit
        )
        if is_often and live is None:
            live = _begun(ones, others, met, len(seen), known)
            yield live
        elif live is not None and not is_often:
            said = Evidence(f"no longer: {len(met)} of {len(seen)} rounds")
            yield replace(
                live,
                valid_to=max(one.mined_at, other.mined_at),
                known_at=known,
                evidence=(*live.evidence, said),
            )
            live = None


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
