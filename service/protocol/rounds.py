"""The clock of UMA's vote: rounds of two days, one to seal votes and one to open them.

Source: VotingV2 ``voteTiming`` (VoteTiming library; the phase length is fixed at deployment).
Times are unix seconds; docs/methodology.md, "The vote".
"""

from dataclasses import dataclass

from models.enums import VotePhase

PHASE_SECONDS = 86_400
ROUND_SECONDS = 2 * PHASE_SECONDS


@dataclass(frozen=True, slots=True)
class RoundTime:
    """When a round begins, when its votes are opened and when it is over."""

    round_id: int

    @property
    def starts_at(self) -> int:
        """The first second in which votes can be sealed."""
        return self.round_id * ROUND_SECONDS

    @property
    def reveal_starts_at(self) -> int:
        """The first second in which votes can be opened, and none be sealed any more."""
        return self.starts_at + PHASE_SECONDS

    @property
    def ends_at(self) -> int:
        """The first second after the round: what it decided is fixed from here on."""
        return self.starts_at + ROUND_SECONDS

    def is_over(self, at: int) -> bool:
        """Whether the round has ended by an instant."""
        return at >= self.ends_at


def round_at(at: int) -> int:
    """The round an instant lies in."""
    return at // ROUND_SECONDS


def phase_at(at: int) -> VotePhase:
    """The phase an instant lies in."""
    return VotePhase.REVEAL if at // PHASE_SECONDS % 2 else VotePhase.COMMIT
