"""The daily counting of base rates, by the job as the schedule runs it."""

from datetime import timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from jobs.schedule import PERIODS
from jobs.score_base_rates import score_base_rates
from models.base_rate import BaseRateRun
from service.clock import SetClock
from service.database import open_read_sessions
from tests.store.rate_scenes import BOOK, add_variety
from tests.store.scenes import NOW


def test_a_day_without_news_appends_nothing(
    engine: Engine, sessions: sessionmaker[Session]
) -> None:
    with sessions.begin() as session:
        add_variety(session)
    clock, reads = SetClock(NOW), open_read_sessions(engine)
    first = score_base_rates(sessions, reads, clock, BOOK, "1.2.3")
    assert first.counts["questions"] == 12
    assert first.counts["appended"] == first.counts["rates"] > 0
    clock.set(NOW + timedelta(hours=1))
    second = score_base_rates(sessions, reads, clock, BOOK, "1.2.3")
    assert second.counts == {**first.counts, "appended": 0}
    with sessions() as session:
        (run,) = session.scalars(select(BaseRateRun))
        assert run.as_of == NOW
        assert run.code_version.startswith("settlewatch 1.2.3, rates-")
        assert run.questions == 12


def test_it_runs_once_a_day() -> None:
    assert PERIODS["score_base_rates"][0] == 86_400
