"""What a dispute model says before any data do, each with its tag and source.

Tags as in ``service/risk/priors.toml``: D public document, T third-party count, A our assumption.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from service.calibration.rows import Target
from service.risk.text.dispute_readings import BEFORE_ITS_TIME, CANDLE_OPEN, UNFAMILIAR, UNREADABLE
from service.risk.text.frozen_dispute import Era


@dataclass(frozen=True, slots=True)
class Default:
    """A coefficient's prior mean."""

    coefficient: float
    tag: str
    why: str


@dataclass(frozen=True, slots=True)
class PriorRate:
    """A belief about the base rate: Beta(mean n, (1 - mean) n)."""

    mean: float
    n: float
    tag: str
    source: str


DEFAULTS = {
    UNFAMILIAR: Default(0.7, "A", "whoever never answered before errs more, and is watched more"),
    BEFORE_ITS_TIME: Default(2.5, "A", "half of all disputes are of answers that came too early"),
    CANDLE_OPEN: Default(1.5, "A", "while the named price does not exist, any answer is too early"),
    UNREADABLE: Default(1.0, "A", "a question without a title is no market that people trade"),
}
# A category's rate starts from the usual one with the weight of so many disputes (A).
CATEGORY_PSEUDO = 2.0
_EARLY, _WRONG = 0.50, 0.056
PRIOR_RATES = {
    Target.DISPUTED: PriorRate(0.013, 5000, "D", "1.3 % of proposals disputed (2025)"),
    Target.FLIPPED: PriorRate(
        0.013 * (_EARLY + _WRONG), 5000, "D", "of them 50 % too early, 5.6 % another outcome"
    ),
    Target.MISRESOLVED: PriorRate(1e-4, 100, "A", "no labels: an assumption that any data replace"),
}
# The published rates are of proposals: of other recordings they say little, and count for so many
# rows there (A).
PRIOR_ROWS_ELSEWHERE = 100.0
# The last row in view when that weight was cut from 5,000, after a first run of the backtest.
CHOICES_SEEN_TO = datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
# Neither count is of the recorded population, so each counts for 0.7 of its size (A).
_DISCOUNT = 0.7
ERAS = (
    Era(
        datetime(2025, 9, 5, tzinfo=UTC),
        round(-1.139 * _DISCOUNT, 3),
        "proposer whitelist: disputes -68 % (D, before-after), discounted by 0.7 (A)",
    ),
    Era(
        datetime(2026, 2, 24, tzinfo=UTC),
        round(-3.011 * _DISCOUNT, 3),
        "resolver settles: 0.064 % of proposals disputed in Q3 2026 (T) over 1.3 % (D),"
        " discounted by 0.7 (A)",
    ),
)
# Assumed numbers of the risk model that no such data can replace.
UNCHANGED = (
    ("d1w, d1e: P(disputed) of a wrong, an early answer", "needs audited undisputed markets"),
    ("a1w, a1e, d1c: P(wrong), P(early), P(disputed) of a correct one", "a flip is no truth label"),
    ("ew, om, va, lam", "needs adjudicated payouts; fewer than 30 exist"),
    ("points of the lexical readings", "earned no place out of time; kept for display only"),
    ("fragile sources", "no case in the data"),
)
