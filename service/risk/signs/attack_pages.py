"""What was told of attacks before: in which tier, and whether it was false as far as is known."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.attack_enums import SignalSubject
from models.enums import AlertReason

# Structural signs that are told when they appear, by their names.
STRUCTURAL_REASONS = {
    reason.value: reason
    for reason in (
        AlertReason.ROLL_BLOCKED,
        AlertReason.STAKE_INFLOW,
        AlertReason.FORCE_LINE,
        AlertReason.BLOCK_LINE,
        AlertReason.FORCE_PAYS,
    )
}
# How the keys of such alerts begin.
STRUCTURAL_KEYS = tuple(f"attack:{name}:" for name in STRUCTURAL_REASONS)
DIGEST_PER_DAY = 20
# Of structural pages the first false one in half a year is free.
_FREE = 1
REASONS = frozenset({*STRUCTURAL_REASONS.values(), AlertReason.ATTACK_SCORE})


class Tier(StrEnum):
    """How an alert is told."""

    # To every destination, at once.
    PAGE = "page"
    # Stored only, at most 20 a day.
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Told:
    """An alert about an attack, told before."""

    reason_key: str
    tier: Tier
    raised_at: datetime
    # Nobody has confirmed it: none of its markets is known to have been paid wrong.
    is_false: bool
    # Requests of the vote it was about, where it is of some.
    requests: frozenset[str] = frozenset()
    # As ``AttackSign.hand``.
    hand: str | None = None


def counted_false(kind: SignalSubject, told: Collection[Told]) -> list[Told]:
    """The false pages of half a year that count against the budget of scores of a kind.

    Rounds share theirs with the structural signs, of whatever subject.
    """
    begin = f"attack:score:{kind.value}:"
    false = [one for one in told if one.is_false and one.tier is Tier.PAGE]
    found = [one for one in false if one.reason_key.startswith(begin)]
    if kind is SignalSubject.ROUND:
        structural = (one for one in false if one.reason_key.startswith(STRUCTURAL_KEYS))
        found += sorted(structural, key=lambda one: one.raised_at)[_FREE:]
    return found
