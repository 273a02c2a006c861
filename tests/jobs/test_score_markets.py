"""What is scored when: news, time under an open challenge, and nothing twice."""

from collections.abc import Iterator, MutableMapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs

from jobs import score_markets as job
from jobs import scoring
from jobs.cell_cache import CellCache
from jobs.cycle import CycleReport
from jobs.score_markets import score_markets
from jobs.scoring_processes import Processes
from models.assessment import MarketAssessment, MarketStanding
from models.chain import DataIssue
from models.data_enums import DataIssueKind
from models.enums import ContractKind, MarketState, Remedy
from models.liquidity import OpenInterest
from models.market import Market
from models.oracle import Proposal
from service.clock import SetClock
from service.database import open_read_sessions
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.ids import to_hex
from service.protocol.prices import YES
from service.risk.assess import assess
from service.risk.inputs import MarketInputs
from service.risk.parameters import load_parameters
from service.store.markets.announcements import add_announcement
from service.store.markets.listings import mark_changed
from service.store.oracle.stale import mark_stale
from service.store.scores.inputs import load_inputs
from tests.store.chain_scenes import Chain
from tests.store.scenes import ADAPTER, MANAGED, MICRO, NOW, OOV2, POLYGON, add_market

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
BOOK = ContractBook(
    (
        ContractEntry(POLYGON, ADAPTER, ContractKind.UMA_CTF_ADAPTER, 1, version="3.1.0"),
        ContractEntry(POLYGON, OOV2, ContractKind.OPTIMISTIC_ORACLE_V2, 1),
        ContractEntry(POLYGON, MANAGED, ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2, 1),
    )
)
CACHE = CellCache(load_parameters())


def reading(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """Sessions of the same database that keep no writer waiting."""
    engine = sessions.kw["bind"]
    assert isinstance(engine, Engine)
    return open_read_sessions(engine)


def score(sessions: sessionmaker[Session], at: datetime = NOW) -> CycleReport:
    return score_markets(sessions, reading(sessions), SetClock(at), CACHE, BOOK, ())


def add_interest(sessions: sessionmaker[Session], market_id: int, usdc: int, at: datetime) -> None:
    with sessions.begin() as session:
        session.add(OpenInterest(market_id=market_id, value=usdc * MICRO, known_at=at))
        mark_changed(session, [market_id], at)


def assessments(sessions: sessionmaker[Session]) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(MarketAssessment)) or 0


def documents(session: Session) -> dict[int, object]:
    return {row.market_id: row.document for row in session.scalars(select(MarketAssessment))}


def mark_of(sessions: sessionmaker[Session], market_id: int) -> datetime | None:
    with sessions() as session:
        return session.get_one(Market, market_id).stale_since


@pytest.fixture
def market_id(sessions: sessionmaker[Session]) -> int:
    """A calm market, changed an hour ago."""
    with sessions.begin() as session:
        return add_market(session, 1, stale_since=NOW - HOUR).id


def test_a_market_is_scored_once_and_then_left_alone(
    sessions: sessionmaker[Session], market_id: int
) -> None:
    assert score(sessions).counts == {"due": 1, "assessed": 1}
    assert mark_of(sessions, market_id) is None
    assert score(sessions, NOW + HOUR).counts == {}
    assert assessments(sessions) == 1


