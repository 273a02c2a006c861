"""What came of the audits: strata with their labels, the rate they estimate, and d1w."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.adjudication import AuditItem, AuditPlan, Correction
from models.adjudication_enums import LabelClass, RulesTrack
from models.market import Market
from models.question_state import QuestionState
from service.risk.parameters import Prior
from service.risk.truth.audit_estimate import (
    AuditedStratum,
    AuditRate,
    DisputedShare,
    Recaptured,
    disputed_share,
    estimate_rate,
    recapture,
    upper_bound,
)
from service.risk.truth.audit_plan import SAFE
from service.risk.truth.truth_label import CONTESTED_HIGH, StoredLabel
from service.store.truth.adjudication_cases import Answers, load_answers
from service.store.truth.adjudications import load_verdicts


@dataclass(frozen=True, slots=True)
class StratumResult:
    """One stratum of a plan: N_h, n_h, and what came back of n_h."""

    name: str
    size: int
    drawn: int
    settled: int
    contested: int
    # Drawn, and without a label that counts yet.
    waiting: int
    # Sums of q.
    wrong_settled: float
    wrong_contested: float


@dataclass(frozen=True, slots=True)
class AuditResult:
    """One plan as it stands; the rates without contested labels, and with them."""

    plan: AuditPlan
    strata: tuple[StratumResult, ...]
    # Markets adjudicated to a settled label.
    audit_n: int
    rate: AuditRate
    rate_with_contested: AuditRate
    # 95 % bound on the safe strata together.
    safe_bound: float
    d1w: DisputedShare
    # From audit findings and complaints; a lower bound. None where either list is empty.
    recaptured: Recaptured | None


def list_results(session: Session, at: datetime, prior: Prior) -> list[AuditResult]:
    """Every plan known at ``at`` with what is known of it then; ``prior`` is that of d1w."""
    plans = session.scalars(
        select(AuditPlan).where(AuditPlan.known_at <= at).order_by(AuditPlan.id)
    )
    return [_result(session, plan, at, prior) for plan in plans]


def _result(session: Session, plan: AuditPlan, at: datetime, prior: Prior) -> AuditResult:
    items = session.execute(
        select(AuditItem.market_id, AuditItem.stratum).where(AuditItem.plan_id == plan.id)
    )
    stratum_of = {row[0]: row[1] for row in items}
    drawn: dict[str, list[int]] = {}
    for market_id, stratum in stratum_of.items():
        drawn.setdefault(stratum, []).append(market_id)
    labels = load_verdicts(session, stratum_of, at)
    answers = load_answers(session, stratum_of, at)
    strata = tuple(
        _stratum(told, drawn.get(str(told["name"]), []), labels, answers) for told in plan.strata
    )
    audited = [AuditedStratum(s.name, s.size, s.settled, s.wrong_settled) for s in strata]
    rate, _ = estimate_rate(audited)
    with_contested, _ = estimate_rate(
        [
            AuditedStratum(
                s.name, s.size, s.settled + s.contested, s.wrong_settled + s.wrong_contested
            )
            for s in strata
        ]
    )
    safe = [s for s in strata if s.name.partition("/")[0] == SAFE]
    return AuditResult(
        plan=plan,
        strata=strata,
        audit_n=rate.audited,
        rate=rate,
        rate_with_contested=with_contested,
        safe_bound=upper_bound(sum(s.wrong_settled for s in safe), sum(s.settled for s in safe)),
        d1w=disputed_share(_disputed(session, plan, at), audited, prior),
        recaptured=_recaptured(session, plan, at, labels, answers),
    )


def _stratum(
    told: Mapping[str, object],
    market_ids: Collection[int],
    labels: Mapping[int, StoredLabel],
    answers: Mapping[int, Answers],
) -> StratumResult:
    settled, contested = _labelled(market_ids, labels, answers)
    size = told["size"]
    assert isinstance(size, int)  # noqa: S101  # written by service.store.truth.audit_plans alone
    return StratumResult(
        name=str(told["name"]),
        size=size,
        drawn=len(market_ids),
        settled=len(settled),
        contested=len(contested),
        waiting=len(market_ids) - len(settled) - len(contested),
        wrong_settled=sum(settled.values()),
        wrong_contested=sum(contested.values()),
    )


def _labelled(
    market_ids: Iterable[int], labels: Mapping[int, StoredLabel], answers: Mapping[int, Answers]
) -> tuple[dict[int, float], dict[int, float]]:
    """Q of the first answer by market: of settled labels, and of contested ones."""
    settled: dict[int, float] = {}
    contested: dict[int, float] = {}
    for market_id in market_ids:
        label, answer = labels.get(market_id), answers.get(market_id)
        if label is None or answer is None:
            continue
        q = label.q(answer.first)
        match label.label_class(answer.first):
            case LabelClass.SETTLED if q is not None:
                settled[market_id] = q.mean
            case LabelClass.CONTESTED if q is not None:
                contested[market_id] = q.mean
            case _:
                continue
    return settled, contested


def list_disputed(session: Session, plan: AuditPlan) -> Sequence[int]:
    """Ids of the markets of the plan's frame whose questions were disputed."""
    query = (
        select(Market.id)
        .join(QuestionState, QuestionState.condition_id == Market.condition_id)
        .where(
            QuestionState.settled_at >= plan.frame_from,
            QuestionState.settled_at < plan.frame_to,
            QuestionState.disputes > 0,
        )
    )
    return session.scalars(query).all()


def _disputed(session: Session, plan: AuditPlan, at: datetime) -> AuditedStratum:
    """All disputed markets of the plan's frame, and what is known of their first proposals."""
    ids = list_disputed(session, plan)
    answers = load_answers(session, ids, at)
    settled, _ = _labelled(ids, load_verdicts(session, ids, at, RulesTrack.ORIGINAL), answers)
    return AuditedStratum("disputed", len(ids), len(settled), sum(settled.values()))


def _recaptured(
    session: Session,
    plan: AuditPlan,
    at: datetime,
    labels: Mapping[int, StoredLabel],
    answers: Mapping[int, Answers],
) -> Recaptured | None:
    """Undisputed wrong answers on two lists: those the audit drew, those somebody complained of."""
    settled, _ = _labelled(labels, labels, answers)
    audited = {market_id for market_id, q in settled.items() if q >= CONTESTED_HIGH}
    complained = set(
        session.scalars(
            select(Correction.market_id)
            .join(Market, Market.id == Correction.market_id)
            .join(QuestionState, QuestionState.condition_id == Market.condition_id)
            .where(
                Correction.known_at <= at,
                QuestionState.settled_at >= plan.frame_from,
                QuestionState.settled_at < plan.frame_to,
                QuestionState.disputes == 0,
            )
        )
    )
    told, _ = _labelled(
        complained, load_verdicts(session, complained, at), load_answers(session, complained, at)
    )
    wrong = {market_id for market_id, q in told.items() if q >= CONTESTED_HIGH}
    if not audited or not wrong:
        return None
    return recapture(len(audited), len(wrong), len(audited & wrong))
