"""What the recorded vote gives away, and when: g's whale, h's bloc, seen as their logs come in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport, run_cycle
from jobs.watch_rounds import watch_rounds
from models.attack_enums import BlocKind, SignalFamily, SignalSubject
from models.attack_signal import AttackSignal
from models.chain import Block
from models.enums import ContractKind, Support, VoteRequestChangeKind
from models.oracle import BridgedRequest
from models.voting import DvmRequestChange, Reveal, StakeChange
from service.clock import SetClock
from service.database import open_engine, open_sessions
from service.protocol.ids import to_hex
from service.risk.attack.standing_blocs import StandingBloc
from service.risk.signs.attack_signs import AttackSign
from service.store.attacks.attack_signals import add_signals
from service.store.attacks.blocs import add_blocs
from service.store.attacks.watched_rounds import load_watched_rounds
from service.store.operations.job_runs import last_count
from tests.replays import read_replay
from tests.store.scenes import add_market
from tests.store.voted import BOOK

# Voters 0, 2 and 3.
BLOC_OF_H = (
    "0x8b3c0a6f115f8aa098e2d08366dc615761cd2f65",
    "0xfd2aa6b1556c8475cd1e82d27d50e3e83b50ac04",
    "0x68128e8f93c6ff7b48115c4d7d3d962c3470ccd5",
)
WHALE = BLOC_OF_H[0]
# A log of Ethereum is known 780 s after its block.
LAG = timedelta(seconds=780)
SECOND = timedelta(seconds=1)


@pytest.fixture
def whole(whole_chain_url: str) -> Iterator[sessionmaker[Session]]:
    engine = open_engine(whole_chain_url)
    yield open_sessions(engine)
    engine.dispose()


def instants(sessions: sessionmaker[Session], since: datetime, until: datetime) -> list[datetime]:
    """Every moment at which something of the vote's chain became known."""
    with sessions() as session:
        mined = session.scalars(
            select(Block.mined_at).where(
                Block.chain_id == 1, Block.mined_at >= since, Block.mined_at <= until
            )
        )
        return sorted({at + LAG for at in mined})


def watch(
    sessions: sessionmaker[Session], since: datetime, until: datetime, *also: datetime
) -> None:
    """Run at each of them; of ``also`` a second before, when nothing may be told yet."""
    moments = {*instants(sessions, since, until), *(moment - SECOND for moment in also)}
    for moment in sorted(moments):
        watch_rounds(sessions, SetClock(moment), BOOK)


def told(
    sessions: sessionmaker[Session], signal: str, kind: SignalSubject, subject: str
) -> list[AttackSignal]:
    with sessions() as session:
        query = select(AttackSignal).where(
            AttackSignal.signal == signal,
            AttackSignal.subject_kind == kind,
            AttackSignal.subject == subject,
        )
        return list(session.scalars(query.order_by(AttackSignal.id)))


def transactions(row: AttackSignal) -> set[str]:
    evidence = row.document["evidence"]
    assert isinstance(evidence, list)
    return {str(one["transaction"]) for one in evidence}


def at(day: int, hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2025, 3, day, hour, minute, second, tzinfo=UTC)


def test_the_flip_is_seen_when_each_of_its_steps_becomes_knowable(
    whole: sessionmaker[Session],
) -> None:
    rolling, staked, opened = at(12, 1, 14), at(13, 0, 23, 24), at(14, 1, 13)
    watch(whole, at(11, 1, 1), at(14, 1, 2), rolling, staked, opened)
    # The sixth of eight opens No at 01:01:00: what is still sealed lifts Yes to 64 % at most.
    rolls = told(whole, "roll_blocked", SignalSubject.ROUND, "10079")
    assert rolls[0].known_at == rolling
    assert {row.value for row in rolls} == {0.6204}
    assert "62.0 % < SPAT 65 %" in str(rolls[0].document["words"])
    # Behind Yes are the whale and one more.
    with whole() as session:
        yes = session.scalars(
            select(Reveal.transaction_hash).where(Reveal.round_id == 10079, Reveal.price > 0)
        )
        assert transactions(rolls[-1]) == {to_hex(one) for one in yes}
    # 20 million staked at 00:10:24, in the commit phase of the round the requests rolled into.
    stake_tx = next(
        step["tx"] for step in read_replay("g-whale-flip")["steps"] if "20000000" in step["step"]
    )
    [inflow] = told(whole, "stake_inflow_in_commit", SignalSubject.ROUND, "10080")
    assert inflow.known_at == staked
    assert (inflow.value, inflow.unit) == (20_000_000, "uma")
    assert "39.6 % of all stake" in str(inflow.document["words"])
    assert transactions(inflow) == {stake_tx}
    # With it one address holds more than decides.
    entity = told(whole, "force_line_crossed", SignalSubject.ENTITY, WHALE)
    assert entity[0].known_at == staked
    assert entity[0].value == 0.7529
    assert transactions(entity[0]) == {stake_tx}
    # In the vote it does decide, with one more against six: known when it opens its own.
    forced = told(whole, "force_line_crossed", SignalSubject.ROUND, "10080")
    assert forced[0].known_at == opened
    assert forced[-1].value == 0.7707


