"""Which settled, undisputed markets to adjudicate: strata, how many of each, and the draw.

docs/methodology.md, "Adjudication". Screens select; none of them estimates anything.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from math import floor, sqrt
from types import MappingProxyType

import numpy as np

from service.risk.inputs import MICRO

AUDIT_VERSION = "audit-1.0.0"
SAFE, UNSEEN, WORDY, DISAGREED, COMPLAINED = "safe", "unseen", "wordy", "disagreed", "complained"
_LARGE_FROM = 100_000 * MICRO


class Screen(StrEnum):
    """Why a market deserves a look; a reason, never a rate."""

    PRICE_BEFORE = "price_before"
    PRICE_AFTER = "price_after"
    SIBLING = "sibling"
    COMPLAINT = "complaint"


class Allocation(StrEnum):
    """How a budget is spread over strata."""

    # 3,000 in the safe strata for 400 in each of the others.
    DEFAULT = "default"
    # n_h proportional to W_h sqrt(p_h (1 - p_h)) value_h.
    NEYMAN = "neyman"


@dataclass(frozen=True, slots=True)
class AuditPriors:
    """What is taken for granted when a sample is spread; the estimate does not use it."""

    # By kind of stratum: P(wrong) assumed.
    assumed_rate: Mapping[str, float]
    safe_share: int
    risky_share: int
    # Of each stratum, where it has so many and the budget allows.
    minimum: int
    # From so many log-odds of its wording on a market is ``wordy``.
    wordy_from: float
    price_before_below: float
    price_after_below: float
    sibling_gap_above: float


@dataclass(frozen=True, slots=True)
class AuditCandidate:
    """A settled market nobody disputed; prices are of the outcome paid, in 0..1."""

    market_id: int
    # The last middle price one hour before the proposal, and one hour after settlement.
    price_before: float | None
    price_after: float | None
    # Another venue's price of the outcome paid, at the same time.
    sibling_price: float | None
    # Its wording's log-odds against a usual market's; None where there is no text.
    wording: float | None
    # Micro-USDC; unknown counts as the lowest.
    volume: int | None
    has_complaint: bool = False


@dataclass(frozen=True, slots=True)
class Stratum:
    """Markets that are drawn from together."""

    name: str
    market_ids: tuple[int, ...]
    assumed_rate: float
    # Mean volume of its markets in USD, at least 1.
    value: float
    planned: int = 0

    @property
    def size(self) -> int:
        """N_h."""
        return len(self.market_ids)

    @property
    def kind(self) -> str:
        """``safe`` or what makes it risky."""
        return self.name.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One market of a plan, in the order of handing out."""

    market_id: int
    stratum: str
    # n_h / N_h.
    inclusion: float


@lru_cache(maxsize=1)
def load_audit_priors() -> AuditPriors:
    """The section ``audit`` of ``priors.toml``; a wrong key is a ``KeyError`` or ``TypeError``."""
    data = tomllib.loads(files("service.risk").joinpath("priors.toml").read_text("utf-8"))["audit"]
    rates = MappingProxyType(data.pop("assumed_rate"))
    return AuditPriors(assumed_rate=rates, **data)


def screens_of(candidate: AuditCandidate, priors: AuditPriors) -> tuple[Screen, ...]:
    """The screens that name a market."""
    named = {
        Screen.PRICE_BEFORE: _is_below(candidate.price_before, priors.price_before_below),
        Screen.PRICE_AFTER: _is_below(candidate.price_after, priors.price_after_below),
        Screen.SIBLING: _is_below(candidate.sibling_price, 1 - priors.sibling_gap_above),
        Screen.COMPLAINT: candidate.has_complaint,
    }
    return tuple(screen for screen, is_named in named.items() if is_named)


