"""A small simulation through the real jobs, and where its table goes."""

from pathlib import Path

from bench.detection import BEGIN, DOCUMENT, END
from jobs.detection_run import DETECTORS, Looks, missing_detectors, run_detection
from service.simulation.calendar import DAY
from service.simulation.run import simulate
from service.simulation.scenario import SCENARIOS


def test_a_round_of_forty_is_paged_for_the_stake_that_came_in_its_commit_phase(
    tmp_path: Path,
) -> None:
    run = simulate(SCENARIOS["round_of_40"], 1, 1, 60)
    found = run_detection(run, tmp_path, Looks(every=DAY // 2, warm_up=0))
    assert found.is_attack
    assert found.paged_at is not None
    assert run.plan is not None
    assert found.reason is not None
    assert (tmp_path / "truth.json").exists()


def test_every_detector_is_a_job() -> None:
    assert set(missing_detectors()) < set(DETECTORS)


def test_the_document_has_a_place_for_the_table() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
