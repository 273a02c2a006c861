"""What is read through an index says the same as a look through every row."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.chain import Block
from models.enums import StakeChangeKind
from models.oracle import Dispute
from models.voting import StakeChange
from service.database import open_engine, open_sessions
from service.protocol.dated_fact import DatedFact
from service.protocol.finality import ETHEREUM, POLYGON
from service.protocol.rounds import RoundTime, round_at
from service.protocol.stake import fold_stake
from service.store.oracle.blocks import first_block_at
from service.store.oracle.fact_reader import position_of
from service.store.oracle.fact_shapes import fact_of
from service.store.rounds.open_markets import count_disputes
from service.store.scores.round_assessments import (
    NewRoundAssessment,
    add_round_assessment,
    list_rounds,
    newest_by_round,
    newest_states,
)
from service.store.votes.newest_stakes import get_stakes
from service.store.votes.round_stake import staked_between
from service.store.votes.round_turnout import stake_before
from service.store.votes.vote_records import Contract, get_records

SECOND = timedelta(seconds=1)


@pytest.fixture
def whole(whole_chain_url: str) -> Iterator[Session]:
    engine = open_engine(whole_chain_url)
    with open_sessions(engine)() as session:
        yield session
        session.rollback()
    engine.dispose()


def contract_of(session: Session) -> Contract:
    address = session.scalars(select(StakeChange.address).distinct()).one()
    return ETHEREUM, address


def times(session: Session) -> list[datetime]:
    """When a change of stake became known, and just before."""
    known = sorted(session.scalars(select(StakeChange.known_at).distinct()))
    return [at - step for at in known for step in (SECOND, timedelta(0))]


def every_change(contract: Contract, at: datetime) -> Any:
    return (
        select(StakeChange, Block.number, Block.mined_at)
        .join(Block, Block.id == StakeChange.block_id)
        .where(
            Block.chain_id == contract[0],
            StakeChange.address == contract[1],
            StakeChange.known_at <= at,
        )
        .order_by(Block.number, StakeChange.log_index)
    )


def stakes_by_every_row(session: Session, contract: Contract, at: datetime) -> dict[bytes, int]:
    return {
        row.voter: int(row.voter_stake)
        for row, _, _ in session.execute(every_change(contract, at))
        if row.voter_stake is not None
    }


def test_the_newest_stakes_are_those_of_every_row_at_any_time(whole: Session) -> None:
    contract = contract_of(whole)
    found = []
    for at in times(whole):
        expected = stakes_by_every_row(whole, contract, at)
        assert get_stakes(whole, contract, None, at) == expected
        some = sorted(expected)[::2]
        asked = [*some, b"\x01" * 20]
        assert get_stakes(whole, contract, asked, at) == {v: expected[v] for v in some}
        found.append(expected)
    assert found[0] == {}
    assert sum(before != after for before, after in pairwise(found)) > 20


def test_of_logs_in_one_instant_the_last_of_the_last_block_counts(whole: Session) -> None:
    contract = contract_of(whole)
    newest = whole.scalars(
        select(StakeChange)
        .join(Block, Block.id == StakeChange.block_id)
        .order_by(Block.number.desc())
        .limit(1)
    ).one()
    block = whole.get_one(Block, newest.block_id)
    number = whole.scalar(select(func.max(Block.number)).where(Block.chain_id == ETHEREUM))
    assert number is not None
    # A later block that is stored under a smaller id, and one of another chain.
    same = {"mined_at": block.mined_at, "parent_hash": b"\0" * 32}
    later = Block(id=-5, chain_id=ETHEREUM, number=number + 1, hash=b"\x05" * 32, **same)
    other = Block(id=-6, chain_id=POLYGON, number=10**9, hash=b"\x06" * 32, **same)
    whole.add_all([later, other])
    whole.flush()

    def add(block: Block, log_index: int, stake: int | None) -> None:
        whole.add(
            StakeChange(
                block_id=block.id,
                log_index=log_index,
                transaction_hash=b"\x07" * 32,
                address=contract[1],
                known_at=newest.known_at,
                kind=StakeChangeKind.UNSTAKED,
                voter=newest.voter,
                amount=0,
                voter_stake=stake,
            )
        )

    for block_, log_index, stake in (
        (later, 1, 11),
        (later, 2, 22),
        (later, 3, None),
        (other, 9, 9),
    ):
        add(block_, log_index, stake)
    whole.flush()
    stakes = get_stakes(whole, contract, None, newest.known_at)
    assert stakes[newest.voter] == 22
    assert stakes == stakes_by_every_row(whole, contract, newest.known_at)


def test_the_ledger_of_a_round_is_that_of_every_row(whole: Session) -> None:
    contract = contract_of(whole)
    seen = times(whole)
    for at in seen[::20]:
        for rounds in ({round_at(int(at.timestamp()))}, {10_079}, {10_077, 10_080}, {10_070}):
            rows = list(whole.execute(every_change(contract, at)))
            staked = [
                (number, mined_at)
                for row, number, mined_at in rows
                if row.kind == StakeChangeKind.STAKED
            ]
            opened = datetime.fromtimestamp(RoundTime(min(rounds)).reveal_starts_at, UTC)
            over = datetime.fromtimestamp(RoundTime(max(rounds)).ends_at, UTC)
            first = max((n for n, mined_at in staked if mined_at < opened), default=0)
            last = min((n for n, mined_at in staked if mined_at >= over), default=None)
            facts = [
                DatedFact(fact_of(row, position_of(row, ETHEREUM, number, b"")), mined_at)
                for row, number, mined_at in rows
                if first <= number and (last is None or number <= last)
            ]
            assert get_records(whole, contract, rounds, at).ledger == fold_stake(facts)


def test_what_was_staked_in_a_time_is_what_every_row_says(whole: Session) -> None:
    contract = contract_of(whole)
    seen = times(whole)
    last = seen[-1]
    total = 0
    for begin, end in pairwise(sorted({at - timedelta(seconds=780) for at in seen})):
        for at in (end, last):
            expected: dict[bytes, float] = {}
            before = None
            for row, _, mined_at in whole.execute(every_change(contract, at)):
                if row.kind != StakeChangeKind.STAKED:
                    continue
                if mined_at < end:
                    before = int(row.cumulative_stake)
                if begin <= mined_at < end and row.source != contract[1]:
                    uma = int(row.amount) / 10**18
                    expected[row.voter] = expected.get(row.voter, 0.0) + uma
            assert staked_between(whole, contract, begin, end, at) == expected
            stake = stake_before(whole, contract, int(end.timestamp()), at)
            assert stake == before
            total += len(expected)
    assert total > 10


def test_disputes_of_a_time_and_a_chains_first_block_are_those_of_every_row(
    whole: Session,
) -> None:
    rows = list(
        whole.execute(
            select(Block.mined_at, Dispute.known_at).join(Block, Block.id == Dispute.block_id)
        )
    )
    ends = sorted(mined_at for mined_at, _ in rows)
    for begin, end in pairwise(ends):
        for at in (end, ends[-1] + timedelta(days=1)):
            expected = sum(begin <= mined < end and known <= at for mined, known in rows)
            assert count_disputes(whole, begin, end, at) == expected
    for chain in (ETHEREUM, POLYGON, 5):
        query = select(func.min(Block.mined_at)).where(Block.chain_id == chain)
        assert first_block_at(whole, chain) == whole.scalar(query)


def test_a_rounds_state_is_that_of_its_newest_assessment(session: Session) -> None:
    at = datetime(2025, 3, 1, tzinfo=UTC)
    for round_id, phase, logs in (
        (7, "commit", 1),
        (8, "over", 2),
        (7, "over", 3),
        (9, "waiting", 0),
    ):
        at += SECOND
        add_round_assessment(
            session,
            NewRoundAssessment(
                round_id, at, phase, 1, logs, b"\0" * 32, 0.0, None, 0.0, {}, "m", "p", b""
            ),
        )
    states = newest_states(session, {6, 7, 8})
    documents = newest_by_round(session, {6, 7, 8})
    assert {r: (s.phase, s.logs) for r, s in states.items()} == {7: ("over", 3), 8: ("over", 2)}
    assert states.keys() == documents.keys()
    assert [row.round_id for row in list_rounds(session, 2)] == [9, 8]
    assert [(row.round_id, row.logs) for row in list_rounds(session, 5, before=9)] == [
        (8, 2),
        (7, 3),
    ]
