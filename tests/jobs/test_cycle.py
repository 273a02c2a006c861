"""One run of a job: how it ended is recorded, whatever happened, and without secrets."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs

from jobs.cycle import CycleReport, JobResult, run_cycle
from models.enums import JobOutcome
from models.operation import JobRun
from service.clock import SetClock
from service.errors import SourceError
from service.store.operations.job_runs import KEPT, add_run, close_orphans
from service.store.operations.status import list_last_runs
from tests.store.scenes import NOW


def run(sessions: sessionmaker[Session], end: CycleReport | Exception) -> JobResult:
    def job() -> CycleReport:
        if isinstance(end, Exception):
            raise end
        return end

    with capture_logs():
        return run_cycle("a_job", job, sessions, SetClock(NOW))


def recorded(sessions: sessionmaker[Session]) -> JobRun:
    with sessions() as session:
        return session.scalars(select(JobRun)).one()


def test_a_run_is_recorded_with_its_counts(sessions: sessionmaker[Session]) -> None:
    result = run(sessions, CycleReport({"added": 3}))
    row = recorded(sessions)
    assert (result.outcome, row.outcome) == (JobOutcome.OK, JobOutcome.OK)
    assert (row.counts, row.error) == ({"added": 3}, None)
    assert row.started_at == row.finished_at == NOW


def test_a_degraded_run_keeps_its_counts_and_names_every_source(
    sessions: sessionmaker[Session],
) -> None:
    run(sessions, CycleReport({"added": 3}, ("gamma: HTTP 503", "clob: HTTP 429")))
    row = recorded(sessions)
    assert row.outcome == JobOutcome.DEGRADED
    assert (row.counts, row.error) == ({"added": 3}, "gamma: HTTP 503; clob: HTTP 429")


def test_an_error_on_purpose_is_its_own_line(sessions: sessionmaker[Session]) -> None:
    run(sessions, SourceError("gamma", "HTTP 500"))
    assert recorded(sessions).outcome == JobOutcome.FAILED
    assert recorded(sessions).error == "gamma: HTTP 500"


def test_a_crash_is_named_in_one_line_and_stops_nothing(sessions: sessionmaker[Session]) -> None:
    result = run(sessions, ZeroDivisionError("two\nlines"))
    assert result.outcome is JobOutcome.FAILED
    assert recorded(sessions).error == "ZeroDivisionError: two lines"


@pytest.mark.parametrize(
    "end",
    [
        RuntimeError("cannot reach https://rpc.example/v2/SECRET?key=SECRET"),
        RuntimeError("postgresql+psycopg://user:SECRET@db/x refused"),
        RuntimeError("invalid dsn: host=db password=SECRET dbname=x"),
        SourceError("polygon_rpc", "node said: use http://u:SECRET@host/SECRET instead"),
        CycleReport({}, ("alerts: discord://SECRET/SECRET failed",)),
        RuntimeError("x" * 5_000),
    ],
)
def test_what_is_recorded_holds_no_secret_and_fits(
    end: CycleReport | Exception,
    sessions: sessionmaker[Session],
) -> None:
    result = run(sessions, end)
    assert "SECRET" not in (result.error or "")
    assert len(recorded(sessions).error or "") <= 500


def test_runs_of_long_ago_are_let_go_of_their_own_job_only(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        for name in ("a_job", "another"):
            add_run(session, name, NOW - KEPT - timedelta(seconds=1))
        add_run(session, "a_job", NOW - KEPT)
    run(sessions, CycleReport())
    with sessions() as session:
        found = session.execute(select(JobRun.job, JobRun.started_at).order_by(JobRun.id)).all()
        latest = {row.job: row.started_at for row in list_last_runs(session)}
    assert [job for job, _ in found] == ["another", "a_job", "a_job"]
    assert latest["a_job"] == NOW


def test_runs_a_stop_cut_off_are_closed_and_finished_ones_left(
    sessions: sessionmaker[Session],
) -> None:
    run(sessions, CycleReport({"added": 1}))
    with sessions.begin() as session:
        cut_off = add_run(session, "another", NOW)
        assert close_orphans(session, NOW + timedelta(minutes=1)) == 1
    with sessions() as session:
        row = session.get_one(JobRun, cut_off)
        assert (row.outcome, row.error) == (
            JobOutcome.FAILED,
            "the process stopped during the run",
        )
        assert row.finished_at == NOW + timedelta(minutes=1)
