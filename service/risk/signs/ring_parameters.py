"""The numbers of bursts, rings, conflicts and order flow, read from ``ring_priors.toml``.

docs/methodology.md, "Bursts of disputes" to "Order flow before a proposal".
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from service.risk.attack.attack_parameters import Tagged

RINGS_VERSION = "rings-1.1.1"


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
class RingPriors:
    """Which proposers and disputers are told to belong together."""

    days: int
    stratum_days: int
    least_meetings: int
    least_each_way: int
    false_discoveries: float
    least_funder: float
    common_funder_lr: float
    market_days: int
    least_cluster_disputes: int


@dataclass(frozen=True, slots=True)
class ConflictPriors:
    """What holding the answer one pushes says; USD, days."""

    dust_usd: float
    holding_lr: float
    holding_full_usd: float
    added_usd: float
    added_lr: float
    alignment_days: int


@dataclass(frozen=True, slots=True)
class FlowPriors:
    """What trades before a proposal say; hours, days, USD, hours of the day in UTC."""

    span_hours: int
    least_reference: int
    reference_days: int
    outlying_z: float
    drift_lr: float
    linked_buy_usd: float
    linked_buy_lr: float
    off_hours_lr: float
    late_from_hour: int
    late_to_hour: int
    young_days: int


@dataclass(frozen=True, slots=True)
class RingParameters:
    """Every number of ``ring_priors.toml``."""

    version: str
    burst: BurstPriors
    ring: RingPriors
    conflict: ConflictPriors
    flow: FlowPriors
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
    return RingParameters(
        version=version,
        burst=BurstPriors(**plain["burst"]),
        ring=RingPriors(**plain["ring"]),
        conflict=ConflictPriors(**plain["conflict"]),
        flow=FlowPriors(**plain["flow"]),
        tagged=MappingProxyType(tagged),
    )
