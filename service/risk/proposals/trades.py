"""Trades since a proposal that contradict it: how much, how often, how late, at which price."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from service.protocol.proposed_answers import ProposedAnswer
from service.risk.proposals.contrary import SignalRule, is_against_trade, stake_per_share, to_micro

_STEP = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class TradedFill:
    """One filled order of one outcome's token."""

    outcome_index: int
    # USD a share, exact.
    price: Decimal
    shares: Decimal
    # The block's time.
    at: datetime


@dataclass(frozen=True, slots=True)
class ContraryTrades:
    """Trades against the answer, summed. Money is micro-USDC."""

    count: int
    shares: Decimal
    # What was paid for them.
    value: int
    # What those who traded against the answer lose if it is paid.
    at_stake: int
    # The largest single fill's stake: one large trade says more than many small ones.
    largest_at_stake: int
    # Average price of the outcome traded most by stake, and which that is.
    outcome_index: int
    average_price: Decimal
    first_at: datetime
    last_at: datetime


def contrary_trades(
    answer: ProposedAnswer, fills: Iterable[TradedFill], rule: SignalRule
) -> ContraryTrades | None:
    """The trades that contradict the answer, dust included; ``None`` where none does."""
    found = [
        fill
        for fill in fills
        if is_against_trade(answer, fill.outcome_index, fill.price, rule.margin)
    ]
    if not found:
        return None
    stakes = [stake_per_share(answer, f.outcome_index, f.price) * f.shares for f in found]
    by_outcome = {
        index: sum(
            (s for s, f in zip(stakes, found, strict=True) if f.outcome_index == index), Decimal(0)
        )
        for index in {fill.outcome_index for fill in found}
    }
    main = max(sorted(by_outcome), key=lambda index: by_outcome[index])
    ours = [fill for fill in found if fill.outcome_index == main]
    paid = sum((fill.price * fill.shares for fill in ours), Decimal(0))
    bought = sum((fill.shares for fill in ours), Decimal(0))
    return ContraryTrades(
        count=len(found),
        shares=sum((fill.shares for fill in found), Decimal(0)),
        value=to_micro(sum((fill.price * fill.shares for fill in found), Decimal(0))),
        at_stake=to_micro(sum(stakes, Decimal(0))),
        largest_at_stake=to_micro(max(stakes)),
        outcome_index=main,
        average_price=(paid / bought).quantize(_STEP, ROUND_HALF_EVEN),
        first_at=min(fill.at for fill in found),
        last_at=max(fill.at for fill in found),
    )
