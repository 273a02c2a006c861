"""A proposed answer as what it would pay each outcome token: what a market can contradict.

A price under bond is compared with prices of tokens, so it is read as the tokens' payouts.
docs/methodology.md, "What the market says of a proposal".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from models.enums import Outcome
from models.signal_enums import AnswerKind
from service.protocol.prices import TOO_EARLY, outcome_of, outcome_of_payouts

_ONE, _HALF, _ZERO = Decimal(1), Decimal("0.5"), Decimal(0)
_PAYOUTS = {
    Outcome.YES: (_ONE, _ZERO),
    Outcome.NO: (_ZERO, _ONE),
    Outcome.HALF: (_HALF, _HALF),
}


@dataclass(frozen=True, slots=True)
class ProposedAnswer:
    """An answer under bond, by what it pays a share of each outcome."""

    kind: AnswerKind
    outcome: Outcome | None = None
    # Of outcome 0 and outcome 1, 0 to 1; None where nothing would be paid.
    payouts: tuple[Decimal, Decimal] | None = None

    @property
    def winner(self) -> int | None:
        """The index of the outcome that would be paid in full."""
        if self.kind is not AnswerKind.DECIDED or self.payouts is None:
            return None
        return self.payouts.index(_ONE)


def read_answer(price: int) -> ProposedAnswer:
    """A YES_OR_NO price."""
    if price == TOO_EARLY:
        return ProposedAnswer(AnswerKind.TOO_EARLY)
    return _of_outcome(outcome_of(price))


def read_game_answer(price: int, numerators: Sequence[int] | None) -> ProposedAnswer:
    """A game's packed scores, by what they would pay this market of the game.

    ``numerators`` as ``service.protocol.sports`` gives them; ``None`` where the market's own terms
    are not known.
    """
    if price == TOO_EARLY:
        return ProposedAnswer(AnswerKind.TOO_EARLY)
    return _of_outcome(None if numerators is None else outcome_of_payouts(numerators))


def _of_outcome(outcome: Outcome | None) -> ProposedAnswer:
    if outcome is None:
        return ProposedAnswer(AnswerKind.UNREADABLE)
    kind = AnswerKind.HALF if outcome is Outcome.HALF else AnswerKind.DECIDED
    return ProposedAnswer(kind, outcome, _PAYOUTS[outcome])
