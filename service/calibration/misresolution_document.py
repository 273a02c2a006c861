"""The answer for target misresolved, in the shape of the other targets' document."""

from typing import Any

from service.calibration.baselines import NAMES
from service.calibration.misresolution import MisresolutionBound
from service.calibration.rows import Target


def misresolution_document(bound: MisresolutionBound, notices: tuple[str, ...]) -> dict[str, Any]:
    """A bound in place of measures; the verdict is inconclusive by construction."""
    none = f"no model of this target is fitted: {bound.reason}"
    return {
        "target": str(Target.MISRESOLVED),
        "headline": [misresolution_headline(bound)],
        "summary": misresolution_headline(bound),
        "weaknesses": [bound.reason],
        "rows": bound.adjudicated,
        "positives": bound.misresolved,
        "calibration_status": "uncalibrated",
        "bound": {"p05": bound.low, "p95": bound.high, "method": "Jeffreys"},
        "split": {
            "mode": "none",
            "train_from": None,
            "train_to": None,
            "test_from": None,
            "test_to": None,
            "embargo_days": 0,
        },
        "model": {"unavailable": none},
        "baselines": {name: {"name": title, "unavailable": none} for name, title in NAMES.items()},
        "paired": {},
        "verdict": "inconclusive",
        "verdict_rows": "adjudicated rows",
        "verdict_reason": bound.reason,
        "files": list(notices),
    }


def misresolution_headline(bound: MisresolutionBound) -> str:
    """The report's first line."""
    return f"Verdict: inconclusive ({bound.reason}). Flips are not misresolutions and stay unused."
