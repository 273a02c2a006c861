"""How a market's question went, from its folded row: who proposed, disputed, decided, and what."""

from sqlalchemy.orm import Session

from models.market import Market
from models.question_state import QuestionState
from service.api.wire import checksum_or_none
from service.store.oracle.question_states import get_question_state


def resolution_line(session: Session, market: Market) -> dict[str, object] | None:
    """A market's question as folded from the chain; ``None`` where the chain told of none."""
    state = get_question_state(session, market)
    return None if state is None else _line(state)


def _line(state: QuestionState) -> dict[str, object]:
    return {
        "partial": state.is_partial,
        "disputes": state.disputes,
        "self_disputes": state.self_disputes,
        "resets": state.resets,
        "operative_request_timestamp": state.operative_timestamp,
        "operative_state": state.operative_state,
        "operative_proposer": checksum_or_none(state.operative_proposer),
        "operative_disputer": checksum_or_none(state.operative_disputer),
        "operative_proposed_price": _price(state.operative_proposed_price),
        "operative_settled_price": _price(state.operative_settled_price),
        "first_proposer": checksum_or_none(state.first_proposer),
        "first_disputer": checksum_or_none(state.first_disputer),
        "first_proposed_price": _price(state.first_proposed_price),
        "resolution": state.resolution,
        "override_layer": state.override_layer,
        "stuck": state.stuck,
        "outcome": state.outcome,
        "pays_first_proposal": state.pays_first_proposal,
        "earlier_vote_contradicts": state.earlier_vote_contradicts,
        "resolved_at": state.resolved_at,
        "paid_at": state.paid_at,
    }


def _price(value: int | None) -> str | None:
    return None if value is None else str(value)
