"""Marks and folds: no fact without its mark, no mark lost, one result whatever the order."""

from dataclasses import replace

from sqlalchemy.orm import Session, sessionmaker

from jobs.fold_facts import fold_facts
from models.data_enums import FoldKind
from models.enums import ContractKind
from service.protocol.contracts import ContractBook, ContractEntry
from service.store.oracle.contracts import add_book
from service.store.oracle.stale_folds import (
    add_marks,
    count_marks,
    list_marks,
    remove_marks,
    to_contract_key,
)
from service.store.votes.folds import fold_page


def mark(sessions: sessionmaker[Session], *numbers: int) -> None:
    with sessions.begin() as session:
        add_marks(
            session, [(FoldKind.CONTRACT, to_contract_key(1, bytes([n] * 20))) for n in numbers]
        )


def waiting(sessions: sessionmaker[Session]) -> int:
    with sessions() as session:
        return count_marks(session)


def test_folding_ends_when_no_mark_is_left(sessions: sessionmaker[Session]) -> None:
    mark(sessions, 1, 2, 2)
    assert fold_facts(sessions).counts == {"marks": 3}
    assert waiting(sessions) == 0


def test_a_fold_that_is_cut_off_leaves_its_marks(sessions: sessionmaker[Session]) -> None:
    mark(sessions, 1, 2)
    with sessions() as session:
        assert fold_page(session) == 2
        session.rollback()
    assert waiting(sessions) == 2


def test_progress_ends_at_all_there_was(sessions: sessionmaker[Session]) -> None:
    mark(sessions, *range(5))
    seen: list[tuple[int, int]] = []
    fold_facts(sessions, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (5, 5)


def test_a_mark_added_while_its_key_is_folded_stays(sessions: sessionmaker[Session]) -> None:
    mark(sessions, 1)
    with sessions() as session:
        read = [row.id for row in list_marks(session, 10)]
    # Facts of the same key arrive between the fold's reading and its end.
    mark(sessions, 1)
    with sessions.begin() as session:
        remove_marks(session, read)
    assert waiting(sessions) == 1


def test_a_new_contract_book_has_everything_folded_again(
    sessions: sessionmaker[Session],
) -> None:
    entry = ContractEntry(137, b"\x01" * 20, ContractKind.QUESTION_CREATOR, 0)
    with sessions.begin() as session:
        add_book(session, ContractBook((entry,)))
    assert waiting(sessions) == 0
    with sessions.begin() as session:
        add_book(session, ContractBook((entry, replace(entry, address=b"\x02" * 20))))
    with sessions() as session:
        assert [row.kind for row in list_marks(session, 10)] == [FoldKind.EVERYTHING]
