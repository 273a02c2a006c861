"""What a market's page says of its adjudication: one sentence, with its number and interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models.adjudication_enums import LabelClass
from models.enums import Outcome
from service.dashboard.words import percent
from service.risk.truth.truth_label import StoredLabel
from service.store.truth.adjudication_cases import load_answers
from service.store.truth.adjudications import load_verdicts
from service.store.truth.corrections import list_corrections


@dataclass(frozen=True, slots=True)
class AdjudicationView:
    """The headline track's label in words."""

    # Blind ones; 0 where there is no label.
    adjudicators: int
    summary: str
    corrections: int


_CLASSES: Mapping[LabelClass, str] = {
    LabelClass.SETTLED: "settled",
    LabelClass.PROVISIONAL: "provisional: it takes three",
    LabelClass.CONTESTED: "contested, and in no headline rate",
}


def view_adjudication(session: Session, market_id: int, now: datetime) -> AdjudicationView:
    """Read the label of ``rules_original``, and how many corrections came in."""
    label = load_verdicts(session, [market_id], now).get(market_id)
    answers = load_answers(session, [market_id], now).get(market_id)
    return AdjudicationView(
        adjudicators=0 if label is None else label.estimate.adjudicators,
        summary="" if label is None else _summary(label, answers.oracle if answers else None),
        corrections=len(list_corrections(session, now, [market_id])),
    )


def _summary(label: StoredLabel, answer: Outcome | None) -> str:
    people = label.estimate.adjudicators
    who = f"{people} blind adjudicator{'' if people == 1 else 's'}"
    q = label.q(answer)
    if q is None:
        return f"{who} judged what the rules require; the oracle has not answered yet."
    return (
        f"On the verdicts of {who} the oracle\u2019s answer contradicts the rules with "
        f"{percent(q.mean)} (90 % interval {percent(q.p05)} to {percent(q.p95)}); this label is "
        f"{_CLASSES[label.label_class(answer)]}."
    )