def stratify(candidates: Sequence[AuditCandidate], priors: AuditPriors) -> list[Stratum]:
    """Strata by complaint or price disagreement, wording and volume; each market is in one."""
    members: dict[str, list[AuditCandidate]] = {}
    for candidate in candidates:
        size = "large" if (candidate.volume or 0) >= _LARGE_FROM else "small"
        members.setdefault(f"{_kind(candidate, priors)}/{size}", []).append(candidate)
    return [
        Stratum(
            name=name,
            market_ids=tuple(sorted(c.market_id for c in found)),
            assumed_rate=priors.assumed_rate[name.partition("/")[0]],
            value=max(sum((c.volume or 0) for c in found) / len(found) / MICRO, 1.0),
        )
        for name, found in sorted(members.items())
    ]


def allocate(
    strata: Sequence[Stratum], budget: int, allocation: Allocation, priors: AuditPriors
) -> list[Stratum]:
    """Strata with ``planned``: sums to the budget, or to all markets where those are fewer.

    No stratum gets more than it has; each gets the minimum first, as far as the budget goes.
    ``ValueError`` for a budget below 1.
    """
    if budget < 1:
        message = f"a budget of {budget} markets draws nothing: give at least 1"
        raise ValueError(message)
    least = min(priors.minimum, budget // max(len(strata), 1))
    counts = [min(stratum.size, least) for stratum in strata]
    weights = _weights(strata, allocation, priors)
    left = min(budget, sum(stratum.size for stratum in strata)) - sum(counts)
    counts = _spread(counts, [stratum.size for stratum in strata], weights, left)
    return [
        Stratum(s.name, s.market_ids, s.assumed_rate, s.value, planned)
        for s, planned in zip(strata, counts, strict=True)
    ]


def draw(strata: Sequence[Stratum], seed: int) -> list[Drawn]:
    """A simple random sample of each stratum without replacement, all in one random order."""
    rng = np.random.default_rng(seed)
    chosen = [
        Drawn(int(market_id), stratum.name, stratum.planned / stratum.size)
        for stratum in strata
        if stratum.planned
        for market_id in rng.choice(np.array(stratum.market_ids), stratum.planned, replace=False)
    ]
    return [chosen[place] for place in rng.permutation(len(chosen))]


def _is_below(price: float | None, limit: float) -> bool:
    return price is not None and price < limit


def _kind(candidate: AuditCandidate, priors: AuditPriors) -> str:
    screens = screens_of(candidate, priors)
    if Screen.COMPLAINT in screens:
        return COMPLAINED
    if screens:
        return DISAGREED
    if candidate.wording is not None and candidate.wording >= priors.wordy_from:
        return WORDY
    # A market whose prices nobody saw is not known to be safe.
    return UNSEEN if candidate.price_before is None and candidate.price_after is None else SAFE


def _weights(strata: Sequence[Stratum], allocation: Allocation, priors: AuditPriors) -> list[float]:
    if allocation is Allocation.NEYMAN:
        return [s.size * sqrt(s.assumed_rate * (1 - s.assumed_rate)) * s.value for s in strata]
    safe = sum(s.size for s in strata if s.kind == SAFE)
    return [
        priors.safe_share * s.size / safe if s.kind == SAFE else float(priors.risky_share)
        for s in strata
    ]


def _spread(
    counts: list[int], sizes: Sequence[int], weights: Sequence[float], left: int
) -> list[int]:
    """Add ``left`` by weight; what a full stratum cannot take goes to the others."""
    while left > 0:
        free = [n for n, count in enumerate(counts) if count < sizes[n]]
        total = sum(weights[n] for n in free)
        shares = {n: left * weights[n] / total for n in free}
        given = {n: min(floor(share), sizes[n] - counts[n]) for n, share in shares.items()}
        if not any(given.values()):
            # Less than one each: to the largest remainders.
            order = sorted(free, key=lambda n: (-shares[n], n))
            given = dict.fromkeys(order[:left], 1)
        for n, more in given.items():
            counts[n] += more
        left -= sum(given.values())
    return counts
