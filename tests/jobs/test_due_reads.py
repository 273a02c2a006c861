"""Hot markets are placed at once, however many others are new, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs import due_reads
from jobs.due_reads import plan_now
from models.refresh import MarketRefresh
from models.refresh_enums import RefreshState
from service.clock import SetClock
from service.store.markets.listings import upsert_listings
from tests.store.test_listings import T0, a_listing

HOT = 2


@pytest.fixture(autouse=True)
def two_a_run(sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    """Five calm markets and two with a proposal; of the calm ones two may be placed a run."""
    monkeypatch.setattr(due_reads, "COLD_CHANGES_A_RUN", 2)
    later = T0 + timedelta(days=30)
    calm = [a_listing(number, end_at=later) for number in range(1, 6)]
    hot = [a_listing(number, end_at=later, uma_status="proposed") for number in (8, 9)]
    with sessions.begin() as session:
        upsert_listings(session, [*calm, *hot], T0)


def placed(sessions: sessionmaker[Session]) -> list[RefreshState]:
    with sessions() as session:
        return [RefreshState(state) for state in session.scalars(select(MarketRefresh.state))]


def test_the_first_run_places_every_hot_market_and_some_of_the_others(
    sessions: sessionmaker[Session],
) -> None:
    plan_now(sessions, SetClock(T0))
    states = placed(sessions)
    assert states.count(RefreshState.PROPOSED) == HOT
    assert len(states) == HOT + 2


def test_later_runs_place_the_rest(sessions: sessionmaker[Session]) -> None:
    for _ in range(3):
        plan_now(sessions, SetClock(T0))
    assert len(placed(sessions)) == HOT + 5


def test_while_another_job_places_the_others_the_hot_ones_do_not_wait(
    sessions: sessionmaker[Session],
) -> None:
    with due_reads._PLACING:  # noqa: SLF001  # what another job's thread would hold
        plan_now(sessions, SetClock(T0))
    assert placed(sessions) == [RefreshState.PROPOSED] * HOT
