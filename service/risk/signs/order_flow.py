"""Who bought what before it was proposed. docs/methodology.md, "Order flow before a proposal".

Money is USD. What is not available is missing with a reason and counts nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from service.risk.signs.ring_parameters import FlowPriors

# Makes the median absolute deviation of a normal distribution its standard deviation.
_MAD_TO_SD = 1.4826
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class FlowReading:
    """One reading: its value, or why there is none; a likelihood ratio of 1 says nothing."""

    name: str
    unit: str
    value: float | None = None
    likelihood_ratio: float = 1.0
    missing: str | None = None
    # Transactions it rests on, 0x-hex.
    transactions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WinnerTrade:
    """A trade as seen by who bought the proposed winner (or sold the other outcome)."""

    buyer: str
    seller: str | None
    usd: float
    # Whether the buyer came to the book: only that is flow.
    buyer_took: bool
    at: datetime
    transaction: str


def robust_z(value: float, reference: Sequence[float]) -> float | None:
    """(value - median) / (1.4826 MAD); None where at least half of the reference is alike."""
    centre = median(reference)
    spread = _MAD_TO_SD * median(abs(one - centre) for one in reference)
    return None if spread <= 0 else (value - centre) / spread


def drift_reading(
    drift: float | None,
    cells: Sequence[tuple[str, Sequence[float]]],
    priors: FlowPriors,
    lack: str = "no price history before the proposal",
) -> FlowReading:
    """The winner's move over the hours before, against other proposals' of its cell.

    ``cells``: samples from the finest (category and volume) to the widest; the first large enough
    one that scatters counts.
    """
    name, unit = "drift_before_proposal", "robust z"
    if drift is None:
        return FlowReading(name, unit, missing=lack)
    for _, sample in cells:
        z = robust_z(drift, sample) if len(sample) >= priors.least_reference else None
        if z is not None:
            ratio = priors.drift_lr if z >= priors.outlying_z else 1.0
            return FlowReading(name, unit, z, ratio)
    largest = max((len(sample) for _, sample in cells), default=0)
    lack = f"{largest} proposals to compare with, {priors.least_reference} that differ needed"
    return FlowReading(name, unit, missing=lack)


def signed_flow(
    trades: Sequence[WinnerTrade], proposed_at: datetime, priors: FlowPriors, lack: str | None
) -> FlowReading:
    """Takers' purchases of the winner less their sales, as a share of both; told, not counted."""
    name, unit = "signed_flow_before_proposal", "share"
    if lack is not None:
        return FlowReading(name, unit, missing=lack)
    before = _before(trades, proposed_at, priors)
    total = sum(one.usd for one in before)
    if total <= 0:
        return FlowReading(name, unit, missing="no trades in the hours before the proposal")
    net = sum(one.usd if one.buyer_took else -one.usd for one in before)
    return FlowReading(name, unit, net / total)


def young_share(
    trades: Sequence[WinnerTrade],
    proposed_at: datetime,
    created: Mapping[str, datetime],
    priors: FlowPriors,
    lack: str | None,
) -> FlowReading:
    """Of what was bought by wallets of known age, the part of those less than a week old."""
    name, unit = "bought_by_young_wallets", "share"
    if lack is not None:
        return FlowReading(name, unit, missing=lack)
    aged = [one for one in _before(trades, proposed_at, priors) if one.buyer in created]
    total = sum(one.usd for one in aged)
    if total <= 0:
        return FlowReading(name, unit, missing="no buyer's age is known")
    limit = timedelta(days=priors.young_days)
    young = sum(one.usd for one in aged if one.at - created[one.buyer] < limit)
    return FlowReading(name, unit, young / total)


def linked_purchases(
    trades: Iterable[WinnerTrade],
    wallets: Mapping[str, float],
    priors: FlowPriors,
    lack: str | None,
) -> FlowReading:
    """What the proposer's wallets (with confidence) bought of the winner, less what they sold.

    Before and after the proposal alike: who proposes and then buys bets on its own proposal too.
    """
    name, unit = "proposer_linked_purchases", "USD"
    own = [one for one in trades if one.buyer in wallets or one.seller in wallets]
    # Trades between wallets of one entity change nothing.
    moved = [(one.buyer in wallets) - (one.seller in wallets) for one in own]
    net = sum(sign * one.usd for sign, one in zip(moved, own, strict=True))
    if not own and lack is not None:
        return FlowReading(name, unit, missing=lack)
    bought = [one for sign, one in zip(moved, own, strict=True) if sign > 0]
    ratio = 1.0
    if bought and net >= priors.linked_buy_usd:
        surest = max(wallets[one.buyer] for one in bought)
        ratio = 1 + surest * (priors.linked_buy_lr - 1)
    transactions = tuple(dict.fromkeys(one.transaction for one in bought))
    return FlowReading(name, unit, net, ratio, transactions=transactions)


def off_hours(proposed_at: datetime, priors: FlowPriors) -> FlowReading:
    """Whether it was proposed when few watch: at the weekend, or at night in New York (UTC)."""
    is_weekend = proposed_at.weekday() >= SATURDAY
    is_late = priors.late_from_hour <= proposed_at.hour < priors.late_to_hour
    ratio = priors.off_hours_lr if is_weekend or is_late else 1.0
    return FlowReading("proposed_off_hours", "", float(is_weekend or is_late), ratio)


def _before(
    trades: Sequence[WinnerTrade], proposed_at: datetime, priors: FlowPriors
) -> list[WinnerTrade]:
    begin = proposed_at - timedelta(hours=priors.span_hours)
    return [one for one in trades if begin <= one.at < proposed_at]
