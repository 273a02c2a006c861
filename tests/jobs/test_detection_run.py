"""Which detectors a simulated attack meets, and where the table of what they see goes."""

from bench.detection import BEGIN, DOCUMENT, END
from jobs.detection_run import DETECTORS, missing_detectors
from jobs.job_table import JOBS


def test_every_detector_is_a_job_or_named_as_missing() -> None:
    assert set(missing_detectors()) == set(DETECTORS) - set(JOBS)
    assert {"watch_rounds", "detect_rings", "fuse_attacks", "send_alerts"} <= set(JOBS)


def test_the_document_has_a_place_for_the_table() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
