"""`/v1/markets/{ref}/explanation`: the stored score explained, within strict limits."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from jobs.cell_cache import CellCache
from jobs.score_markets import score_markets
from models.liquidity import OpenInterest
from service.clock import SetClock
from service.protocol.contracts import ContractBook
from service.store.markets.listings import mark_changed
from tests.risk.scenes import PARAMETERS
from tests.store.scenes import MICRO, NOW, add_contracts, add_market, ref_of

EARLIER = NOW - timedelta(days=2)


@pytest.fixture
def scored(sessions: sessionmaker[Session]) -> None:
    """A calm market, scored two days ago and again with more money in it; another not scored."""
    cache, book = CellCache(PARAMETERS), ContractBook(())
    with sessions.begin() as session:
        add_contracts(session)
        market_id = add_market(session, 1, stale_since=EARLIER).id
    score_markets(sessions, sessions, SetClock(EARLIER), cache, book, ())
    with sessions.begin() as session:
        session.add(OpenInterest(market_id=market_id, value=9_000 * MICRO, known_at=NOW))
        mark_changed(session, [market_id], NOW)
    score_markets(sessions, sessions, SetClock(NOW), cache, book, ())
    with sessions.begin() as session:
        add_market(session, 2)


@pytest.mark.usefixtures("scored")
def test_the_latest_score_is_explained_since_yesterday(client: TestClient) -> None:
    answer = client.get(f"/v1/markets/{ref_of(1)}/explanation")
    assert answer.status_code == 200
    body = answer.json()
    assessment = client.get(f"/v1/markets/{ref_of(1)}/assessment").json()
    assert body["p_misresolved"] == assessment["p_misresolved"]
    assert body["drivers"][0]["words"].startswith("The average market of this kind")
    assert body["movement"]["since"] == "2026-02-27T12:00:00Z"
    assert body["movement"]["change_p"] == 0
    ends = {name: body["p_misresolved"][name] for name in ("mean", "p05", "p95")}
    assert body["movement"]["p_after_interval"] == ends
    assert body["movement"]["p_before_interval"].keys() == ends.keys()
    asked = [question["question"] for question in body["what_if"]]
    assert asked == ["proposed=yes", "proposed=no", "open_interest=18000"]
    again = {"If-None-Match": answer.headers["etag"]}
    assert client.get(f"/v1/markets/{ref_of(1)}/explanation", headers=again).status_code == 304


@pytest.mark.usefixtures("scored")
def test_questions_and_an_instant_can_be_asked(client: TestClient) -> None:
    what_if = ["open_interest=1000000", "disputed=now"]
    query: dict[str, str | Sequence[str]] = {"since": "2026-03-01T00:00:00Z", "what_if": what_if}
    body = client.get(f"/v1/markets/{ref_of(1)}/explanation", params=query).json()
    money, disputed = body["what_if"]
    assert float(money["expected_loss_usdc"]) > 0
    assert disputed["refused"] == "no proposal is open that could be disputed"


@pytest.mark.usefixtures("scored")
@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"what_if": "moon=full"}, "what_if"),
        ({"what_if": ["disputed=now"] * 6}, "what_if"),
        ({"what_if": "answer=" + "y" * 100}, "what_if"),
        ({"since": "2026-03-02T00:00:00Z"}, "since"),
        ({"since": "2026-03-01T00:00:00"}, "since"),
        # Seconds since 1970, which nobody means by a time.
        ({"since": "1772323200"}, "since"),
        ({"at": "2026-03-01T00:00:00Z"}, "at"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(
    client: TestClient, query: dict[str, str | Sequence[str]], parameter: str
) -> None:
    answer = client.get(f"/v1/markets/{ref_of(1)}/explanation", params=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == parameter


@pytest.mark.usefixtures("scored")
def test_a_market_without_a_score_has_no_explanation_yet(client: TestClient) -> None:
    answer = client.get(f"/v1/markets/{ref_of(2)}/explanation")
    assert answer.status_code == 404
    assert "not been scored yet" in answer.json()["detail"]
