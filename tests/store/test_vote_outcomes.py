"""The whole recorded chain: we count what the contract reported and the bridge carried."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session, sessionmaker

from models.enums import VotePhase
from models.oracle import PushedPrice
from models.voting import DvmRequestChange
from service.database import open_engine, open_sessions
from service.protocol.ids import parse_address, to_hex
from service.protocol.prices import NO, YES
from service.protocol.rounds import RoundTime
from service.protocol.tally import (
    Answered,
    Pending,
    Rolled,
    RollReason,
    RoundTerms,
    Unknown,
    UnknownReason,
)
from service.protocol.vote_checks import find_conflicts
from service.protocol.vote_links import LinkedVote
from service.protocol.vote_outcome import VoteOutcome
from service.store.oracle.contracts import load_book
from service.store.oracle.parameter_readings import add_reading
from service.store.oracle.questions import iterate_statuses
from service.store.votes.vote_records import get_records, work_out_votes
from service.store.votes.votes import link_votes
from tests.protocol.voting import UMA
from tests.replays import read_replay
from tests.replays.votes import resolutions, rolled_requests
from tests.store.voted import WHOLE_CHAIN, add_captures, linked_votes

VOTED = [name for name in WHOLE_CHAIN if name[0] in "bcdegh"]
Voted = list[tuple[LinkedVote, VoteOutcome]]


def outcomes_of(session: Session, as_of: datetime | None = None) -> Voted:
    book = load_book(session)
    sent = [r for s in iterate_statuses(session, book, as_of) for r in s.dvm_requests]
    votes = [v for v in link_votes(session, sent, book, as_of) if v.history is not None]
    outcomes = work_out_votes(session, [v.history for v in votes if v.history], as_of)
    return [(vote, outcomes[vote.request_id]) for vote in votes if vote.request_id is not None]


def ethereum(*names: str) -> Sequence[Mapping[str, Any]]:
    return [log for name in names for log in read_replay(name)["chains"]["1"]["logs"]]


@pytest.fixture
def whole(whole_chain_url: str) -> Iterator[Session]:
    engine = open_engine(whole_chain_url)
    with open_sessions(engine)() as session:
        yield session
    engine.dispose()


def test_our_count_is_what_the_contract_reported_and_the_bridge_carried(whole: Session) -> None:
    logs = ethereum(*VOTED)
    reported = resolutions(logs)
    voted = outcomes_of(whole)
    assert len(voted) == len(reported) == 27
    for vote, outcome in voted:
        assert vote.request_id is not None
        assert outcome.answer is not None
        round_id, price = outcome.answer
        assert (round_id, str(price)) == reported[to_hex(vote.request_id)]
        assert vote.left_price == vote.landed_price == price
        assert not outcome.is_deleted
    rolled = {
        to_hex(vote.history.key.request_id)
        for vote, outcome in voted
        if vote.history and any(isinstance(r.result, Rolled) for r in outcome.rounds)
    }
    assert rolled == rolled_requests(logs)


def test_every_opened_vote_weighs_what_the_ledger_has_for_its_voter(whole: Session) -> None:
    votes = [v for v in linked_votes(whole) if v.history is not None]
    first = votes[0].history
    assert first is not None
    # Round 0 lies before the first stake: the whole ledger.
    rounds = {r.round_id for v in votes if v.history for r in v.history.rounds} | {0}
    ledger = get_records(whole, (first.chain_id, first.contract), rounds).ledger
    weighed = [
        (reveal.tokens, ledger.weight_before(reveal.voter, reveal.round_id, reveal.at.place))
        for v in votes
        if v.history
        for reveal in v.history.reveals
    ]
    assert len(weighed) == 176
    assert [tokens for tokens, _ in weighed] == [weight for _, weight in weighed]


def test_the_flip_misses_the_agreement_in_its_first_round_and_has_it_in_its_second(
    whole: Session,
) -> None:
    flipped = [
        outcome
        for vote, outcome in outcomes_of(whole)
        if vote.history is not None and vote.history.first_round == 10079
    ]
    assert len(flipped) == 2
    for outcome in flipped:
        first, second = outcome.rounds
        assert first.result == Rolled(RollReason.NO_AGREEMENT)
        assert second.result == Answered(YES)
        for part, stake, yes_share in ((first, 30_500_000, 0.62), (second, 50_500_000, 0.77)):
            assert isinstance(part.terms, RoundTerms)
            assert part.terms.stake == stake * UMA
            assert (part.terms.gat, part.terms.spat) == (5_000_000 * UMA, 65 * 10**16)
            assert part.tally.leader == YES
            assert part.tally.leader_weight / part.terms.stake == pytest.approx(
                yes_share, abs=0.005
            )
            # Six heads say No, two say Yes.
            assert len({r.voter for r in part.votes.reveals if r.price == NO}) == 6


def test_who_sealed_a_vote_without_opening_it_and_who_voted_for_whom_is_told(
    whole: Session,
) -> None:
    voter_3 = parse_address("0x68128E8f93c6fF7B48115c4d7D3D962C3470ccD5")
    voter_6 = parse_address("0x0aF5B82Eec4C5FDbC4711AE8Caa0e512b0A7a083")
    delegate = parse_address("0xFFc0857a97521eD29aF6D34Daa8e503221219F46")
    rounds = [
        outcome.rounds[0]
        for vote, outcome in outcomes_of(whole)
        if vote.history is not None and vote.history.first_round == 10072
    ]
    assert len(rounds) == 6
    for part in rounds:
        assert voter_6 in part.votes.unrevealed
        assert (voter_3, delegate) in {(vote.voter, vote.caller) for vote in part.votes.reveals}


@pytest.mark.parametrize(
    ("name", "reason"),
    [("c-dvm-vote", UnknownReason.STAKE), ("g-whale-flip", UnknownReason.PARAMETERS)],
)
def test_a_lone_capture_says_whether_stake_or_thresholds_are_unknown(
    name: str, reason: UnknownReason, sessions: sessionmaker[Session], session: Session
) -> None:
    add_captures(sessions, name)
    results = {outcome.rounds[0].result for _, outcome in outcomes_of(session)}
    assert results == {Unknown(reason)}


def test_a_gap_in_the_stake_is_unknown_and_never_a_wrong_result(
    sessions: sessionmaker[Session], session: Session
) -> None:
    # Between them 32 million were staked.
    add_captures(sessions, "00-deployment", "h-bloc")
    results = {outcome.result for _, outcome in outcomes_of(session)}
    assert results == {Unknown(UnknownReason.STAKE_CONTRADICTED)}


def test_the_result_is_known_at_the_end_of_the_round_before_anybody_reports_it(
    whole: Session,
) -> None:
    """h was voted on in round 10082; the contract reported it in the next."""
    whole.execute(delete(DvmRequestChange).where(DvmRequestChange.round_id == 10082))
    whole.execute(delete(PushedPrice))
    late = [o for v, o in outcomes_of(whole) if v.history and v.history.first_round == 10082]
    assert len(late) == 12
    assert all(isinstance(outcome.result, Answered) for outcome in late)
    assert all(len(outcome.rounds) == 1 for outcome in late)


def test_while_votes_come_in_the_result_is_pending(whole: Session) -> None:
    time = RoundTime(10072)
    for at, phase, has_votes in (
        (time.starts_at - 40_000, None, False),
        (time.starts_at + 50_000, VotePhase.COMMIT, False),
        (time.ends_at - 60, VotePhase.REVEAL, True),
    ):
        as_of = datetime.fromtimestamp(at + 780, UTC)
        open_now = [
            outcome.rounds[-1]
            for vote, outcome in outcomes_of(whole, as_of)
            if vote.history is not None and vote.history.first_round == 10072
        ]
        assert open_now
        assert {part.result for part in open_now} == {Pending(phase)}
        assert {part.tally.turnout > 0 for part in open_now} == {has_votes}


def test_count_report_and_bridge_contradict_each_other_nowhere(whole: Session) -> None:
    assert {find_conflicts(vote, outcome) for vote, outcome in outcomes_of(whole)} == {()}


def test_readings_of_the_contract_stand_in_for_logs_before_the_first_indexed_block(
    sessions: sessionmaker[Session], session: Session
) -> None:
    add_captures(sessions, "c-dvm-vote")
    contract = next(v.history.contract for v in linked_votes(session) if v.history is not None)
    read_at = datetime.fromtimestamp(RoundTime(10072).starts_at, UTC)
    # Block 70 lies between the requests' arrival and the first opened vote.
    for name, value in (
        ("cumulativeStake", 18_500_000 * UMA),
        ("gat", 5_000_000 * UMA),
        ("spat", 65 * 10**16),
    ):
        assert add_reading(session, 1, contract, name, str(value), 70, read_at)
    reported = resolutions(ethereum("c-dvm-vote"))
    for vote, outcome in outcomes_of(session):
        assert vote.request_id is not None
        assert outcome.answer is not None
        round_id, price = outcome.answer
        assert (round_id, str(price)) == reported[to_hex(vote.request_id)]
