"""Rounds, questions about them and attacks on markets over HTTP, on the recorded chain."""

import shutil
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.score_rounds import score_rounds
from models.attack_enums import SignalFamily, SignalSubject
from models.enums import Support
from models.market import Market
from models.oracle import Payout
from models.round_assessment import RoundQuestion
from service.api.app import create_app
from service.api.headers import MAX_BODY_LENGTH
from service.api.market_attack_schemas import MarketAttackAnswer
from service.api.round_question_schemas import RoundAnswer, RoundQuestionBody
from service.api.round_schemas import RoundDocument, RoundHistory, RoundList
from service.api.rounds import MOST_FAILED
from service.clock import SetClock
from service.database import open_engine, open_sessions
from service.protocol.contracts import ContractBook
from service.protocol.ids import parse_address, parse_hex32, to_checksum, to_hex
from service.protocol.rounds import RoundTime
from service.risk.attack.attack_parameters import load_attack_parameters
from service.risk.parameters import load_parameters
from service.risk.signs.attack_signs import AttackSign
from service.store.attacks.attack_signals import add_signals
from service.store.rounds.market_attack import last_place
from service.store.rounds.round_failures import forget_failure, note_failure
from service.store.scores.round_assessments import newest_of_round
from tests.postgresql import postgresql_database
from tests.store.chain_scenes import Chain
from tests.store.round_scenes import WHALE, list_market
from tests.store.scenes import add_market

