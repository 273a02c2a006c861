"""The record of job runs."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from models.enums import JobOutcome
from models.operation import JobRun

# The fastest job leaves 8,640 rows a day; older ones tell nobody anything.
KEPT = timedelta(days=7)


def add_run(session: Session, job: str, at: datetime) -> int:
    """Record that a run has begun; returns its id."""
    run = JobRun(
        job=job,
        started_at=at,
        finished_at=None,
        outcome=JobOutcome.RUNNING,
        counts={},
        error=None,
    )
    session.add(run)
    session.flush()
    return run.id


def finish_run(  # the columns of a finished run
    session: Session,
    run_id: int,
    at: datetime,
    outcome: JobOutcome,
    counts: Mapping[str, int],
    error: str | None,
) -> None:
    """Record how a run ended, and let go of the job's runs of more than a week ago."""
    run = session.get_one(JobRun, run_id)
    run.finished_at = at
    run.outcome = outcome
    run.counts = dict(counts)
    run.error = error
    session.connection().execute(
        delete(JobRun).where(JobRun.job == run.job, JobRun.started_at < at - KEPT)
    )


def first_run_at(session: Session, job: str) -> datetime | None:
    """When a job first ran, as far as its runs are kept; ``None`` if it never did."""
    return session.scalar(select(func.min(JobRun.started_at)).where(JobRun.job == job))


def last_count(session: Session, job: str, name: str) -> int | None:
    """What a job's newest run that ended well counted under a name; ``None`` without one."""
    query = select(JobRun.counts).where(JobRun.job == job, JobRun.outcome == JobOutcome.OK)
    counts = session.scalars(query.order_by(JobRun.started_at.desc(), JobRun.id.desc()).limit(1))
    found = (counts.first() or {}).get(name)
    return found if isinstance(found, int) else None


def close_orphans(session: Session, at: datetime) -> int:
    """Mark runs that were cut off by a stop of the process as failed."""
    closed = session.connection().execute(
        update(JobRun)
        .where(JobRun.outcome == JobOutcome.RUNNING)
        .values(
            outcome=JobOutcome.FAILED, finished_at=at, error="the process stopped during the run"
        )
    )
    return closed.rowcount
