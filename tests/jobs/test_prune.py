"""``prune`` on both databases."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from jobs.job_command import job_command
from jobs.prune import prune
from jobs.wiring import open_house
from models.assessment import MarketAssessment
from models.holding import Holding
from models.liquidity import BookSnapshot, OpenInterest
from models.price_point import PricePoint
from service.clock import SetClock
from service.errors import UsageError
from service.protocol.retention import RetentionPolicy
from service.settings import load_settings
from tests.store.scenes import MICRO, NOW, add_market, add_scored

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
POLICY = RetentionPolicy()
OLD = NOW - 5 * DAY


def add_snapshots(session: Session, market_id: int, count: int = 30) -> None:
    """Half an hour of everything, five days ago."""
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
            ]
        )


def counts(sessions: sessionmaker[Session], *models: Any) -> list[int]:
    with sessions() as session:
        return [session.scalar(select(func.count()).select_from(model)) or 0 for model in models]


SNAPSHOTS = (OpenInterest, BookSnapshot, Holding, PricePoint)


def test_a_calm_market_is_thinned_once_and_its_scores_are_not_touched(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        add_snapshots(session, add_scored(session, 1, as_of=OLD).id)
    clock = SetClock(NOW)
    planned = prune(sessions, clock, POLICY, dry_run=True).counts
    assert counts(sessions, *SNAPSHOTS) == [30] * 4
    done = prune(sessions, clock, POLICY).counts
    assert planned == {**done, "dry_run": 1}
    # First and last of each series (values rise with time, or are all the same).
    assert counts(sessions, *SNAPSHOTS) == [2, 4, 6, 2]
    assert counts(sessions, MarketAssessment) == [1]
    again = prune(sessions, clock, POLICY).counts
    assert {name: n for name, n in again.items() if n} == {"markets": 1}


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
