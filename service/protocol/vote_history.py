"""One request of the vote as its logs told it, round by round.

What a round decides is worked out in ``service.protocol.tally``; here is only what was logged.
Source: VotingV2 ``_processResolvablePriceRequests``; docs/methodology.md, "The vote".
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from models.enums import VoteRequestChangeKind
from service.protocol import vote_facts
from service.protocol.dated_fact import DatedFact
from service.protocol.log_position import LogPosition
from service.protocol.rounds import round_at
from service.protocol.vote_facts import DvmKey, VoteCommitted, VoteRequestChanged, VoteRevealed


@dataclass(frozen=True, slots=True)
class RoundVotes:
    """The votes on one request in one round, in chain order."""

    round_id: int
    commits: tuple[VoteCommitted, ...]
    reveals: tuple[VoteRevealed, ...]
    # When the first of them was opened.
    opened_at: datetime | None = None

    @property
    def unrevealed(self) -> tuple[bytes, ...]:
        """Voters who sealed a vote and did not open it (yet), in the order they sealed it."""
        opened = {reveal.voter for reveal in self.reveals}
        sealed = dict.fromkeys(commit.voter for commit in self.commits)
        return tuple(voter for voter in sealed if voter not in opened)


@dataclass(frozen=True, slots=True)
class DatedChange:
    """What the contract said of a request, and when."""

    change: VoteRequestChanged
    mined_at: datetime


@dataclass(frozen=True, slots=True)
class VoteHistory:
    """Everything the vote's chain said of one request."""

    key: DvmKey
    chain_id: int
    # The vote contract that was asked.
    contract: bytes
    # These are of its last entry; empty where none is stored.
    requester: bytes | None
    added_at: datetime | None
    first_round: int | None
    is_governance: bool | None
    # The last round it was put to a vote in, as far as it was logged.
    last_round: int | None
    # The rounds it was rolled into.
    rolled_into: tuple[int, ...]
    # As the contract counts: every round that passed without an answer.
    roll_count: int
    is_deleted: bool
    resolution: VoteRequestChanged | None
    resolved_at: datetime | None
    rounds: tuple[RoundVotes, ...]
    added_log: LogPosition | None = None
    changes: tuple[DatedChange, ...] = ()

    @property
    def is_rolled(self) -> bool:
        """Whether at least one of its rounds ended without an answer."""
        return self.roll_count > 0

    @property
    def is_open(self) -> bool:
        """Whether the contract still has to say how it ended."""
        return self.resolution is None and not self.is_deleted

    @property
    def reveals(self) -> tuple[VoteRevealed, ...]:
        """Every opened vote, in chain order."""
        return tuple(reveal for votes in self.rounds for reveal in votes.reveals)


@dataclass(slots=True)
class _Fold:
    key: DvmKey
    added: vote_facts.VoteRequested | None = None
    added_at: datetime | None = None
    last_round: int | None = None
    rolled_into: list[int] = field(default_factory=list)
    roll_count: int = 0
    is_deleted: bool = False
    resolution: VoteRequestChanged | None = None
    resolved_at: datetime | None = None
    changes: list[DatedChange] = field(default_factory=list)
    opened_at: dict[int, datetime] = field(default_factory=dict)
    commits: dict[int, list[VoteCommitted]] = field(default_factory=lambda: defaultdict(list))
    reveals: dict[int, list[VoteRevealed]] = field(default_factory=lambda: defaultdict(list))


def fold_votes(key: DvmKey, facts: Sequence[DatedFact]) -> VoteHistory:
    """Fold what was logged of one request (at least one log), in chain order, to its history."""
    state = _Fold(key)
    for dated in facts:
        _apply(state, dated)
    added, first = state.added, facts[0].fact.at
    return VoteHistory(
        key=key,
        chain_id=first.chain_id,
        contract=first.address,
        requester=None if added is None else added.requester,
        added_at=state.added_at,
        first_round=None if added is None else added.round_id,
        is_governance=None if added is None else added.is_governance,
        last_round=state.last_round,
        rolled_into=tuple(state.rolled_into),
        roll_count=state.roll_count,
        is_deleted=state.is_deleted,
        resolution=state.resolution,
        resolved_at=state.resolved_at,
        rounds=tuple(
            RoundVotes(
                round_id,
                tuple(state.commits.get(round_id, ())),
                tuple(state.reveals.get(round_id, ())),
                state.opened_at.get(round_id),
            )
            for round_id in sorted(state.commits.keys() | state.reveals.keys())
        ),
        added_log=None if added is None else added.at,
        changes=tuple(state.changes),
    )


def _apply(state: _Fold, dated: DatedFact) -> None:
    match dated.fact:
        case vote_facts.VoteRequested() as added:
            # A deleted request may be asked again: it begins anew, and what was counted is gone.
            state.added, state.added_at = added, dated.mined_at
            state.is_deleted = False
            state.roll_count = 0
            state.rolled_into.clear()
            _seen_in(state, added.round_id)
        case vote_facts.VoteRequestChanged() as change:
            _apply_change(state, change, dated.mined_at)
        case vote_facts.VoteCommitted() as commit:
            state.commits[commit.round_id].append(commit)
            _seen_in(state, commit.round_id)
        case vote_facts.VoteRevealed() as reveal:
            state.reveals[reveal.round_id].append(reveal)
            state.opened_at.setdefault(reveal.round_id, dated.mined_at)
            _seen_in(state, reveal.round_id)
        case _:
            # Copies of sealed votes, stake and delegations say nothing of a request.
            pass


def _apply_change(state: _Fold, change: VoteRequestChanged, mined_at: datetime) -> None:
    state.changes.append(DatedChange(change, mined_at))
    match change.kind:
        case VoteRequestChangeKind.RESOLVED:
            state.resolution, state.resolved_at = change, mined_at
            if change.round_id is not None:
                state.last_round = change.round_id
        case VoteRequestChangeKind.ROLLED:
            state.roll_count = _roll_count(state, change)
            # It moves to the round it is rolled in; a full round moves it on, as its votes show.
            state.rolled_into.append(round_at(int(mined_at.timestamp())))
            _seen_in(state, state.rolled_into[-1])
        case VoteRequestChangeKind.DELETED:
            state.roll_count = _roll_count(state, change)
            state.is_deleted = True


def _roll_count(state: _Fold, change: VoteRequestChanged) -> int:
    """As logged; a log without the number still tells of a roll."""
    return state.roll_count + 1 if change.roll_count is None else change.roll_count


def _seen_in(state: _Fold, round_id: int) -> None:
    state.last_round = max(state.last_round or 0, round_id)
