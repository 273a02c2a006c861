"""Until when the answer that paid a market could still be changed by those who watch. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from service.protocol.rounds import RoundTime, round_at


class ChanceKind(StrEnum):
    """What ended the last chance."""

    # The challenge window of the answer that paid.
    CHALLENGE = "challenge_end"
    # The managed oracle's answer can be disputed until somebody settles it.
    SETTLEMENT = "settlement"
    # The last instant in which votes could be sealed in the round that decided.
    COMMIT = "commit_end"
    # An administrator set the outcome.
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class LastChance:
    """The last point at which somebody could act on the answer."""

    kind: ChanceKind
    at: datetime


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """The last answer proposed and what became of it, as far as known; instants are aware."""

    expires_at: datetime | None
    is_managed: bool
    proposed_at: datetime | None = None
    disputed_at: datetime | None = None
    # When the vote's answer to it reached Polygon.
    voted_at: datetime | None = None
    settled_at: datetime | None = None
    overridden_at: datetime | None = None


def last_chance(answer: LastAnswer) -> LastChance | None:
    """The last point to act on an answer; ``None`` where its window is not known.

    A vote's answer lands soon after its round: the round before the landing decided. Where none
    has landed, it is the round after the dispute, the first that may take the request up.
    """
    if answer.overridden_at is not None:
        return LastChance(ChanceKind.OVERRIDE, answer.overridden_at)
    if answer.disputed_at is not None:
        voted = answer.voted_at
        decided = _round_of(answer.disputed_at) + 1 if voted is None else _round_of(voted) - 1
        sealed = datetime.fromtimestamp(RoundTime(decided).reveal_starts_at, UTC)
        return LastChance(ChanceKind.COMMIT, sealed)
    if answer.is_managed and answer.settled_at is not None:
        return LastChance(ChanceKind.SETTLEMENT, answer.settled_at)
    if answer.expires_at is None:
        return None
    return LastChance(ChanceKind.CHALLENGE, answer.expires_at)


def rounds_of(disputed_at: datetime, voted_at: datetime | None) -> tuple[int, ...]:
    """The voting rounds a dispute lay in, the deciding one last."""
    first = _round_of(disputed_at) + 1
    last = first if voted_at is None else max(first, _round_of(voted_at) - 1)
    return tuple(range(first, last + 1))


def _round_of(at: datetime) -> int:
    return round_at(int(at.timestamp()))
