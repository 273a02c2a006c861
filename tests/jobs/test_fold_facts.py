"""Marks and folds: no fact without its mark, no mark lost, one result whatever the order."""

from sqlalchemy.orm import Session, sessionmaker

from jobs.fold_facts import fold_facts
from models.data_enums import FoldKind
from service.store.folds import fold_page
from service.store.stale_folds import add_marks, count_marks, to_contract_key


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