def test_the_bloc_is_seen_when_its_votes_are_opened(whole: sessionmaker[Session]) -> None:
    watch(whole, at(17, 1, 0), at(19, 0, 9), at(18, 1, 13), at(18, 1, 13, 24))
    forced = told(whole, "force_line_crossed", SignalSubject.ROUND, "10082")
    # The whale alone at first; with its two companions 24 s later the bloc's 86 %.
    assert forced[0].known_at == at(18, 1, 13)
    assert forced[0].value == 0.7534
    whole_bloc = [row for row in forced if row.value == 0.8623]
    assert whole_bloc[0].known_at == at(18, 1, 13, 24)
    assert len(transactions(whole_bloc[0])) == 3
    assert told(whole, "roll_blocked", SignalSubject.ROUND, "10082") == []
    assert told(whole, "stake_inflow_in_commit", SignalSubject.ROUND, "10082") == []


def test_votes_nobody_looked_at_before_the_round_was_over_are_told(
    whole: sessionmaker[Session],
) -> None:
    """Though the contract has said by then what they decided."""
    with whole() as session:
        change = DvmRequestChange
        said = session.scalar(
            select(func.max(change.known_at)).where(
                change.kind == VoteRequestChangeKind.RESOLVED, change.round_id == 10082
            )
        )
    assert said is not None
    first = said + SECOND
    watch_rounds(whole, SetClock(first), BOOK)
    [row] = told(whole, "force_line_crossed", SignalSubject.ROUND, "10082")
    assert row.value == 0.8623
    assert str(row.document["words"]).endswith("The round is over.")
    watch_rounds(whole, SetClock(first + SECOND), BOOK)
    assert len(told(whole, "force_line_crossed", SignalSubject.ROUND, "10082")) == 1


def test_what_a_round_answered_is_looked_at_once_after_its_end(
    whole: sessionmaker[Session],
) -> None:
    """A recorded run tells the next; one that fails tells it nothing."""
    with whole() as session:
        last = session.scalar(select(func.max(DvmRequestChange.known_at)))
    assert last is not None
    clock, seen = SetClock(last + SECOND), []

    def look() -> CycleReport:
        with whole() as session:
            before = last_count(session, "watch_rounds", "round")
            [over, _] = load_watched_rounds(session, BOOK, clock.now(), before)
            seen.append(len(over.requests))
        return watch_rounds(whole, clock, BOOK)

    def fail() -> CycleReport:
        look()
        raise ValueError("cut off")

    for job in (fail, look, look):
        run_cycle("watch_rounds", job, whole, clock)
        clock.set(clock.now() + SECOND)
    assert seen[0] == seen[1] > seen[2] == 0


def test_the_bloc_is_still_told_when_the_others_have_opened_theirs(
    whole: sessionmaker[Session],
) -> None:
    """On two requests the whale opens Yes with everybody: no honest vote is evidence of No."""
    watch_rounds(whole, SetClock(at(18, 3, 0)), BOOK)
    [row] = told(whole, "force_line_crossed", SignalSubject.ROUND, "10082")
    assert row.value == 0.8623
    assert "86.2 % of all stake is behind NO in 10 requests" in str(row.document["words"])
    assert "behind YES in 2 requests" in str(row.document["words"])
    with whole() as session:
        reveals = session.execute(
            select(Reveal.transaction_hash, Reveal.voter).where(Reveal.round_id == 10082)
        )
        voter_of = {to_hex(transaction): to_hex(voter) for transaction, voter in reveals}
    assert {voter_of[one] for one in transactions(row)} == set(BLOC_OF_H)


def test_ordinary_votes_raise_no_sign_of_force_inflow_or_roll(
    whole: sessionmaker[Session],
) -> None:
    opening = datetime(2025, 2, 26, 0, 59, tzinfo=UTC)
    watch(whole, opening, opening + timedelta(days=1))
    with whole() as session:
        signals = set(session.scalars(select(AttackSignal.signal)))
    assert signals <= {"block_line_crossed"}


def test_a_second_run_and_a_restart_write_nothing_new(whole: sessionmaker[Session]) -> None:
    clock = SetClock(at(14, 1, 20))
    first = watch_rounds(whole, clock, BOOK)
    again = watch_rounds(whole, clock, BOOK)
    assert first.counts["added"] > 0
    assert again.counts["added"] == 0


def set_newest_stake(sessions: sessionmaker[Session], uma: int) -> None:
    with sessions.begin() as session:
        newest = session.scalars(
            select(StakeChange)
            .where(
                StakeChange.voter == bytes.fromhex(WHALE[2:]), StakeChange.voter_stake.is_not(None)
            )
            .order_by(StakeChange.known_at.desc())
        ).first()
        assert newest is not None
        newest.voter_stake = uma * 10**18


