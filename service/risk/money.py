"""Money at risk: probability times what a wrong payout moves. docs/methodology.md, "Money"."""

from service.risk.inputs import MarketInputs
from service.risk.parameters import RiskParameters
from service.risk.result import Money, Summary
from service.risk.situation import is_interest_stale


def price_loss(inputs: MarketInputs, summary: Summary, parameters: RiskParameters) -> Money:
    """Expected loss in micro-USDC: the open interest times the expected misplaced share.

    What is assumed or old widens it upwards: ``p95_loss`` then rests on a higher amount.
    """
    volume, known = inputs.volume, inputs.open_interest
    if known is not None:
        if not is_interest_stale(inputs, parameters):
            return _money(known, volume, known, known, summary, reason=None)
        grown = round(known * parameters.stale_open_interest_growth)
        hours = parameters.open_interest_age_seconds / 3600
        reason = f"open interest older than {hours:g} h: it may have grown since"
        return _money(known, volume, known, grown, summary, reason=reason)
    if volume is not None:
        ratio = parameters.open_interest_over_volume
        high = round(volume * parameters.open_interest_over_volume_high)
        reason = f"open interest unknown: {ratio:g} of the traded volume assumed"
        return _money(None, volume, round(volume * ratio), high, summary, reason=reason)
    return Money(None, None, None, None, "missing", "neither open interest nor volume is known")


def _money(  # two amounts of each kind
    known: int | None,
    volume: int | None,
    locked: int,
    at_most: int,
    summary: Summary,
    *,
    reason: str | None,
) -> Money:
    return Money(
        open_interest=known,
        volume=volume,
        expected_loss=round(locked * summary.loss_share),
        p95_loss=round(at_most * summary.loss_share_p95),
        source="assumed" if known is None else "open_interest",
        reason=reason,
    )
