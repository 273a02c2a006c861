"""A market's votes over the API, on recorded chains."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete
from sqlalchemy.orm import Session, sessionmaker

from models.enums import LinkMethod, Outcome
from models.voting import Commit, DvmRequest, DvmRequestChange, Reveal
from service.api.app import create_app
from service.api.vote_schemas import MarketVotes
from service.clock import SetClock
from service.protocol.ids import parse_address, parse_hex32
from service.store.oracle.provisional import replace_provisional
from service.store.votes.reveals import iterate_reveals
from tests.replays import read_replay
from tests.store.scenes import NOW, add_market
from tests.store.voted import WHOLE_CHAIN, add_captures


def add_listed(sessions: sessionmaker[Session], name: str, key: str, number: int = 1) -> None:
    """A recorded question as the catalogue would list it."""
    question = read_replay(name)["expected"][key]
    with sessions.begin() as session:
        add_market(
            session,
            number,
            condition_id=parse_hex32(question["conditionId"]),
            question_id=parse_hex32(question["questionID"]),
            uma_question_id=parse_hex32(question["questionID"]),
            adapter=parse_address(question["adapter"]),
        )


def ask(client: TestClient, number: int = 1) -> MarketVotes:
    answer = client.get(f"/v1/markets/market-{number}/votes")
    assert answer.status_code == 200
    return MarketVotes.model_validate_json(answer.content)


def test_the_flip_is_told_round_by_round(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    add_captures(sessions, *WHOLE_CHAIN)
    add_listed(sessions, "g-whale-flip", "g1")
    first, second = ask(client).data
    assert [line.pays for line in (first, second)] == [False, True]
    for line in (first, second):
        assert line.link_method is LinkMethod.PARENT_ID
        assert line.proposed_outcome is Outcome.NO
        rolled, decided = line.rounds
        assert (rolled.result.kind, rolled.result.reason) == ("rolled", "no_agreement")
        assert (decided.result.kind, decided.result.outcome) == ("answered", Outcome.YES)
        assert (rolled.stake_uma, rolled.gat_uma, rolled.spat) == (
            "30500000.000000000000000000",
            "5000000.000000000000000000",
            "0.650000000000000000",
        )
        assert rolled.min_agreement_uma == "19825000.000000000000000000"
        assert line.result is not None
        assert line.result.outcome is Outcome.YES
        assert line.decided_round == decided.round == 10080
        assert line.reported is not None
        assert line.reported.round == 10080
        assert line.left_price == line.landed_price == str(10**18)
        assert line.conflicts == []
        assert line.slashes is not None
        assert (line.slashes.voters, float(line.slashes.lost_uma) > 0) == (8, True)
        assert line.parameters is not None
        assert (line.parameters.max_rolls, line.parameters.missing) == (2, [])


def test_each_vote_carries_its_evidence_and_its_sender(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    add_captures(sessions, "c-dvm-vote")
    add_listed(sessions, "c-dvm-vote", "c1")
    for line in ask(client).data:
        (part,) = line.rounds
        assert (part.sealed, part.opened, len(part.votes)) == (7, 6, 6)
        assert part.unopened == ["0x0aF5B82Eec4C5FDbC4711AE8Caa0e512b0A7a083"]
        assert [v.caller for v in part.votes if v.caller != v.voter] == [
            "0xFFc0857a97521eD29aF6D34Daa8e503221219F46"
        ]
        for vote in part.votes:
            assert vote.evidence.link == f"https://etherscan.io/tx/{vote.evidence.transaction}"


def test_what_cannot_be_told_is_null_with_its_reason(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    add_captures(sessions, "c-dvm-vote")
    add_listed(sessions, "c-dvm-vote", "c1")
    for line in ask(client).data:
        (part,) = line.rounds
        assert (part.result.kind, part.result.reason) == ("unknown", "stake")
        assert (part.stake_uma, part.unknown_terms) == (None, "stake")
        assert line.reported is not None
        assert line.reported.outcome is Outcome.NO
        assert line.parameters is not None
        assert "gat" in line.parameters.missing


def test_a_market_nobody_disputed_has_no_votes(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    add_captures(sessions, "k-managed-expired")
    add_listed(sessions, "k-managed-expired", "k1")
    assert ask(client).data == []


def test_a_dispute_whose_vote_is_not_stored_is_told_without_one(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    add_captures(sessions, "e-fifty-fifty")
    add_listed(sessions, "e-fifty-fifty", "e2")
    with sessions.begin() as session:
        for table in (DvmRequest, DvmRequestChange, Commit, Reveal):
            session.execute(delete(table))
    for line in ask(client).data:
        assert (line.link_method, line.result, line.rounds) == (LinkMethod.NONE, None, [])
        assert line.request_id is not None


def test_an_unchanged_answer_costs_nothing_and_an_unknown_market_is_a_problem(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    add_captures(sessions, "b-first-dispute")
    add_listed(sessions, "b-first-dispute", "b1")
    first = client.get("/v1/markets/market-1/votes")
    again = client.get(
        "/v1/markets/market-1/votes", headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    missing = client.get("/v1/markets/nowhere/votes")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_reconstructions_votes_are_looked_up_nowhere(sessions: sessionmaker[Session]) -> None:
    add_captures(sessions, "b-first-dispute")
    add_listed(sessions, "b-first-dispute", "b1")
    app = create_app(sessions, SetClock(NOW), version="1", banner="Reconstruction…")
    with TestClient(app) as client:
        (line,) = ask(client).data
    assert {vote.evidence.link for vote in line.rounds[0].votes} == {None}


def test_votes_in_blocks_that_are_not_final_are_told_apart(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    add_captures(sessions, "b-first-dispute")
    add_listed(sessions, "b-first-dispute", "b1")
    with sessions.begin() as session:
        final = [fact for fact, _ in iterate_reveals(session)]
        for table in (Reveal, DvmRequestChange):
            session.execute(delete(table))
        replace_provisional(session, 1, final, lambda _: NOW, NOW)
    (line,) = ask(client).data
    assert not any(part.votes for part in line.rounds)
    assert len(line.provisional_votes) == len(final) == 4
