"""The numbers of the attack economics, read from ``attack_priors.toml`` and typed.

docs/methodology.md, "Attack economics".
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

ATTACK_VERSION = "attack-1.3.0"


@dataclass(frozen=True, slots=True)
class Tagged:
    """A number, how it is known (C, D, T, N; A: our assumption), and from where."""

    value: float
    tag: str
    source: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """A number a result rests on. ``reason``: why the input it stands for could not be read."""

    name: str
    value: float
    tag: str
    source: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class TurnoutPriors:
    """How turnout of stake outside a bloc scatters."""

    sd: float
    low: float


@dataclass(frozen=True, slots=True)
class AcquirePriors:
    """What it takes to buy or borrow stake; rates are a year's."""

    impact: float
    participation: float
    days: float
    borrow_rate: float
    # Of the open futures, what one holder of stake is short where it is not known.
    futures_share: float
    capital_rate: float
    round_days: float
    cooldown_days: float


@dataclass(frozen=True, slots=True)
class GainPriors:
    """What can be bought before a vote, and where nothing says so."""

    highest_ask: float
    refill_per_day: float
    spread: float
    depth_over_open_interest: float
    depth_price_factor: float
    taker_fee: float
    open_interest_over_volume: float


@dataclass(frozen=True, slots=True)
class RemedyPriors:
    """Log odds of an on-chain prevention, and of a refund."""

    base: float
    refund_base: float
    volume_slope: float
    embarrassment: float
    extreme_price: float
    clarified_against: float
    resolver_gated: float
    cap: float
    refund_cap: float


@dataclass(frozen=True, slots=True)
class BlocPriors:
    """What counts as new stake or a conflict, and what hypothetical blocs are like."""

    quarter_share: float
    hypothetical_holding: float
    new_stake_share: float
    conflict_usd: float
    open_minimum_usd: float


@dataclass(frozen=True, slots=True)
class AttemptPriors:
    """Log odds that a bloc attacks, and how often rounds were alleged to be captured."""

    intercept: float
    profit: float
    profit_unit_usd: float
    conflict: float
    new_stake: float
    cap: float
    alleged: float
    rounds: float


@dataclass(frozen=True, slots=True)
class Saturating:
    """``limit (1 - exp(-L / scale_usd))`` of misallocated money L."""

    limit: float
    scale_usd: float


@dataclass(frozen=True, slots=True, eq=False)
class AttackParameters:
    """Every number of ``attack_priors.toml``; compared by identity, told apart by ``digest``."""

    version: str
    digest: str
    draws: int
    seed: int
    default: Mapping[str, Tagged]
    # Section and key, e.g. ``damage.deepest``.
    tagged: Mapping[str, Tagged]
    turnout: TurnoutPriors
    error_correlation: float
    # As if a mean share of honest errors had been counted from so many times k votes.
    error_mean_weight: float
    acquire: AcquirePriors
    # The fall of UMA's price, and the chance of an emergency response.
    fall: Saturating
    fall_log_sd: float
    emergency: Saturating
    gain: GainPriors
    remedy: RemedyPriors
    bloc: BlocPriors
    attempt: AttemptPriors
    # Share of the stake outside the bloc that is slashed when the bloc wins; None: counted in the
    # simulated votes.
    others_slashed: float | None = None

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """Every number of tag A that is no default of an input."""
        return tuple(
            Assumption(name, row.value, row.tag, row.source)
            for name, row in self.tagged.items()
            if row.tag == "A" and not name.startswith("default.")
        )


@lru_cache(maxsize=1)
def load_attack_parameters() -> AttackParameters:
    """The shipped numbers."""
    path = files("service.risk").joinpath("attack_priors.toml")
    return parse_attack_parameters(path.read_text("utf-8"))


def parse_attack_parameters(text: str) -> AttackParameters:
    """Numbers from TOML; a missing or unknown key is a ``KeyError`` or ``TypeError``."""
    data = tomllib.loads(text)
    version, sampling = data.pop("version"), data.pop("sampling")
    tagged = {
        f"{section}.{key}": Tagged(**row)
        for section, rows in data.items()
        for key, row in rows.items()
    }
    plain = {section: _values(rows) for section, rows in data.items()}
    damage, emergency = plain["damage"], plain["emergency"]
    return AttackParameters(
        version=version,
        digest=hashlib.sha256(f"{ATTACK_VERSION}\n{text}".encode()).hexdigest(),
        draws=sampling["draws"],
        seed=sampling["seed"],
        default=MappingProxyType({k: tagged[f"default.{k}"] for k in data["default"]}),
        tagged=MappingProxyType(tagged),
        turnout=TurnoutPriors(**plain["turnout"]),
        error_correlation=plain["joint"]["error_correlation"],
        error_mean_weight=plain["joint"]["error_mean_weight"],
        acquire=AcquirePriors(**plain["acquire"]),
        fall=Saturating(damage["deepest"], damage["scale_usd"]),
        fall_log_sd=damage["log_sd"],
        emergency=Saturating(emergency["cap"], emergency["scale_usd"]),
        gain=GainPriors(**plain["gain"]),
        remedy=RemedyPriors(**plain["override"]),
        bloc=BlocPriors(**plain["bloc"]),
        attempt=AttemptPriors(**plain["attempt"]),
    )


def _values(rows: dict[str, dict[str, Any]]) -> dict[str, float]:
    return {key: float(row["value"]) for key, row in rows.items()}
