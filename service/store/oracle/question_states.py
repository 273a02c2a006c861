"""Question states: folded from the questions' facts, replaced a page at a time."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, and_, delete, or_, select, union
from sqlalchemy.orm import Session

from models import oracle
from models.enums import ContractKind
from models.market import Market
from models.question_state import QuestionState
from service.protocol.contracts import ContractBook
from service.protocol.question_status import QuestionStatus
from service.protocol.standing import state_of
from service.store.oracle.questions import get_statuses
from service.store.upserts import IN_CHUNK, chunks, insert_or_ignore

ADAPTERS = (ContractKind.UMA_CTF_ADAPTER, ContractKind.NEG_RISK_UMA_CTF_ADAPTER)


def fold_questions(
    session: Session, question_ids: Collection[bytes], book: ContractBook
) -> list[QuestionStatus]:
    """Fold questions anew and replace their rows; returns all that were found, in one order.

    Strangers may ask the oracles anything: of questions whose entry is not stored only those of
    the book's adapters have a row.
    """
    for part in chunks(sorted(question_ids), IN_CHUNK):
        session.connection().execute(
            delete(QuestionState).where(QuestionState.question_id.in_(part))
        )
    found = list_timeless(session, question_ids, book)
    rows = [to_row(status) for status in found if is_kept(status, book)]
    insert_or_ignore(session, QuestionState, rows)
    return found


def get_question_state(session: Session, market: Market) -> QuestionState | None:
    """The folded question behind a market: by its condition, or by its adapter and question id."""
    query = select(QuestionState).where(
        or_(
            QuestionState.condition_id == market.condition_id,
            and_(
                QuestionState.question_id == market.uma_question_id,
                QuestionState.adapter == market.adapter,
            ),
        )
    )
    found = session.scalars(query).all()
    same = [state for state in found if state.condition_id == market.condition_id]
    return next(iter(same or found), None)


def list_timeless(
    session: Session, question_ids: Collection[bytes], book: ContractBook
) -> list[QuestionStatus]:
    """The questions with these ids as their facts leave them, in one order."""
    found = get_statuses(session, question_ids, book, is_timeless=True)
    statuses = [status for same_id in found.values() for status in same_id]
    return sorted(statuses, key=lambda s: (s.chain_id, s.adapter, s.question_id))


def is_kept(status: QuestionStatus, book: ContractBook) -> bool:
    """Whether a question has a row of its own."""
    if not status.is_partial:
        return True
    entries = [entry for entry in book.entries if entry.address == status.adapter]
    if all(entry.kind not in ADAPTERS for entry in entries):
        return False
    # Adapter v1's ids are no hashes of its texts: one that was taken from a text is none.
    is_first = any((entry.version or "").startswith("1.") for entry in entries)
    return status.is_legacy or not is_first


def question_keys(book: ContractBook) -> Select[Any]:
    """Every id of a question that has an entry, a request of an adapter's, or a row."""
    adapters = {e.address for e in book.entries if e.kind in ADAPTERS}
    requests = (oracle.PriceRequest, oracle.Proposal, oracle.Dispute, oracle.Settlement)
    keys = union(
        select(oracle.Question.question_id.label("key")),
        select(oracle.ResolutionAsked.question_id),
        select(QuestionState.question_id),
        *(select(m.ancillary_hash).where(m.requester.in_(adapters)) for m in requests),
    ).subquery()
    return select(keys.c.key)


def to_row(status: QuestionStatus) -> dict[str, Any]:
    """A question's row."""
    operative, first, neg_risk = status.operative, status.first_proposal, status.neg_risk
    return {
        "chain_id": status.chain_id,
        "adapter": status.adapter,
        "question_id": status.question_id,
        "condition_id": status.condition_id,
        "neg_risk_question_id": None if neg_risk is None else neg_risk.neg_risk_question_id,
        "oracle": status.oracle,
        "creator": status.creator,
        "is_official": status.is_official,
        "is_partial": status.is_partial,
        "is_legacy": status.is_legacy,
        "state": state_of(status).value,
        "resolved": status.resolved,
        "paused": status.paused,
        "reset": status.reset,
        "overridden": status.overridden,
        "override_layer": _word(status.overridden_by),
        "payouts": None if status.payouts is None else [str(n) for n in status.payouts],
        "outcome": _word(status.outcome),
        "resolution": _word(status.resolution),
        "stuck": _word(status.stuck),
        "requests": len(status.requests),
        "disputes": status.disputes,
        "self_disputes": status.self_disputes,
        "resets": len(status.resets),
        "operative_timestamp": status.operative_timestamp,
        "operative_state": None if operative is None else operative.state.value,
        "operative_proposer": None if operative is None else operative.proposer,
        "operative_disputer": None if operative is None else operative.disputer,
        "operative_proposed_price": None if operative is None else operative.proposed_price,
        "operative_settled_price": None if operative is None else operative.resolved_price,
        "expiration_timestamp": None if operative is None else operative.expiration_timestamp,
        "first_proposer": None if first is None else first.proposer,
        "first_disputer": None if first is None else first.disputer,
        "first_proposed_price": None if first is None else first.proposed_price,
        "pays_first_proposal": status.pays_first_proposal,
        "earlier_vote_contradicts": status.earlier_vote_contradicts,
        "initialized_at": status.initialized_at,
        "first_proposed_at": _first(r.proposed_at for r in status.requests),
        "first_disputed_at": _first(r.disputed_at for r in status.requests),
        "settled_at": None if operative is None else operative.settled_at,
        "flagged_at": status.flagged_at,
        "overridden_at": status.overridden_at,
        "resolved_at": status.resolved_at,
        "paid_at": status.paid_at,
    }


def _word(value: StrEnum | None) -> str | None:
    return None if value is None else value.value


def _first(instants: Iterable[datetime | None]) -> datetime | None:
    return min(_present(instants), default=None)


def _present(instants: Iterable[datetime | None]) -> Iterator[datetime]:
    return (instant for instant in instants if instant is not None)
