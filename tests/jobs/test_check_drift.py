"""`check_drift`: what it says, whom it tells, and what scores carry while it fails."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from jobs.cell_cache import CellCache
from jobs.check_drift import check_drift
from jobs.schedule import PERIODS
from jobs.score_markets import score_markets
from jobs.send_alerts import send_alerts
from models.alert import Alert
from models.assessment import MarketAssessment
from models.chain import DataIssue
from models.data_enums import DataIssueKind
from models.enums import MarketState
from models.operation import JobRun
from models.question_state import QuestionState
from service.alerts.decide import AlertRule
from service.clock import SetClock
from service.protocol.contracts import ContractBook
from service.risk.parameters import MODEL_VERSION
from service.store.checks.drift_facts import load_features, load_forecasts
from service.store.checks.model_checks import latest_checks, model_warnings
from service.store.scores.assessments import add_assessment
from tests.risk.scenes import PARAMETERS
from tests.store.scenes import ADAPTER, POLYGON, SCORED, add_market, document, question_id_of

MADE = PARAMETERS.priors_as_of
NOW = MADE + timedelta(days=10)
HOUR = timedelta(hours=1)
VERSION = PARAMETERS.priors_version
VERSIONS = (MODEL_VERSION, VERSION)


def check(sessions: sessionmaker[Session], at: datetime = NOW) -> dict[str, str]:
    check_drift(sessions, sessions, SetClock(at), PARAMETERS)
    with sessions() as session:
        return {row.name: row.state for row in latest_checks(session)}


def change_spat(session: Session, at: datetime = NOW - HOUR) -> None:
    session.add(
        DataIssue(
            kind=DataIssueKind.PARAMETER_CHANGED,
            source="chain 1",
            key="1:0xab:7",
            reason="voting_v2 0x00: GatAndSpatChanged (gat 5000000, spat 0.65)",
            evidence=None,
            known_at=at,
        )
    )


def score(sessions: sessionmaker[Session], at: datetime = NOW) -> dict[str, object]:
    cache = CellCache(PARAMETERS)
    score_markets(sessions, sessions, SetClock(at), cache, ContractBook(()), ())
    with sessions() as session:
        newest = select(MarketAssessment).order_by(MarketAssessment.id.desc()).limit(1)
        row = session.scalars(newest).one()
        return row.document


def test_an_empty_database_has_too_little_to_say_and_nothing_is_stale(
    sessions: sessionmaker[Session],
) -> None:
    states = check(sessions)
    assert states.pop("contracts") == "ok"
    assert set(states.values()) == {"too_few"}
    assert {"category_mix", "price_before_proposal", "p_disputed"} <= set(states)
    assert PERIODS["check_drift"][0] == 86_400


def test_a_changed_parameter_makes_the_model_stale_tells_once_and_marks_scores(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        add_market(session, 1, stale_since=NOW - HOUR)
        session.add(JobRun(job="send_alerts", started_at=MADE, outcome="ok", counts={}))
    assert "model_stale" not in str(score(sessions)["warnings"])
    with sessions.begin() as session:
        change_spat(session)
    assert check(sessions)["contracts"] == "drifted"
    check(sessions, NOW + HOUR)
    rule = AlertRule(probability=1, expected_loss=10**15)
    for later in (1, 2):
        clock = SetClock(NOW + later * HOUR)
        send_alerts(sessions, clock, rule=rule, destinations=(), allow_private=False)
    with sessions() as session:
        alerts = session.scalars(select(Alert)).all()
        stale = [a for a in alerts if "risk model is older" in a.title]
        assert len(stale) == 1
        assert "spat 0.65" in stale[0].body
        (warning,) = model_warnings(session, VERSION)
    assert warning.startswith("model_stale: 1 changed since the priors of")
    with sessions.begin() as session:
        add_market(session, 2, stale_since=NOW)
    assert warning in score(sessions, NOW + HOUR)["warnings"]  # type: ignore[operator]


def test_other_priors_are_not_stale_for_what_these_did_not_know(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        change_spat(session)
    check(sessions)
    with sessions() as session:
        assert model_warnings(session, "another") == ()
    with sessions.begin() as session:
        earlier = update(DataIssue).where(DataIssue.kind == DataIssueKind.PARAMETER_CHANGED)
        session.execute(earlier.values(known_at=MADE - HOUR))
    assert check(sessions, NOW + HOUR)["contracts"] == "ok"
    with sessions() as session:
        kinds = set(session.scalars(select(DataIssue.kind)))
    assert kinds == {DataIssueKind.PARAMETER_CHANGED}


@pytest.fixture
def finished(sessions: sessionmaker[Session]) -> None:
    """120 questions, every other one disputed: said 2 % before, 90 or 10 % at the proposal."""
    with sessions.begin() as session:
        for number in range(120):
            market = add_market(session, number, stale_since=None)
            at = MADE + timedelta(days=number % 8, minutes=number)
            said = replace(
                SCORED,
                as_of=at,
                model_version=MODEL_VERSION,
                priors_version=VERSION,
                document={**document(), "p_disputed": 0.02},
            )
            add_assessment(session, market.id, said)
            then = replace(
                said,
                as_of=at + 2 * HOUR,
                state=MarketState.PROPOSED,
                document={**document(), "p_disputed": 0.9 if number % 2 else 0.1},
            )
            add_assessment(session, market.id, then)
            later = replace(then, as_of=at + 3 * HOUR, document={**document(), "p_disputed": 0.3})
            add_assessment(session, market.id, later)
            session.add(
                QuestionState(
                    chain_id=POLYGON,
                    adapter=ADAPTER,
                    question_id=question_id_of(number),
                    condition_id=market.condition_id,
                    creator=bytes(20),
                    is_official=True,
                    is_partial=False,
                    is_legacy=False,
                    state=MarketState.RESOLVED,
                    resolved=True,
                    paused=False,
                    reset=False,
                    overridden=False,
                    requests=1,
                    disputes=number % 2,
                    self_disputes=0,
                    resets=0,
                    expiration_timestamp=int((at + 3 * HOUR).timestamp()),
                    initialized_at=at,
                    first_proposed_at=at + HOUR,
                    resolved_at=at + 4 * HOUR,
                )
            )


@pytest.mark.usefixtures("finished")
def test_disputes_that_came_far_more_often_than_said_are_drift(
    sessions: sessionmaker[Session],
) -> None:
    found = check(sessions)
    assert (found["p_disputed"], found["p_disputed_at_proposal"]) == ("drifted", "ok")
    with sessions() as session:
        row = next(row for row in latest_checks(session) if row.name == "p_disputed")
        assert row.detail == "60 disputed of 120 finished questions, 2.40 expected"
        assert row.n == 120
        assert model_warnings(session, VERSION) == (
            "model_drift: p_disputed is not what it was when the model was made",
        )


@pytest.mark.usefixtures("finished")
def test_what_is_read_are_the_scores_before_the_proposal_and_at_it(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as session:
        forecasts = load_forecasts(session, VERSIONS, NOW)
        assert {f.p_disputed for f in forecasts} == {0.02}
        assert len({f.cluster for f in forecasts}) == 120
        assert load_forecasts(session, VERSIONS, MADE) == []
        proposed = load_forecasts(session, VERSIONS, NOW, state=MarketState.PROPOSED)
        assert sorted(f.p_disputed for f in proposed) == [0.1] * 60 + [0.9] * 60
        assert all(f.disputed is (f.p_disputed > 0.5) for f in proposed)
        features = list(load_features(session, MADE, NOW))
    assert len(features) == 120
    assert {(f.category, f.price, f.liveness_seconds) for f in features} == {
        ("politics", 0.62, 7200)
    }
