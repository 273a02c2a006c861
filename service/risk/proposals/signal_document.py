"""A market's verdict on a proposal as one JSON document, and when it says something new. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from service.protocol.money import exact, to_usdc
from service.risk.proposals.contrary import Orders, SignalRule
from service.risk.proposals.executable import PriceRange
from service.risk.proposals.notifier import NotifierVerdict
from service.risk.proposals.proposal_signals import ProposalSignals, Reading
from service.risk.proposals.trades import ContraryTrades

# An amount has moved when it changed by this share, in per cent; a price by a cent.
STEP_PERCENT = 10
PRICE_STEP = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class SignalFigures:
    """The figures of a verdict that are news when they move. Money is micro-USDC."""

    standing_stake: int | None
    traded_stake: int | None
    gap: Decimal | None
    implied: Decimal | None


def figures_of(signals: ProposalSignals) -> SignalFigures:
    """The figures, each None where it is not known."""
    has_books = signals.asks.missing is None
    return SignalFigures(
        standing_stake=signals.standing_stake if has_books else None,
        traded_stake=None if signals.trades.missing else signals.traded_stake,
        gap=signals.gap.value,
        implied=signals.implied.value,
    )


def is_news(last: SignalFigures, new: SignalFigures) -> bool:
    """Whether a figure appeared, went or moved by a step."""
    return (
        _amount_moved(last.standing_stake, new.standing_stake)
        or _amount_moved(last.traded_stake, new.traded_stake)
        or _price_moved(last.gap, new.gap)
        or _price_moved(last.implied, new.implied)
    )


def baseline_line(verdict: NotifierVerdict | None) -> dict[str, object] | None:
    """What baseline B2 says of the same proposal; ``None`` where it would not know of it."""
    if verdict is None:
        return None
    return {
        "unchecked": None if verdict.unchecked is None else verdict.unchecked.value,
        "reasons": [reason.value for reason in verdict.reasons],
    }


def to_document(
    signals: ProposalSignals, rule: SignalRule, baseline: NotifierVerdict | None = None
) -> dict[str, object]:
    """The verdict as it is stored and printed: money and prices as decimal strings."""
    outcome, payouts = signals.answer.outcome, signals.answer.payouts
    return {
        "answer": {
            "kind": signals.answer.kind.value,
            "outcome": None if outcome is None else outcome.value,
            "pays": None if payouts is None else [exact(part) for part in payouts],
        },
        "offers_against": _reading(signals.asks, _orders),
        "bids_against": _reading(signals.bids, _orders),
        "trades_against": _reading(signals.trades, _trades),
        "executable_price": _reading(signals.executable, _range),
        "implied_probability": _reading(signals.implied, exact),
        "gap": _reading(signals.gap, exact),
        "depth_asymmetry": _reading(signals.asymmetry, lambda value: round(value, 6)),
        "price_before": _reading(signals.before, exact),
        "drift_before": _reading(signals.drift, exact),
        "notifier_baseline": baseline_line(baseline),
        "rule": {
            "margin": exact(rule.margin),
            "dust_below_usdc": to_usdc(rule.floor),
            "executable_size_usdc": to_usdc(rule.size),
        },
    }


def _reading(reading: Reading[Any], write: Any) -> dict[str, object]:  # noqa: ANN401  # any value
    return {
        "value": None if reading.value is None else write(reading.value),
        "depth_usdc": to_usdc(reading.depth),
        "as_of": _instant(reading.as_of),
        "missing": reading.missing,
    }


def _orders(orders: Orders) -> Mapping[str, object]:
    return {
        "outcome_index": orders.outcome_index,
        "best_price": exact(orders.best_price),
        "levels": orders.levels,
        "shares": exact(orders.shares),
        "value_usdc": to_usdc(orders.value),
        "stake_usdc": to_usdc(orders.at_stake),
    }


def _trades(trades: ContraryTrades) -> Mapping[str, object]:
    return {
        "count": trades.count,
        "shares": exact(trades.shares),
        "value_usdc": to_usdc(trades.value),
        "stake_usdc": to_usdc(trades.at_stake),
        "largest_stake_usdc": to_usdc(trades.largest_at_stake),
        "outcome_index": trades.outcome_index,
        "average_price": exact(trades.average_price),
        "first_at": _instant(trades.first_at),
        "last_at": _instant(trades.last_at),
    }


def _range(found: PriceRange) -> Mapping[str, object]:
    return {
        "low": exact(found.low),
        "high": exact(found.high),
        "has_low": found.has_low,
        "has_high": found.has_high,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _amount_moved(last: int | None, new: int | None) -> bool:
    if last is None or new is None:
        return last is not new
    return abs(new - last) * 100 >= STEP_PERCENT * max(last, 1)


def _price_moved(last: Decimal | None, new: Decimal | None) -> bool:
    if last is None or new is None:
        return last is not new
    return abs(new - last) >= PRICE_STEP
