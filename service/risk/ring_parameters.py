"""The numbers of bursts, rings, conflicts and order flow, read from ``ring_priors.toml``.

docs/methodology.md, "Bursts of disputes" to "Order flow before a proposal".
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from service.risk.attack_parameters import Tagged

RINGS_VERSION = "rings-1.0.0"


@dataclass(frozen=True, slots=True)
class BurstPriors:
    """How bursts of first disputes are looked for; days and hours, USD."""

    replicates: int
    seed: int
    # P(any alarm in a week of looks | no burst), by which the line is drawn.
    weekly_false_alarms: float
    study_days: int
    gap_days: int
    half_life_days: float
    least_days: int
    dispersion_days: int
    season_pseudo: float
    dispersion_pseudo_disputes: float
    hour_ratio: float
    day_ratio: float
    event_hours: float
    high_price: float
    open_interest_usd: float


@dataclass(frozen=True, slots=True)
class RingParameters:
    """Every number of ``ring_priors.toml``."""

    version: str
    burst: BurstPriors
    # Section and key, e.g. ``burst.gap_days``.
    tagged: Mapping[str, Tagged]


@lru_cache(maxsize=1)
def load_ring_parameters() -> RingParameters:
    """The shipped numbers."""
    return parse_ring_parameters(
        files("service.risk").joinpath("ring_priors.toml").read_text("utf-8")
    )


def parse_ring_parameters(text: str) -> RingParameters:
    """Numbers from TOML; a missing or unknown key is a ``KeyError`` or ``TypeError``."""
    data = tomllib.loads(text)
    version = data.pop("version")
    tagged = {
        f"{section}.{key}": Tagged(**row)
        for section, rows in data.items()
        for key, row in rows.items()
    }
    plain = {
        section: {key: row["value"] for key, row in rows.items()} for section, rows in data.items()
    }
    return RingParameters(version, BurstPriors(**plain["burst"]), MappingProxyType(tagged))
