"""Whether a market that trades against its proposed answer is news, and under which name. Pure.

What was told of a proposal only ever rises: a book that empties and fills again tells nothing
twice, one that turns worse than anything told before does.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from models.enums import AlertReason

# The reasons this module gives.
REASONS = frozenset({AlertReason.CONTRADICTED, AlertReason.CONTRADICTED_MORE})
# A stake is told again at four times the threshold, at sixteen, and so on.
STAKE_STEP = 4
GAP_LEVELS = (Decimal("0.2"), Decimal("0.5"), Decimal("0.8"))
# How far a value must be above the highest one told, so that a level's edge is no news.
STAKE_RISE = 2
GAP_RISE = Decimal("0.1")


class Measure(StrEnum):
    """What speaks against a proposal."""

    # Stake in the books, stake traded since (micro-USDC), and the distance of the price.
    STANDING = "standing"
    TRADED = "traded"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class ContradictionRule:
    """From which stake on (micro-USDC) people are told; the price speaks from 20 cents on."""

    stake: int
    name: str = "watch"

    def __post_init__(self) -> None:
        """Refuse a threshold that no stake is below."""
        if self.stake <= 0:
            raise ValueError(f"stake must be above 0, got {self.stake}")


@dataclass(frozen=True, slots=True)
class Against:
    """What speaks against one proposal; None where it is not known. Stakes in micro-USDC."""

    request_timestamp: int | None
    proposed_price: int
    standing: int | None
    traded: int | None
    gap: Decimal | None


@dataclass(frozen=True, slots=True)
class ContradictionDecision:
    """A named reason to tell people, and the key under which it is told once."""

    reason: AlertReason
    reason_key: str
    measure: Measure
    # The highest value told before; None with the first notice, or where it was not known.
    last_told: int | Decimal | None = None


def contradiction_reason(
    now: Against, already: Sequence[Against], rule: ContradictionRule
) -> ContradictionDecision | None:
    """Why people should be told now; ``None`` where there is no news.

    ``already`` is what was told of the market so far, of this proposal and of others, in any
    order. Whether a dispute is still possible is for the caller to know: it asks only then.
    """
    told = [one for one in already if _is_same_proposal(one, now)]
    reached = [
        (measure, level)
        for measure in Measure
        if (level := _level(measure, _value(now, measure), rule)) is not None
    ]
    if not reached:
        return None
    if not told:
        measure, _ = max(reached, key=lambda item: item[1])
        key = _key(rule, now, "first")
        return ContradictionDecision(AlertReason.CONTRADICTED, key, measure)
    for measure, level in sorted(reached, key=lambda item: -item[1]):
        before = [value for one in told if (value := _value(one, measure)) is not None]
        last = max(before, default=None)
        if _has_risen(measure, _value(now, measure), last, level, rule):
            key = _key(rule, now, measure.value, str(level))
            return ContradictionDecision(AlertReason.CONTRADICTED_MORE, key, measure, last)
    return None


def to_facts(against: Against) -> dict[str, object]:
    """What of an alert has to be kept to decide about the next one."""
    return {
        "request_timestamp": against.request_timestamp,
        "proposed_price": str(against.proposed_price),
        "standing_stake": against.standing,
        "traded_stake": against.traded,
        "gap": None if against.gap is None else f"{against.gap:f}",
    }


def to_told(facts: Mapping[str, object]) -> Against:
    """An alert of the past from the facts `to_facts` kept."""
    timestamp, gap = facts["request_timestamp"], facts["gap"]
    standing, traded = (facts[name] for name in ("standing_stake", "traded_stake"))
    return Against(
        request_timestamp=timestamp if isinstance(timestamp, int) else None,
        proposed_price=int(str(facts["proposed_price"])),
        standing=standing if isinstance(standing, int) else None,
        traded=traded if isinstance(traded, int) else None,
        gap=None if gap is None else Decimal(str(gap)),
    )


def _is_same_proposal(one: Against, other: Against) -> bool:
    # A lost chain makes the request unknown; that must not make old news new.
    requests = {one.request_timestamp, other.request_timestamp}
    same_request = None in requests or len(requests) == 1
    return same_request and one.proposed_price == other.proposed_price


def _value(against: Against, measure: Measure) -> int | Decimal | None:
    match measure:
        case Measure.STANDING:
            return against.standing
        case Measure.TRADED:
            return against.traded
        case Measure.GAP:
            return against.gap


def _level(measure: Measure, value: int | Decimal | None, rule: ContradictionRule) -> int | None:
    """How far above its threshold a value is, in steps from 0; ``None`` below it."""
    if value is None:
        return None
    if measure is Measure.GAP:
        passed = sum(value >= level for level in GAP_LEVELS)
        return passed - 1 if passed else None
    times = int(value) // rule.stake
    # The binary exponent, exact for any amount; two of them are one step of four.
    return None if times < 1 else (math.frexp(times)[1] - 1) // (STAKE_STEP.bit_length() - 1)


def _has_risen(
    measure: Measure,
    value: int | Decimal | None,
    last: int | Decimal | None,
    level: int,
    rule: ContradictionRule,
) -> bool:
    assert value is not None  # noqa: S101  # it has a level
    if last is None:
        return True
    told_level = _level(measure, last, rule)
    if told_level is not None and level <= told_level:
        return False
    if measure is Measure.GAP:
        return value >= last + GAP_RISE
    return value >= STAKE_RISE * last


def _key(rule: ContradictionRule, now: Against, *parts: str) -> str:
    request = "feed" if now.request_timestamp is None else str(now.request_timestamp)
    # The feed names no request: its second proposal is known by its price alone.
    return ":".join((rule.name, request, str(now.proposed_price), *parts))
