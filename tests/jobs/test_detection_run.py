"""Which detectors a simulated attack meets, and where the table of what they see goes."""

from pathlib import Path

from bench.detection import BEGIN, DOCUMENT, END, ONCE, to_do
from jobs.detection_run import DETECTORS, Looks, missing_detectors, run_detection
from jobs.job_table import JOBS
from service.protocol.rounds import RoundTime
from service.simulation.calendar import DAY, FIRST_ROUND
from service.simulation.run import simulate
from service.simulation.scenario import SCENARIOS


def test_every_detector_is_a_job_or_named_as_missing() -> None:
    assert set(missing_detectors()) == set(DETECTORS) - set(JOBS)
    assert {"watch_rounds", "detect_rings", "fuse_attacks", "send_alerts"} <= set(JOBS)


def test_the_document_has_a_place_for_the_table() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert text.count(BEGIN) == text.count(END) == 1


def test_every_scenario_is_played_once_before_any_is_played_again() -> None:
    work = to_do(SCENARIOS, 3)
    assert [seed for _, seed in work] == sorted(seed for _, seed in work)
    assert {name for name, seed in work if seed == 1} == set(SCENARIOS)
    assert {name for name, seed in work if seed == 3} == set(SCENARIOS) - ONCE


def test_stake_added_in_a_vote_is_paged_by_the_real_jobs(tmp_path: Path) -> None:
    """One week: the attack's vote is in its third round, and its stake comes in after the disputes.

    No score can page so early, so that it is the structural sign or nothing.
    """
    run = simulate(SCENARIOS["round_of_40"], seed=1, weeks=1, a_week=12)
    found = run_detection(run, tmp_path, Looks(every=DAY, warm_up=0))
    assert found.reason == "stake_inflow_in_commit (round)"
    assert found.paged_at == RoundTime(FIRST_ROUND + 3).reveal_starts_at
    assert found.hours is not None
    assert found.hours > 0
    assert found.false_pages == 0
