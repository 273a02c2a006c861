from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from service.api.schemas import AssessmentList
from service.store.scores.assessments import add_assessment
from tests.store.scenes import SCORED, add_market


@pytest.mark.usefixtures("told")
def test_the_latest_assessment_is_the_stored_document_itself(client: TestClient) -> None:
    assert client.get("/v1/markets/market-1/assessment").json() == SCORED.document


def test_a_market_without_assessment_has_no_document_yet(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        add_market(session, 1)
    answer = client.get("/v1/markets/market-1/assessment")
    assert answer.status_code == 404
    assert "has not been scored yet" in answer.json()["detail"]
    assert client.get("/v1/markets/market-1/assessments").json()["data"] == []


def test_history_pages_from_the_newest_to_the_first(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        market = add_market(session, 1)
        other = add_market(session, 2)
        for hours in range(5):
            moved = replace(SCORED, as_of=SCORED.as_of + timedelta(hours=hours))
            add_assessment(session, market.id, moved)
            add_assessment(session, other.id, moved)
    path = "/v1/markets/market-1/assessments?limit=2"
    first = AssessmentList.model_validate_json(client.get(path).content)
    second = client.get(f"{path}&cursor={first.next_cursor}").json()
    third = client.get(f"{path}&cursor={second['next_cursor']}").json()
    times = [line.as_of.hour for line in first.data]
    times += [int(line["as_of"][11:13]) for line in (*second["data"], *third["data"])]
    assert times == [15, 14, 13, 12, 11]
    assert third["next_cursor"] is None
    foreign = client.get(f"/v1/markets/market-2/assessments?cursor={first.next_cursor}")
    assert foreign.status_code == 422
