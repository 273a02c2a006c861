"""Belief about the truth: who is likely right, given the path so far and the price before it.

docs/methodology.md, "Belief".
"""

from dataclasses import dataclass
from functools import lru_cache
from math import log

import numpy as np

from models.enums import Outcome
from service.risk.draws import STREAM_BELIEF, Transitions, Values, frozen, recentre, stream
from service.risk.hazard import survival
from service.risk.parameters import Ambiguity, BeliefPriors, RiskParameters

OUTCOMES = (Outcome.YES, Outcome.NO, Outcome.HALF)


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """P(a proposal is wrong), P(too early); correct is the rest."""

    wrong: Values
    early: Values

    @property
    def bad(self) -> Values:
        """Wrong or early."""
        total: Values = self.wrong + self.early
        return total


def first_standing(t: Transitions, seen: float) -> Classes:
    """A first proposal, undisputed while the share ``seen`` of disputes would have come."""
    wrong = t.a1w * survival(t.d1w, seen)
    early = t.a1e * survival(t.d1e, seen)
    correct = (1 - t.a1w - t.a1e) * survival(t.d1c, seen)
    return _normalised(wrong, early, correct)


def first_disputed_classes(t: Transitions) -> Classes:
    """A first proposal that was disputed."""
    return _normalised(t.a1w * t.d1w, t.a1e * t.d1e, (1 - t.a1w - t.a1e) * t.d1c)


def second_standing(t: Transitions, seen: float) -> Classes:
    """A second proposal, undisputed so far."""
    wrong = t.a2w * survival(t.d2w, seen)
    correct = (1 - t.a2w) * survival(t.d2c, seen)
    return _normalised(wrong, np.zeros_like(wrong), correct)


def second_disputed_classes(t: Transitions) -> Classes:
    """A second proposal that was disputed."""
    wrong = t.a2w * t.d2w
    return _normalised(wrong, np.zeros_like(wrong), (1 - t.a2w) * t.d2c)


def price_of(outcome: Outcome | None, price_yes: float | None) -> float | None:
    """The price of the proposed outcome; ``None`` where no price speaks of it (50-50)."""
    if price_yes is None or outcome is None or outcome is Outcome.HALF:
        return None
    return price_yes if outcome is Outcome.YES else 1 - price_yes


def ln_price_ratio(price: float | None, priors: BeliefPriors) -> float:
    """Give ln LR_price: how much the price before the first proposal speaks against it, capped."""
    if price is None:
        return 0.0
    inside = min(max(price, 1e-9), 1 - 1e-9)
    reference = priors.reference_price
    ratio = log((1 - inside) / inside) - log((1 - reference) / reference)
    return min(max(priors.price_exponent * ratio, -priors.ln_ratio_cap), priors.ln_ratio_cap)


def with_price(classes: Classes, ln_ratio: float, priors: BeliefPriors) -> Classes:
    """Multiply the odds of wrong-or-early; the clip never lifts a belief above its base."""
    if ln_ratio == 0:
        return classes
    before = classes.bad
    odds = np.exp(ln_ratio) * before / np.maximum(1 - before, 1e-300)
    floor = np.minimum(before, priors.clip)
    after = np.clip(odds / (1 + odds), floor, np.maximum(before, 1 - priors.clip))
    scale = after / np.maximum(before, 1e-300)
    return Classes(classes.wrong * scale, classes.early * scale)


def after_dispute(
    disputed: Classes, standing: Classes, ln_ratio: float, priors: BeliefPriors
) -> Classes:
    """Belief in a disputed proposal, a price against it not counted twice.

    A low price and a dispute are largely the same doubt, so of "disputed" and "priced low" the
    stronger counts. A price that supports the proposal does weigh against the dispute.
    """
    if ln_ratio <= 0:
        return with_price(disputed, ln_ratio, priors)
    priced = with_price(standing, ln_ratio, priors)
    larger = np.maximum(disputed.bad, priced.bad)
    scale = larger / np.maximum(disputed.bad, 1e-300)
    return Classes(disputed.wrong * scale, disputed.early * scale)


def proposed_true(classes: Classes, t: Transitions) -> Values:
    """P(T = the proposed outcome): correct, or early and confirmed in the end."""
    true: Values = 1 - classes.wrong - classes.early * t.ew
    return true


