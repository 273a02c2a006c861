"""What the vote decided on a request by our own count, beside what the contract reported.

The contract reports a result late, when somebody next touches it; the votes tell it at the end of
the round. docs/methodology.md, "The vote".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from service.protocol.log_position import Place
from service.protocol.rounds import RoundTime, phase_at, round_at
from service.protocol.stake import StakeLedger
from service.protocol.tally import (
    Answered,
    Pending,
    Rolled,
    RollReason,
    RoundResult,
    RoundTerms,
    Tally,
    UnknownReason,
    agrees_with_ledger,
    count_votes,
    decide,
    freeze_round,
)
from service.protocol.vote_history import RoundVotes, VoteHistory
from service.protocol.voting_parameters import ParameterHistory


@dataclass(frozen=True, slots=True)
class VoteRecords:
    """What a vote contract's logs say beside the requests, around the rounds in question."""

    ledger: StakeLedger
    parameters: ParameterHistory
    # Where each round's first vote was opened, on whatever request.
    first_reveals: Mapping[int, Place]


@dataclass(frozen=True, slots=True)
class RoundOutcome:
    """One request in one round."""

    time: RoundTime
    votes: RoundVotes
    tally: Tally
    # Empty as long as nobody has opened a vote in the round.
    terms: RoundTerms | UnknownReason | None
    result: RoundResult


@dataclass(frozen=True, slots=True)
class VoteOutcome:
    """A request's rounds, and where they leave it at an instant."""

    rounds: tuple[RoundOutcome, ...]
    # Deleted by the rule, whether or not the contract has said so yet.
    is_deleted: bool

    @property
    def answer(self) -> tuple[int, int] | None:
        """The round that decided and its price, by our own count."""
        for outcome in self.rounds:
            if isinstance(outcome.result, Answered):
                return outcome.time.round_id, outcome.result.price
        return None

    @property
    def result(self) -> RoundResult:
        """Where the last round leaves the request."""
        return self.rounds[-1].result if self.rounds else Pending(None)


def work_out(history: VoteHistory, records: VoteRecords, at: int) -> VoteOutcome:
    """Work out every round of a request as it stands at unix time ``at``."""
    outcomes = [_round(votes, records, at) for votes in _known_rounds(history)]
    is_deleted = history.is_deleted
    if history.is_open and outcomes and isinstance(outcomes[-1].result, Rolled):
        is_deleted = _is_due_for_deletion(history, records, at)
        if not is_deleted and outcomes[-1].time.round_id < round_at(at):
            # The roll is not logged yet, but who votes now votes in the current round.
            outcomes.append(_round(RoundVotes(round_at(at), (), ()), records, at))
    return VoteOutcome(tuple(outcomes), is_deleted)


def _known_rounds(history: VoteHistory) -> list[RoundVotes]:
    """The rounds a request was put to a vote in, as far as logs tell."""
    known = {votes.round_id: votes for votes in history.rounds}
    for round_id in (history.first_round, *history.rolled_into, history.last_round):
        if round_id is not None:
            known.setdefault(round_id, RoundVotes(round_id, (), ()))
    return [known[round_id] for round_id in sorted(known)]


def _round(votes: RoundVotes, records: VoteRecords, at: int) -> RoundOutcome:
    time = RoundTime(votes.round_id)
    tally = count_votes(votes.reveals)
    terms = _terms(votes, records)
    if not time.is_over(at):
        phase = phase_at(at) if at >= time.starts_at else None
        return RoundOutcome(time, votes, tally, terms, Pending(phase))
    if terms is None:
        return RoundOutcome(time, votes, tally, terms, Rolled(RollReason.NO_QUORUM))
    return RoundOutcome(time, votes, tally, terms, decide(tally, terms))


def _terms(votes: RoundVotes, records: VoteRecords) -> RoundTerms | UnknownReason | None:
    first = records.first_reveals.get(votes.round_id)
    if first is None:
        return None
    if not all(agrees_with_ledger(reveal, records.ledger) for reveal in votes.reveals):
        return UnknownReason.STAKE_CONTRADICTED
    return freeze_round(votes.round_id, first, records.ledger, records.parameters)


def _is_due_for_deletion(history: VoteHistory, records: VoteRecords, at: int) -> bool:
    """Whether the next touch of the contract deletes the request for having rolled too often."""
    max_rolls = records.parameters.latest.max_rolls
    if history.is_governance is not False or history.last_round is None or max_rolls is None:
        return False
    # Every round that passes counts, also one in which nobody touches the contract.
    return history.roll_count + max(0, round_at(at) - history.last_round) > max_rolls
