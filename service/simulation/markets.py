"""The markets of the simulated weeks: money, truth, clarity and when an answer is due.

Volume is log-normal (sigma 2.5) around 13,000 USD, open interest a Beta(2, 26) share of it: mean
7 %. docs/methodology.md, "The simulator".
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from service.simulation.calendar import DAY, HOUR, STARTS_AT, WEEK
from service.simulation.scenario import USUAL_CLARITY, WAVE_CLARITY, Scenario

MEDIAN_VOLUME = 13_000.0
VOLUME_SIGMA = 2.5
OPEN_INTEREST = (2.0, 26.0)
YES, NO = "Yes", "No"
_LIVENESS = ((7_200, 900, 1_800, 600), (0.456, 0.253, 0.231, 0.06))
_TOPICS = ("politics", "sports", "crypto", "weather", "culture")
# The open listing would carry markets of years; a simulated one opens days before its answer.
_OPEN_DAYS = (1.0, 6.0)


class Clarity(StrEnum):
    """How plain the rules are, which decides how voters err."""

    CLEAR = "clear"
    MODERATE = "moderate"
    CONTESTED = "contested"


@dataclass(slots=True)
class Market:
    """One market; USD, unix seconds."""

    number: int
    volume: int
    open_interest: int
    truth: str
    clarity: Clarity
    topic: str
    liveness: int
    opened_at: int
    # When somebody is to propose.
    due_at: int
    # Middle price of the true outcome before the proposal.
    belief: float

    @property
    def wrong(self) -> str:
        """The other answer."""
        return NO if self.truth == YES else YES


def draw_markets(
    scenario: Scenario, weeks: int, a_week: int, random: np.random.Generator
) -> list[Market]:
    """All markets of all weeks, by the time their answer is due."""
    wave = weeks * 2 // 3
    markets: list[Market] = []
    for week in range(weeks):
        is_wave = scenario.has_wave and week == wave
        due = np.sort(random.uniform(0.02, 1.0, a_week)) * WEEK + STARTS_AT + week * WEEK
        volumes = MEDIAN_VOLUME * np.exp(random.normal(0.0, VOLUME_SIGMA, a_week))
        shares = random.beta(*OPEN_INTEREST, a_week)
        odds = WAVE_CLARITY if is_wave else USUAL_CLARITY
        classes = random.choice(3, a_week, p=odds)
        truths = random.random(a_week) < 0.5  # noqa: PLR2004  # a coin
        spans = random.choice(_LIVENESS[0], a_week, p=_LIVENESS[1])
        topics = random.integers(0, len(_TOPICS), a_week)
        ahead = random.uniform(*_OPEN_DAYS, a_week) * DAY
        for n in range(a_week):
            clarity = tuple(Clarity)[classes[n]]
            at = int(due[n])
            markets.append(
                Market(
                    number=len(markets),
                    volume=int(min(volumes[n], 5e7)),
                    open_interest=int(min(volumes[n], 5e7) * shares[n]),
                    truth=YES if truths[n] else NO,
                    clarity=clarity,
                    topic=_TOPICS[topics[n]],
                    liveness=int(spans[n]),
                    opened_at=max(STARTS_AT - 5 * DAY, at - int(ahead[n])) // HOUR * HOUR,
                    due_at=at,
                    belief=_belief(clarity, random),
                )
            )
    return markets


def _belief(clarity: Clarity, random: np.random.Generator) -> float:
    """A noisy belief in the truth, on the venue's grid of a tenth of a cent."""
    low, high = {
        Clarity.CLEAR: (0.97, 0.997),
        Clarity.MODERATE: (0.75, 0.97),
        Clarity.CONTESTED: (0.35, 0.85),
    }[clarity]
    return round(float(random.uniform(low, high)), 3)