def test_an_entity_that_falls_below_the_line_is_told_once(whole: sessionmaker[Session]) -> None:
    watch_rounds(whole, SetClock(at(14, 1, 20)), BOOK)
    # Within two points of the line it still stands; further below it is over.
    set_newest_stake(whole, 32_500_000)
    watch_rounds(whole, SetClock(at(19, 0, 30)), BOOK)
    rows = told(whole, "force_line_crossed", SignalSubject.ENTITY, WHALE)
    assert rows[-1].log_lr > 0
    set_newest_stake(whole, 30_000_000)
    for minute in (31, 32):
        watch_rounds(whole, SetClock(at(19, 0, minute)), BOOK)
    rows = told(whole, "force_line_crossed", SignalSubject.ENTITY, WHALE)
    assert [row.log_lr > 0 for row in rows] == [True] * (len(rows) - 1) + [False]


def test_a_group_that_votes_as_one_is_held_against_the_line(whole: sessionmaker[Session]) -> None:
    """Whoever found the group: with its companions the whale holds 86 %, before any vote."""
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
        add_blocs(session, [group], "blocs-1", at(15, 12, 0))
    watch_rounds(whole, SetClock(at(15, 11, 59)), BOOK)
    assert told(whole, "force_line_crossed", SignalSubject.GROUP, "co-voting-1") == []
    watch_rounds(whole, SetClock(at(15, 12, 0)), BOOK)
    [row] = told(whole, "force_line_crossed", SignalSubject.GROUP, "co-voting-1")
    assert row.value == 0.8623
    assert "3 addresses that vote alike" in str(row.document["words"])
    with whole.begin() as session:
        add_blocs(session, [], "blocs-1", at(16, 0, 0))
    watch_rounds(whole, SetClock(at(16, 0, 1)), BOOK)
    rows = told(whole, "force_line_crossed", SignalSubject.GROUP, "co-voting-1")
    assert [row.log_lr > 0 for row in rows] == [True, False]


def test_rights_that_changed_in_the_week_before_a_burst_are_told_with_it(
    whole: sessionmaker[Session],
) -> None:
    """The recorded roles and whitelists were set on 19 February, 21:20."""
    burst = AttackSign(
        SignalFamily.RINGS,
        "dispute_burst",
        SignalSubject.PLATFORM,
        "",
        2.0,
        Support.MIXED,
        "15 events with first disputes in 6 h, 3.1 expected.",
    )
    watch_rounds(whole, SetClock(datetime(2025, 2, 20, 11, tzinfo=UTC)), BOOK)
    assert told(whole, "whitelist_or_role_change", SignalSubject.PLATFORM, "") == []
    with whole.begin() as session:
        add_signals(session, [burst], "test", datetime(2025, 2, 20, 12, tzinfo=UTC))
    watch_rounds(whole, SetClock(datetime(2025, 2, 20, 13, tzinfo=UTC)), BOOK)
    [row] = told(whole, "whitelist_or_role_change", SignalSubject.PLATFORM, "")
    assert row.value is not None
    assert row.value >= 10
    assert all(one.startswith("0x") for one in transactions(row))
    # Three days on the burst is history, and so is what came before it.
    watch_rounds(whole, SetClock(datetime(2025, 2, 24, 13, tzinfo=UTC)), BOOK)
    last = told(whole, "whitelist_or_role_change", SignalSubject.PLATFORM, "")[-1]
    assert last.log_lr == 0


def test_a_market_that_was_not_known_yet_takes_no_sign(whole: sessionmaker[Session]) -> None:
    """Rounds are watched as they were known, in replays too."""
    moment = at(12, 1, 14)
    with whole.begin() as session:
        hashes = session.scalars(
            select(BridgedRequest.ancillary_hash).where(BridgedRequest.known_at <= moment)
        )
        for number, one in enumerate(sorted(set(hashes)), 1):
            add_market(session, number, uma_question_id=one, known_at=moment + SECOND)
    watch_rounds(whole, SetClock(moment), BOOK)
    with whole() as session:
        kinds = set(session.scalars(select(AttackSignal.subject_kind)))
    assert SignalSubject.ROUND in kinds
    assert SignalSubject.MARKET not in kinds
    watch_rounds(whole, SetClock(moment + SECOND), BOOK)
    with whole() as session:
        assert SignalSubject.MARKET in set(session.scalars(select(AttackSignal.subject_kind)))


def test_the_book_names_the_contract_that_is_watched(whole: sessionmaker[Session]) -> None:
    assert len(BOOK.addresses(1, [ContractKind.VOTING_V2])) == 1
    assert watch_rounds(whole, SetClock(at(11, 2, 0)), BOOK).counts["requests"] == 2
