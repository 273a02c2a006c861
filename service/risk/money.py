"""Money at risk: probability times what a wrong payout moves. docs/methodology.md, "Money"."""

from service.risk.inputs import MarketInputs
from service.risk.parameters import RiskParameters
from service.risk.result import Money, Summary


def price_loss(inputs: MarketInputs, summary: Summary, parameters: RiskParameters) -> Money:
    """Expected loss in micro-USDC: the open interest times the expected misplaced share."""
    volume, known = inputs.volume, inputs.open_interest
    if known is not None:
        return _money(known, volume, known, summary, reason=None)
    if volume is not None:
        ratio = parameters.open_interest_over_volume
        reason = f"open interest unknown: {ratio:g} of the traded volume assumed"
        return _money(None, volume, round(volume * ratio), summary, reason=reason)
    return Money(None, None, None, None, "missing", "neither open interest nor volume is known")


def _money(
    known: int | None, volume: int | None, locked: int, summary: Summary, reason: str | None
) -> Money:
    return Money(
        open_interest=known,
        volume=volume,
        expected_loss=round(locked * summary.loss_share),
        p95_loss=round(locked * summary.loss_share_p95),
        source="assumed" if known is None else "open_interest",
        reason=reason,
    )
