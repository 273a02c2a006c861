"""What brought a question to its end, or why nothing ordinary can.

Sources: UmaCtfAdapter ``resolve``, NegRiskOperator ``reportPayouts``, NegRiskAdapter
``reportOutcome``, VotingV2's rolls; docs/methodology.md, "Lifecycle".
"""

from models.enums import ContractKind, Outcome, OverrideLayer, RequestState
from models.lifecycle_enums import ResolutionKind, StuckReason
from service.protocol.contracts import ContractBook
from service.protocol.prices import TOO_EARLY, outcome_of
from service.protocol.question_status import QuestionStatus
from service.protocol.request_status import RequestStatus


def resolution_kind(status: QuestionStatus) -> ResolutionKind | None:
    """What made a question's outcome; ``None`` while it is neither resolved nor paid."""
    match status.overridden_by:
        case OverrideLayer.OPERATOR:
            return ResolutionKind.OPERATOR_OVERRIDE
        case OverrideLayer.ADAPTER:
            return ResolutionKind.OVERRIDE
        case None:
            pass
    operative = status.operative
    if operative is None or not (status.resolved or status.payouts is not None):
        return None
    return ResolutionKind.DVM if operative.is_disputed else ResolutionKind.ORACLE


def stuck_reason(
    status: QuestionStatus, book: ContractBook, *, is_price_taken: bool
) -> StuckReason | None:
    """Why a question cannot be paid by ordinary means; ``None`` where it can, or was."""
    neg_risk, operative = status.neg_risk, status.operative
    if status.payouts is not None:
        return None
    if neg_risk is not None and neg_risk.reported_result is True and neg_risk.is_other_yes:
        return StuckReason.ANOTHER_YES
    if status.resolved or operative is None:
        return None
    kind = book.kind_of(status.chain_id, status.adapter)
    is_neg_risk = neg_risk is not None or kind is ContractKind.NEG_RISK_UMA_CTF_ADAPTER
    return _without_answer(operative) or _by_answer(
        operative.answer, is_neg_risk=is_neg_risk, is_price_taken=is_price_taken
    )


def _without_answer(operative: RequestStatus) -> StuckReason | None:
    if operative.is_vote_deleted and operative.state is RequestState.DISPUTED:
        return StuckReason.VOTE_DELETED
    if operative.is_endless and operative.state is RequestState.PROPOSED:
        return StuckReason.ENDLESS_LIVENESS
    return None


def _by_answer(
    answer: int | None, *, is_neg_risk: bool, is_price_taken: bool
) -> StuckReason | None:
    # Anybody may have "too early" asked again, except on adapter v1 once it took the price over.
    if answer is None or (answer == TOO_EARLY and not is_price_taken):
        return None
    match outcome_of(answer):
        case None:
            return StuckReason.UNPAYABLE_PRICE
        case Outcome.HALF if is_neg_risk:
            return StuckReason.HALF_REFUSED
        case _:
            return None
