"""What is read of a market, at its first proposal, to tell how likely it is to be disputed.

Only what is known then: how often the proposer answered before, whether the outcome can be known
yet. docs/methodology.md, "Dispute model".
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log

from models.enums import Category
from service.risk.text.rule_deadline import named_deadline

# A proposer's usual share of the proposals before, and how many make anybody familiar (A).
USUAL_SHARE = 0.02
FAMILIAR = 10.0
# Only starts of games near the proposal say anything of it.
_GAME_NEAR = timedelta(days=3)
_GAME_UNDECIDED = timedelta(minutes=30)
_CANDLE = re.compile(r"\bcandles?\b", re.IGNORECASE)
# Any price within a window will do: an answer may come before the window ends.
_WINDOW = re.compile(
    r"\bany\b[^.\n]{0,40}\bcandles?\b|\bbetween\b|\bhits?\b|\breach(?:es)?\b|\bdips?\b",
    re.IGNORECASE,
)

UNFAMILIAR = "unfamiliar_proposer"
BEFORE_ITS_TIME = "before_its_time"
CANDLE_OPEN = "candle_open"
UNREADABLE = "unreadable_question"
# Order is priority: with few positives the first are fitted, the others keep their default.
NAMES = (UNFAMILIAR, BEFORE_ITS_TIME, CANDLE_OPEN, UNREADABLE)
UNITS = {
    UNFAMILIAR: "ln of expected over seen answers",
    BEFORE_ITS_TIME: "flag",
    CANDLE_OPEN: "flag",
    UNREADABLE: "flag",
}


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """One question as known at its first proposal; without a proposal, what is known before."""

    title: str | None
    rules: str | None
    category: Category
    # Aware UTC; None before any proposal.
    proposed_at: datetime | None = None
    # The start of a game that decides, as the listing has it.
    game_start: datetime | None = None
    # Proposals seen before this one: this proposer's, and everybody's. None: not known.
    by_proposer: int | None = None
    by_anybody: int | None = None


@dataclass(frozen=True, slots=True)
class DisputeReading:
    """The value of one reading and, in plain words, what it rests on."""

    name: str
    value: float
    evidence: tuple[str, ...] = ()


def read_dispute(facts: DisputeFacts) -> tuple[DisputeReading, ...]:
    """The readings in the order of ``NAMES``; 0 where nothing speaks or nothing is known."""
    too_soon, candle, why = _before_its_time(facts)
    return (
        _unfamiliar(facts),
        DisputeReading(BEFORE_ITS_TIME, float(too_soon), why),
        DisputeReading(CANDLE_OPEN, float(candle), why if candle else ()),
        DisputeReading(UNREADABLE, float(not (facts.title or "").strip())),
    )


def _unfamiliar(facts: DisputeFacts) -> DisputeReading:
    """ln((e + 1) / (h + 1)), not below 0: h answers seen where e would be usual.

    e = min(2 % of all proposals seen, 10): while little has been seen, nobody is unfamiliar.
    """
    if facts.by_proposer is None or facts.by_anybody is None:
        return DisputeReading(UNFAMILIAR, 0.0)
    usual = min(facts.by_anybody * USUAL_SHARE, FAMILIAR)
    value = max(0.0, log((usual + 1) / (facts.by_proposer + 1)))
    known = f"{facts.by_proposer}" if facts.by_proposer < FAMILIAR else f"{FAMILIAR:.0f} or more"
    return DisputeReading(UNFAMILIAR, value, (f"{known} earlier answers by this proposer",))


def _before_its_time(facts: DisputeFacts) -> tuple[bool, bool, tuple[str, ...]]:
    """Whether the answer came before it could be known; whether a price candle was still open."""
    at = facts.proposed_at
    if at is None:
        return False, False, ()
    start = facts.game_start
    if start is not None and facts.category is Category.SPORTS:
        is_early = start - _GAME_NEAR < at < start + _GAME_UNDECIDED
        return is_early, False, (f"game starts {start:%Y-%m-%d %H:%M} UTC",) if is_early else ()
    title, rules = facts.title or "", facts.rules or ""
    if not _CANDLE.search(rules) or _WINDOW.search(title) or _WINDOW.search(rules):
        return False, False, ()
    deadline = named_deadline(title, rules, at)
    if deadline is None or not deadline.has_hour or at >= deadline.at:
        return False, False, ()
    return True, True, (f"the price named in the rules is of {deadline.at:%Y-%m-%d %H:%M} UTC",)
