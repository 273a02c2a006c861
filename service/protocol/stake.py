"""The stake ledger: who had how much at risk, and how much there was in all, at any log.

Source: VotingV2 and Staker. All stake grows by ``Staked`` and shrinks by ``RequestedUnstake`` at
once; a slash moves a voter's stake and leaves the total as it was, and ``VoterSlashed`` is only
its bookkeeping. docs/methodology.md, "The vote".
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from models.enums import StakeChangeKind, VotePhase
from service.protocol.dated_fact import DatedFact
from service.protocol.log_position import Place
from service.protocol.parameter_readings import ParameterReading, places_of
from service.protocol.rounds import phase_at, round_at
from service.protocol.vote_facts import StakeChanged


@dataclass(frozen=True, slots=True)
class StakedInReveal:
    """A stake that came while votes were being opened: it does not count in that round."""

    place: Place
    voter: bytes
    amount: int
    # All stake just before it.
    total_before: int


@dataclass(frozen=True, slots=True)
class StakeLedger:
    """The stake of one vote contract as far as its stored logs tell it."""

    # Where the total changed, and to what; ``None`` where the logs contradict each other.
    places: tuple[Place, ...] = ()
    totals: tuple[int | None, ...] = ()
    voters: Mapping[bytes, tuple[tuple[Place, int], ...]] = field(default_factory=dict)
    in_reveal: Mapping[int, tuple[StakedInReveal, ...]] = field(default_factory=dict)

    def total_before(self, place: Place) -> int | None:
        """All stake just before a log; ``None`` before the first ``Staked`` and across a gap."""
        index = bisect_left(self.places, place)
        return self.totals[index - 1] if index else None

    def stake_before(self, voter: bytes, place: Place) -> int | None:
        """A voter's stake just before a log; ``None`` before the first log that tells it."""
        changes = self.voters.get(voter, ())
        index = bisect_left(changes, (place, 0))
        return changes[index - 1][1] if index else None

    def pending(self, voter: bytes, round_id: int) -> int:
        """What a voter staked while a round's votes were being opened."""
        return sum(s.amount for s in self.in_reveal.get(round_id, ()) if s.voter == voter)

    def weight_before(self, voter: bytes, round_id: int, place: Place) -> int | None:
        """What a voter's vote weighs if opened at a place of a round's reveal phase."""
        stake = self.stake_before(voter, place)
        if stake is None:
            return None
        late = [s for s in self.in_reveal.get(round_id, ()) if s.place < place]
        return stake - sum(s.amount for s in late if s.voter == voter)


@dataclass(slots=True)
class _Fold:
    places: list[Place] = field(default_factory=list)
    totals: list[int | None] = field(default_factory=list)
    # Where the newest total stands that the chain itself said, and we did not add up.
    anchor: int = 0
    voters: dict[bytes, list[tuple[Place, int]]] = field(default_factory=lambda: defaultdict(list))
    in_reveal: dict[int, list[StakedInReveal]] = field(default_factory=lambda: defaultdict(list))


def fold_stake(
    changes: Iterable[DatedFact], readings: Iterable[ParameterReading] = ()
) -> StakeLedger:
    """Fold one contract's stake changes, in chain order, to its ledger; other facts are passed.

    What the contract's ``cumulativeStake`` was read as says the total as a ``Staked`` does.
    """
    state = _Fold()
    read = sorted(
        (place, int(reading.value))
        for reading in readings
        if reading.name == "cumulativeStake"
        for place in set(places_of(reading))
    )
    for dated in changes:
        change = dated.fact
        if not isinstance(change, StakeChanged):
            continue
        while read and read[0][0] < change.at.place:
            _say_total(state, *read.pop(0))
        if change.voter_stake is not None:
            state.voters[change.voter].append((change.at.place, change.voter_stake))
        if change.cumulative_stake is not None:
            _add_staked(state, change, change.cumulative_stake, int(dated.mined_at.timestamp()))
        elif change.kind is StakeChangeKind.UNSTAKE_REQUESTED and state.totals:
            before = state.totals[-1]
            state.places.append(change.at.place)
            state.totals.append(None if before is None else before + change.amount)
    for place, total in read:
        _say_total(state, place, total)
    return StakeLedger(
        places=tuple(state.places),
        totals=tuple(state.totals),
        voters={voter: tuple(steps) for voter, steps in state.voters.items()},
        in_reveal={round_id: tuple(stakes) for round_id, stakes in state.in_reveal.items()},
    )


def _add_staked(state: _Fold, change: StakeChanged, total: int, mined_at: int) -> None:
    before = total - change.amount
    _say_total(state, change.at.place, total, before=before)
    if phase_at(mined_at) is VotePhase.REVEAL:
        staked = StakedInReveal(change.at.place, change.voter, change.amount, before)
        state.in_reveal[round_at(mined_at)].append(staked)


def _say_total(state: _Fold, place: Place, total: int, *, before: int | None = None) -> None:
    """The chain says the total at a place; what we added up to there must meet it."""
    met = total if before is None else before
    if state.totals and state.totals[-1] != met:
        # A change is missing since the last total that was said, nobody knows where.
        unknown = len(state.totals) - state.anchor
        state.totals[state.anchor :] = [None] * unknown
    state.anchor = len(state.totals)
    state.places.append(place)
    state.totals.append(total)
