"""What the vote that decides a market will answer: belief about the truth, played with the stake.

docs/methodology.md, "The vote in the score".
"""

from dataclasses import dataclass, replace
from math import exp, lgamma

import numpy as np

from models.enums import Outcome
from service.risk.belief import OUTCOMES
from service.risk.draws import Transitions, Values
from service.risk.parameters import Ambiguity, RiskParameters
from service.risk.path import vote_parts
from service.risk.vote_facts import OpenedVotes, VoteFacts
from service.risk.vote_simulation import Lean, Round, simulate

# What may be the right answer to the request: the rows of ``OUTCOMES``, or that it came too early.
# The last is a price no payout exists for: only ever a wrong answer, and settlement reverts on it.
_YES, _NO, _HALF, _EARLY, _OTHER = range(5)


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """P(the vote answers o) in rows of ``OUTCOMES``, "too early", and nothing that can be paid.

    ``deleted``: given up after all rounds, or answered with a price that is no outcome; either way
    an administrator decides.
    """

    answers: Values
    early: Values
    deleted: Values

    @property
    def given(self) -> Values:
        """P(o | the vote answers an outcome)."""
        total = np.maximum(self.answers.sum(axis=0), 1e-300)
        result: Values = self.answers / total
        return result

    def moved(self, t: Transitions) -> Transitions:
        """The transitions with this vote's own chances of no answer and of "too early"."""
        deleted = np.clip(self.deleted, 0.0, 1.0)
        early = np.clip(self.early / np.maximum(1 - deleted, 1e-300), 0.0, 1.0)
        return replace(t, r=deleted, g=early)


def deletion_after(r: Values, facts: VoteFacts, parameters: RiskParameters) -> Values:
    """P(deleted) after the rolls so far, where no stake says more: r is that of all its rounds."""
    if facts.phase == "deleted":
        return np.ones_like(r)
    allowed = (facts.max_rolls or parameters.vote.max_rolls) + 1
    left = max(allowed - facts.roll_count, 0)
    result: Values = r ** (left / allowed)
    return result


def foresee(
    facts: VoteFacts,
    tau: Values,
    t: Transitions,
    ambiguity: Ambiguity,
    proposed: Outcome,
    parameters: RiskParameters,
) -> Outlook:
    """Play the vote under each answer that may be right, weighed by belief and opened votes."""
    stakes = _stakes(facts.opened)
    right = _right_answers(facts, tau, t.g, ambiguity, parameters)
    honest, attack = vote_parts(t)
    floor = (honest + attack) * _still_sealed(facts, parameters)
    answers = np.zeros_like(tau)
    early, deleted = np.zeros_like(t.g), np.zeros_like(t.g)
    for index, weight in enumerate(right):
        rival = _rival(index, stakes, proposed)
        chances = simulate(
            _round(facts, stakes[index], stakes[rival], parameters),
            _lean(ambiguity, parameters),
            parameters,
        )
        deleted += weight * chances.deleted
        answered = chances.a + chances.b
        error = np.maximum(chances.b / max(answered, 1e-300), floor)
        landed = [(index, 1 - error)]
        wrong = _wrong_answers(index, rival, facts, parameters)
        landed += [(other, error * share) for other, share in wrong]
        for other, part in landed:
            target = (*answers, early, deleted)[other]
            target += weight * answered * part
    return Outlook(answers, early, deleted)


def _stakes(opened: OpenedVotes) -> tuple[float, ...]:
    return (*(opened.of(outcome) for outcome in OUTCOMES), opened.early, opened.other)


def _lean(ambiguity: Ambiguity, parameters: RiskParameters) -> Lean:
    """The share that votes for the right answer."""
    wrong, k = parameters.vote.wrong_share[ambiguity]
    return Lean(1 - wrong, k)


def _right_answers(
    facts: VoteFacts, tau: Values, g: Values, ambiguity: Ambiguity, parameters: RiskParameters
) -> list[Values]:
    """P(o is right, and not too early) by outcome, then P(too early), after the opened votes.

    First whether it is too early, by the votes for that against all others; then, by what is left,
    whether it is 50-50, then Yes or No: votes that move between Yes and No say nothing else.
    """
    lean, opened = _lean(ambiguity, parameters), facts.opened
    early, rest = g, 1 - g
    left, voters = opened.total, facts.opened_voters
    found = []
    for chance, stake in (
        (early, opened.early),
        (tau[_HALF], opened.half),
        (tau[_YES], opened.yes),
    ):
        share = 0.0 if left <= 0 else stake / left
        named = chance * _likelihood(lean, share, voters)
        other = rest * _likelihood(lean, 1 - share, voters)
        found.append(named / np.maximum(named + other, 1e-300))
        left, voters = left - stake, voters * (1 - share)
        # Of what is neither: the belief in Yes against No, then only these two are left.
        rest = 1 - tau[_HALF] if len(found) == 1 else tau[_NO]
    is_early, is_half, is_yes = found
    named = (1 - is_early) * (1 - is_half)
    return [named * is_yes, named * (1 - is_yes), (1 - is_early) * is_half, is_early]


def _likelihood(lean: Lean, share: float, voters: float) -> float:
    """How likely ``voters`` draws split so, if the right answer has the mean share of the lean."""
    a, b = lean.mean * lean.k, (1 - lean.mean) * lean.k
    for_it, against = voters * share, voters * (1 - share)
    return exp(_ln_beta(a + for_it, b + against) - _ln_beta(a, b))


def _ln_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _rival(index: int, stakes: tuple[float, ...], proposed: Outcome) -> int:
    """What wrong votes go to: the other answer with the most opened, else the likeliest one."""
    usual = {_YES: _NO, _NO: _YES}.get(index, OUTCOMES.index(proposed))
    if usual == index:
        usual = _YES
    others = [other for other in range(_OTHER + 1) if other != index]
    return max(others, key=lambda other: (stakes[other], other == usual))


def _wrong_answers(
    index: int, rival: int, facts: VoteFacts, parameters: RiskParameters
) -> list[tuple[int, float]]:
    """Where a wrong answer lands: on the rival; while nothing is opened, at times on 50-50."""
    if facts.opened.total > 0 or _HALF in {index, rival} or index == _EARLY:
        return [(rival, 1.0)]
    share = parameters.belief.half_error_share
    return [(rival, 1 - share), (_HALF, share)]


def _still_sealed(facts: VoteFacts, parameters: RiskParameters) -> float:
    """The part of the votes of this round that is not opened yet."""
    rest = _rest(facts, parameters)
    return rest / max(rest + facts.opened.total, 1e-300)


def _rest(facts: VoteFacts, parameters: RiskParameters) -> float:
    if facts.phase in ("dvm_reveal", "counted"):
        return facts.sealed
    return max(facts.sealed, (facts.stake or 0.0) * parameters.vote.turnout_mean)


def _round(facts: VoteFacts, right: float, rival: float, parameters: RiskParameters) -> Round:
    allowed = parameters.vote.max_rolls if facts.max_rolls is None else facts.max_rolls
    return Round(
        stake=facts.stake or 0.0,
        gat=facts.gat or 0.0,
        spat=facts.spat or 0.0,
        opened_a=right,
        opened_b=rival,
        opened_other=max(0.0, facts.opened.total - right - rival),
        sealed=facts.sealed,
        can_seal=facts.phase not in ("dvm_reveal", "counted"),
        opened_voters=facts.opened_voters,
        sealed_voters=facts.sealed_voters,
        rolls_left=max(allowed - facts.roll_count, 0),
    )
