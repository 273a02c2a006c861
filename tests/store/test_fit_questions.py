"""Finished questions as a fit learns from them."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from jobs.fit_rows import read_stored_rows
from service.calibration.rows import TimeBasis
from service.errors import UsageError
from service.protocol.prices import NO, TOO_EARLY, YES
from service.store.fit_questions import SETTLED
from tests.store.chain_scenes import Chain
from tests.store.scenes import NOW, OOV2, add_market, add_rules
from tests.store.test_inputs import BOOK

HOUR = timedelta(hours=1)
START = NOW - SETTLED - timedelta(days=30)


def add_question(session: Session, number: int, settled: int, *, disputed: bool = False) -> None:
    market, at = add_market(session, number), START + number * HOUR
    add_rules(session, market, 1, "The rules at first.", at - HOUR)
    add_rules(session, market, 2, "Rules of later.", at + HOUR)
    chain = Chain(session, number, OOV2)
    chain.initialize(at - HOUR)
    chain.propose(at, at + HOUR / 2, YES)
    if disputed:
        chain.dispute(at, at + HOUR, YES)
    chain.settle(at, at + 3 * HOUR, settled)
    session.flush()


def test_a_finished_question_is_its_first_answer_and_what_became_of_it(session: Session) -> None:
    add_question(session, 1, YES)
    add_question(session, 2, NO, disputed=True)
    add_question(session, 3, TOO_EARLY, disputed=True)
    found = read_stored_rows(session, BOOK, NOW)
    # The third was only told that it is too early: it goes on.
    assert [(row.labels.disputed, row.labels.flipped) for row in found.rows] == [
        (False, False),
        (True, True),
    ]
    first = found.rows[0]
    assert first.time_basis is TimeBasis.PROPOSAL
    assert first.rules == "The rules at first."
    assert (first.proposed_outcome, first.oracle) == ("p2", "oov2")
    assert first.proposer is not None
    assert found.files[0].rows == 2
    assert found.files == read_stored_rows(session, BOOK, NOW).files


def test_what_is_not_known_or_not_over_is_no_label(session: Session) -> None:
    add_question(session, 1, YES)
    with pytest.raises(UsageError, match="no finished question"):
        read_stored_rows(session, BOOK, START + HOUR + SETTLED)
