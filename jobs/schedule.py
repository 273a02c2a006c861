"""When each job runs: APScheduler is the clock, one process holds it."""

from datetime import timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from jobs.wiring import JOBS, House, run_job

# Seconds between runs, and how far a run may be shifted so that instances do not ask in step.
PERIODS = {
    "sync_markets": (600, 30),
    "sync_resolutions": (60, 5),
    "sync_liquidity": (300, 20),
    "index_oracle": (15, 2),
    "score_markets": (10, 1),
    "send_alerts": (10, 1),
}
# The first runs follow each other by this much, in the order facts flow.
STAGGER_SECONDS = 1.0


def make_schedule(house: House) -> BackgroundScheduler:
    """A scheduler with every job; late runs are merged into one, no job runs twice at once."""
    scheduler = BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(len(JOBS))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    start = house.clock.now()
    for number, name in enumerate(JOBS):
        seconds, jitter = PERIODS[name]
        scheduler.add_job(
            run_job,
            "interval",
            args=(house, name),
            id=name,
            seconds=seconds,
            jitter=jitter,
            next_run_time=start + timedelta(seconds=number * STAGGER_SECONDS),
        )
    return scheduler
