"""``prune`` on both databases."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session, sessionmaker

from jobs.job_command import job_command
from jobs.prune import prune
from jobs.wiring import open_house
from models.alert import Alert
from models.assessment import MarketAssessment, MarketStanding
from models.enums import AlertReason, MarketState
from models.holding import Holding
from models.liquidity import BookSnapshot, OpenInterest
from models.market import Market, ResolutionReport, TradingActivity
from models.price_point import PricePoint, PriceSpan
from models.proposal_signal import ProposalSignal
from service.clock import SetClock
from service.errors import UsageError
from service.protocol.price_history import median_price
from service.protocol.retention import RetentionPolicy
from service.risk.inputs import MarketInputs
from service.risk.proposals.proposal_signals import DRIFT_FROM
from service.settings import load_settings
from service.store.money.earlier_prices import list_earlier_prices
from service.store.money.price_history import get_history_between
from service.store.oracle.contracts import load_book
from service.store.scores.inputs import load_inputs
from tests.store.scenes import MICRO, NOW, add_market, add_scored

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
POLICY = RetentionPolicy()
OLD = NOW - 5 * DAY


def add_snapshots(session: Session, market_id: int, count: int = 30) -> None:
    """Half an hour of everything, five days ago: the last two are never thinned."""
    for n in range(count):
        at = OLD + n * MINUTE
        session.add_all(
            [
                OpenInterest(market_id=market_id, value=n * MICRO, known_at=at),
                BookSnapshot(
                    market_id=market_id,
                    token_id="1",
                    outcome_index=n % 2,
                    bid_depth=0,
                    ask_depth=0,
                    bids=[],
                    asks=[],
                    known_at=at,
                ),
                Holding(
                    market_id=market_id,
                    outcome_index=0,
                    wallet=bytes([n % 3] * 20),
                    size=n,
                    known_at=at,
                ),
                PricePoint(
                    market_id=market_id, at=at, price=0, resolution_seconds=60, known_at=NOW
                ),
                ProposalSignal(
                    market_id=market_id,
                    request_timestamp=1,
                    proposed_price=10**18,
                    answer="decided",
                    standing_stake=18_000 * MICRO if n == 7 else 0,
                    document={"notifier_baseline": {"reasons": ["loser_bought"] * (n == 7)}},
                    known_at=at,
                ),
            ]
        )


def counts(sessions: sessionmaker[Session], *models: Any) -> list[int]:
    with sessions() as session:
        return [session.scalar(select(func.count()).select_from(model)) or 0 for model in models]


SNAPSHOTS = (OpenInterest, BookSnapshot, Holding, PricePoint, ProposalSignal)


def test_a_calm_market_is_thinned_once_and_facts_are_not_touched(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        add_snapshots(session, add_scored(session, 1, as_of=OLD).id)
    clock = SetClock(NOW)
    planned = prune(sessions, clock, POLICY, dry_run=True).counts
    assert counts(sessions, *SNAPSHOTS) == [30] * 5
    done = prune(sessions, clock, POLICY).counts
    assert planned == {**done, "dry_run": 1}
    # First and last of each series (values rise with time, or are all the same).
    assert counts(sessions, *SNAPSHOTS) == [2, 4, 6, 30, 30]
    assert counts(sessions, MarketAssessment) == [1]
    assert not {"price_points", "proposal_signals"} & set(done)
    again = prune(sessions, clock, POLICY).counts
    assert {name: n for name, n in again.items() if n} == {"markets": 1}


def test_when_markets_became_hot_is_asked_once_a_page_and_not_of_every_table(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        for number in range(1, 6):
            add_snapshots(session, add_scored(session, number, as_of=OLD).id)
        engine = session.get_bind().engine
    asked: list[str] = []

    def note(*words: Any) -> None:
        asked.append(words[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        prune(sessions, SetClock(NOW), POLICY, page=2)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert sum("FROM resolution_reports" in statement for statement in asked) == 3
    assert counts(sessions, *SNAPSHOTS[:3]) == [10, 20, 30]


def test_of_a_calm_market_s_old_scores_a_day_s_course_stays(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        market = add_scored(session, 1, as_of=OLD, p_mean=0.02)
        for n, p_mean in enumerate((0.03, 0.03, 0.01, 0.02, 0.025, 0.02), start=1):
            add_scored(session, 1, market, as_of=OLD + n * 40 * MINUTE, p_mean=p_mean)
        told = add_scored(session, 1, market, as_of=OLD + 3 * HOUR, p_mean=0.02)
        alerted = session.scalars(select(func.max(MarketAssessment.id))).one()
        session.add(
            Alert(
                market_id=told.id,
                assessment_id=alerted,
                reason=AlertReason.FIRST,
                reason_key="level",
                title="",
                body="",
                facts={},
                raised_at=NOW,
            )
        )
        # Another state, and young ones.
        add_scored(session, 1, market, as_of=OLD + 2 * HOUR, state=MarketState.RESOLVED)
        for n in range(3):
            add_scored(session, 1, market, as_of=NOW - n * MINUTE)
    prune(sessions, SetClock(NOW), POLICY)
    with sessions() as session:
        query = select(MarketAssessment.as_of, MarketAssessment.p_mean)
        kept = session.execute(query.order_by(MarketAssessment.as_of)).all()
    young = [NOW - n * MINUTE for n in (2, 1, 0)]
    # First, highest (the first of two), lowest, the other state, what an alert stands on, the last.
    minutes = [0, 40, 120, 120, 180, 240]
    assert [row.as_of for row in kept] == [*(OLD + n * MINUTE for n in minutes), *young]
    assert [row.p_mean for row in kept[:3]] == [0.02, 0.03, 0.01]


def test_a_market_s_current_score_stays_however_old(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        market = add_scored(session, 1, as_of=OLD)
        for n in range(1, 4):
            add_scored(session, 1, market, as_of=OLD + n * MINUTE)
        # One that came late, of before: it is no current line, and the newest of the day no more.
        session.scalars(select(MarketStanding)).one().assessment_id = 2
    prune(sessions, SetClock(NOW), POLICY)
    with sessions() as session:
        assert session.scalars(select(MarketAssessment.id).order_by(MarketAssessment.id)).all() == [
            1,
            2,
            4,
        ]


def test_hot_and_lately_settled_markets_stay_whole(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        hot = (
            add_market(session, 1, end_at=NOW - DAY),
            add_market(session, 2, uma_status="disputed"),
            add_market(session, 3, closed=True, closed_at=NOW - 13 * DAY),
            add_scored(session, 4, challenge_open=True),
        )
        for market in hot:
            add_snapshots(session, market.id, 4)
        settled = add_market(session, 5, closed=True, closed_at=NOW - 15 * DAY)
        add_snapshots(session, settled.id, 4)
    prune(sessions, SetClock(NOW), POLICY)
    assert counts(sessions, OpenInterest) == [4 * 4 + 2]


def test_many_markets_are_gone_through_in_pages(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        for number in range(5):
            add_snapshots(session, add_market(session, number).id, 3)
    assert prune(sessions, SetClock(NOW), POLICY, page=2).counts["markets"] == 5
    assert counts(sessions, OpenInterest) == [10]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_command_counts_beforehand_and_refuses_jobs_that_cannot(
    database_url: str, sessions: sessionmaker[Session], capsys: pytest.CaptureFixture[str]
) -> None:
    with sessions.begin() as session:
        add_snapshots(session, add_scored(session, 1, as_of=OLD).id)
    house = open_house(load_settings(database_url=database_url), SetClock(NOW))
    try:
        job_command(house, "prune", first=None, last=None, as_json=True, dry_run=True)
        # Logs go to standard output where nothing has set them up.
        printed = capsys.readouterr().out
        said = json.loads(printed[printed.index("{\n") :])
        assert (said["counts"]["dry_run"], said["counts"]["open_interest"]) == (1, 28)
        with pytest.raises(UsageError, match="Only prune can"):
            job_command(house, "send_alerts", first=None, last=None, as_json=True, dry_run=True)
    finally:
        house.close()
    assert counts(sessions, OpenInterest) == [30]


def add_past_prices(session: Session, market_id: int) -> None:
    """Each price holds until the next: 0.90 for long, 0.30 from 70 minutes before NOW on."""
    past = ((660, "0.90"), (480, "0.05"), (470, "0.95"), (420, "0.90"), (70, "0.30"), (20, "0.31"))
    for minutes, price in (*past, (-5, "0.5"), (-120, "0.6")):
        at = NOW - minutes * MINUTE
        session.add(
            PricePoint(
                market_id=market_id,
                at=at,
                price=Decimal(price),
                resolution_seconds=60,
                known_at=NOW,
            )
        )
    session.add(
        PriceSpan(
            market_id=market_id,
            from_at=NOW - 2 * DAY,
            to_at=NOW + 3 * HOUR,
            points=200,
            source="data_api",
            known_at=NOW,
        )
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_price_before_a_proposal_is_the_same_after_thinning(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        market_id = add_market(session, 1, closed=True, closed_at=NOW + 3 * HOUR).id
        add_past_prices(session, market_id)

    def read() -> tuple[object, ...]:
        begin, end, known = NOW - HOUR, NOW - 5 * MINUTE, NOW + HOUR
        with sessions() as session:
            points = get_history_between(session, market_id, begin, end, known)
            drift = list_earlier_prices(session, {market_id: NOW}, DRIFT_FROM, known)
            return points, median_price(points, begin, end), drift

    before = read()
    assert before[1] == Decimal("0.30")
    prune(sessions, SetClock(NOW + 45 * DAY), POLICY)
    assert read() == before


def add_readings(session: Session, market_id: int, at: datetime, number: int) -> None:
    """Everything a score reads of money, a little other than before."""
    session.add_all(
        [
            OpenInterest(market_id=market_id, value=number * MICRO, known_at=at),
            TradingActivity(market_id=market_id, volume=number * MICRO, known_at=at),
            BookSnapshot(
                market_id=market_id,
                token_id="1",
                outcome_index=0,
                best_bid=Decimal(number % 50) / 100,
                best_ask=Decimal(number % 50 + 2) / 100,
                bid_depth=0,
                ask_depth=0,
                bids=[],
                asks=[],
                known_at=at,
            ),
        ]
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_score_of_the_hot_period_reads_the_same_after_thinning(
    sessions: sessionmaker[Session],
) -> None:
    proposed = NOW - HOUR
    with sessions.begin() as session:
        market = add_market(session, 1, closed=True, closed_at=NOW + 3 * HOUR)
        market_id = market.id
        for number in range(90):
            add_readings(session, market_id, NOW - 3 * HOUR + number * 4 * MINUTE, number)
            # Long before: of these the last one is what the first scores read.
            add_readings(session, market_id, NOW - 5 * DAY + number * MINUTE, number)
        session.add(
            ResolutionReport(
                market_id=market_id,
                status="proposed",
                proposed_price=str(10**18),
                was_disputed=False,
                extended_review=False,
                rules_updated=False,
                reported_at=proposed,
                known_at=proposed,
            )
        )

    def read() -> list[MarketInputs]:
        instants = [NOW - 4 * HOUR, *(proposed + n * 7 * MINUTE for n in range(30)), NOW + DAY]
        with sessions() as session:
            market = session.get_one(Market, market_id)
            book = load_book(session)
            return [one for at in instants for one in load_inputs(session, [market], book, at)]

    before = read()
    assert before[1].price_before_proposal is not None
    removed = prune(sessions, SetClock(NOW + 45 * DAY), POLICY).counts
    # What was thinned is what lies before.
    assert 0 < removed["book_snapshots"] < 90
    assert read() == before
