"""Each way in which count, report and bridge can contradict each other is named."""

from dataclasses import replace

import pytest

from models.enums import LinkMethod, VoteConflict, VoteRequestChangeKind
from service.protocol.prices import NO, YES
from service.protocol.request_status import DvmRequestStatus
from service.protocol.rounds import RoundTime
from service.protocol.tally import (
    Answered,
    Rolled,
    RollReason,
    RoundResult,
    Unknown,
    UnknownReason,
    count_votes,
)
from service.protocol.vote_checks import find_conflicts
from service.protocol.vote_facts import VoteRequestChanged
from service.protocol.vote_history import RoundVotes, fold_votes
from service.protocol.vote_links import LinkedVote
from service.protocol.vote_outcome import RoundOutcome, VoteOutcome
from tests.protocol.test_vote_outcome import FIRST, OVER, added
from tests.protocol.voting import KEY, VOTING, instant, place

SENT = DvmRequestStatus(
    chain_id=137,
    oracle=VOTING,
    identifier=KEY.identifier,
    child_request_id=b"\1" * 32,
    parent_request_id=KEY.request_id,
    dvm_time=KEY.dvm_time,
    stamped_hash=b"",
    pushed_price=None,
    is_landed=True,
    transaction_hash=b"\2" * 32,
)
ROLLED = Rolled(RollReason.NO_QUORUM)


def vote(
    price: int = YES, round_id: int = FIRST, *, left: int | None = YES, landed: int | None = YES
) -> LinkedVote:
    resolved = VoteRequestChanged(
        place(9), KEY, VoteRequestChangeKind.RESOLVED, round_id, resolved_index=0, price=price
    )
    history = fold_votes(KEY, [added()])
    history = replace(history, resolution=resolved, resolved_at=instant(OVER))
    return LinkedVote(SENT, LinkMethod.PARENT_ID, history, left, landed)


def counted(*results: RoundResult) -> VoteOutcome:
    rounds = tuple(
        RoundOutcome(
            RoundTime(FIRST + n), RoundVotes(FIRST + n, (), ()), count_votes(()), None, result
        )
        for n, result in enumerate(results)
    )
    return VoteOutcome(rounds, is_deleted=False)


def test_where_all_agree_there_is_no_conflict() -> None:
    assert find_conflicts(vote(), counted(Answered(YES))) == ()
    assert find_conflicts(vote(left=None, landed=None), counted(Answered(YES))) == ()


@pytest.mark.parametrize(
    ("told", "outcome", "conflict"),
    [
        (vote(NO), counted(Answered(YES)), VoteConflict.REPORTED_PRICE),
        (vote(round_id=FIRST + 1), counted(Answered(YES)), VoteConflict.REPORTED_ROUND),
        (vote(), counted(ROLLED), VoteConflict.REPORTED_WITHOUT_ANSWER),
        (vote(left=NO), counted(Answered(YES)), VoteConflict.LEFT_PRICE),
        (vote(landed=NO), counted(Answered(YES)), VoteConflict.LANDED_PRICE),
    ],
)
def test_each_contradiction_is_named_alone(
    told: LinkedVote, outcome: VoteOutcome, conflict: VoteConflict
) -> None:
    assert find_conflicts(told, outcome) == (conflict,)


def test_a_deletion_of_what_was_answered_is_named() -> None:
    told = vote()
    assert told.history is not None
    gone = replace(told, history=replace(told.history, resolution=None, is_deleted=True))
    assert find_conflicts(gone, counted(Answered(YES))) == (VoteConflict.DELETED_WITH_ANSWER,)


def test_a_result_we_cannot_tell_contradicts_nothing() -> None:
    assert find_conflicts(vote(), counted(Unknown(UnknownReason.STAKE))) == ()


def test_the_two_ends_of_the_bridge_are_compared_even_without_a_vote() -> None:
    told = replace(vote(left=YES, landed=NO), history=None)
    assert find_conflicts(told, VoteOutcome((), is_deleted=False)) == (VoteConflict.LANDED_PRICE,)
