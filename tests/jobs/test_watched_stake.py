"""Whose stake a watched round counts, and by which name: against the recorded vote."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from jobs.score_rounds import score_rounds
from jobs.watch_rounds import watch_rounds
from models.attack_enums import BlocKind, SignalSubject
from models.attack_signal import AttackSignal
from models.chain import Block
from models.enums import StakeChangeKind
from models.voting import StakeChange
from models.wallet import WalletLink
from models.wallet_enums import LinkBasis, LinkKind
from service.clock import SetClock
from service.database import open_engine, open_sessions
from service.protocol.contracts import ContractBook
from service.protocol.ids import parse_address, to_hex
from service.risk.attack.attack_parameters import load_attack_parameters
from service.risk.attack.standing_blocs import StandingBloc
from service.risk.parameters import load_parameters
from service.store.attacks.blocs import add_blocs
from service.store.attacks.watched_rounds import load_watched_rounds
from service.store.scores.round_assessments import newest_of_round
from tests.jobs.test_watch_rounds import BLOC_OF_H, LAG, WHALE, at, told
from tests.store.voted import BOOK

# Votes No against the whale, with 3,990,858 UMA.
AGAINST = parse_address("0xb634409e2cdfec7abab9e7fb210b585af6701f17")
WHALES = parse_address(WHALE)
STRANGER, WALLET = b"\x77" * 20, b"\x01" * 20
UMA = 10**18


@pytest.fixture
def whole(whole_chain_url: str) -> Iterator[sessionmaker[Session]]:
    engine = open_engine(whole_chain_url)
    yield open_sessions(engine)
    engine.dispose()


def stake(
    sessions: sessionmaker[Session], voter: bytes, uma: tuple[int, int], total: int, since: datetime
) -> None:
    """A ``Staked`` in the first block from an instant on: its amount and the stake it leaves."""
    with sessions.begin() as session:
        block = session.scalars(
            select(Block)
            .where(Block.chain_id == 1, Block.mined_at >= since)
            .order_by(Block.mined_at)
        ).first()
        like = session.scalars(
            select(StakeChange).where(StakeChange.kind == StakeChangeKind.STAKED)
        ).first()
        assert block is not None
        assert like is not None
        columns = (c.name for c in StakeChange.__table__.columns if c.name != "id")
        row = {name: getattr(like, name) for name in columns}
        row.update(
            block_id=block.id,
            voter=voter,
            source=voter,
            amount=uma[0] * UMA,
            voter_stake=uma[1] * UMA,
            cumulative_stake=total * UMA,
            log_index=9999,
            known_at=block.mined_at + LAG,
        )
        session.add(StakeChange(**row))


def link(
    sessions: sessionmaker[Session],
    ends: tuple[bytes, bytes],
    known_at: datetime,
    kind: LinkKind = LinkKind.OWN,
) -> None:
    with sessions.begin() as session:
        session.add(
            WalletLink(
                from_address=ends[0],
                to_address=ends[1],
                kind=kind,
                basis=LinkBasis.DERIVED if kind is LinkKind.OWN else LinkBasis.DELEGATION,
                confidence=Decimal("0.990"),
                evidence=[],
                known_at=known_at,
            )
        )


def lines(sessions: sessionmaker[Session]) -> list[tuple[str, str, bool]]:
    with sessions() as session:
        query = select(AttackSignal).where(AttackSignal.subject_kind == SignalSubject.ENTITY)
        rows = session.scalars(query.order_by(AttackSignal.id))
        return [(row.signal, row.subject, row.log_lr > 0) for row in rows]


def test_who_stakes_after_a_round_makes_no_hands_in_it(whole: sessionmaker[Session]) -> None:
    stake(whole, STRANGER, (12_000_000, 12_000_000), 62_500_000, at(13, 0, 40))
    with whole() as session:
        before, running = load_watched_rounds(session, BOOK, at(13, 2, 0))
    assert [one.entity_id for one in running.entities if one.stake == 12_000_000] == [
        to_hex(STRANGER)
    ]
    assert before.requests
    for request in before.requests:
        # The whale's 20 million of that night are not in the round of the day before either.
        assert {one.holder for one in request.holdouts}.isdisjoint({to_hex(STRANGER), WHALE})
        assert sum(one.total for one in request.holdouts) < request.stake - 18_000_000


def test_stake_that_comes_while_votes_are_opened_counts_in_no_share(
    whole: sessionmaker[Session],
) -> None:
    stake(whole, AGAINST, (100_000_000, 103_990_858), 150_500_000, at(14, 1, 1))
    watch_rounds(whole, SetClock(at(14, 1, 20)), BOOK)
    assert told(whole, "force_line_crossed", SignalSubject.ENTITY, to_hex(AGAINST)) == []
    [row] = told(whole, "force_line_crossed", SignalSubject.ENTITY, WHALE)
    assert row.value == 0.7529


def test_before_any_vote_is_opened_neither_the_stake_nor_all_stake_holds_it(
    whole: sessionmaker[Session],
) -> None:
    with whole() as session:
        quiet = load_watched_rounds(session, BOOK, at(14, 0, 14))[-1]
    stake(whole, AGAINST, (100_000_000, 103_990_858), 150_500_000, at(14, 0, 0))
    with whole.begin() as session:
        staked = session.scalars(select(StakeChange).where(StakeChange.log_index == 9999)).one()
        known = staked.known_at
    with whole() as session:
        running = load_watched_rounds(session, BOOK, known)[-1]
    assert not quiet.requests
    assert running.stake == quiet.stake
    assert max(one.stake for one in running.entities) == quiet.entities[0].stake


def test_a_wallet_that_becomes_known_gives_nobody_a_new_name(whole: sessionmaker[Session]) -> None:
    watch_rounds(whole, SetClock(at(14, 1, 20)), BOOK)
    before = lines(whole)
    link(whole, (WHALES, WALLET), at(14, 1, 21))
    watch_rounds(whole, SetClock(at(14, 1, 22)), BOOK)
    assert ("force_line_crossed", WHALE, True) in before
    assert lines(whole) == before


def test_a_companion_with_a_lesser_address_leaves_the_name_it_was_told_by(
    whole: sessionmaker[Session],
) -> None:
    watch_rounds(whole, SetClock(at(14, 1, 20)), BOOK)
    companion = parse_address(BLOC_OF_H[2])
    assert companion < WHALES
    link(whole, (WHALES, companion), at(14, 1, 21))
    watch_rounds(whole, SetClock(at(14, 1, 22)), BOOK)
    assert {(name, is_up) for _, name, is_up in lines(whole)} == {(WHALE, True)}
    last = told(whole, "force_line_crossed", SignalSubject.ENTITY, WHALE)[-1]
    assert "2 linked addresses hold" in str(last.document["words"])


def test_who_is_back_above_a_line_within_a_week_has_the_name_it_was_told_by(
    whole: sessionmaker[Session],
) -> None:
    """Though a companion with a lesser address became known in between."""
    watch_rounds(whole, SetClock(at(14, 1, 20)), BOOK)
    link(whole, (WHALES, parse_address(BLOC_OF_H[2])), at(14, 1, 21))
    for days, uma in ((0, 1_000_000), (1, 38_000_000), (8, 1_000_000), (16, 38_000_000)):
        moment = at(14, 1, 30) + timedelta(days=days)
        with whole.begin() as session:
            session.execute(
                update(StakeChange)
                .where(StakeChange.voter == WHALES)
                .values(voter_stake=uma * UMA)
                .execution_options(synchronize_session=False)
            )
        watch_rounds(whole, SetClock(moment), BOOK)
    names = [(name, is_up) for line, name, is_up in lines(whole) if line == "force_line_crossed"]
    lesser = to_hex(min(WHALES, parse_address(BLOC_OF_H[2])))
    assert names == [
        (WHALE, True),
        (WHALE, False),
        (WHALE, True),
        (WHALE, False),
        # Long after, it is called as anybody is.
        (lesser, True),
    ]


def test_who_is_told_first_when_linked_is_named_by_a_voter_and_not_by_a_wallet(
    whole: sessionmaker[Session],
) -> None:
    link(whole, (WHALES, WALLET), at(13, 0, 0))
    watch_rounds(whole, SetClock(at(14, 1, 20)), BOOK)
    assert {name for _, name, _ in lines(whole)} == {WHALE}


def test_two_that_stand_and_are_found_to_be_one_are_told_as_one(
    whole: sessionmaker[Session],
) -> None:
    stake(whole, STRANGER, (30_000_000, 30_000_000), 80_500_000, at(13, 0, 40))
    watch_rounds(whole, SetClock(at(13, 2, 0)), BOOK)
    blocks = told(whole, "block_line_crossed", SignalSubject.ENTITY, WHALE)
    others = told(whole, "block_line_crossed", SignalSubject.ENTITY, to_hex(STRANGER))
    assert blocks[-1].log_lr > 0
    assert others[-1].log_lr > 0
    link(whole, (WHALES, STRANGER), at(13, 2, 1))
    for minute in (2, 3):
        watch_rounds(whole, SetClock(at(13, 2, minute)), BOOK)
    # Neither did decide before: the lesser address, which is the stranger's, goes on.
    gone = told(whole, "block_line_crossed", SignalSubject.ENTITY, WHALE)
    assert [row.log_lr > 0 for row in gone] == [True, False]
    assert str(gone[-1].document["words"]).startswith(
        f"Counted with the stake of {to_hex(STRANGER)}"
    )
    [forced] = told(whole, "force_line_crossed", SignalSubject.ENTITY, to_hex(STRANGER))
    assert "2 linked addresses hold 84.5 %" in str(forced.document["words"])


def test_a_delegation_joins_votes_as_in_an_assessed_round(
    whole: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.score_rounds.MOST_PAST", 0)
    moment = at(12, 1, 20)
    link(whole, (WHALES, AGAINST), moment, LinkKind.VOTE)
    clock, parameters = SetClock(moment), (load_parameters(), load_attack_parameters())
    score_rounds(whole, whole, clock, ContractBook(()), *parameters)
    watch_rounds(whole, clock, BOOK)
    with whole() as session:
        assessed = newest_of_round(session, 10_079)
        assert assessed is not None
        document: dict[str, Any] = dict(assessed.document)
        [forcing] = [bloc for bloc in document["blocs"] if bloc["can_force"]]
    [row] = told(whole, "force_line_crossed", SignalSubject.ENTITY, WHALE)
    assert forcing["id"] == f"alone:{WHALE}"
    assert row.value == pytest.approx(forcing["share"], abs=1e-4)


def test_what_a_standing_group_opened_for_an_answer_is_added_up(
    whole: sessionmaker[Session],
) -> None:
    group = StandingBloc(
        bloc_id="co-voting-1",
        kind=BlocKind.CO_VOTING,
        entities=tuple(sorted(BLOC_OF_H)),
        addresses=tuple(sorted(BLOC_OF_H)),
        evidence=(),
        joint_requests=30,
        entity_of={voter: voter for voter in BLOC_OF_H},
    )
    with whole.begin() as session:
        without = load_watched_rounds(session, BOOK, at(18, 3, 0))[-1]
        add_blocs(session, [group], "blocs-1", at(15, 12, 0))
    with whole() as session:
        running = load_watched_rounds(session, BOOK, at(18, 3, 0))[-1]
    assert {one.group_behind for one in without.requests} == {0.0}
    [hand] = [one for one in running.entities if one.kind is SignalSubject.GROUP]
    assert hand.led_by is not None
    assert (hand.led_by.entity_id, hand.led_by.addresses) == (WHALE, 1)
    [alone] = [one for one in running.entities if one.entity_id == WHALE]
    assert hand.stake > hand.led_by.stake == alone.stake
    against = [one for one in running.requests if one.leader and one.leader.answer == "NO"]
    assert len(against) == 10
    assert {round(one.group_behind / one.stake, 4) for one in against} == {0.8623}
