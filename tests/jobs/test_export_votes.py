"""The votes of recorded chains as exported, against the chains' own logs."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from jobs.export import export_rows
from jobs.import_logs import import_logs
from service.chain.book import read_book
from service.clock import SystemClock
from tests.replays import CONTRACTS, path_of, read_replay
from tests.replays.votes import resolutions, rolled_requests, votes_in_order

BOOK = read_book(CONTRACTS)
VOTED = ("b-first-dispute", "c-dvm-vote", "d-too-early", "e-fifty-fifty", "g-whale-flip", "h-bloc")
Row = dict[str, Any]


def ethereum(name: str) -> Sequence[Mapping[str, Any]]:
    logs: Sequence[Mapping[str, Any]] = read_replay(name)["chains"]["1"]["logs"]
    return logs


def export_requests(sessions: sessionmaker[Session], name: str) -> dict[str, Row]:
    """The exported requests of a capture that went to the vote, by the vote's request id."""
    assert import_logs(sessions, [path_of(name)], BOOK, SystemClock()).refused == ()
    with sessions() as session:
        rows = list(export_rows(session, "questions"))
    return {r["parent_request_id"]: r for row in rows for r in row["dvm_requests"]}


@pytest.fixture(params=VOTED)
def name(request: pytest.FixtureRequest) -> str:
    given: str = request.param
    return given


def test_votes_are_exactly_the_reveals_in_their_order(
    name: str, sessions: sessionmaker[Session]
) -> None:
    exported = {
        request_id: [
            (vote["voter"].lower(), vote["round"], vote["price"], vote["tokens"])
            for vote in request["votes"]
        ]
        for request_id, request in export_requests(sessions, name).items()
    }
    assert exported == votes_in_order(ethereum(name))


def test_rolls_and_rounds_are_those_the_vote_reported(
    name: str, sessions: sessionmaker[Session]
) -> None:
    requests = export_requests(sessions, name)
    logs = ethereum(name)
    assert {id_ for id_, r in requests.items() if r["rolled"]} == rolled_requests(logs)
    reported = {id_: (r["last_round"], r["pushed_price"]) for id_, r in requests.items()}
    assert reported == resolutions(logs)


def test_a_capture_tells_the_vote_of_every_dispute(
    name: str, sessions: sessionmaker[Session]
) -> None:
    expected = read_replay(name)["expected"].values()
    sent = [r["dvm"] for question in expected for r in question["requests"] if "dvm" in r]
    exported = export_requests(sessions, name).values()
    assert sorted((r["dvm_time"], r["pushed_price"]) for r in exported) == sorted(
        (dvm["time"], dvm["pushedPrice"]) for dvm in sent
    )


def test_the_flip_rolls_once_and_is_decided_in_its_second_round(
    sessions: sessionmaker[Session],
) -> None:
    for request in export_requests(sessions, "g-whale-flip").values():
        assert request["rolled"] is True
        assert sorted({vote["round"] for vote in request["votes"]}) == [10079, 10080]
        assert request["last_round"] == 10080


def test_a_market_nobody_disputed_has_nothing_in_the_vote(
    sessions: sessionmaker[Session],
) -> None:
    assert export_requests(sessions, "k-managed-expired") == {}
