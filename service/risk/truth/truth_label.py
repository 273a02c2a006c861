"""Soft labels: q = P(an answer is wrong), its class, and what it adds to the truth belief.

docs/methodology.md, "Adjudication".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from models.adjudication_enums import LabelClass, RulesTrack, Verdict
from models.enums import Outcome
from service.risk.result import Interval
from service.risk.truth.dawid_skene import CLASSES, Array, Ballot, Fusion

# So many independent blind adjudicators make a label settled.
SETTLED_FROM = 3
CONTESTED_LOW, CONTESTED_HIGH = 0.2, 0.8
# What the rules do not decide is half right whatever was paid, so that it is contested.
_UNDETERMINED_WRONG = 0.5

_VERDICT_OF: Mapping[Outcome, Verdict] = {
    Outcome.YES: Verdict.YES,
    Outcome.NO: Verdict.NO,
    Outcome.HALF: Verdict.HALF,
}


@dataclass(frozen=True, slots=True)
class OutcomeLabel:
    """What the verdicts say of one outcome."""

    # q of an answer of this outcome: P(it is wrong), fractional in every likelihood.
    wrong: Interval
    # By adjudicator: ln P(verdict | T = outcome) / P(verdict | T is another), ln(TPR/FPR) where
    # the verdict is the outcome.
    parts: Mapping[str, float]

    @property
    def ln_ratio(self) -> float:
        """Their sum: added to the logit of the truth belief in this outcome."""
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class TruthEstimate:
    """One question's soft label under one track."""

    # Blind and independent ones.
    adjudicators: int
    # P(T = …) by verdict, mean of the draws; sums to 1.
    truth: Mapping[Verdict, float]
    outcomes: Mapping[Outcome, OutcomeLabel]

    @property
    def is_unanimous(self) -> bool:
        """Whether every adjudicator's verdict speaks most for one and the same outcome."""
        best: dict[str, tuple[float, Outcome]] = {}
        for outcome, label in self.outcomes.items():
            for adjudicator, part in label.parts.items():
                if part > best.get(adjudicator, (0.0, outcome))[0]:
                    best[adjudicator] = part, outcome
        return len(best) == self.adjudicators and len({o for _, o in best.values()}) == 1


@dataclass(frozen=True, slots=True)
class StoredLabel:
    """A question's label as it was known from an instant on."""

    track: RulesTrack
    estimate: TruthEstimate
    known_at: datetime
    version: str

    def q(self, answer: Outcome | None) -> Interval | None:
        """P(this answer is wrong); ``None`` without an answer to judge, or without verdicts."""
        label = None if answer is None else self.estimate.outcomes.get(answer)
        return None if label is None else label.wrong

    def label_class(self, answer: Outcome | None) -> LabelClass:
        """What the label may be used for, given the answer it judges."""
        q = self.q(answer)
        return class_of(None if q is None else q.mean, self.estimate.adjudicators)

    def ln_ratio(self, outcome: Outcome) -> float:
        """Added to the logit of the truth belief in ``outcome``; 0 where nobody was heard."""
        label = self.estimate.outcomes.get(outcome)
        return 0.0 if label is None else label.ln_ratio


def class_of(q: float | None, adjudicators: int) -> LabelClass:
    """A label's class by its q; ``None`` (no answer to judge) is settled or provisional."""
    if q is not None and CONTESTED_LOW < q < CONTESTED_HIGH:
        return LabelClass.CONTESTED
    return LabelClass.SETTLED if adjudicators >= SETTLED_FROM else LabelClass.PROVISIONAL


def estimates(ballots: list[Ballot], fusion: Fusion) -> dict[int, TruthEstimate]:
    """Each question's label out of a fusion of these very ballots."""
    of_question: dict[int, list[Ballot]] = {question: [] for question in fusion.questions}
    for ballot in sorted(ballots, key=lambda b: b.adjudicator):
        of_question[ballot.question].append(ballot)
    mean = fusion.drawn.mean(axis=0)
    wrong = {outcome: _wrong(fusion.drawn, truth) for outcome, truth in _VERDICT_OF.items()}
    parts = _parts(fusion)
    return {
        question: TruthEstimate(
            adjudicators=len(of_question[question]),
            truth={verdict: float(mean[place, n]) for n, verdict in enumerate(CLASSES)},
            outcomes={
                outcome: OutcomeLabel(
                    wrong[outcome][place],
                    {
                        ballot.adjudicator: parts[ballot.adjudicator, ballot.verdict, outcome]
                        for ballot in of_question[question]
                    },
                )
                for outcome in _VERDICT_OF
            },
        )
        for place, question in enumerate(fusion.questions)
    }


def has_moved(before: TruthEstimate, after: TruthEstimate) -> bool:
    """Whether a label is worth a new row: every verdict moves every adjudicator's rates a little.

    Who was heard, any q by a tenth of itself, or any ln ratio by 0.05.
    """
    if before.adjudicators != after.adjudicators or set(before.outcomes) != set(after.outcomes):
        return True
    return any(
        abs(old.wrong.mean - new.wrong.mean) > 0.1 * max(old.wrong.mean, 1e-4)
        or abs(old.ln_ratio - new.ln_ratio) > 0.05  # noqa: PLR2004  # as the docstring says
        or set(old.parts) != set(new.parts)
        for old, new in ((before.outcomes[o], after.outcomes[o]) for o in before.outcomes)
    )


def ln_ratio(confusion: Array, prevalence: Array, verdict: Verdict, truth: Verdict) -> float:
    """Ln P(verdict | T = truth) / P(verdict | T is another), the others by their prevalence.

    ``confusion``: one adjudicator's (truth, verdict).
    """
    told, row = confusion[:, CLASSES.index(verdict)], CLASSES.index(truth)
    others = np.delete(prevalence, row)
    rival = float(np.delete(told, row) @ others / others.sum())
    return float(np.log(told[row]) - np.log(rival))


def _wrong(drawn: Array, truth: Verdict) -> list[Interval]:
    """Q of an answer of one outcome, for every question; ``drawn`` as in :class:`Fusion`."""
    right = drawn[:, :, CLASSES.index(truth)]
    undetermined = drawn[:, :, CLASSES.index(Verdict.NOT_DETERMINABLE)]
    q = np.clip(1 - right - (1 - _UNDETERMINED_WRONG) * undetermined, 0.0, 1.0)
    mean = q.mean(axis=0)
    p05, p50, p95 = np.percentile(q, [5, 50, 95], axis=0)
    # A skewed mean may lie outside: the interval holds it.
    marks = np.stack([mean, np.minimum(p05, mean), p50, np.maximum(p95, mean)], axis=1)
    return [Interval(*row) for row in marks.tolist()]


def _parts(fusion: Fusion) -> dict[tuple[str, Verdict, Outcome], float]:
    """Every ln ratio there can be: adjudicator, verdict, outcome."""
    return {
        (name, verdict, outcome): ln_ratio(matrix, fusion.prevalence, verdict, truth)
        for name, matrix in zip(fusion.adjudicators, fusion.confusion, strict=True)
        for verdict in CLASSES
        for outcome, truth in _VERDICT_OF.items()
    }
