"""What a round's voters had in it, and how much of all stake votes: once for all who read it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from models.chain import Block
from models.enums import StakeChangeKind
from models.voting import StakeChange
from service.database import open_engine, open_sessions
from service.protocol.finality import ETHEREUM
from service.protocol.ids import parse_address
from service.protocol.rounds import RoundTime
from service.store.attacks.watched_rounds import load_watched_rounds
from service.store.votes.round_stake import get_round_stake
from service.store.votes.round_turnout import stake_before
from service.store.votes.round_votes import get_round_vote
from tests.store.voted import BOOK

FIRST, FORCED, JOINT = 10_076, 10_080, 10_082
# Votes in it, with 3,990,858 UMA.
VOTER = parse_address("0xb634409e2cdfec7abab9e7fb210b585af6701f17")
UMA = 10**18
LAG = timedelta(seconds=780)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def whole(whole_chain_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[sessionmaker[Session]]:
    # The recording goes no further back.
    monkeypatch.setattr("service.store.votes.round_stake.NEW_STAKE", timedelta(days=3))
    engine = open_engine(whole_chain_url)
    yield open_sessions(engine)
    engine.dispose()


def ends_at(round_id: int) -> datetime:
    return datetime.fromtimestamp(RoundTime(round_id).ends_at, UTC)


def change(
    sessions: sessionmaker[Session], at: datetime, kind: StakeChangeKind, uma: int, **more: object
) -> None:
    """A change of the voter's stake, in a block of its own, by so much in whole UMA."""
    with sessions.begin() as session:
        before = session.scalars(
            select(Block)
            .where(Block.chain_id == ETHEREUM, Block.mined_at <= at)
            .order_by(Block.mined_at.desc())
        ).first()
        like = session.scalars(
            select(StakeChange).where(StakeChange.kind == StakeChangeKind.STAKED)
        ).first()
        assert before is not None
        assert like is not None
        columns = (c.name for c in Block.__table__.columns if c.name != "id")
        blocks = {name: getattr(before, name) for name in columns}
        number = before.number + 1
        # Those that follow make room.
        later = (Block.chain_id == ETHEREUM) & (Block.number >= number)
        session.execute(update(Block).where(later).values(number=Block.number + 10**6))
        block = Block(**blocks | {"number": number, "hash": number.to_bytes(32), "mined_at": at})
        session.add(block)
        session.flush()
        row = {c.name: getattr(like, c.name) for c in StakeChange.__table__.columns}
        row |= {"block_id": block.id, "log_index": 0, "known_at": at + LAG, "kind": kind}
        row |= {"voter": VOTER, "source": VOTER, "amount": uma * UMA, "cumulative_stake": None}
        session.add(StakeChange(**row | more))


def of_voter(session: Session, round_id: int, at: datetime) -> tuple[float, float]:
    """Its stake in the round, and what of it was new."""
    vote = get_round_vote(session, round_id, BOOK, at)
    assert vote is not None
    stake = get_round_stake(session, vote, at)
    assert stake.recent is not None
    return stake.by_voter[VOTER], stake.recent.get(VOTER, 0.0)


def test_what_is_staked_in_a_rounds_last_minutes_takes_nothing_from_who_stakes_it(
    whole: sessionmaker[Session],
) -> None:
    """It is known after the end, and as little part of the round as what came an hour before."""
    over = ends_at(FORCED)
    with whole() as session:
        before, _ = of_voter(session, FORCED, over + timedelta(hours=1))
    left = int(before) + 1_000_000
    change(
        whole,
        over - MINUTE,
        StakeChangeKind.STAKED,
        1_000_000,
        voter_stake=left * UMA,
        cumulative_stake=51_500_000 * UMA,
    )
    with whole() as session:
        after, _ = of_voter(session, FORCED, over + timedelta(hours=1))
    assert after == pytest.approx(before, abs=1)


def test_what_was_staked_after_a_round_was_not_new_in_it(whole: sessionmaker[Session]) -> None:
    over = ends_at(FORCED)
    change(
        whole,
        over + timedelta(hours=3),
        StakeChangeKind.STAKED,
        1_000_000,
        voter_stake=4_990_858 * UMA,
        cumulative_stake=51_500_000 * UMA,
    )
    later = over + timedelta(days=2)
    with whole() as session:
        assert of_voter(session, FORCED, later)[1] == 0
        assert of_voter(session, JOINT, later)[1] == 1_000_000


def test_what_was_asked_back_before_votes_are_opened_is_not_in_all_stake(
    whole: sessionmaker[Session],
) -> None:
    opened = RoundTime(JOINT).reveal_starts_at
    later = ends_at(JOINT)
    with whole() as session:
        address = session.scalars(select(StakeChange.address)).first()
        assert address is not None
        before = stake_before(session, (ETHEREUM, address), opened, later)
    assert before is not None
    at = datetime.fromtimestamp(opened, UTC) - MINUTE
    change(whole, at, StakeChangeKind.UNSTAKE_REQUESTED, -1_000_000, voter_stake=2_990_858 * UMA)
    with whole() as session:
        after = stake_before(session, (ETHEREUM, address), opened, later)
        assert after == before - 1_000_000 * UMA
        # Nobody knew it then.
        assert stake_before(session, (ETHEREUM, address), opened, at) == before


def test_signs_and_assessed_rounds_read_one_turnout(whole: sessionmaker[Session]) -> None:
    at = ends_at(JOINT) - MINUTE
    opened = datetime.fromtimestamp(RoundTime(FORCED).reveal_starts_at, UTC)
    back = StakeChangeKind.UNSTAKE_REQUESTED
    change(whole, opened - MINUTE, back, -1_000_000, voter_stake=2_990_858 * UMA)
    with whole() as session:
        running = load_watched_rounds(session, BOOK, at)[-1]
        vote = get_round_vote(session, JOINT, BOOK, at)
        assert vote is not None
        assessed = get_round_stake(session, vote, at).terms.turnout
    assert running.round_id == JOINT
    assert running.turnout is not None
    assert running.turnout == assessed.value


def test_an_assessed_round_says_why_it_has_no_turnout(whole: sessionmaker[Session]) -> None:
    at = ends_at(FIRST) - MINUTE
    with whole() as session:
        vote = get_round_vote(session, FIRST, BOOK, at)
        assert vote is not None
        turnout = get_round_stake(session, vote, at).terms.turnout
    assert turnout.value is None
    assert turnout.reason == "fewer than 5 counted rounds in the 30 days before"
