"""Which detectors a simulated attack meets, and where the table of what they see goes."""

from pathlib import Path

from bench.detection import BEGIN, DOCUMENT, END
from jobs.detection_run import DETECTORS, Looks, missing_detectors, run_detection
from jobs.job_table import JOBS
from service.simulation.calendar import DAY
from service.simulation.run import simulate
from service.simulation.scenario import SCENARIOS


def test_every_detector_is_a_job_or_named_as_missing() -> None:
    assert set(missing_detectors()) == set(DETECTORS) - set(JOBS)
    assert {"watch_rounds", "detect_rings", "fuse_attacks", "send_alerts"} <= set(JOBS)


def test_the_document_has_a_place_for_the_table() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert text.count(BEGIN) == text.count(END) == 1


# round_of_40 at its smallest: in one week the attack's vote is in round 3, from its sixth day on.
SMALL = simulate(SCENARIOS["round_of_40"], 1, 1, 20)


def test_stake_added_in_a_vote_is_paged_by_the_real_jobs(tmp_path: Path) -> None:
    found = run_detection(SMALL, tmp_path, Looks(every=DAY, warm_up=0))
    print(found)
    assert found.reason == "x"
