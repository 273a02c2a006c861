"""Finished questions as a fit learns from them; on both databases."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs.stored_study import read_stored_study
from models.enums import RequestTermKind
from models.market import Market, TradingActivity
from models.oracle import RequestTerm
from service.calibration.rows import TimeBasis
from service.errors import UsageError
from service.protocol.prices import NO, TOO_EARLY, YES
from service.store.oracle.finished_questions import SETTLED
from tests.store.chain_scenes import Chain
from tests.store.judged import judge_all
from tests.store.scenes import (
    ADAPTER,
    IDENTIFIER,
    MANAGED,
    MICRO,
    NOW,
    OOV2,
    USDC_COIN,
    add_market,
    add_rules,
)
from tests.store.test_earlier_prices import add_book
from tests.store.test_inputs import BOOK

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
START = NOW - SETTLED - timedelta(days=30)


def add_question(
    session: Session, number: int, settled: int, *, disputed: bool = False, oracle: bytes = OOV2
) -> Chain:
    market, at = add_market(session, number), START + number * HOUR
    add_rules(session, market, 1, "The rules at first.", at - HOUR)
    add_rules(session, market, 2, "Rules of later.", at + HOUR)
    chain = Chain(session, number, oracle)
    chain.initialize(at - HOUR)
    chain.propose(at, at + HOUR / 2, YES)
    if disputed:
        chain.dispute(at, at + HOUR, YES)
    chain.settle(at, at + 3 * HOUR, settled)
    chain.pay(at + 4 * HOUR, ["1", "0"] if settled == YES else ["0", "1"])
    session.flush()
    return chain


def add_bond(chain: Chain, number: int, value: int, later: timedelta) -> None:
    at = START + number * HOUR
    chain.add(
        chain.block(at + later),
        RequestTerm,
        MANAGED,
        kind=RequestTermKind.CUSTOM_BOND,
        managed_request_id=bytes(32),
        requester=ADAPTER,
        identifier=IDENTIFIER,
        ancillary_hash=chain.question_id,
        currency=USDC_COIN,
        value=value,
    )


def test_a_finished_question_is_its_first_answer_and_what_became_of_it(session: Session) -> None:
    add_question(session, 1, YES)
    add_question(session, 2, NO, disputed=True)
    add_question(session, 3, TOO_EARLY, disputed=True)
    found = read_stored_study(session, BOOK, NOW)
    # The third was only told that it is too early: it goes on.
    assert [(row.labels.disputed, row.labels.flipped) for row in found.rows] == [
        (False, False),
        (True, True),
    ]
    first, at = found.rows[0], START + HOUR
    assert first.time_basis is TimeBasis.PROPOSAL
    assert first.score_time == at + HOUR / 2 + 5 * SECOND
    assert first.rules == "The rules at first."
    assert (first.proposed_outcome, first.oracle, first.tags) == ("p2", "oov2", ("politics",))
    assert first.proposer == "0x" + "d0" * 20
    assert (first.bond_usd, first.reward_usd, first.liveness_seconds) == (500.0, 5.0, 7200)
    assert first.requested_at == at
    assert first.labels.settled_at == at + 3 * HOUR + 5 * SECOND
    assert first.price_of_proposed is None
    assert first.labels.misresolved is None


def test_the_database_is_named_by_what_was_read_of_it(session: Session) -> None:
    add_question(session, 1, YES)
    chain = add_question(session, 2, NO, disputed=True)
    source = read_stored_study(session, BOOK, NOW).source
    assert (source.questions, source.disputed, source.flipped) == (2, 1, 1)
    assert (source.block, source.as_of) == (chain.height, NOW)
    assert source == read_stored_study(session, BOOK, NOW).source


def test_bond_and_price_are_those_of_the_moment_of_the_answer(session: Session) -> None:
    for number in (1, 2, 3):
        chain = add_question(session, number, YES, oracle=MANAGED)
        add_bond(chain, number, 250 * MICRO, timedelta(0))
        add_bond(chain, number, 900 * MICRO, HOUR)
    # Seen before the answer, and after it; then only too long before; then one side only.
    add_book(session, 1, START + HOUR, "0.90", "0.94")
    add_book(session, 1, START + 2 * HOUR, "0.10", "0.20")
    add_book(session, 2, START - timedelta(days=1), "0.90", "0.94")
    add_book(session, 3, START + 3 * HOUR, "0.90", None)
    rows = read_stored_study(session, BOOK, NOW).rows
    assert [row.bond_usd for row in rows] == [250.0] * 3
    assert [row.price_of_proposed for row in rows] == [float(Decimal("0.92")), None, None]


def test_settled_truth_labels_say_whether_what_was_paid_was_wrong(session: Session) -> None:
    for number, settled in ((1, YES), (2, NO)):
        add_question(session, number, settled)
    study = read_stored_study(session, BOOK, NOW)
    assert (study.source.adjudicated, study.source.misresolved) == (0, 0)
    judge_all(session, session.scalars(select(Market)).all())
    study = read_stored_study(session, BOOK, NOW)
    assert [row.labels.misresolved for row in study.rows] == [True, False]
    # The verdicts came at NOW: the moment before, nobody knew.
    before = read_stored_study(session, BOOK, NOW - SECOND)
    assert [row.labels.misresolved for row in before.rows] == [None, None]


def test_nothing_that_came_after_the_time_changes_a_row(session: Session) -> None:
    chain = add_question(session, 1, YES)
    at = START + HOUR + HOUR / 2 + SETTLED + HOUR
    before = read_stored_study(session, BOOK, at)
    chain.dispute(START + HOUR, at + HOUR, YES)
    chain.settle(START + HOUR, at + 2 * HOUR, NO)
    chain.override(at + 3 * HOUR, ["0", "1"])
    session.add(TradingActivity(market_id=1, volume=MICRO, known_at=at + HOUR))
    add_book(session, 1, at + HOUR, "0.1", "0.2")
    assert read_stored_study(session, BOOK, at) == before
    assert read_stored_study(session, BOOK, NOW).rows[0].labels.disputed


def test_what_is_not_known_or_not_over_is_no_label(session: Session) -> None:
    add_question(session, 1, YES)
    with pytest.raises(UsageError, match="no finished question"):
        read_stored_study(session, BOOK, START + HOUR + SETTLED)
