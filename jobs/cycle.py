"""What surrounds one run of a job: its record, its errors, its outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog
from sqlalchemy.orm import Session, sessionmaker

from models.enums import JobOutcome
from service.clock import Clock, stopwatch
from service.errors import SettlewatchError
from service.store.operations.job_runs import add_run, finish_run
from service.telemetry import without_secrets

log = structlog.get_logger()
# The column's.
ERROR_LENGTH = 500


@dataclass(frozen=True, slots=True)
class CycleReport:
    """What one run did: counts by name and, where a source failed, one line each."""

    counts: Mapping[str, int] = field(default_factory=dict)
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobResult:
    """How one run ended."""

    job: str
    outcome: JobOutcome
    counts: Mapping[str, int]
    error: str | None
    seconds: float


def run_cycle(
    name: str, job: Callable[[], CycleReport], sessions: sessionmaker[Session], clock: Clock
) -> JobResult:
    """Run a job once and record it; a job's error ends here, with its name and one line."""
    with sessions.begin() as session:
        run_id = add_run(session, name, clock.now())
    elapsed = stopwatch()
    error: str | None = None
    counts: Mapping[str, int] = {}
    outcome = JobOutcome.OK
    try:
        report = job()
        counts = report.counts
        if report.degraded:
            outcome, error = JobOutcome.DEGRADED, _line("; ".join(report.degraded))
    except SettlewatchError as failure:
        outcome, error = JobOutcome.FAILED, _line(str(failure))
    except Exception as failure:
        # The one place that catches everything: a bug in one job must not stop the others.
        outcome, error = JobOutcome.FAILED, _line(f"{type(failure).__name__}: {failure}")
        log.exception("job crashed", job=name)
    with sessions.begin() as session:
        finish_run(session, run_id, clock.now(), outcome, counts, error)
    seconds = elapsed()
    log.info(
        "job done",
        job=name,
        outcome=outcome.value,
        seconds=round(seconds, 3),
        error=error,
        **counts,
    )
    return JobResult(name, outcome, counts, error, seconds)


def _line(error: str) -> str:
    """An error as it is stored and shown to anybody: one line, without addresses that hold keys."""
    return without_secrets(" ".join(error.split()))[:ERROR_LENGTH]
