"""Holdings as the lines of an exposure: each number with its source, its time, what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from models.assessment import MarketAssessment
from models.wallet_enums import HoldingState
from service.protocol.holdings import HeldMarket
from service.protocol.money import to_usdc
from service.risk.exposure import (
    Chance,
    ExpectedLoss,
    MarketExposure,
    MarketHolding,
    Total,
    combine_holdings,
    market_exposure,
    total_exposure,
    yes_shortfall,
)
from service.store.money.exposures import KnownMarket

MICRO = 10**6
# Less is dust, which anybody can send to anybody (docs/methodology.md, "Exposure"). USDC.
DUST = 10.0
MOST_MARKETS = 200


@dataclass(frozen=True, slots=True)
class Held:
    """What a wallet holds of one market, ready for the maths."""

    wallet: bytes
    holding: MarketHolding
    market_id: int
    source: str
    known_at: datetime


def to_held(row: HeldMarket, market: KnownMarket) -> Held:
    """A stored holding with what is known of its market."""
    holding = MarketHolding(
        market=market.ref,
        yes=row.yes / MICRO,
        no=row.no / MICRO,
        mid=None if market.mid is None else float(market.mid.price),
        chance=None if market.assessment is None else _chance(market.assessment),
        group=market.exclusive_group,
        vote_round=None if market.vote_round is None else str(market.vote_round),
    )
    return Held(row.wallet, holding, row.market_id, row.source, row.known_at)


def _chance(row: MarketAssessment) -> Chance:
    truth, answers = (
        _numbers(row.document.get(n)) for n in ("truth_belief", "answer_distribution")
    )
    return Chance(row.p_mean, row.p_low, row.p_high, yes_shortfall(truth, answers))


def _numbers(value: object) -> dict[str, float] | None:
    if not isinstance(value, dict):
        return None
    return {str(k): float(v) for k, v in value.items() if isinstance(v, int | float)}


def linked_line(held: Sequence[Held], checked_at: datetime | None) -> dict[str, object]:
    """What a linked address holds by itself (part of ``LinkedExposure``)."""
    parts = [market_exposure(one.holding) for one in held]
    state = _state(parts, is_asked=checked_at is not None)
    return {
        "state": state,
        "checked_at": checked_at,
        "total": _total_if_known(state, total_exposure(parts), parts),
    }


def block_line(
    held: Sequence[Held],
    markets: Mapping[int, KnownMarket],
    checks: Mapping[bytes, datetime],
    wallets: Sequence[bytes],
    missing: Sequence[str] = (),
) -> dict[str, object]:
    """One address, or several as one owner's (``ExposureBlock``)."""
    merged = _merge(held)
    parts = [market_exposure(one.holding) for one in merged]
    pairs = sorted(zip(merged, parts, strict=True), key=lambda pair: -pair[1].at_stake)
    unasked = sum(1 for wallet in wallets if wallet not in checks)
    reasons = [*missing]
    if unasked:
        reasons.append(
            f"positions: {unasked} of {len(wallets)} addresses were not asked for (sync_positions "
            "asks for those that propose, dispute or vote, and their wallets)"
        )
    if len(pairs) > MOST_MARKETS:
        reasons.append(f"markets: the {len(pairs) - MOST_MARKETS} smallest stakes are not listed")
    total = total_exposure(parts)
    reasons += _unknown(total)
    state = _state(parts, is_asked=unasked < len(wallets))
    return {
        "state": state,
        "total": _total_if_known(state, total, parts),
        "markets": [
            _market_line(one, part, markets[one.market_id]) for one, part in pairs[:MOST_MARKETS]
        ],
        "checked_at": checks.get(wallets[0]) if len(wallets) == 1 else None,
        "missing": reasons,
    }


def _merge(held: Sequence[Held]) -> list[Held]:
    """Several wallets as one: what one holds against the other cancels."""
    first: dict[str, Held] = {}
    for one in held:
        before = first.get(one.holding.market)
        if before is None:
            first[one.holding.market] = one
            continue
        source = one.source if one.source == before.source else "several"
        # No surer than the older of the two.
        seen = min(before.known_at, one.known_at)
        first[one.holding.market] = replace(before, source=source, known_at=seen)
    combined = {one.market: one for one in combine_holdings(one.holding for one in held)}
    return [replace(one, holding=combined[market]) for market, one in first.items()]


