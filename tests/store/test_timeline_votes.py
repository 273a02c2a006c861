"""What a market's timeline tells of the vote."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session, sessionmaker

from models.enums import VoteRequestChangeKind
from models.market import Market
from models.voting import Commit, DvmRequestChange, Reveal
from service.database import open_engine, open_sessions
from service.protocol.ids import parse_address, parse_hex32
from service.store.timeline.timeline import list_timeline
from service.store.timeline.timeline_entry import TimelineEntry
from tests.replays import read_replay
from tests.store.scenes import add_market
from tests.store.voted import add_captures


def listed(session: Session, name: str, key: str) -> Market:
    question = read_replay(name)["expected"][key]
    return add_market(
        session,
        1,
        condition_id=parse_hex32(question["conditionId"]),
        question_id=parse_hex32(question["questionID"]),
        uma_question_id=parse_hex32(question["questionID"]),
        adapter=parse_address(question["adapter"]),
    )


def of_the_vote(entries: list[TimelineEntry]) -> list[TimelineEntry]:
    return [e for e in entries if e.kind.startswith("vote_") and e.kind != "vote_answer"]


@pytest.fixture
def flipped(whole_chain_url: str) -> Iterator[tuple[Session, Market]]:
    engine = open_engine(whole_chain_url)
    with open_sessions(engine)() as session:
        yield session, listed(session, "g-whale-flip", "g1")
    engine.dispose()


def test_a_round_is_one_line_and_not_one_a_vote(flipped: tuple[Session, Market]) -> None:
    entries = of_the_vote(list_timeline(*flipped))
    # Two disputes, each voted on in the same two rounds.
    assert [entry.kind for entry in entries] == [
        *["vote_requested"] * 2,
        *["vote_opened"] * 2,
        *["vote_round_ended"] * 2,
        *["vote_rolled"] * 2,
        *["vote_opened"] * 2,
        *["vote_round_ended"] * 2,
        *["vote_resolved"] * 2,
    ]


def test_the_story_reads_from_arrival_to_report(flipped: tuple[Session, Market]) -> None:
    sentences = [entry.sentence for entry in of_the_vote(list_timeline(*flipped))][::2]
    assert sentences == [
        (
            "The request reached the vote, for round 10079: votes are sealed from "
            "2025-03-11 00:00 UTC and opened from 2025-03-12 00:00 UTC."
        ),
        "The first of 8 votes of round 10079 was opened.",
        (
            "Round 10079 ended without an answer: 62.0 % of all stake agreed on \u201cYes\u201d, "
            "not over 65.0 %."
        ),
        "The request was moved to the next round of the vote.",
        "The first of 8 votes of round 10080 was opened.",
        "Round 10080 ended with \u201cYes\u201d, 77.0 % of all stake.",
        "The vote was reported as decided: \u201cYes\u201d.",
    ]


def test_every_entry_has_a_place_of_its_own_and_its_evidence(
    flipped: tuple[Session, Market],
) -> None:
    entries = list_timeline(*flipped)
    assert all(a.key < b.key for a, b in pairwise(entries))
    for entry in of_the_vote(entries):
        assert entry.transaction is not None
        assert entry.transaction.chain_id == 1
        assert entry.known_at > entry.at


def test_a_result_that_cannot_be_told_says_why(
    sessions: sessionmaker[Session], session: Session
) -> None:
    add_captures(sessions, "c-dvm-vote")
    entries = list_timeline(session, listed(session, "c-dvm-vote", "c1"))
    ends = [entry.sentence for entry in entries if entry.kind == "vote_round_ended"]
    assert ends == ["Round 10072 ended and we cannot tell its result (stake)."] * 2


def test_a_round_nobody_voted_in_lacked_stake(flipped: tuple[Session, Market]) -> None:
    session, market = flipped
    for table in (Reveal, Commit):
        session.execute(delete(table))
    resolved = DvmRequestChange.kind == VoteRequestChangeKind.RESOLVED
    session.execute(delete(DvmRequestChange).where(resolved))
    ends = [e.sentence for e in list_timeline(session, market) if e.kind == "vote_round_ended"]
    assert ends[0] == "Round 10079 ended without an answer: too little stake voted."
