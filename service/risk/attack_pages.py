"""What was told of attacks before: in which tier, and whether it was false as far as is known."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

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
DIGEST_PER_DAY = 20
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
