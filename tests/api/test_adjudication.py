"""``/v1/markets/{ref}/adjudication``: pseudonyms, soft labels, corrections without senders."""

from collections.abc import Sequence
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from models.adjudication_enums import Verdict
from service.store.markets.markets import get_market
from service.store.oracle.contracts import load_book
from service.store.oracle.question_states import fold_questions
from service.store.truth.adjudications import Evidence
from service.store.truth.corrections import NewCorrection, add_correction
from tests.store.judged import THREE, judge
from tests.store.scenes import NOW, question_id_of, ref_of

PATH = f"/v1/markets/{ref_of(1)}/adjudication"


def judge_market(
    sessions: sessionmaker[Session], verdicts: Sequence[tuple[str, Verdict, bool]] = THREE
) -> None:
    with sessions.begin() as session:
        market = get_market(session, ref_of(1))
        assert market is not None
        judge(session, market, verdicts)
        links = (Evidence("https://example.org/b", None),)
        claim = NewCorrection(market.id, Verdict.YES, "about somebody", links, "ann", "command")
        add_correction(session, claim, NOW)


@pytest.fixture
def read(told: None, sessions: sessionmaker[Session], client: TestClient) -> Any:
    with sessions.begin() as session:
        fold_questions(session, [question_id_of(1)], load_book(session))

    def get() -> dict[str, Any]:
        answer = client.get(PATH)
        assert answer.status_code == 200
        assert answer.headers["etag"]
        found: dict[str, Any] = answer.json()
        return found

    return get


def test_a_market_nobody_judged_says_so(read: Any) -> None:
    found = read()
    assert found["missing"] == ["verdicts: nobody has adjudicated this market"]
    assert found["answers"] == {"first_proposed": "YES", "oracle": "NO", "paid": "50-50"}
    assert [track["label"] for track in found["tracks"]] == [None, None]


def test_verdicts_make_a_label_of_the_oracle_s_answer_and_of_the_payout(
    read: Any, sessions: sessionmaker[Session]
) -> None:
    judge_market(sessions, [*THREE, ("dan", Verdict.YES, False)])
    track = read()["tracks"][0]
    assert track["track"] == "rules_original"
    assert track["counts"] == {"YES": 1, "NO": 3, "50-50": 0, "not determinable": 0}
    assert track["blind"] == 3
    label = track["label"]
    assert (label["label_class"], label["adjudicators"]) == ("settled", 3)
    assert label["q"]["p05"] <= label["q"]["mean"] <= label["q"]["p95"]
    assert (label["q"]["mean"] < 0.1, label["q_paid"]["mean"] > 0.9) == (True, True)
    assert sum(label["truth"].values()) == pytest.approx(1)
    assert label["ln_ratio"]["no"] > 0 > label["ln_ratio"]["half"]
    first = track["verdicts"][0]
    assert (first["adjudicator"], first["evidence"]) == (
        "ada",
        [{"url": "https://example.org/a", "quote": None}],
    )


def test_a_correction_shows_its_claim_and_links_and_not_its_sender(
    read: Any, sessions: sessionmaker[Session], client: TestClient
) -> None:
    judge_market(sessions)
    (correction,) = read()["corrections"]
    assert (correction["claim"], correction["status"]) == ("YES", "received")
    text = client.get(PATH).text
    assert "ann" not in text.replace("cannot", "")
    assert "about somebody" not in text


def test_an_unknown_market_is_404(told: None, client: TestClient) -> None:
    assert client.get("/v1/markets/nowhere/adjudication").status_code == 404
