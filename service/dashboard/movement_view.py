"""What moved a score, for a market's page."""

from dataclasses import dataclass
from datetime import datetime

from service.dashboard.charts import Bar, bars
from service.dashboard.words import odds, odds_at, odds_base, odds_range
from service.risk.explain.explanation import moved_words
from service.risk.explain.movement import Ends, Movement


@dataclass(frozen=True, slots=True)
class MovedView:
    """One changed input and what it did."""

    name: str
    before: str
    after: str
    effect: str
    raises: bool
    bar: Bar


@dataclass(frozen=True, slots=True)
class MovementView:
    """From one score to the next."""

    since: datetime
    until: datetime
    before: str
    after: str
    items: tuple[MovedView, ...]


def view_movement(movement: Movement | None) -> MovementView | None:
    """The parts that moved the probability; ``None`` where nothing did."""
    if movement is None:
        return None
    items = [item for item in movement.items if item.contribution_p]
    # All on one scale, so that they can be compared and added by eye.
    base = odds_base(max(movement.p_before, movement.p_after, 1e-12))
    drawn = zip(items, bars([item.contribution_p for item in items]), strict=True)
    views = tuple(
        MovedView(
            name=moved_words(item.feature),
            before=item.before,
            after=item.after,
            effect=odds_at(item.contribution_p, base),
            raises=item.contribution_p > 0,
            bar=bar,
        )
        for item, bar in drawn
    )
    if not views:
        return None
    return MovementView(
        movement.since,
        movement.until,
        _told(movement.p_before, movement.ends_before),
        _told(movement.p_after, movement.ends_after),
        views,
    )


def _told(p: float, ends: Ends | None) -> str:
    return odds(p) if ends is None else f"{odds(p)} ({odds_range(*ends, p)})"
