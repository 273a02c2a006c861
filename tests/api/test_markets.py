from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from models.enums import Category, MarketState
from models.market import Market
from service.api.schemas import MarketDetail, MarketList
from service.protocol.ids import to_hex
from service.store.markets.markets import get_market
from service.store.scores.assessments import add_assessment
from tests.store.scenes import NOW, SCORED, add_market, add_scored, question_id_of, ref_of


@pytest.mark.usefixtures("told")
def test_a_list_shows_each_market_as_the_schema_says(client: TestClient) -> None:
    answer = client.get("/v1/markets")
    assert answer.status_code == 200
    page = MarketList.model_validate_json(answer.content)
    assert [line.slug for line in page.data] == ["market-1", "market-2"]
    assert page.next_cursor is None
    first, second = answer.json()["data"]
    assert first["ref"] == ref_of(1)
    assert first["expected_loss_usdc"] == "2.500000"
    assert first["as_of"] == "2026-03-01T11:55:00Z"
    assert first["p"] == {"mean": 0.0003, "p05": 0.0001, "p95": 0.0008}
    assert (second["open_interest_usdc"], second["expected_loss_usdc"]) == (None, None)


def test_filters_narrow_and_pages_follow(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        for number in range(7):
            add_scored(
                session,
                number,
                state=MarketState.VOTING if number % 2 else MarketState.PROPOSED,
                category=Category.CRYPTO,
                open_interest=number * 1_000_000,
            )
        add_scored(session, 8, category=Category.SPORTS)
    query = "/v1/markets?category=crypto&state=voting&state=proposed&min_open_interest=1.5&limit=2"
    seen: list[str] = []
    cursor = ""
    for _ in range(9):
        page = client.get(query + cursor).json()
        seen += [line["slug"] for line in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [f"market-{number}" for number in (6, 5, 4, 3, 2)]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("limit=1&limit=2", "limit"),
        ("state=nope", "state"),
        ("category=", "category"),
        ("min_open_interest=-1", "min_open_interest"),
        ("min_open_interest=NaN", "min_open_interest"),
        ("min_open_interest=1e99", "min_open_interest"),
        ("sort=title", "sort"),
        ("cursor=abc", "cursor"),
        ("ordr=x", "ordr"),
        ("Limit=1", "Limit"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_parameter_that_cannot_be_used_is_refused_by_name(
    client: TestClient, query: str, named: str
) -> None:
    answer = client.get(f"/v1/markets?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert [error["parameter"] for error in problem["errors"]] == [named]
    assert named in problem["detail"]


def test_a_cursor_used_with_other_filters_is_refused(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        for number in range(3):
            add_scored(session, number)
    cursor = client.get("/v1/markets?limit=1").json()["next_cursor"]
    assert client.get(f"/v1/markets?limit=2&cursor={cursor}").status_code == 200
    answer = client.get(f"/v1/markets?sort=probability&cursor={cursor}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "cursor"


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    "ref", [ref_of(1), "market-1", "500001", to_hex(question_id_of(1))], ids=str
)
def test_one_market_is_shown_whole_under_each_of_its_names(client: TestClient, ref: str) -> None:
    answer = client.get(f"/v1/markets/{ref}")
    assert answer.status_code == 200
    detail = MarketDetail.model_validate_json(answer.content)
    assert detail.ref == ref_of(1)
    assert detail.p is not None
    assert detail.p.p50 == pytest.approx(0.0002)
    assert detail.adapter == "0x65070BE91477460D8A7AeEb94ef92fe056C2f2A7"
    assert detail.rules is not None
    assert detail.rules.version == 2
    assert detail.group is not None
    assert detail.links.polymarket == "https://polymarket.com/event/group-1/market-1"
    assert detail.assessment is not None
    assert detail.missing == []


def test_a_market_not_scored_yet_says_so_instead_of_zero(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        add_market(session, 5, adapter=None, question_id=None, slug=None)
    body = client.get(f"/v1/markets/{ref_of(5)}").json()
    MarketDetail.model_validate(body, strict=False)
    assert body["p"] is None
    assert body["state"] is None
    assert body["missing"] == [
        "assessment: not scored yet; the next run of score_markets makes one"
    ]
    assert client.get("/v1/markets").json()["data"] == []


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("path", ["", "/assessment", "/assessments", "/timeline"])
def test_an_unknown_reference_is_echoed(client: TestClient, path: str) -> None:
    answer = client.get(f"/v1/markets/no-such-<market>%00{path}")
    assert answer.status_code == 404
    problem = answer.json()
    assert problem["reference"] == "no-such-<market>\x00"
    assert (problem["status"], problem["title"]) == (404, "Not Found")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_reference_too_long_to_be_one_is_refused_by_name(client: TestClient) -> None:
    answer = client.get(f"/v1/markets/{'x' * 301}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "ref"


def test_a_new_score_is_the_next_answer(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        market_id = add_scored(session, 1).id
    before = client.get("/v1/markets/market-1").json()["as_of"]
    with sessions.begin() as session:
        market = get_market(session, "market-1")
        assert isinstance(market, Market)
        later = replace(SCORED, as_of=NOW + timedelta(hours=1), p_mean=0.4, p_high=0.5)
        add_assessment(session, market_id, later)
    after = client.get("/v1/markets/market-1").json()
    assert (before, after["as_of"]) == ("2026-03-01T11:55:00Z", "2026-03-01T13:00:00Z")
    assert after["p"]["mean"] == 0.4
