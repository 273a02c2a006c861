"""Where the questions, the events and the money lie: shares of each stratum.

docs/methodology.md, "Base rates".
"""

from dataclasses import dataclass

import numpy as np

from models.rate_enums import RateStratum, RateTarget, RateWeight
from service.risk.rates.rate_intervals import Span, jeffreys
from service.risk.rates.rate_sample import RateSample


@dataclass(frozen=True, slots=True)
class Mass:
    """What part of all lies in one stratum; None where there is nothing to divide."""

    name: str
    questions: int
    of_questions: float
    positives: int
    # With its 90 % interval, as if events came independently.
    of_positives: float | None
    of_positives_interval: Span | None
    of_weight: float | None
    # Of the weight of the questions it happened to: few large ones decide it.
    of_positive_weight: float | None


def list_masses(
    sample: RateSample, target: RateTarget, weight: RateWeight, stratum: RateStratum
) -> list[Mass]:
    """One line a stratum that has questions, of those with a known label, weight and stratum."""
    weights, codes = sample.weights[weight], sample.strata[stratum].codes
    labels = sample.labels[target]
    known = ~np.isnan(weights) & ~np.isnan(labels) & (codes >= 0)
    weights, codes, labels = weights[known], codes[known], labels[known].astype(np.float64)
    size = len(sample.strata[stratum].names)
    questions = np.bincount(codes, minlength=size)
    positives = np.bincount(codes, weights=labels, minlength=size)
    money = np.bincount(codes, weights=weights, minlength=size)
    hit = np.bincount(codes, weights=weights * labels, minlength=size)
    total = float(positives.sum())
    return [
        Mass(
            name=name,
            questions=int(questions[code]),
            of_questions=float(questions[code] / questions.sum()),
            positives=int(positives[code]),
            of_positives=_share(positives[code], total),
            of_positives_interval=jeffreys(float(positives[code]), total) if total else None,
            of_weight=_share(money[code], float(money.sum())),
            of_positive_weight=_share(hit[code], float(hit.sum())),
        )
        for code, name in enumerate(sample.strata[stratum].names)
        if questions[code]
    ]


def _share(part: float, whole: float) -> float | None:
    return float(part) / whole if whole > 0 else None
