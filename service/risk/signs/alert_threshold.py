"""From which score on people are paged, so that false pages stay within a budget.

At most one false page a week over all markets: half for markets, a quarter each for rounds and
rings. docs/methodology.md, "Alert budget".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, exp, floor, lgamma, log

from models.attack_enums import SignalSubject

# False pages a week.
BUDGETS = {SignalSubject.MARKET: 0.5, SignalSubject.ROUND: 0.25, SignalSubject.GROUP: 0.25}
# Of calibration: half a year.
WEEKS = 26
# How fast the budget is given back, or taken, a week.
_STEP = 0.1
# The ends of a 90 % interval.
_TAIL = 0.05
_BISECTIONS = 200


class Method(StrEnum):
    """What a threshold rests on."""

    # A p-value among past scores, held to a level.
    CONFORMAL = "conformal"
    # The k-th largest of the incident-free weeks, where too few scores were seen for the level.
    LARGEST = "largest"
    # Too short a history for one page: everything goes to the digest.
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Week:
    """One past week of one kind of subject: the highest score of each, and what was paged."""

    scores: tuple[float, ...]
    false_pages: int = 0
    # A payout of this week is settled as wrong: its scores are no quiet ones.
    has_incident: bool = False


@dataclass(frozen=True, slots=True)
class Threshold:
    """A score is paged above ``value``; None: no score is."""

    method: Method
    value: float | None
    # The level as adapted to the false pages so far; None without scored weeks.
    alpha: float | None
    scores: int
    weeks: int

    def is_exceeded(self, score: float) -> bool:
        """Whether a score is a page."""
        return self.value is not None and score > self.value


def threshold_of(weeks: Sequence[Week], budget: float) -> Threshold:
    """The threshold from past weeks, oldest first, of which the last 26 count.

    alpha = budget / scores a week, times exp(0.1 (budget - false pages)) after each week, and never
    above where it began: a quiet year must not buy a noisy week.
    """
    recent = weeks[-WEEKS:]
    quiet = [week for week in recent if not week.has_incident]
    scores = sorted((score for week in quiet for score in week.scores), reverse=True)
    seen, count = len(scores), len(quiet)
    if not seen:
        return Threshold(Method.NONE, None, None, 0, count)
    alpha = min(1.0, budget * count / seen * _adapted(recent, budget))
    if seen >= ceil(1 / alpha):
        # p = (1 + scores as high) / (1 + scores) <= alpha.
        allowed = floor(alpha * (seen + 1)) - 1
        return Threshold(Method.CONFORMAL, _after(scores, allowed), alpha, seen, count)
    allowed = floor(budget * count)
    if allowed < 1:
        return Threshold(Method.NONE, None, alpha, seen, count)
    return Threshold(Method.LARGEST, scores[min(allowed, seen) - 1], alpha, seen, count)


def _adapted(weeks: Sequence[Week], budget: float) -> float:
    """What false pages have left of the level, those of weeks with incidents too."""
    factor = 1.0
    for week in weeks:
        factor = min(1.0, factor * exp(_STEP * (budget - week.false_pages)))
    return factor


def _after(scores: Sequence[float], allowed: int) -> float | None:
    """The score that at most ``allowed`` past ones exceed or equal; scores fall."""
    return scores[allowed] if 0 <= allowed < len(scores) else None


@dataclass(frozen=True, slots=True)
class Rate:
    """Events a week with the exact 90 % interval of a Poisson count."""

    events: int
    weeks: float
    mean: float
    low: float
    high: float


def poisson_rate(events: int, weeks: float) -> Rate | None:
    """The rate by Garwood's interval; None where no time has passed.

    0 in 26 weeks shows only that it is below 0.12 a week.
    """
    if weeks <= 0:
        return None
    low = 0.0 if events == 0 else _solve(events - 1, 1 - _TAIL)
    high = _solve(events, _TAIL)
    return Rate(events, weeks, events / weeks, low / weeks, high / weeks)


def _solve(events: int, wanted: float) -> float:
    """The mean at which P(at most so many events) is ``wanted``."""
    low, high = 0.0, 20.0 + 4.0 * events
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(events, middle) > wanted else (low, middle)
    return (low + high) / 2


def _at_most(events: int, mean: float) -> float:
    if mean == 0:
        return 1.0
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(events + 1))
