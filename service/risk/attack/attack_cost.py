"""What forcing or stalling a vote takes, and what it costs. docs/methodology.md, "What it costs".

Stake in UMA, money in USD.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from service.risk.attack.attack_inputs import Terms, Uma
from service.risk.attack.attack_parameters import AcquirePriors, AttackParameters, Saturating
from service.risk.draws import Values

_YEAR_DAYS = 365.0


def stake_to_force(terms: Terms, held: float = 0.0, herding: float = 0.0) -> float:
    """UMA to stake anew so that the bloc's votes alone exceed SPAT of all stake.

    ``held`` is the bloc's stake already, ``herding`` the stake of others that votes with it. New
    stake enlarges all stake, hence the division. 0 where it is enough already.
    """
    return max(0.0, (terms.spat * terms.stake - held - herding) / (1 - terms.spat))


def stake_to_stall(terms: Terms, held: float = 0.0) -> float:
    """UMA to stake anew so that no other answer can pass, with ``held`` withheld from it.

    The right votes are turnout x stake less ``held``; they fail at SPAT of the enlarged stake.
    """
    return max(0.0, (terms.turnout * terms.stake - held) / terms.spat - terms.stake)


def can_force(terms: Terms, stake: float) -> bool:
    """Whether the stake alone passes SPAT, which the contract compares strictly, and GAT."""
    return stake > terms.spat * terms.stake and stake > terms.gat


def can_block(terms: Terms, stake: float) -> bool:
    """Whether withholding the stake leaves no answer above SPAT at the mean turnout."""
    return stake >= (terms.turnout - terms.spat) * terms.stake


@dataclass(frozen=True, slots=True)
class Acquisition:
    """What getting so much stake for one round costs."""

    tokens: float
    borrowed: float
    bought: float
    # What is paid for the bought ones, of which ``impact_usd`` is the price driven up.
    purchase_usd: float
    impact_usd: float
    borrow_usd: float
    capital_usd: float
    # Days of buying at the assumed share of the volume: beyond the assumed days, a wish.
    days_needed: float

    @property
    def total_usd(self) -> float:
        """Money needed."""
        return self.purchase_usd + self.borrow_usd + self.capital_usd

    @property
    def lost_usd(self) -> float:
        """Money gone even if every bought token sells again at the price before."""
        return self.impact_usd + self.borrow_usd + self.capital_usd


def acquire(tokens: float, uma: Uma, parameters: AttackParameters) -> Acquisition:
    """Borrow what can be borrowed, buy the rest, lock it for the round and the cooldown."""
    priors = parameters.acquire
    borrowed = min(tokens, uma.lendable)
    bought = tokens - borrowed
    daily = priors.participation * uma.daily_volume
    impact = _mean_impact(bought, daily, uma, priors)
    purchase = uma.price_usd * bought * (1 + impact)
    years = (priors.round_days + priors.cooldown_days) / _YEAR_DAYS
    return Acquisition(
        tokens=tokens,
        borrowed=borrowed,
        bought=bought,
        purchase_usd=purchase,
        impact_usd=uma.price_usd * bought * impact,
        borrow_usd=uma.price_usd * borrowed * priors.borrow_rate * years,
        capital_usd=purchase * priors.capital_rate * years,
        days_needed=bought / daily,
    )


def _mean_impact(bought: float, daily: float, uma: Uma, priors: AcquirePriors) -> float:
    """Two thirds of the last token's impact: the mean of a square root over the way there."""
    return 2 / 3 * priors.impact * uma.daily_sd * sqrt(bought / (daily * priors.days))


def saturate(curve: Saturating, misallocated: float | Values) -> Values:
    """The curve at misallocated money in USD."""
    grown: Values = curve.limit * -np.expm1(-np.asarray(misallocated) / curve.scale_usd)
    return grown


def hedged_share(
    stake: float, hedged: float | None, uma: Uma, parameters: AttackParameters
) -> float:
    """Share of the stake's value that is hedged, at most what open futures allow.

    ``hedged`` None: not known, so that an assumed part of the open futures is.
    """
    value = stake * uma.price_usd
    bound = uma.perp_open_interest_usd / value if value > 0 else 0.0
    if hedged is None:
        return min(1.0, bound * parameters.acquire.futures_share)
    return min(max(hedged, 0.0), bound, 1.0)


def unhedged_value(
    stake: float, hedged: float | None, uma: Uma, parameters: AttackParameters
) -> float:
    """USD of stake that a fall of UMA's price hits."""
    return stake * uma.price_usd * (1 - hedged_share(stake, hedged, uma, parameters))


def token_damage(exposed_usd: float, misallocated: float, parameters: AttackParameters) -> float:
    """D(L): what holders of ``exposed_usd`` of UMA lose when L is misallocated."""
    return exposed_usd * float(saturate(parameters.fall, misallocated))


def bribe_floor(terms: Terms, uma: Uma, held: float = 0.0) -> float:
    """USD a request that pays rational voters to switch: the slash they would save by honesty.

    A lower bound (p + epsilon): it ignores honesty and what votes do to the price of UMA.
    """
    return terms.slash * uma.price_usd * max(0.0, terms.spat * terms.stake - held)