def over_outcomes(
    proposed: Outcome, true: Values, price_yes: float | None, priors: BeliefPriors
) -> Values:
    """tau: rows YES, NO, 50-50; the doubt goes to the other outcomes."""
    tau = np.empty((len(OUTCOMES), *true.shape))
    if proposed is Outcome.HALF:
        share = 0.5 if price_yes is None else price_yes
        others = {Outcome.YES: share, Outcome.NO: 1 - share}
    else:
        opposite = Outcome.NO if proposed is Outcome.YES else Outcome.YES
        others = {opposite: 1 - priors.half_share, Outcome.HALF: priors.half_share}
    for row, outcome in enumerate(OUTCOMES):
        tau[row] = true if outcome is proposed else (1 - true) * others[outcome]
    return tau


def with_siblings(
    classes: Classes, t: Transitions, s_yes: float, missing: float, *, proposes_yes: bool
) -> Classes:
    """The belief in a proposal of an event of which one outcome pays Yes.

    ``s_yes`` is the sum of the siblings' P(T = Yes): above one in all, each gets its part of one.
    ``missing`` is the part of what lacks in one that falls to this outcome where No is proposed.
    What is added to the doubt is of a wrong proposal, not of an early one.
    """
    true = proposed_true(classes, t)
    here = true if proposes_yes else 1 - true
    yes = here / np.maximum(here + s_yes, 1.0)
    after = yes if proposes_yes else 1 - np.minimum(yes + missing, 1.0)
    early = classes.early * np.minimum(after / np.maximum(true, 1e-300), 1.0)
    return Classes(np.maximum(1 - after - early * t.ew, 0.0), early)


def spread(true: Values, k: float, parameters: RiskParameters) -> Values:
    """Add the belief's own uncertainty, Beta(tau K, (1-tau) K), around its mean."""
    mean = float(true.mean())
    weaker = min(mean, 1 - mean)
    if weaker <= 0:
        return true
    return _spread_around(mean, max(k, parameters.belief.k_floor_side / weaker), parameters)


# Drawing is the dearest part of a score; the steps of one market's drivers share their beliefs.
@lru_cache(maxsize=64)
def _spread_around(mean: float, strength: float, parameters: RiskParameters) -> Values:
    rng = stream(parameters, STREAM_BELIEF)
    drawn = rng.beta(mean * strength, (1 - mean) * strength, parameters.draws)
    return frozen(recentre(drawn, mean))


def informed(tau: Values, lam: Values | float) -> Values:
    """tau_oo = P(T = o | the vote answers o)."""
    result: Values = tau * lam / (tau * lam + 1 - tau)
    return result


def ln_vote(lam: float) -> float:
    """Ln of the odds a vote adds to what it answered."""
    return log(lam)


def half_information(wrong: Values, half_error_share: float) -> Values:
    """Lam of an answer 50-50 nobody proposed: P(vote 50-50 | T = 50-50) over P(… | T is not)."""
    lam: Values = (1 - wrong) / np.maximum(wrong * half_error_share, 1e-12)
    return lam


def after_refund(tau: Values, answer: Outcome, priors: BeliefPriors) -> Values:
    """Multiply the odds against the outcome paid; its rivals keep their proportions."""
    row = OUTCOMES.index(answer)
    true, doubt = tau[row], 1 - tau[row]
    after = true / np.maximum(true + doubt * np.exp(priors.ln_lr_refund), 1e-300)
    after = np.maximum(after, np.minimum(true, priors.clip))
    moved: Values = tau * ((1 - after) / np.maximum(doubt, 1e-300))
    moved[row] = after
    return moved


def vote_answers(tau: Values, wrong: Values, half_share: float) -> Values:
    """P(the vote answers o): the truth, or with P(vote wrong) one of the others.

    ``half_share`` is that of 50-50 among the vote's mistakes.
    """
    yes, no, half = tau
    return np.stack(
        [
            yes * (1 - wrong) + wrong * (no * (1 - half_share) + half / 2),
            no * (1 - wrong) + wrong * (yes * (1 - half_share) + half / 2),
            half * (1 - wrong) + wrong * (yes + no) * half_share,
        ]
    )


def ambiguity_of(price: float | None, stage: int, parameters: RiskParameters) -> Ambiguity:
    """How contested a question is, by the price of the proposed outcome before any proposal."""
    if price is None:
        return Ambiguity.MODERATE if stage > 1 else Ambiguity.CLEAR
    if price >= parameters.clear_price:
        return Ambiguity.CLEAR
    return Ambiguity.CONTESTED if price < parameters.contested_price else Ambiguity.MODERATE


def _normalised(wrong: Values, early: Values, correct: Values) -> Classes:
    total = np.maximum(wrong + early + correct, 1e-300)
    return Classes(wrong / total, early / total)
