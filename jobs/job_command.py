"""``settlewatch job``: one run of one job, or a backfill, and what it did."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import orjson
import structlog

from jobs.backfill import Progress, Span
from jobs.cycle import run_cycle
from jobs.prune import policy_of, prune, round_policy_of
from jobs.wiring import House, begin_service, run_backfill, run_job
from service.clock import stopwatch
from service.errors import SettlewatchError, UsageError

if TYPE_CHECKING:
    from jobs.cycle import CycleReport, JobResult

log = structlog.get_logger()
# Between two lines about a backfill where no terminal shows its bar.
SECONDS_A_LINE = 10.0


def job_command(
    house: House,
    name: str,
    *,
    first: str | None,
    last: str | None,
    as_json: bool,
    dry_run: bool = False,
) -> None:
    """Run a job, print its result; one that failed or did nothing for a fault is an error."""
    begin_service(house)
    if dry_run:
        result = _run_dry(house, name)
    elif first is None:
        result = run_job(house, name)
    else:
        with _progress(name) as progress:
            result = run_backfill(house, name, Span(first, last), progress)
    _print(result, as_json=as_json)
    did_nothing = result.outcome == "degraded" and not any(result.counts.values())
    if result.outcome == "failed" or did_nothing:
        raise SettlewatchError(f"{name}: {result.error}")
    if result.error:
        sys.stderr.write(f"settlewatch: {name}: {result.error}\n")


def _run_dry(house: House, name: str) -> "JobResult":
    """Count what a job would do."""
    if name != "prune":
        message = f"--dry-run: {name!r} cannot tell beforehand. Only prune can."
        raise UsageError(message)

    def count() -> "CycleReport":
        settings = house.settings
        policies = policy_of(settings), round_policy_of(settings)
        return prune(house.sessions, house.clock, *policies, dry_run=True)

    return run_cycle(name, count, house.sessions, house.clock)


def _print(result: "JobResult", *, as_json: bool) -> None:
    if as_json:
        words = {
            "job": result.job,
            "outcome": result.outcome,
            "counts": dict(result.counts),
            "error": result.error,
            "seconds": round(result.seconds, 3),
        }
        sys.stdout.write(orjson.dumps(words, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    counts = ", ".join(f"{key} {value}" for key, value in result.counts.items()) or "nothing"
    sys.stdout.write(f"{result.job}: {result.outcome} in {result.seconds:.1f} s: {counts}\n")


@contextmanager
def _progress(name: str) -> Iterator[Progress]:
    """A bar with the time left on a terminal, a line now and then elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("blocks,"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Bar(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name)
        say = _Lines(name) if not console.is_terminal else None

        def progress(at: int, first: int, last: int) -> None:
            bar.update(task, total=last - first + 1, completed=at - first)
            if say is not None:
                say(at, first, last)

        yield progress


class _Lines:
    """Log lines about a backfill, none too often."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._elapsed = stopwatch()
        self._said_at = 0.0
        self._began: int | None = None

    def __call__(self, at: int, first: int, last: int) -> None:
        """Say how far it is and how long it will still take, if the last line is old enough."""
        if self._began is None:
            self._began = at
        now = self._elapsed()
        if now - self._said_at < SECONDS_A_LINE and at <= last:
            return
        self._said_at = now
        done = at - self._began
        left = round(now / done * (last + 1 - at)) if done else None
        share = round(100 * (at - first) / (last - first + 1), 1)
        log.info(
            "backfill",
            job=self._name,
            next_block=at,
            last_block=last,
            percent=share,
            seconds_left=left,
        )
