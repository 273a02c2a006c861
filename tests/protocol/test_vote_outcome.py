"""A request through its rounds: rolls nobody has logged yet, deletion, rolls that carry nothing."""

from collections.abc import Sequence
from dataclasses import replace

from models.enums import VotePhase, VoteRequestChangeKind
from service.protocol.dated_fact import DatedFact
from service.protocol.prices import NO, YES
from service.protocol.rounds import ROUND_SECONDS, RoundTime
from service.protocol.stake import StakeLedger, fold_stake
from service.protocol.tally import Answered, Pending, Rolled, RollReason, Unknown, UnknownReason
from service.protocol.vote_facts import (
    VoteCommitted,
    VoteRequestChanged,
    VoteRequested,
    VoteRevealed,
)
from service.protocol.vote_history import VoteHistory, fold_votes
from service.protocol.vote_outcome import VoteOutcome, VoteRecords, work_out
from service.protocol.voting_parameters import ParameterHistory, VotingParameters
from tests.protocol.voting import KEY, instant, place, reveal, staked, voter

FIRST = 10_000
OVER = RoundTime(FIRST).ends_at


def added(*, is_governance: bool = False) -> DatedFact:
    fact = VoteRequested(place(1), KEY, b"", voter(9), FIRST, is_governance)
    return DatedFact(fact, instant(RoundTime(FIRST).starts_at - 1_000))


def rolled(count: int, round_id: int) -> DatedFact:
    fact = VoteRequestChanged(
        place(10 * (round_id - FIRST)), KEY, VoteRequestChangeKind.ROLLED, roll_count=count
    )
    return DatedFact(fact, instant(RoundTime(round_id).starts_at + 5))


def opened(vote: VoteRevealed) -> DatedFact:
    return DatedFact(vote, instant(RoundTime(vote.round_id).reveal_starts_at + 5))


def records(*rounds: int) -> VoteRecords:
    ledger = fold_stake([staked(1, 100, 100, 100, block=0, at=1)])
    ledger = replace(ledger, voters={})
    parameters = VotingParameters(gat=10, spat=65 * 10**16, max_rolls=2)
    return VoteRecords(
        ledger, ParameterHistory(((0, 0),), (parameters,)), dict.fromkeys(rounds, (2, 0))
    )


def outcome_at(at: int, facts: Sequence[DatedFact], known: VoteRecords) -> VoteOutcome:
    return work_out(fold_votes(KEY, facts), known, at)


def test_votes_of_an_earlier_round_do_not_count_in_a_later_one() -> None:
    facts = [
        added(),
        opened(reveal(YES, 60, by=1, block=3)),
        rolled(1, FIRST + 1),
        opened(reveal(YES, 60, by=2, block=14, round_id=FIRST + 1)),
    ]
    outcome = outcome_at(OVER + ROUND_SECONDS, facts, records(FIRST, FIRST + 1))
    assert [part.result for part in outcome.rounds[:2]] == [Rolled(RollReason.NO_AGREEMENT)] * 2
    assert outcome.answer is None


def test_a_round_that_failed_goes_on_in_the_current_one_before_the_roll_is_logged() -> None:
    facts = [added(), opened(reveal(YES, 60, block=3))]
    outcome = outcome_at(OVER + 10, facts, records(FIRST))
    assert [part.time.round_id for part in outcome.rounds] == [FIRST, FIRST + 1]
    assert outcome.result == Pending(VotePhase.COMMIT)
    assert not outcome.is_deleted


def test_an_answered_round_goes_on_in_no_other() -> None:
    facts = [added(), opened(reveal(YES, 66, block=3))]
    outcome = outcome_at(OVER + 9 * ROUND_SECONDS, facts, records(FIRST))
    assert [part.result for part in outcome.rounds] == [Answered(YES)]
    assert outcome.answer == (FIRST, YES)


