"""What brought a question to its end, or why nothing ordinary can.

Sources: UmaCtfAdapter ``resolve``, NegRiskOperator ``reportPayouts``, NegRiskAdapter
``reportOutcome``, VotingV2's rolls; docs/methodology.md, "Lifecycle".
"""

from collections.abc import Sequence

from models.enums import Outcome, OverrideLayer, RequestState
from models.lifecycle_enums import ResolutionKind, StuckReason
from service.protocol.prices import TOO_EARLY, outcome_of
from service.protocol.request_status import RequestStatus


def resolution_kind(
    overrides: Sequence[OverrideLayer], operative: RequestStatus | None, *, is_over: bool
) -> ResolutionKind | None:
    """What made a question's outcome; ``None`` while it is neither resolved nor paid.

    ``overrides`` in order: the last one counts.
    """
    match overrides[-1] if overrides else None:
        case OverrideLayer.OPERATOR:
            return ResolutionKind.OPERATOR_OVERRIDE
        case OverrideLayer.ADAPTER:
            return ResolutionKind.OVERRIDE
        case None:
            pass
    if operative is None or not is_over:
        return None
    return ResolutionKind.DVM if operative.is_disputed else ResolutionKind.ORACLE


def stuck_reason(
    operative: RequestStatus | None, *, is_neg_risk: bool, is_price_taken: bool
) -> StuckReason | None:
    """Why a question's deciding request cannot be paid by ordinary means; ``None`` if it can.

    ``is_price_taken``: adapter v1 took the price over and cannot ask again.
    """
    if operative is None:
        return None
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
