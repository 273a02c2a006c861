"""How the service itself is doing: sources, last runs of the jobs, whether the database answers."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.operation import JobRun, Source


def ping(session: Session) -> None:
    """Make the database answer; raises what the driver raises when it cannot."""
    session.execute(select(1)).scalar_one()


def list_source_rows(session: Session) -> Sequence[Source]:
    """Every source a job has reported on, by name."""
    return session.scalars(select(Source).order_by(Source.name)).all()


def list_last_runs(session: Session) -> Sequence[JobRun]:
    """The newest run of every job, by job."""
    newest = select(func.max(JobRun.id)).group_by(JobRun.job)
    return session.scalars(select(JobRun).where(JobRun.id.in_(newest)).order_by(JobRun.job)).all()
