"""When each job runs: APScheduler is the clock, one process holds it."""

import threading
from datetime import timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from jobs.wiring import JOBS, House, run_job
from service.heaps import give_back_free, share_heaps

# Seconds between runs, and how far a run may be shifted so that instances do not ask in step.
PERIODS = {
    "sync_markets": (600, 30),
    "sync_live_markets": (60, 5),
    "sync_groups": (1_800, 60),
    "backfill_closed_markets": (300, 20),
    "sync_resolutions": (30, 3),
    "sync_clarifications": (60, 5),
    "recheck_clarifications": (1_800, 60),
    "sync_liquidity": (30, 3),
    "sync_holders": (300, 20),
    "sync_price_history": (60, 5),
    "sync_prices": (300, 20),
    "index_oracle": (15, 2),
    "index_fills": (30, 3),
    "index_votes": (60, 5),
    "check_reorgs": (60, 5),
    "look_up_disputed": (60, 5),
    "read_parameters": (3600, 60),
    "link_wallets": (600, 30),
    "read_wallets": (600, 30),
    "sync_positions": (300, 20),
    "fold_facts": (10, 1),
    "score_markets": (10, 1),
    "score_rounds": (60, 5),
    "watch_proposals": (30, 2),
    "watch_rounds": (30, 2),
    "detect_rings": (300, 20),
    "detect_conflicts": (300, 20),
    "find_blocs": (1_800, 60),
    "fuse_attacks": (60, 5),
    "send_alerts": (10, 1),
    "check_data": (3_600, 120),
    "score_base_rates": (86_400, 600),
    "check_drift": (86_400, 600),
    "prune": (21_600, 600),
}
# Jobs take large batches in and let them go; what that leaves is given back this often.
GIVE_BACK_SECONDS = 20
# The first runs follow each other by this much, in the order facts flow.
STAGGER_SECONDS = 1.0


class Schedule:
    """Runs every job in its turn; late runs are merged into one, no job runs twice at once."""

    def __init__(self, house: House) -> None:
        """Plan the jobs; nothing runs before :meth:`start`."""
        self._house = house
        self._running = 0
        self._is_idle = threading.Condition()
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(len(JOBS) + 1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begin, the first runs in the order facts flow."""
        # Before there is a thread a job.
        share_heaps()
        start = self._house.clock.now()
        for number, name in enumerate(JOBS):
            seconds, jitter = PERIODS[name]
            self._scheduler.add_job(
                self._run,
                "interval",
                args=(name,),
                id=name,
                seconds=seconds,
                jitter=jitter,
                next_run_time=start + timedelta(seconds=number * STAGGER_SECONDS),
            )
        self._scheduler.add_job(give_back_free, "interval", seconds=GIVE_BACK_SECONDS)
        self._scheduler.start()

    def stop(self, seconds: float) -> bool:
        """Start no more jobs; whether those running ended within the time."""
        self._scheduler.shutdown(wait=False)
        with self._is_idle:
            return self._is_idle.wait_for(lambda: self._running == 0, timeout=seconds)

    def _run(self, name: str) -> None:
        with self._is_idle:
            self._running += 1
        try:
            run_job(self._house, name)
        finally:
            with self._is_idle:
                self._running -= 1
                self._is_idle.notify_all()