def test_a_request_rolled_more_often_than_allowed_is_deleted_before_anybody_says_so() -> None:
    # max_rolls is 2: it survives two rounds without an answer, the third deletes it.
    facts = [added()]
    for passed, is_deleted in ((1, False), (2, False), (3, True)):
        at = OVER + (passed - 1) * ROUND_SECONDS
        assert outcome_at(at, facts, records()).is_deleted is is_deleted


def test_governance_is_never_deleted() -> None:
    facts = [added(is_governance=True)]
    assert not outcome_at(OVER + 50 * ROUND_SECONDS, facts, records()).is_deleted


def test_a_logged_deletion_is_the_end() -> None:
    change = VoteRequestChanged(place(99), KEY, VoteRequestChangeKind.DELETED, roll_count=3)
    facts = [added(), rolled(1, FIRST + 1), DatedFact(change, instant(OVER + 3 * ROUND_SECONDS))]
    outcome = outcome_at(OVER + 9 * ROUND_SECONDS, facts, records())
    assert outcome.is_deleted
    assert {part.result for part in outcome.rounds} == {Rolled(RollReason.NO_QUORUM)}


def test_a_result_we_cannot_tell_is_not_taken_for_a_roll() -> None:
    facts = [added(), opened(reveal(NO, 60, block=3))]
    unknown = replace(records(FIRST), ledger=StakeLedger())
    outcome = outcome_at(OVER + 9 * ROUND_SECONDS, facts, unknown)
    assert [part.result for part in outcome.rounds] == [Unknown(UnknownReason.STAKE)]
    assert not outcome.is_deleted


def test_a_vote_sealed_twice_and_opened_once_is_no_unopened_vote() -> None:
    def sealed(by: int, index: int) -> DatedFact:
        fact = VoteCommitted(place(2, index), KEY, voter(by), voter(by), FIRST)
        return DatedFact(fact, instant(RoundTime(FIRST).starts_at))

    facts = [added(), sealed(1, 0), sealed(1, 1), sealed(2, 2), opened(reveal(YES, 5, block=3))]
    (part,) = fold_votes(KEY, facts).rounds
    assert part.unrevealed == (voter(2),)


def test_the_last_round_is_the_latest_the_logs_speak_of() -> None:
    def last(*facts: DatedFact) -> int | None:
        history: VoteHistory = fold_votes(KEY, facts)
        return history.last_round

    assert last(added()) == FIRST
    assert last(added(), rolled(1, FIRST + 1)) == FIRST + 1
    # The round it was rolled into was full: its votes show where it went.
    late = opened(reveal(YES, 5, block=50, round_id=FIRST + 4))
    assert last(added(), rolled(1, FIRST + 1), late) == FIRST + 4


def deleted(count: int, round_id: int) -> DatedFact:
    fact = VoteRequestChanged(
        place(10 * (round_id - FIRST)), KEY, VoteRequestChangeKind.DELETED, roll_count=count
    )
    return DatedFact(fact, instant(RoundTime(round_id).starts_at + 5))


def test_a_request_asked_again_after_its_deletion_begins_anew() -> None:
    again = VoteRequested(place(80), KEY, b"", voter(8), FIRST + 8, is_governance=False)
    facts = [
        added(),
        rolled(1, FIRST + 1),
        rolled(2, FIRST + 2),
        deleted(3, FIRST + 3),
        DatedFact(again, instant(RoundTime(FIRST + 7).starts_at + 5)),
    ]
    history = fold_votes(KEY, facts)
    assert (history.is_deleted, history.roll_count, history.rolled_into) == (False, 0, ())
    assert (history.requester, history.first_round) == (voter(8), FIRST + 8)
    assert history.added_at == facts[-1].mined_at
    # One more failed round is its first, and max_rolls is 2.
    outcome = outcome_at(RoundTime(FIRST + 8).ends_at + 5, facts, records())
    assert not outcome.is_deleted
    assert fold_votes(KEY, [*facts, rolled(1, FIRST + 9)]).roll_count == 1
