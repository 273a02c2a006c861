"""What the base-rate estimators take for given, read from ``base_rates.toml`` and typed."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class RateMinimums:
    """Below these a rate is only bounded, or refused."""

    sample: int
    questions: int
    positives: int
    weighted_positives: int
    weighted_n_eff: float
    bootstrap_positives: int
    likeness_positives: int


@dataclass(frozen=True, slots=True)
class TrendPriors:
    """Standard deviations in log odds: of a month's step, of the first level, of a break."""

    step_sd: float
    level_sd: float
    break_sd: float


@dataclass(frozen=True, slots=True)
class RateParameters:
    """All of ``base_rates.toml``."""

    version: str
    bootstrap: int
    seed: int
    exact_clusters: int
    minimum: RateMinimums
    trend: TrendPriors
    # When the rules changed, by name, oldest first; aware UTC.
    breaks: Mapping[str, datetime]
    disputed_given_wrong: float
    recent_days: int


@lru_cache(maxsize=1)
def load_rate_parameters() -> RateParameters:
    """The shipped file; a missing or unknown key is a ``KeyError`` or ``TypeError``."""
    data = tomllib.loads(files("service.risk").joinpath("base_rates.toml").read_text("utf-8"))
    return RateParameters(
        version=data["version"],
        **data["sampling"],
        minimum=RateMinimums(**data["minimum"]),
        trend=TrendPriors(**data["trend"]),
        breaks=MappingProxyType(data["breaks"]),
        disputed_given_wrong=data["conditional_bound"]["disputed_given_wrong"],
        recent_days=data["recent"]["days"],
    )