def test_a_market_nobody_marked_is_scored_the_first_time(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        add_market(session, 1)
    assert score(sessions).counts["assessed"] == 1


def test_news_that_changes_nothing_is_read_and_not_stored(
    sessions: sessionmaker[Session], market_id: int
) -> None:
    score(sessions)
    with sessions.begin() as session:
        mark_changed(session, [market_id], NOW + HOUR)
    report = score(sessions, NOW + HOUR)
    assert report.counts == {"due": 1, "unchanged": 1}
    assert mark_of(sessions, market_id) is None
    assert assessments(sessions) == 1


def test_news_that_changes_the_score_is_a_new_row_and_the_old_one_stays(
    sessions: sessionmaker[Session], market_id: int
) -> None:
    score(sessions)
    add_interest(sessions, market_id, 400_000, NOW + HOUR)
    assert score(sessions, NOW + HOUR).counts["assessed"] == 1
    with sessions() as session:
        rows = session.scalars(select(MarketAssessment).order_by(MarketAssessment.id)).all()
        standing = session.get_one(MarketStanding, market_id)
    assert [row.as_of for row in rows] == [NOW, NOW + HOUR]
    assert standing.assessment_id == rows[1].id
    assert standing.open_interest == 400_000 * MICRO


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_processes_give_the_scores_that_one_process_gives(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "BATCH", 2)
    with sessions.begin() as session:
        ids = [add_market(session, number).id for number in range(5)]
    for market_id in ids:
        add_interest(sessions, market_id, 1_000 * market_id, NOW - HOUR)
    engine = sessions.kw["bind"]
    url = engine.url.render_as_string(hide_password=False)
    many = Processes(url, 2, from_markets=5)
    report = score_markets(sessions, reading(sessions), SetClock(NOW), CACHE, BOOK, (), many)
    assert report.counts == {"due": 5, "assessed": 5}
    with sessions.begin() as session:
        together = {
            row.market_id: row.document for row in session.scalars(select(MarketAssessment))
        }
        session.execute(delete(MarketStanding))
        session.execute(delete(MarketAssessment))
    # Below what pays for starting them, this process scores alone.
    few = Processes(url, 2, from_markets=6)
    report = score_markets(sessions, reading(sessions), SetClock(NOW), CACHE, BOOK, (), few)
    assert report.counts == {"due": 5, "assessed": 5}
    with sessions() as session:
        assert documents(session) == together


def test_news_that_is_not_known_yet_waits_for_its_time(
    sessions: sessionmaker[Session], market_id: int
) -> None:
    score(sessions)
    later = NOW + HOUR + 5 * SECOND
    add_interest(sessions, market_id, 400_000, later)
    assert score(sessions, NOW + HOUR).counts == {}
    assert mark_of(sessions, market_id) == later
    # News in between does not make it forgotten.
    with sessions.begin() as session:
        mark_stale(session, [], [session.get_one(Market, market_id).condition_id], NOW + HOUR)
        mark_changed(session, [market_id], NOW + HOUR)
        condition = session.get_one(Market, market_id).condition_id
        add_announcement(
            session,
            condition,
            remedy=Remedy.REFUND,
            announced_at=NOW,
            source="a post",
            known_at=NOW + HOUR,
        )
    score(sessions, NOW + HOUR)
    assert score(sessions, later).counts["assessed"] == 1
    with sessions() as session:
        assert session.get_one(MarketStanding, market_id).open_interest == 400_000 * MICRO


def test_news_that_arrives_while_its_market_is_scored_stays_news(
    sessions: sessionmaker[Session], market_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = load_inputs
    arrived = NOW + SECOND

    def load_and_be_overtaken(session: Session, *rest: object) -> list[MarketInputs]:
        found: list[MarketInputs] = real(session, *rest)  # type: ignore[arg-type]  # handed on
        # Scoring reads without keeping anybody from writing.
        with sessions.begin() as other:
            other.execute(update(Market).where(Market.id == market_id).values(stale_since=arrived))
        return found

    monkeypatch.setattr(scoring, "load_inputs", load_and_be_overtaken)
    score(sessions)
    assert mark_of(sessions, market_id) == arrived


def test_an_open_challenge_is_scored_anew_in_steps_of_ten_minutes(
    sessions: sessionmaker[Session],
) -> None:
    asked = NOW - 5 * HOUR
    with sessions.begin() as session:
        add_market(session, 1)
        chain = Chain(session, 1, OOV2)
        chain.initialize(asked)
        chain.propose(asked, NOW, YES)
        session.flush()
    start = NOW + MINUTE
    stored = []
    for minutes in range(29):
        score(sessions, start + minutes * MINUTE)
        stored.append(assessments(sessions))
    assert stored[-1] == 3
    # Past its liveness nothing moves with time any more: one last line, then silence.
    for minutes in (120, 125, 130, 190, 600):
        score(sessions, start + minutes * MINUTE)
    assert assessments(sessions) == 4
    assert score(sessions, start + 601 * MINUTE).counts == {}


class TestFaultyMarkets:
    """A market whose rows make its scoring fail is named; it does not stop the others."""

    @pytest.fixture(autouse=True)
    def logs(self) -> Iterator[list[MutableMapping[str, Any]]]:
        """What was logged; without it every traceback is drawn with its locals, slowly."""
        with capture_logs() as found:
            yield found

    @pytest.fixture
    def broken(self, sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch) -> bytes:
        """Seven markets, the third of which cannot be loaded."""
        monkeypatch.setattr(job, "BATCH", 4)
        with sessions.begin() as session:
            markets = [add_market(session, number) for number in range(7)]
            broken = markets[2].condition_id
        real = load_inputs

        def load(session: Session, found: list[Market], *rest: object) -> list[MarketInputs]:
            if any(market.condition_id == broken for market in found):
                message = "no such\nthing"
                raise KeyError(message)
            return real(session, found, *rest)  # type: ignore[arg-type]  # handed on

        monkeypatch.setattr(scoring, "load_inputs", load)
        return broken

    def test_the_others_are_scored_and_it_is_named(
        self, sessions: sessionmaker[Session], broken: bytes
    ) -> None:
        report = score(sessions)
        assert report.counts["assessed"] == 6
        (line,) = report.degraded
        assert to_hex(broken) in line
        assert "KeyError" in line
        with sessions() as session:
            issue = session.scalars(select(DataIssue)).one()
        assert (issue.kind, issue.key) == (DataIssueKind.UNSCORED_MARKET, to_hex(broken))

    def test_it_is_tried_again_and_named_once(
        self, sessions: sessionmaker[Session], broken: bytes
    ) -> None:
        for minutes in range(3):
            assert len(score(sessions, NOW + minutes * MINUTE).degraded) == 1
        with sessions() as session:
            assert session.scalar(select(func.count()).select_from(DataIssue)) == 1

    def test_a_fault_of_the_mathematics_is_no_different(
        self, sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with sessions.begin() as session:
            broken, *_ = [to_hex(add_market(session, n).condition_id) for n in range(3)]
        real = assess

        def fail_once(inputs: MarketInputs, *rest: object) -> object:
            if inputs.market_id == broken:
                message = "a probability of 1.2"
                raise ValueError(message)
            return real(inputs, *rest)  # type: ignore[arg-type]  # handed on

        monkeypatch.setattr(scoring, "assess", fail_once)
        report = score(sessions)
        assert report.counts["assessed"] == 2
        assert broken in report.degraded[0]


def test_a_fact_that_vanished_takes_its_score_back(sessions: sessionmaker[Session]) -> None:
    asked = NOW - 5 * HOUR
    with sessions.begin() as session:
        market = add_market(session, 1)
        chain = Chain(session, 1)
        chain.initialize(asked)
        chain.propose(asked, NOW - HOUR, YES)
    score(sessions)
    with sessions.begin() as session:
        assert session.get_one(MarketStanding, market.id).state == MarketState.PROPOSED
        session.delete(session.scalars(select(Proposal)).one())
        mark_stale(session, [chain.question_id], [], NOW + MINUTE)
    score(sessions, NOW + MINUTE)
    with sessions() as session:
        standing = session.get_one(MarketStanding, market.id)
        assert (standing.state, standing.challenge_open) == (MarketState.PRE_PROPOSAL, False)
