"""The newest audit that has labels, as rates of its frame."""

from datetime import datetime

from sqlalchemy.orm import Session

from models.adjudication import AuditPlan
from models.adjudication_enums import LabelClass
from service.risk.parameters import load_parameters
from service.risk.rates.audited_rates import LabelledStratum, audited_rows
from service.risk.rates.rate_parameters import RateParameters
from service.risk.rates.rate_rows import RateRow
from service.store.truth.adjudication_cases import load_answers
from service.store.truth.adjudications import load_verdicts
from service.store.truth.audit_results import list_disputed, list_results

DISPUTED = "disputed"


def list_audited_rates(session: Session, at: datetime, parameters: RateParameters) -> list[RateRow]:
    """Misresolved and contested rates of the newest plan with labels; empty without one.

    An undisputed question pays its first proposal, which the audit judges; of the disputed ones of
    the same frame those with labels are taken as they came, which is no random sample.
    """
    results = list_results(session, at, load_parameters().transitions["d1w"])
    for result in reversed(results):
        strata = [
            LabelledStratum(s.name, s.size, s.settled, s.wrong_settled, s.contested)
            for s in result.strata
        ]
        if any(s.settled + s.contested for s in strata):
            disputed = _disputed(session, result.plan, at)
            name = _frame(result.plan)
            return list(audited_rows(name, [*strata, disputed], parameters.minimum))
    return []


def _frame(plan: AuditPlan) -> str:
    return f"plan_{plan.id} settled {plan.frame_from:%Y-%m-%d} to {plan.frame_to:%Y-%m-%d}"


def _disputed(session: Session, plan: AuditPlan, at: datetime) -> LabelledStratum:
    """The disputed questions of the plan's frame, judged by what was paid."""
    ids = list_disputed(session, plan)
    answers = load_answers(session, ids, at)
    settled = contested = 0
    wrong = 0.0
    for market_id, label in load_verdicts(session, ids, at).items():
        answer = answers.get(market_id)
        paid = None if answer is None else answer.paid or answer.oracle
        q = label.q(paid)
        match label.label_class(paid):
            case LabelClass.SETTLED if q is not None:
                settled, wrong = settled + 1, wrong + q.mean
            case LabelClass.CONTESTED:
                contested += 1
            case _:
                continue
    return LabelledStratum(DISPUTED, len(ids), settled, wrong, contested)
