"""How well the alerts about attacks keep to their budget, as known at a time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.alert import Alert
from models.attack_enums import SignalSubject
from service.risk.signs.alert_threshold import (
    BUDGETS,
    WEEKS,
    Rate,
    Threshold,
    poisson_rate,
    threshold_of,
)
from service.risk.signs.attack_pages import REASONS, STRUCTURAL_KEYS, Tier, counted_false
from service.store.alerts.attack_alerts import list_told, list_weeks

_WEEK_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One kind of page: what it may cost, what it cost, and from where on it pages."""

    kind: str
    # None: it spends the budget of ``shares_budget_of``.
    budget_per_week: float | None
    shares_budget_of: str | None
    # False pages in 26 weeks that the budget allows, and those that spent it. None as above.
    budget_pages: float | None
    spent_pages: int | None
    pages: int
    # None of whose markets is known to have been paid wrong: an upper bound of the false ones.
    unconfirmed: int
    # Of the unconfirmed; None before the first alert.
    rate: Rate | None
    # None for structural signs: a state, no number, decides.
    threshold: Threshold | None


def attack_quality(session: Session, now: datetime) -> list[BudgetLine]:
    """A line for each kind of score, then one for structural signs; of the last 26 weeks."""
    told = list_told(session, now)
    weeks = _watched_weeks(session, now)
    lines = []
    for kind, budget in BUDGETS.items():
        begin = f"attack:score:{kind.value}:"
        pages = [one for one in told if one.reason_key.startswith(begin)]
        paged = [one for one in pages if one.tier is Tier.PAGE]
        false = sum(one.is_false for one in paged)
        threshold = threshold_of(list_weeks(session, kind, told, now), budget)
        rate = poisson_rate(false, weeks)
        spent = len(counted_false(kind, told))
        lines.append(
            BudgetLine(
                kind.value,
                budget,
                None,
                budget * WEEKS,
                spent,
                len(paged),
                false,
                rate,
                threshold,
            )
        )
    paged = [o for o in told if o.reason_key.startswith(STRUCTURAL_KEYS) and o.tier is Tier.PAGE]
    false = sum(one.is_false for one in paged)
    rate = poisson_rate(false, weeks)
    # What they spend is in the line of rounds.
    shared = SignalSubject.ROUND.value
    structural = BudgetLine("structural", None, shared, None, None, len(paged), false, rate, None)
    return [*lines, structural]


def _watched_weeks(session: Session, now: datetime) -> float:
    """Weeks since the first alert about an attack, 26 at most: before it nothing was counted."""
    first = session.scalar(
        select(func.min(Alert.raised_at)).where(
            Alert.reason.in_(sorted(REASONS)), Alert.raised_at <= now
        )
    )
    if first is None:
        return 0.0
    return min(float(WEEKS), (now - first).total_seconds() / _WEEK_SECONDS)
