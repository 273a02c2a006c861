"""The model's numbers, read from ``priors.toml`` and typed. docs/methodology.md, "Priors"."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from models.enums import Category, OracleVersion, VolumeStratum
from service.risk.score_files import PRIORS, files_digest, shipped_score_files

MODEL_VERSION = "path-1.6.0"


class Ambiguity(StrEnum):
    """How contested a question is, as far as prices show it."""

    CLEAR = "clear"
    MODERATE = "moderate"
    CONTESTED = "contested"


@dataclass(frozen=True, slots=True)
class Prior:
    """A belief about one probability: Beta(mean n, (1-mean) n), and where it comes from."""

    mean: float
    n: float
    tag: str
    assumed: bool
    source: str


@dataclass(frozen=True, slots=True)
class CellPriors:
    """How fast a cell's own counts replace its parent's rate."""

    kappa_low: float
    kappa_high: float
    kappa_points: int
    kappa_median: float
    kappa_log_sd: float
    kappa_reference_rate: float
    parent_pseudo_disputes: float
    second_dispute_n: float
    own_data_questions: int
    own_data_disputes: int
    # A question of this age counts 1/e of a new one.
    age_days: float


@dataclass(frozen=True, slots=True)
class HazardPriors:
    """When within its liveness a wrong proposal is disputed."""

    cumulative: tuple[float, ...]
    step_seconds: int
    default_liveness_seconds: int
    short_liveness_seconds: int
    # Share of all disputes that have come by so many minutes.
    dispute_minutes: tuple[float, ...]
    dispute_shares: tuple[float, ...]
    # On the managed oracle: the share of disputes after expiry, and when settlement is late.
    after_expiry_share: float
    late_seconds: int


@dataclass(frozen=True, slots=True)
class BeliefPriors:
    """How evidence moves the belief about the truth."""

    price_exponent: float
    reference_price: float
    ln_ratio_cap: float
    clip: float
    k: float
    k_stale: float
    k_floor_side: float
    half_share: float
    half_error_share: float
    ln_lr_refund: float
    # Exponent of another venue's price; 0: its likelihood ratio is 1.
    venue_exponent: float
    ln_lr_feed: float
    ln_lr_late: float
    k_adjudicated: float


@dataclass(frozen=True, slots=True)
class VotePriors:
    """How stake votes: who comes, how it splits, and what a roll does to it."""

    draws: int
    turnout_mean: float
    turnout_sd: float
    turnout_low: float
    # Beta(mean k, (1 - mean) k) of the share that votes for a wrong answer.
    wrong_share: Mapping[Ambiguity, tuple[float, float]]
    # After a roll the odds of the side that led are multiplied by this.
    roll_odds: float
    # ... and no more often than this many times net.
    most_moves: int
    max_rolls: int


@dataclass(frozen=True, slots=True)
class OverridePriors:
    """What administrators do about a wrong answer."""

    onchain: float
    volume_slope: float
    resolver_gated: float
    cap: float
    refund: float
    refund_cap: float
    onchain_share: float
    flag_manual: float


@dataclass(frozen=True, slots=True, eq=False)
class RiskParameters:
    """Every number of the model; compared by identity, told apart by ``digest``."""

    priors_version: str
    # What became known later, changes of contracts say, the priors know nothing of.
    priors_as_of: datetime
    digest: str
    draws: int
    seed: int
    transitions: Mapping[str, Prior]
    version: Mapping[OracleVersion, Mapping[str, Prior]]
    vote_error: Mapping[Ambiguity, Prior]
    vote_information: Mapping[Ambiguity, float]
    clear_price: float
    contested_price: float
    # Of a coefficient fitted on disputes, what counts for wrong proposals.
    feature_wrong_share: float
    dispute_ratio: Mapping[Category, float]
    cells: CellPriors
    hazard: HazardPriors
    belief: BeliefPriors
    vote: VotePriors
    override: OverridePriors
    stratum_log10_volume: Mapping[VolumeStratum, float]
    open_interest_over_volume: float
    book_age_seconds: float
    stake_age_seconds: float
    open_interest_age_seconds: float
    # Assumed of volume where the open interest is unknown: its usual share, and a high one.
    open_interest_over_volume_high: float
    stale_open_interest_growth: float

    def prior(self, symbol: str, version: OracleVersion) -> Prior:
        """The prior of one transition under one oracle version."""
        return self.version[version].get(symbol, self.transitions[symbol])


@lru_cache(maxsize=1)
def load_parameters() -> RiskParameters:
    """The shipped priors."""
    return parse_parameters(shipped_score_files()[PRIORS].decode())


def parse_parameters(text: str) -> RiskParameters:
    """Priors from TOML; a missing or unknown key is a ``KeyError`` or ``TypeError``."""
    data = tomllib.loads(text)
    rates = data["dispute_rate"]
    return RiskParameters(
        priors_version=data["priors_version"],
        priors_as_of=datetime.combine(data["priors_as_of"], time(), UTC),
        digest=files_digest(MODEL_VERSION, {**shipped_score_files(), PRIORS: text.encode()}),
        draws=data["sampling"]["draws"],
        seed=data["sampling"]["seed"],
        transitions=_priors(data["transitions"]),
        version=MappingProxyType({v: _priors(data["version"][v]) for v in OracleVersion}),
        vote_error=MappingProxyType({a: Prior(**data["vote_error"][a]) for a in Ambiguity}),
        vote_information=MappingProxyType({a: data["vote_information"][a] for a in Ambiguity}),
        clear_price=data["ambiguity"]["clear_price"],
        contested_price=data["ambiguity"]["contested_price"],
        feature_wrong_share=data["features"]["wrong_share"],
        dispute_ratio=MappingProxyType({c: rates[c] / rates["all"] for c in Category}),
        cells=CellPriors(**data["cells"]),
        hazard=_hazard(data["hazard"]),
        belief=BeliefPriors(**data["belief"]),
        vote=_vote(data["vote"]),
        override=OverridePriors(**data["override"]),
        stratum_log10_volume=MappingProxyType(
            {s: data["stratum_log10_volume"][s] for s in VolumeStratum}
        ),
        open_interest_over_volume=data["money"]["open_interest_over_volume"],
        book_age_seconds=data["freshness"]["book_age_seconds"],
        stake_age_seconds=data["freshness"]["stake_age_seconds"],
        open_interest_age_seconds=data["freshness"]["open_interest_age_seconds"],
        open_interest_over_volume_high=data["money"]["open_interest_over_volume_high"],
        stale_open_interest_growth=data["money"]["stale_open_interest_growth"],
    )


def _hazard(table: dict[str, Any]) -> HazardPriors:
    listed = ("cumulative", "dispute_minutes", "dispute_shares")
    return HazardPriors(**{**table, **{name: tuple(table[name]) for name in listed}})


def _vote(table: dict[str, Any]) -> VotePriors:
    shares = {a: (table["wrong_share"][a]["mean"], table["wrong_share"][a]["k"]) for a in Ambiguity}
    return VotePriors(**{**table, "wrong_share": MappingProxyType(shares)})


def _priors(table: dict[str, dict[str, Any]]) -> Mapping[str, Prior]:
    return MappingProxyType({symbol: Prior(**row) for symbol, row in table.items()})