def _state(parts: Sequence[MarketExposure], *, is_asked: bool) -> HoldingState:
    if any(part.at_stake >= DUST for part in parts):
        return HoldingState.HELD
    return HoldingState.LINKED_NONE_HELD if is_asked else HoldingState.UNLINKABLE


def _unknown(total: Total) -> list[str]:
    """Why probabilities of the total are null."""
    reasons, worst = [], total.worst_round
    if total.any_most is None:
        reasons.append(
            f"p_any_apart, p_any_most: {total.unscored} of the markets have no assessment"
        )
    if worst is not None and worst.probability_at_most is None:
        reasons.append(
            f"probability_at_most: {worst.unscored} of the worst round's markets have no assessment"
        )
    return reasons


def _total_if_known(
    state: HoldingState, total: Total, parts: Sequence[MarketExposure]
) -> dict[str, object] | None:
    """``None`` where nothing was ever asked for: a total of nothing would read as none held."""
    if state is HoldingState.UNLINKABLE and not parts:
        return None
    return _total_line(total, parts)


def _total_line(total: Total, parts: Sequence[MarketExposure]) -> dict[str, object]:
    values = [part.holding.value for part in parts]
    worst = total.worst_round
    return {
        "expected_loss": _interval(total.expected),
        "bound_usdc": _usdc(total.bound),
        "deviation_apart_usdc": _usdc(total.deviation_apart),
        "deviation_by_round_usdc": _usdc(total.deviation_by_round),
        "p_any_apart": total.any_apart,
        "p_any_least": total.any_least,
        "p_any_most": total.any_most,
        "worst_round": None
        if worst is None
        else {
            "vote_round": int(worst.vote_round),
            "markets": worst.markets,
            "loss_usdc": _usdc(worst.loss),
            "probability_at_most": worst.probability_at_most,
        },
        "markets": len(parts),
        "unscored": total.unscored,
        "value_usdc": None
        if any(value is None for value in values)
        else _usdc(sum(value for value in values if value is not None)),
    }


def _market_line(held: Held, part: MarketExposure, market: KnownMarket) -> dict[str, object]:
    holding, score = held.holding, market.assessment
    missing = []
    if market.mid is None:
        missing.append("value: no book with both sides is stored")
    if score is None:
        missing.append("expected loss: the market has no assessment")
    elif part.is_upper_bound:
        missing.append("direction: which way a wrong payout would go is unknown")
    net = holding.net
    side = 0 if net > 0 else 1
    return {
        "ref": market.ref,
        "slug": market.slug,
        "title": market.title,
        "group_title": market.group_title,
        "exclusive_group": market.exclusive_group,
        "vote_round": market.vote_round,
        "yes_shares": _usdc(holding.yes),
        "no_shares": _usdc(holding.no),
        "net_outcome": market.outcomes[side] if net and side < len(market.outcomes) else None,
        "at_stake_usdc": _usdc(part.at_stake),
        "value_usdc": None if holding.value is None else _usdc(holding.value),
        "mid_yes": None if market.mid is None else f"{market.mid.price:.6f}",
        "mid_known_at": None if market.mid is None else market.mid.known_at,
        "p": None
        if score is None
        else {"mean": score.p_mean, "p05": score.p_low, "p95": score.p_high},
        "assessment_as_of": None if score is None else score.as_of,
        "model_version": None if score is None else score.model_version,
        "support": None if score is None else score.support,
        "expected_loss": None if part.expected is None else _interval(part.expected),
        "is_upper_bound": part.is_upper_bound,
        "source": held.source,
        "held_known_at": held.known_at,
        "missing": missing,
    }


def _interval(expected: ExpectedLoss) -> dict[str, str | None]:
    return {
        "mean_usdc": _usdc(expected.mean),
        "p05_usdc": _usdc(expected.p05),
        "p95_usdc": _usdc(expected.p95),
    }


def _usdc(amount: float) -> str | None:
    return to_usdc(int(Decimal(amount).scaleb(6).to_integral_value()))