FORCED, JOINT = 10_080, 10_082
NOW = datetime.fromtimestamp(RoundTime(JOINT).reveal_starts_at - 60, UTC)
SEALED = datetime.fromtimestamp(RoundTime(JOINT).reveal_starts_at - 120, UTC)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def scored(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[sessionmaker[Session]]:
    """The recorded chain with a listed market of the last round, assessed in its commit phase.

    Made once: the tests read, or add what no other looks for.
    """
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("rounds")
        made: Path = request.getfixturevalue("whole_chain_file")
        for part in made.parent.glob(f"{made.name}*"):
            shutil.copy(part, path / part.name)
        yield from opened(f"sqlite:///{path / made.name}")
        return
    template = request.getfixturevalue("whole_chain_template")
    server = request.getfixturevalue("postgresql_url")
    with postgresql_database(server, template) as url:
        yield from opened(url)


def opened(url: str) -> Iterator[sessionmaker[Session]]:
    engine = open_engine(url)
    sessions = open_sessions(engine)
    with sessions.begin() as session:
        list_market(session, JOINT, SEALED)
    run(sessions, SEALED)
    yield sessions
    engine.dispose()


@pytest.fixture
def client(scored: sessionmaker[Session]) -> Iterator[TestClient]:
    app = create_app(scored, SetClock(NOW), version="1.2.3")
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


def run(sessions: sessionmaker[Session], at: datetime) -> None:
    parameters, attack = load_parameters(), load_attack_parameters()
    clock, book = SetClock(at), ContractBook(())
    assert not score_rounds(sessions, sessions, clock, book, parameters, attack).degraded


def read(client: TestClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_rounds_are_listed_newest_first_and_page_by_page(client: TestClient) -> None:
    page = read(client, "/v1/rounds?limit=2")
    RoundList.model_validate(page)
    assert [line["round_id"] for line in page["data"]] == [JOINT, FORCED]
    newest = page["data"][0]
    assert (newest["phase"], newest["requests"], newest["operative"]) == ("commit", 12, 6)
    assert newest["dollars_exposed"] == "250000.00"
    assert newest["can_force"] == 1
    rest = read(client, f"/v1/rounds?cursor={page['next_cursor']}")
    assert [line["round_id"] for line in rest["data"]] == [10_079, 10_076, 10_074, 10_072]
    assert rest["next_cursor"] is None


def test_a_round_is_read_whole_by_its_number_or_as_the_current_one(client: TestClient) -> None:
    document = read(client, "/v1/rounds/current")
    assert RoundDocument.model_validate(document).round_id == JOINT
    assert "Addresses, not people" in document["caution"]
    assert len(document["docket"]) == 12
    sealed = datetime.fromtimestamp(RoundTime(FORCED).reveal_starts_at, UTC).isoformat()
    earlier = client.get(f"/v1/rounds/{FORCED}", params={"as_of": sealed}).json()
    assert (earlier["phase"], earlier["new_stake_in_commit_uma"]) == ("commit", "20000000.000000")
    assert read(client, f"/v1/rounds/{FORCED}")["phase"] == "over"


def test_the_history_of_a_round_is_kept(client: TestClient) -> None:
    page = read(client, f"/v1/rounds/{FORCED}/assessments?limit=1")
    assert [line["phase"] for line in page["data"]] == ["over"]
    rest = read(client, f"/v1/rounds/{FORCED}/assessments?cursor={page['next_cursor']}")
    assert [line["phase"] for line in rest["data"]] == ["commit"]
    RoundHistory.model_validate(rest)


@pytest.mark.parametrize("path", ["/v1/rounds/7", "/v1/rounds/7/assessments"])
def test_an_unknown_round_names_the_known_ones(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    problem = answer.json()
    assert (problem["first_round"], problem["last_round"]) == (10_072, JOINT)
    assert client.get("/v1/rounds/last").status_code == 422


def test_a_question_is_answered_from_the_stored_round(client: TestClient) -> None:
    path = f"/v1/rounds/{JOINT}/what-if"
    nobody = client.post(path, json={}).json()
    RoundAnswer.model_validate(nobody)
    assert nobody["flips"] == []
    forced = client.post(path, json={"coalition": [f"alone:{WHALE}"]}).json()
    assert forced["can_force"]
    assert len(forced["flips"]) == 12
    # By its address as other answers print it, and once however often it is named.
    named = [to_checksum(parse_address(WHALE)), WHALE]
    alone = client.post(path, json={"coalition": named}).json()
    assert (alone["stake_uma"], alone["flips"]) == (forced["stake_uma"], forced["flips"])
    asked = client.post(path, json={"coalition": [f"alone:{WHALE}"], "spat": 0.9}).json()
    assert not asked["can_force"]
    assert asked["question"]["spat"] == 0.9


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"spat": 1.5}, "spat"),
        ({"extra_stake": -1}, "extra_stake"),
        ({"turnout": "0.9"}, "turnout"),
        ({"coalition": ["nobody"]}, "coalition"),
        ({"coalition": ["x"] * 101}, "coalition"),
        ({"unheard_of": 1}, "unheard_of"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(
    client: TestClient, body: dict[str, object], named: str
) -> None:
    answer = client.post(f"/v1/rounds/{JOINT}/what-if", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["parameter"] == named


def test_null_in_a_question_is_what_is_left_out(client: TestClient) -> None:
    path, names = f"/v1/rounds/{JOINT}/what-if", RoundQuestionBody.model_fields
    nothing = client.post(path, json=dict.fromkeys(names))
    assert nothing.status_code == 200
    assert nothing.json() == client.post(path, json={}).json()


@pytest.mark.parametrize(
    ("content", "kind", "status", "says"),
    [
        (b'{"spat": }', "application/json", 422, "body: is not JSON, from character 9 on"),
        (b"", "application/json", 422, "body: takes a JSON object"),
        (b"[]", "application/json", 422, "body: takes a JSON object"),
        # As curl sends it unless told otherwise.
        (b"{}", "application/x-www-form-urlencoded", 422, "Content-Type: application/json"),
        (b'{"coalition": ["\xff"]}', "application/json", 400, "The body cannot be read"),
        (b"[" * 60_000, "application/json", 400, "The body cannot be read"),
        (b'{"\\ud800": 1}', "application/json", 422, "valid string"),
        (b'{"spat": NaN}', "application/json", 422, "spat: "),
        (b'{"extra_stake": 1e400}', "application/json", 422, "extra_stake: "),
    ],
)
def test_a_body_that_is_no_question_is_told_what_it_should_be(
    client: TestClient, content: bytes, kind: str, status: int, says: str
) -> None:
    path = f"/v1/rounds/{JOINT}/what-if"
    answer = client.post(path, content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]


def test_a_question_has_a_length_and_a_round(client: TestClient) -> None:
    path = f"/v1/rounds/{JOINT}/what-if"
    long = client.post(path, content=b"[" + b" " * MAX_BODY_LENGTH)
    assert long.status_code == 413
    assert long.json()["status"] == 413
    assert client.post("/v1/rounds/7/what-if", json={}).status_code == 404
    assert client.get(path).json()["detail"] == "This resource takes a question: use POST."


def test_inputs_another_release_packed_are_a_problem_and_no_failure(
    client: TestClient, scored: sessionmaker[Session]
) -> None:
    path, packed = "/v1/rounds/10079/what-if", zlib.compress(b'{"format": 1}')
    assert client.post(path, json={}).status_code == 200
    with scored.begin() as session:
        question = session.get_one(RoundQuestion, 10_079)
        kept, question.inputs = question.inputs, packed
        # As a new assessment would be.
        kept_id, question.assessment_id = question.assessment_id, question.assessment_id - 1
    answer = client.post(path, json={})
    with scored.begin() as session:
        question = session.get_one(RoundQuestion, 10_079)
        question.inputs, question.assessment_id = kept, kept_id
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert "another release" in answer.json()["detail"]


def test_every_part_of_a_round_is_described(client: TestClient) -> None:
    document = read(client, f"/v1/rounds/{JOINT}")
    undescribed = document.keys() - RoundDocument.model_fields.keys()
    assert undescribed == {"entities", "bribe_floor_all"}
    # Of 6 markets one is listed: what hangs on the others is unknown, and so is the loss.
    assert document["open_interest_known"] == {"known": 1, "of": 6}
    assert (document["loss"], document["p_any_wrong"]) == (None, None)
    assert any("no score says" in text for text in document["warnings"])
    assert document["params"]["block_share"] > 0
    assert {line["open_interest"] for line in document["markets"]} == {"250000.00", "0.00", None}


def test_a_market_of_a_round_shows_who_could_and_which_signs_there_are(
    client: TestClient, scored: sessionmaker[Session]
) -> None:
    document = read(client, f"/v1/rounds/{JOINT}")
    ref = next(line["market_id"] for line in document["docket"] if line["slug"])
    with scored.begin() as session:
        sign = AttackSign(
            SignalFamily.CONFLICTS,
            "holds_what_it_pushes",
            SignalSubject.MARKET,
            ref,
            1.6,
            Support.ASSUMED,
            "A voter holds 5,000 shares of the answer it voted for.",
        )
        add_signals(session, [sign], "signs-1", NOW - timedelta(minutes=1))
    found = read(client, f"/v1/markets/{ref}/attack")
    MarketAttackAnswer.model_validate(found)
    assert (found["place"], found["round_id"]) == ("in_round", JOINT)
    assert (found["pushed_answer"], found["believed_answer"]) in {("YES", "NO"), ("NO", "YES")}
    assert found["alone"]["open_interest"] == "250000.00"
    assert [bloc["can_force"] for bloc in found["blocs"]].count(True) == 1
    made_by = ("model_version", "priors_version", "support")
    assert [found[name] for name in made_by] == [document[name] for name in made_by]
    captured = found["p_captured"]
    assert captured["calibration_status"] == "uncalibrated_ranked"
    assert captured["interval"]["mean"] == captured["value"]
    assert [sign["signal"] for sign in found["signs"]] == ["holds_what_it_pushes"]
    assert found["cannot_be_said"]


def test_a_market_of_no_round_is_supposed_to_be_in_one_alone(
    client: TestClient, scored: sessionmaker[Session]
) -> None:
    with scored.begin() as session:
        other = add_market(session, 7, known_at=NOW - timedelta(days=1))
        ref = to_hex(other.condition_id)
    found = read(client, f"/v1/markets/{ref}/attack")
    MarketAttackAnswer.model_validate(found)
    assert (found["place"], found["round_id"], found["p_captured"]) == ("hypothetical", None, None)
    assert {bloc["id"] for bloc in found["blocs"]} == {
        "hypothetical_quarter",
        "hypothetical_block",
        "hypothetical_force",
    }
    assert (found["support"], found["terms_round_id"]) == ("assumed", JOINT)
    assert found["terms_as_of"] < found["as_of"]
    # 65 % of all stake, were all of it new.
    assert float(found["stake_to_force_uma"]) == pytest.approx(0.65 * 50.5e6 / 0.35, rel=1e-3)


def test_without_an_assessed_round_nothing_is_said(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        ref = to_hex(add_market(session, 7).condition_id)
    app = create_app(sessions, SetClock(NOW), version="1.2.3")
    with TestClient(app) as opened:
        assert opened.get("/v1/rounds").json()["data"] == []
        for path in ("/v1/rounds/current", f"/v1/markets/{ref}/attack"):
            answer = opened.get(path)
            assert answer.status_code == 404
            assert "score_rounds" in answer.json()["detail"]


def test_a_paid_market_is_told_as_paid_with_what_was_said_before(
    scored: sessionmaker[Session],
) -> None:
    later = NOW + timedelta(days=30)
    app = create_app(scored, SetClock(later), version="1.2.3")
    with scored.begin() as session:
        never = add_market(session, 8, known_at=NOW - timedelta(days=1))
        Chain(session, 8).pay(NOW, ["1", "0"])
        unvoted = to_hex(never.condition_id)
        document = newest_of_round(session, JOINT)
        assert document is not None
        docket: Any = document.document["docket"]
        ref = next(line["market_id"] for line in docket if line["slug"])
        Chain(session, 9).add(
            Chain(session, 9).block(later - timedelta(days=1)),
            Payout,
            bytes([0x4D] * 20),
            condition_id=parse_hex32(ref),
            oracle=bytes(20),
            question_id=bytes(32),
            numerators=["0", "1"],
        )
    with TestClient(app) as opened:
        voted, silent = (read(opened, f"/v1/markets/{one}/attack") for one in (ref, unvoted))
    MarketAttackAnswer.model_validate(voted)
    MarketAttackAnswer.model_validate(silent)
    assert (voted["place"], voted["round_id"], voted["p_captured"]) == ("paid", JOINT, None)
    assert voted["alone"]["open_interest"] == "250000.00"
    assert (voted["paid"]["outcome"], voted["paid"]["payouts"]) == ("NO", [0, 1])
    assert voted["cannot_be_said"][0].startswith("anything of an attack to come: the market was")
    assert (silent["place"], silent["round_id"], silent["alone"]) == ("paid", None, None)
    assert silent["paid"]["outcome"] == "YES"
    assert silent["blocs"] == []


def test_of_a_market_paid_before_any_assessment_nothing_said_later_is_shown(
    scored: sessionmaker[Session],
) -> None:
    with scored() as session:
        assessed = newest_of_round(session, JOINT)
        assert assessed is not None
        docket: Any = assessed.document["docket"]
        ref = next(line["market_id"] for line in docket if line["slug"])
        query = select(Market).where(Market.condition_id == parse_hex32(ref))
        market = session.scalars(query).one()
        assert last_place(session, market, NOW + timedelta(days=30)) is not None
        assert last_place(session, market, NOW - timedelta(days=365)) is None


def test_rounds_that_could_not_be_assessed_are_told_with_the_list(
    scored: sessionmaker[Session], client: TestClient
) -> None:
    before = client.get("/v1/rounds").json()
    assert (before["failed"], before["failed_count"]) == ([], 0)
    rounds = range(9_000, 9_000 + MOST_FAILED + 1)
    with scored.begin() as session:
        for round_id in rounds:
            note_failure(session, round_id, "ValueError: a row of it is broken", SEALED)
    try:
        page = client.get("/v1/rounds", params={"limit": 1}).json()
        RoundList.model_validate(page)
        assert page["failed_count"] == len(rounds)
        assert [one["round_id"] for one in page["failed"]] == list(rounds)[:0:-1]
        assert page["failed"][0]["reason"] == "ValueError: a row of it is broken"
        assert page["failed"][0]["failures"] == 1
        assert page["failed"][0]["next_try_at"] > page["data"][0]["as_of"]
    finally:
        with scored.begin() as session:
            for round_id in rounds:
                forget_failure(session, round_id)
