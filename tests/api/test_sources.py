from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from models.enums import JobOutcome, SourceState
from models.operation import JobRun, Source
from service.api.app import create_app
from service.api.schemas import Health, Readiness, SourceList
from service.clock import SetClock
from service.protocol.rate_limits import RequestCount
from service.protocol.sources import SourceHealth, UrlHealth
from service.store.markets.catalogue import raise_counts
from service.store.operations.request_minutes import add_requests
from service.store.operations.sources import record_node
from tests.store.scenes import NOW


def add_sources(sessions: sessionmaker[Session], clob: SourceState) -> None:
    with sessions.begin() as session:
        session.add(Source(name="gamma", state=SourceState.OK, since=NOW, failures_in_a_row=0))
        session.add(
            Source(
                name="clob",
                state=clob,
                since=NOW - timedelta(minutes=3),
                reason="connection refused",
                failures_in_a_row=4,
                retry_at=NOW + timedelta(seconds=30),
            )
        )
        for minutes, outcome in ((9, JobOutcome.OK), (1, JobOutcome.FAILED)):
            session.add(
                JobRun(
                    job="sync_markets",
                    started_at=NOW - timedelta(minutes=minutes),
                    outcome=outcome,
                    counts={},
                )
            )


def test_sources_say_since_when_and_why(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    add_sources(sessions, SourceState.DOWN)
    answer = client.get("/v1/sources")
    listed = SourceList.model_validate_json(answer.content)
    clob, gamma = listed.data
    assert (clob.name, clob.state, clob.reason) == ("clob", "down", "connection refused")
    assert clob.since == NOW - timedelta(minutes=3)
    assert gamma.reason is None
    assert [(job.job, job.outcome) for job in listed.jobs] == [("sync_markets", "failed")]


def test_a_chain_shows_what_went_wrong_and_each_url_without_its_address(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    url = UrlHealth(
        number=1,
        state=SourceState.DEGRADED,
        reason="is 200 blocks behind the best head",
        head=300,
        lag_blocks=200,
        latency_ms=41,
        failures_in_a_row=0,
        last_success_at=NOW,
        last_failure_at=None,
        retry_at=NOW + timedelta(seconds=30),
    )
    with sessions.begin() as session:
        health = SourceHealth("polygon_rpc", SourceState.OK, since=NOW)
        record_node(session, health, [url], {"lagging_heads": 3}, NOW)
        session.add(Source(name="gamma", state=SourceState.OK, since=NOW, failures_in_a_row=0))
    gamma, polygon = SourceList.model_validate_json(client.get("/v1/sources").content).data
    assert (gamma.counts, gamma.urls) == ({}, [])
    assert polygon.counts == {"lagging_heads": 3}
    (line,) = polygon.urls
    assert (line.number, line.state, line.lag_blocks) == (1, "degraded", 200)
    assert line.reason == "is 200 blocks behind the best head"
    assert line.retry_at == NOW + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (SourceState.OK, "ready"),
        (SourceState.NOT_CONFIGURED, "ready"),
        (SourceState.DEGRADED, "degraded"),
        (SourceState.DOWN, "degraded"),
    ],
)
def test_a_source_that_is_down_degrades_readiness_and_no_more(
    sessions: sessionmaker[Session], client: TestClient, state: SourceState, status: str
) -> None:
    add_sources(sessions, state)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert Readiness.model_validate_json(answer.content).status == status


@pytest.fixture
def cut_off(tmp_path: Path) -> TestClient:
    """The API in front of a database that cannot be opened."""
    engine = create_engine(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    app = create_app(sessionmaker(engine), SetClock(NOW), version="1.2.3")
    return TestClient(app, raise_server_exceptions=False)


def test_without_a_database_the_process_is_healthy_and_not_ready(cut_off: TestClient) -> None:
    health = cut_off.get("/healthz")
    assert health.status_code == 200
    assert Health.model_validate_json(health.content).version == "1.2.3"
    ready = cut_off.get("/readyz")
    assert ready.status_code == 503
    body = Readiness.model_validate_json(ready.content)
    assert (body.status, body.database.state) == ("unavailable", "failed")
    assert "folder.db" not in ready.text


def test_without_a_database_data_is_refused_for_now(cut_off: TestClient) -> None:
    answer = cut_off.get("/v1/markets")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["content-type"] == "application/problem+json"
    assert "folder.db" not in answer.text


def test_a_schema_that_does_not_fit_is_named(sessions: sessionmaker[Session]) -> None:
    app = create_app(
        sessions, SetClock(NOW), version="1", readiness=lambda: "run `settlewatch db upgrade`"
    )
    answer = TestClient(app).get("/readyz")
    assert answer.status_code == 503
    body = Readiness.model_validate_json(answer.content)
    assert body.database.state == "ok"
    assert body.database_schema.reason == "run `settlewatch db upgrade`"


def test_published_limits_stand_beside_what_is_planned_and_sent(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    minute = NOW.replace(second=0, microsecond=0) - timedelta(minutes=1)
    with sessions.begin() as session:
        add_requests(session, [RequestCount("clob_books", minute, 40, refused=1)])
    listed = SourceList.model_validate_json(client.get("/v1/sources").content)
    limits = {line.name: line for line in listed.limits}
    assert limits["gamma_markets"].published_per_10s == 300
    assert limits["clob_books"].measured_per_minute == 4
    assert (limits["clob_books"].most_in_a_minute, limits["clob_books"].refused) == (40, 1)
    assert listed.stretched == []


def test_what_the_lists_showed_and_nothing_scores_is_counted(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        raise_counts(session, {"micro_markets": 70, "not_uma": 3}, NOW - timedelta(days=1))
        raise_counts(session, {"micro_markets": 90}, NOW)
        raise_counts(session, {"micro_markets": 80}, NOW)
    listed = SourceList.model_validate_json(client.get("/v1/sources").content)
    assert [(line.name, line.day, line.records) for line in listed.catalogue] == [
        ("micro_markets", NOW.date(), 90),
        ("not_uma", NOW.date() - timedelta(days=1), 3),
    ]
