from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from models.rate_enums import RateStatus, RateTarget, RateWeight
from service.api.base_rate_schemas import BaseRateList
from service.risk.rates.rate_parameters import load_rate_parameters
from service.risk.rates.rate_rows import make_rows
from service.store.rates.base_rate_rows import NewRun, append_rates
from service.store.rates.rate_queries import questions_text
from service.store.rates.rate_samples import load_sample, recent_since
from tests.store.rate_scenes import BOOK, add_variety
from tests.store.scenes import NOW

COUNTED_AT = NOW - timedelta(hours=1)


@pytest.fixture
def counted(sessions: sessionmaker[Session]) -> None:
    """Rates of a few questions, counted an hour ago."""
    parameters = load_rate_parameters()
    with sessions.begin() as session:
        add_variety(session)
        sample = load_sample(session, BOOK, COUNTED_AT, parameters)
        query = questions_text(session, BOOK, COUNTED_AT, recent_since(COUNTED_AT, parameters))
        append_rates(
            session,
            NewRun(COUNTED_AT, "settlewatch 1.2.3, rates-1", sample.size, query),
            make_rows(sample, parameters),
        )


def ask(client: TestClient, query: str = "") -> BaseRateList:
    answer = client.get(f"/v1/base-rates{query}")
    assert answer.status_code == 200, answer.text
    return BaseRateList.model_validate_json(answer.content)


@pytest.mark.usefixtures("counted")
def test_a_rate_says_its_interval_its_data_and_the_query_that_counts_it_again(
    client: TestClient, sessions: sessionmaker[Session]
) -> None:
    (line,) = ask(client, "?target=disputed&weight=count&stratum=all").data
    assert (line.questions, line.positives, line.clusters) == (12, 4, 10)
    # Twelve questions are too few for an estimate.
    assert (line.status, line.estimate, line.p05) == (RateStatus.BOUND_ONLY, None, None)
    assert line.p95 is not None
    assert line.reason is not None
    assert line.wilson95 is not None
    assert (line.as_of, line.code_version) == (COUNTED_AT, "settlewatch 1.2.3, rates-1")
    with sessions() as session:
        counted_again = session.execute(text(line.query)).mappings().one()
    assert dict(counted_again) == {"questions": 12, "positives": 4}


@pytest.mark.usefixtures("counted")
def test_money_comes_with_all_its_weights_and_refuses_what_it_cannot_support(
    client: TestClient,
) -> None:
    lines = ask(client, "?target=disputed&weight=money&stratum=all").data
    assert [line.weight for line in lines] == [
        RateWeight.LOSS_COST_BASIS,
        RateWeight.OPEN_INTEREST,
        RateWeight.VOLUME,
    ]
    basis, interest, _ = lines
    assert (basis.status, basis.questions, basis.missing) == (RateStatus.MISSING, 0, 12)
    assert (interest.status, interest.estimate) == (RateStatus.REFUSED, None)
    assert interest.reason is not None
    assert interest.reason.startswith("data cannot support a weighted rate")
    assert interest.missing == 1


@pytest.mark.usefixtures("counted")
def test_misresolution_is_uncalibrated(client: TestClient) -> None:
    lines = ask(client, "?target=misresolved&stratum=all").data
    assert lines
    assert {line.status for line in lines} == {RateStatus.UNCALIBRATED}
    assert all(line.estimate is None and line.p95 is not None for line in lines)


@pytest.mark.usefixtures("counted")
def test_pages_follow_each_other_without_gap_or_double(client: TestClient) -> None:
    whole = [key(line) for line in ask(client, "?target=disputed&limit=200").data]
    paged, cursor = [], ""
    while True:
        page = ask(client, f"?target=disputed&limit=20{cursor}")
        paged += [key(line) for line in page.data]
        if page.next_cursor is None:
            break
        cursor = f"&cursor={page.next_cursor}"
    assert paged == whole
    assert len(set(whole)) == len(whole) > 40
    assert {target for target, *_ in whole} == {RateTarget.DISPUTED}


def key(line: object) -> tuple[object, ...]:
    names = ("target", "weight", "stratum", "name", "measure")
    return tuple(getattr(line, name) for name in names)


@pytest.mark.usefixtures("counted")
def test_the_past_is_told_as_it_was_counted(client: TestClient) -> None:
    assert ask(client, f"?as_of={COUNTED_AT:%Y-%m-%dT%H:%M:%SZ}&limit=1").data
    assert ask(client, f"?as_of={COUNTED_AT - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}").data == []


@pytest.mark.usefixtures("counted")
def test_an_unchanged_answer_costs_nothing(client: TestClient) -> None:
    first = client.get("/v1/base-rates?limit=2")
    again = client.get("/v1/base-rates?limit=2", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "query",
    [
        "?target=wrong",
        "?weight=open_interest",
        "?stratum=colour",
        "?as_of=2026-01-01T00:00:00",
        "?as_of=2036-01-01T00:00:00Z",
        "?limit=0",
        "?limit=201",
        "?cursor=abc",
        "?colour=red",
        "?target=disputed&target=disputed",
    ],
)
def test_what_cannot_be_used_is_refused_by_name(client: TestClient, query: str) -> None:
    answer = client.get(f"/v1/base-rates{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_before_the_first_counting_the_list_is_empty(client: TestClient) -> None:
    assert ask(client).data == []
