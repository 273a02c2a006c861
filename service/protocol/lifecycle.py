"""A question's state as a pure fold over its ordered facts.

The contracts' own rules: UmaCtfAdapter 1 to 4, the optimistic oracles' ``getState`` and
NegRiskOperator, restated in docs/methodology.md, "Lifecycle".
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from models.enums import ContractKind
from models.lifecycle_enums import StuckReason
from service.protocol.asking_fold import AskingFold
from service.protocol.contracts import ContractBook
from service.protocol.dated_fact import DatedFact
from service.protocol.endings import resolution_kind, stuck_reason
from service.protocol.facts import QuestionInitialized
from service.protocol.ids import condition_id
from service.protocol.prices import outcome_of_payouts
from service.protocol.question_fold import QuestionFold
from service.protocol.question_status import NegRiskStatus, QuestionStatus, ResetStatus
from service.protocol.request_fold import RequestsFold
from service.protocol.request_status import DvmRequestStatus, RequestStatus, operative_of
from service.protocol.request_terms import TermsFold
from service.protocol.safety_periods import ends_at, safety_period

# Contracts that stamp a question's creator on its text.
_STAMPING = (ContractKind.UMA_CTF_ADAPTER, ContractKind.NEG_RISK_UMA_CTF_ADAPTER)

__all__ = [
    "DatedFact",
    "DvmRequestStatus",
    "NegRiskStatus",
    "QuestionFacts",
    "QuestionStatus",
    "RequestStatus",
    "ResetStatus",
    "fold_question",
]


@dataclass(frozen=True, slots=True)
class QuestionFacts:
    """Everything the chain said of one question, in chain order (the vote's chain last)."""

    initialized: QuestionInitialized
    initialized_at: datetime
    facts: tuple[DatedFact, ...]
    # The question entered before indexing began: earlier requests and disputes are unknown.
    is_partial: bool = False


def fold_question(
    question: QuestionFacts, book: ContractBook, title: str, now: int
) -> QuestionStatus:
    """Fold a question's facts to its state at unix time ``now``.

    ``now`` decides only what has no event of its own: whether a proposal has expired.
    """
    first = question.initialized
    state = _fold(question, book)
    requests = state.asking.requests.finish(now)
    chain_id = first.at.chain_id
    return QuestionStatus(
        chain_id=chain_id,
        question_id=first.question_id,
        condition_id=state.condition_id or _computed_condition(state, first, book),
        adapter=first.at.address,
        oracle=requests[-1].oracle if requests else None,
        title=title,
        creator=first.creator,
        is_official=_is_official(question, book),
        resolved=state.resolved,
        paused=state.paused,
        reset=state.reset,
        overridden=bool(state.override_layers),
        payouts=state.payouts,
        outcome=None if state.payouts is None else outcome_of_payouts(state.payouts),
        initialized_at=question.initialized_at,
        paid_at=state.paid_at,
        paid_log=state.paid_log,
        posts=tuple(state.posts),
        requests=requests,
        dvm_requests=tuple(state.asking.requests.dvm_requests(chain_id)),
        is_partial=question.is_partial,
        is_legacy=state.is_legacy,
        ancillary_hash=state.ancillary_hash,
        operative_timestamp=state.asking.operative,
        flagged_at=state.flagged_at,
        override_possible_at=ends_at(state.flagged_at, _adapter_wait(first, book)),
        override_layers=tuple(state.override_layers),
        overridden_at=state.overridden_at,
        resolved_at=state.resolved_at,
        resets=tuple(state.asking.resets),
        neg_risk=None if state.neg_risk is None else _with_waits(state.neg_risk, first, book),
        resolution=resolution_kind(
            state.override_layers,
            operative_of(requests, state.asking.operative),
            is_over=state.resolved or state.payouts is not None,
        ),
        stuck=_stuck(state, requests, first, book),
    )


def _stuck(
    state: QuestionFold,
    requests: Sequence[RequestStatus],
    first: QuestionInitialized,
    book: ContractBook,
) -> StuckReason | None:
    neg_risk = state.neg_risk
    if state.payouts is not None:
        return None
    if neg_risk is not None and neg_risk.reported_result is True and neg_risk.is_other_yes:
        return StuckReason.ANOTHER_YES
    if state.resolved:
        return None
    kind = book.kind_of(first.at.chain_id, first.at.address)
    return stuck_reason(
        operative_of(requests, state.asking.operative),
        is_neg_risk=neg_risk is not None or kind is ContractKind.NEG_RISK_UMA_CTF_ADAPTER,
        is_price_taken=state.is_price_taken,
    )


def _is_official(question: QuestionFacts, book: ContractBook) -> bool:
    """Whether the creator is trusted, and named by an adapter rather than by the text's writer."""
    first = question.initialized
    if not book.is_trusted_creator(first.at.chain_id, first.creator):
        return False
    is_adapter = book.kind_of(first.at.chain_id, first.at.address) in _STAMPING
    return is_adapter or not question.is_partial


def _fold(question: QuestionFacts, book: ContractBook) -> QuestionFold:
    first = question.initialized
    is_legacy = first.resolution_time is not None
    # A question pieced together from its requests does not say what bond it asked for.
    terms = TermsFold(None if question.is_partial else first.proposal_bond)
    asking = AskingFold(
        RequestsFold(book, terms),
        operative=None if is_legacy else first.request_timestamp,
        is_partial=question.is_partial,
    )
    state = QuestionFold(asking, is_legacy=is_legacy, ancillary_hash=first.ancillary_hash)
    for dated in question.facts:
        state.tell(dated)
    return state


def _computed_condition(
    state: QuestionFold, first: QuestionInitialized, book: ContractBook
) -> bytes:
    """The condition id by formula, where the preparation itself is not among the facts."""
    if state.neg_risk is not None:
        neg_risk = book.addresses(first.at.chain_id, [ContractKind.NEG_RISK_ADAPTER])
        if neg_risk:
            return condition_id(neg_risk[0], state.neg_risk.neg_risk_question_id)
    return condition_id(first.at.address, first.question_id)


def _adapter_wait(first: QuestionInitialized, book: ContractBook) -> timedelta | None:
    chain_id, adapter = first.at.chain_id, first.at.address
    version = book.version_at(chain_id, adapter, first.at.block_number)
    return safety_period(book.kind_of(chain_id, adapter), version)


def _with_waits(
    status: NegRiskStatus, first: QuestionInitialized, book: ContractBook
) -> NegRiskStatus:
    version = book.version_at(first.at.chain_id, status.operator, first.at.block_number)
    wait = safety_period(ContractKind.NEG_RISK_OPERATOR, version)
    return replace(
        status,
        payable_at=ends_at(status.reported_at, wait),
        override_possible_at=ends_at(status.flagged_at, wait),
    )
