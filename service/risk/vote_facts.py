"""What was known of the vote that decides a market, in the score's words.

docs/methodology.md, "The vote in the score".
"""

from dataclasses import dataclass
from typing import Literal

from models.enums import Outcome

# ``dvm_commit`` and ``dvm_reveal``: votes are sealed, or opened; ``rolled``: sealed anew after a
# round without an answer; ``counted``: by our count a round has answered; ``waiting``: the first
# round has not begun; ``deleted``: given up.
VotePhaseName = Literal["waiting", "dvm_commit", "dvm_reveal", "rolled", "counted", "deleted"]


@dataclass(frozen=True, slots=True)
class OpenedVotes:
    """Opened stake by answer, in UMA; ``other`` is a price no outcome stands for."""

    yes: float = 0.0
    no: float = 0.0
    half: float = 0.0
    early: float = 0.0
    other: float = 0.0

    @property
    def total(self) -> float:
        """All that was opened."""
        return self.yes + self.no + self.half + self.early + self.other

    def of(self, outcome: Outcome) -> float:
        """What was opened for an outcome."""
        return {Outcome.YES: self.yes, Outcome.NO: self.no, Outcome.HALF: self.half}[outcome]


@dataclass(frozen=True, slots=True)
class VoteFacts:
    """The newest round of the request that decides, as it was known; stake in UMA."""

    phase: VotePhaseName
    round_id: int | None
    # Rounds that passed without an answer, and how many may before the request is deleted.
    roll_count: int = 0
    max_rolls: int | None = None
    # Frozen for the round once its first vote was opened, before that as they stood; None where
    # the stored logs do not tell.
    stake: float | None = None
    gat: float | None = None
    # A share of all stake.
    spat: float | None = None
    opened: OpenedVotes = OpenedVotes()
    # Sealed and not opened, as far as the voters' stake is known.
    sealed: float = 0.0
    # Effective numbers: the square of the sum of stakes over the sum of their squares.
    opened_voters: float = 0.0
    sealed_voters: float = 0.0
    # Voters who sealed and whose stake is not known.
    unknown_voters: int = 0

    @property
    def can_be_played(self) -> bool:
        """Whether stake and thresholds are known, and the request is still in the vote."""
        known = self.stake is not None and self.gat is not None and self.spat is not None
        return known and self.phase != "deleted"
