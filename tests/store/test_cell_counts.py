"""Counts of finished questions by cell, as known at a time, on both databases."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.enums import Category, ContractKind, OracleVersion, VolumeStratum
from models.market import Market, TradingActivity
from models.oracle import Settlement
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.prices import NO, YES
from service.risk.inputs import CellCount
from service.store.scores.cell_counts import count_cells
from tests.store.chain_scenes import Chain
from tests.store.scenes import (
    MANAGED,
    MICRO,
    NOBODY,
    NOW,
    OOV2,
    POLYGON,
    STRANGER,
    add_market,
    question_id_of,
)

HOUR = timedelta(hours=1)
START = NOW - timedelta(days=20)
# The instant from which the managed oracle settles only by its resolver.
GATED = datetime(2026, 2, 20, tzinfo=UTC)
KIND = ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2
BOOK = ContractBook(
    (
        ContractEntry(POLYGON, OOV2, ContractKind.OPTIMISTIC_ORACLE_V2, 1),
        ContractEntry(POLYGON, MANAGED, KIND, 1, to_block=99, version="1.0.0"),
        ContractEntry(POLYGON, MANAGED, KIND, 100, version="2.0.0", from_time=GATED),
    )
)


def finished(
    session: Session,
    number: int,
    *,
    at: datetime = START,
    oracle: bytes = MANAGED,
    disputes: int = 0,
    settled: bool = True,
    volume: int | None = 50_000,
    category: Category = Category.POLITICS,
) -> None:
    """A market whose question went this way, proposed first at an instant."""
    market = add_market(session, number, category=category)
    if volume is not None:
        session.add(
            TradingActivity(market_id=market.id, volume=volume * MICRO, known_at=START - HOUR)
        )
    chain = Chain(session, number, oracle)
    requested = at - HOUR
    chain.initialize(requested)
    for _ in range(disputes):
        chain.propose(requested, at, YES)
        again = at + HOUR
        chain.dispute(requested, again, YES)
        requested, at = again, again + HOUR
    chain.propose(requested, at, NO)
    if settled:
        chain.settle(requested, at + 3 * HOUR, NO)
    session.flush()


def counted(session: Session, at: datetime = NOW) -> list[CellCount]:
    return count_cells(session, BOOK, at)


def test_nothing_stored_counts_nothing(session: Session) -> None:
    assert counted(session) == []
    assert count_cells(session, ContractBook(()), NOW) == []


def test_a_question_counts_once_however_often_it_was_disputed(session: Session) -> None:
    for number, disputes in enumerate((0, 0, 1, 2, 3)):
        finished(session, number, disputes=disputes, oracle=OOV2)
    (cell,) = counted(session)
    assert (cell.questions, cell.disputed, cell.disputed_again) == (5, 3, 2)
    assert (cell.category, cell.version) == (Category.POLITICS, OracleVersion.OOV2)
    assert cell.stratum is VolumeStratum.FROM_10K


def test_a_question_counts_only_when_an_answer_has_settled(session: Session) -> None:
    finished(session, 1, settled=False)
    finished(session, 2)
    (cell,) = counted(session)
    assert cell.questions == 1
    # Its settlement comes after the fortnight, and is known five seconds after it was mined.
    chain = Chain(session, 1)
    chain.height += 500
    late = START + timedelta(days=16)
    chain.settle(START - HOUR, late, NO)
    session.flush()
    known = late + timedelta(seconds=5)
    for at, questions in ((known - timedelta(microseconds=1), 1), (known, 2)):
        assert [c.questions for c in counted(session, at)] == [questions]


def test_a_question_counts_a_fortnight_after_its_first_answer(session: Session) -> None:
    """Before, most of those disputed lately are not finished, and the others would look calmer."""
    finished(session, 1)
    # The answer was known five seconds after it was mined.
    known = START + timedelta(days=14, seconds=5)
    assert counted(session, known - timedelta(microseconds=1)) == []
    assert [c.questions for c in counted(session, known)] == [1]


def test_a_dispute_of_tomorrow_is_not_counted_today(session: Session) -> None:
    finished(session, 1)
    chain = Chain(session, 1)
    chain.height += 500
    chain.dispute(START, NOW, YES)
    (today,) = counted(session, NOW)
    (tomorrow,) = counted(session, NOW + HOUR)
    assert (today.disputed, tomorrow.disputed) == (0, 1)


def test_the_rules_of_the_first_proposals_time_decide_the_version(session: Session) -> None:
    lag = timedelta(seconds=5)
    finished(session, 1, at=GATED - lag - timedelta(seconds=1))
    finished(session, 2, at=GATED - lag)
    finished(session, 3, at=GATED + HOUR)
    found = {cell.version: cell.questions for cell in counted(session, NOW + timedelta(days=14))}
    assert found == {OracleVersion.MANAGED: 1, OracleVersion.MANAGED_RESOLVER: 2}


def test_strata_begin_at_their_lower_bounds(session: Session) -> None:
    volumes = (None, 0, 9_999, 10_000, 99_999, 100_000, 999_999, 1_000_000, 10_000_000)
    for number, volume in enumerate(volumes):
        finished(session, number, volume=volume)
    found = {cell.stratum: cell.questions for cell in counted(session)}
    assert found == {
        VolumeStratum.UNDER_10K: 3,
        VolumeStratum.FROM_10K: 2,
        VolumeStratum.FROM_100K: 2,
        VolumeStratum.FROM_1M: 1,
        VolumeStratum.OVER_10M: 1,
    }


def add_volume(session: Session, number: int, volume: int | None, known_at: datetime) -> None:
    query = select(Market.id).where(Market.uma_question_id == question_id_of(number))
    told = None if volume is None else volume * MICRO
    row = TradingActivity(market_id=session.scalars(query).one(), volume=told, known_at=known_at)
    session.add(row)
    session.flush()


def test_a_dispute_s_own_trading_moves_no_question_into_a_higher_stratum(session: Session) -> None:
    """What a score of the market before its answer would have asked for is what counts."""
    finished(session, 1, volume=9_000, disputes=1)
    add_volume(session, 1, None, START)
    add_volume(session, 1, 2_000_000, START + timedelta(minutes=1))
    (cell,) = counted(session)
    assert (cell.stratum, cell.disputed) == (VolumeStratum.UNDER_10K, 1)


def test_of_a_past_indexed_later_the_first_volume_known_counts(session: Session) -> None:
    finished(session, 1, volume=None)
    for days, volume in ((15, 50_000), (16, 2_000_000)):
        add_volume(session, 1, volume, START + timedelta(days=days))
    assert [cell.stratum for cell in counted(session)] == [VolumeStratum.FROM_10K]
    before = counted(session, START + timedelta(days=15, microseconds=-1))
    assert [cell.stratum for cell in before] == [VolumeStratum.UNDER_10K]


def test_questions_are_counted_by_the_month_of_their_first_answer(session: Session) -> None:
    for number, month in enumerate((datetime(2025, 12, 31, 23, 30, tzinfo=UTC), START, START)):
        finished(session, number, at=month)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    found = {cell.age_months: cell.questions for cell in counted(session, at)}
    assert found == {3: 1, 1: 2}
    day_before = counted(session, at - timedelta(seconds=1))
    assert {cell.age_months: cell.questions for cell in day_before} == {2: 1, 0: 2}


def test_the_same_text_asked_by_a_stranger_is_not_the_market_s(session: Session) -> None:
    finished(session, 1)
    stranger = Chain(session, 1)
    stranger.height += 500
    stranger.propose(START, START + HOUR, YES, requester=STRANGER)
    stranger.add(
        stranger.block(START + 2 * HOUR),
        Settlement,
        MANAGED,
        **{**stranger.key(START), "requester": STRANGER},
        proposer=STRANGER,
        disputer=NOBODY,
        price=YES,
        payout=0,
    )
    assert [cell.questions for cell in counted(session)] == [1]


def test_an_oracle_outside_the_book_is_left_out(session: Session) -> None:
    finished(session, 1, oracle=STRANGER)
    assert counted(session) == []
