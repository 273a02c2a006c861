"""Folding what is marked: each page in the caller's transaction, facts read and rows replaced."""

from collections import defaultdict

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models.base import Base
from models.contract_period import ContractPeriod
from models.data_enums import FoldKind
from models.dvm_request_state import DvmRequestState
from models.question_state import QuestionState
from service.protocol.contracts import ContractBook
from service.store.oracle.contract_periods import fold_contract, list_folded_contracts
from service.store.oracle.contracts import load_book
from service.store.oracle.question_states import fold_questions, question_keys
from service.store.oracle.stale_folds import (
    add_marks,
    add_marks_from,
    from_contract_key,
    list_marks,
    remove_marks,
    to_contract_key,
)
from service.store.votes.dvm_request_states import fold_requests, request_keys

# Marks a page: a fraction of a second of folding, so that no other writer waits long.
PAGE = 500
# Any number, the same in every process: who holds it folds.
_LOCK = 7_305_521
# The tables that hold nothing but folded facts.
DERIVED: tuple[type[Base], ...] = (ContractPeriod, QuestionState, DvmRequestState)


def fold_page(session: Session) -> int:
    """Fold the oldest marks in the caller's transaction; returns how many, 0 when none is left.

    One process folds at a time: a fold that read older facts must not write after one that read
    newer ones. On SQLite a writing transaction is alone anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    marks = list_marks(session, PAGE)
    keys: dict[FoldKind, set[bytes]] = defaultdict(set)
    for mark in marks:
        keys[FoldKind(mark.kind)].add(mark.key)
    if FoldKind.EVERYTHING in keys:
        mark_each(session, load_book(session))
    for key in sorted(keys[FoldKind.CONTRACT]):
        fold_contract(session, *from_contract_key(key))
    book = load_book(session)
    questions = fold_questions(session, keys[FoldKind.QUESTION], book)
    fold_requests(session, keys[FoldKind.VOTE], questions, book)
    remove_marks(session, [mark.id for mark in marks])
    return len(marks)


def mark_each(session: Session, book: ContractBook) -> None:
    """Mark every key that has facts or derived rows: rows without facts go when they are folded."""
    add_marks_from(session, FoldKind.QUESTION, question_keys(book))
    add_marks_from(session, FoldKind.VOTE, request_keys())
    contracts = sorted(list_folded_contracts(session))
    add_marks(session, [(FoldKind.CONTRACT, to_contract_key(*key)) for key in contracts])


def count_derived(session: Session) -> dict[str, int]:
    """How many rows each derived table holds."""
    return {
        model.__tablename__: session.scalar(select(func.count()).select_from(model)) or 0
        for model in DERIVED
    }
