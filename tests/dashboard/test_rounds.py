"""The pages of rounds, from a document as the job stores it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from service.dashboard.rounds_view import PRIVACY
from service.risk.attack.attack_inputs import Bloc, DocketMarket, Voter, missing
from service.risk.attack.attack_parameters import ATTACK_VERSION
from service.risk.attack.round_assessment import assess_round
from service.risk.attack.round_document import to_round_document
from service.store.scores.round_assessments import NewRoundAssessment, add_round_assessment
from tests.risk.round_scenes import MILLION, QUICK, market, round_of

HOSTILE = "<script>alert('x')</script>"
WHALE = "0x" + "8b" * 20
PAGE = "/rounds/10330"
LISTED = market("r1", 250_000.0)


def store(
    sessions: sessionmaker[Session],
    blocs: tuple[Bloc, ...],
    request: DocketMarket = LISTED,
) -> None:
    inputs = round_of([request], blocs, [Voter(WHALE, 18 * MILLION)])
    result = assess_round(inputs, QUICK)
    docket = {
        "id": "r1",
        "role": "operative",
        "title": HOSTILE,
        "market_id": "0x" + "5f" * 32,
        "slug": "a-market",
        "rolls": 1,
        "pushed_answer": "YES",
        "believed_answer": "NO",
        "belief": 0.9,
        "belief_ground": "the market's newest score",
    }
    new = NewRoundAssessment(
        round_id=inputs.round_id,
        as_of=datetime(2026, 3, 1, 12, tzinfo=UTC),
        phase="commit",
        requests=1,
        logs=3,
        digest=bytes(32),
        dollars_exposed=result.dollars_exposed or 0.0,
        dollars_forceable=result.dollars_forceable,
        raw_attempt=0.0,
        document={**to_round_document(result), "docket": [docket], "entities": []},
        model_version=result.model_version,
        priors_version=result.priors_version,
        inputs=b"",
    )
    with sessions.begin() as session:
        add_round_assessment(session, new)


@pytest.fixture
def large(sessions: sessionmaker[Session]) -> None:
    bloc = Bloc(f"alone:{WHALE}", 18 * MILLION, entities=(WHALE,), holdings={"r1": 5_000.0})
    store(sessions, (bloc,))


@pytest.mark.usefixtures("large")
def test_the_list_says_what_hangs_on_a_round_and_how_many_could_force_it(
    client: TestClient,
) -> None:
    page = client.get("/rounds").text
    assert f'<a href="{PAGE}">10330</a>' in page
    assert "$250,000" in page
    assert "1 could force, 1 could block" in page
    assert PRIVACY in page


def test_money_that_is_not_known_is_said_to_be_and_never_0(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    bloc = Bloc(f"alone:{WHALE}", 18 * MILLION, entities=(WHALE,))
    none = missing("the catalogue does not list the market")
    store(sessions, (bloc,), replace(market("r1"), open_interest=none, volume=none))
    for page in (client.get("/rounds").text, client.get(PAGE).text):
        assert "unknown (1 of 1 not known)" in page
        assert "$0" not in page
    assert "1 could force" in client.get("/rounds").text


@pytest.mark.usefixtures("large")
def test_a_round_says_who_could_in_words_that_accuse_nobody(client: TestClient) -> None:
    page = client.get(PAGE).text
    assert "One voter 0x8b8b" in page
    assert f"by <code>{ATTACK_VERSION}, priors " in page
    assert WHALE not in page
    assert "force any answer alone" in page
    assert "Pays the market, rolled once" in page
    assert "No, not Yes" in page
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert PRIVACY in page
    assert not any(word in page.lower() for word in ("attacker", "culprit", "manipulat", "cheat"))


def test_where_nobody_is_known_what_such_a_stake_could_do_is_shown(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    store(sessions, ())
    page = client.get(PAGE).text
    assert "Nobody known holds enough" in page
    assert "Hypothetical force" in page
    assert "unknown" in page


def test_rounds_that_were_not_assessed_are_not_found(client: TestClient) -> None:
    assert "No round was assessed yet" in client.get("/rounds").text
    for path in ("/rounds/7", "/rounds/current", "/rounds/x", "/rounds/1234567890"):
        assert client.get(path).status_code == 404
